"""Constants of control charts: mean and spread of the range and of the standard deviation of normal samples.

``tabulated`` is d2 rounded to three decimals as in the printed tables (and in most software); ``exact`` is
its full precision. The two differ by less than one part in two thousand.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import numpy as np

from servloop.errors import SpecError

Constants = Literal["tabulated", "exact"]

LARGEST_SUBGROUP = 1000
_REACH = 9.0
_NODES = 240


def d2(n: int, constants: Constants = "tabulated") -> float:
    """Expected range of n standard normal values: the integral of 1 - F^n - (1 - F)^n."""
    exact = _range_moments(n)[0]
    return round(exact, 3) if constants == "tabulated" else exact


def d3(n: int) -> float:
    """Standard deviation of the range of n standard normal values."""
    return _range_moments(n)[1]


def c4(n: int) -> float:
    """Expected standard deviation of n standard normal values."""
    _check(n)
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def _check(n: int) -> None:
    if not 2 <= n <= LARGEST_SUBGROUP:
        raise SpecError("monitor.subgroup_size", received=n, most=LARGEST_SUBGROUP)


@cache
def _range_moments(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the range (Tippett 1925), by Gauss-Legendre quadrature.

    E[W^2] = 2 * integral over x < y of 1 - F(y)^n - (1 - F(x))^n + (F(y) - F(x))^n.
    """
    from scipy.special import ndtr

    _check(n)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = _REACH * nodes
    below, above = ndtr(x), ndtr(-x)
    mean = float(_REACH * weights @ (1 - below**n - above**n))
    # the triangle x < y as y = x + u, u > 0
    u = _REACH * (nodes + 1)
    y = x[:, None] + u[None, :]
    inner = 1 - ndtr(y) ** n - (above**n)[:, None] + (ndtr(y) - below[:, None]) ** n
    second = 2 * float((_REACH * weights) @ inner @ (_REACH * weights))
    return mean, math.sqrt(second - mean**2)
