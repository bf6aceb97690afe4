"""Did it pay? Net present value, internal rate of return, payback, return on investment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Estimate, Result
from servloop.verify.effects import effects_frame, numbers

if TYPE_CHECKING:
    import polars as pl

_LOWEST_RATE, _HIGHEST_RATE = -0.999, 1e6


@dataclass(frozen=True, kw_only=True)
class ReturnOnInvestment(Result):
    """What an investment returned.

    Attributes:
        net_present_value: flows discounted to the first period.
        internal_rate: rate at which the net present value is 0; not computable without exactly one such rate.
        payback: periods until the running sum reaches 0, evenly within a period; not computable when never.
        simple: sum of all flows over what was invested.
    """

    net_present_value: Estimate
    internal_rate: Estimate
    payback: Estimate
    simple: Estimate

    def to_frame(self) -> pl.DataFrame:
        """One row for each figure."""
        return effects_frame(
            {
                "net_present_value": self.net_present_value,
                "internal_rate": self.internal_rate,
                "payback": self.payback,
                "simple": self.simple,
            }
        )


def return_on_investment(flows: npt.ArrayLike, rate: float) -> ReturnOnInvestment:
    """Evaluate a series of flows at equal periods.

    Args:
        flows: the first is of today; costs are negative.
        rate: discount rate per period, above -1.

    Raises:
        SpecError: the rate is -1 or less, or there are no flows.
        InputError: the flows are not numbers.
    """
    money = numbers(flows, "flows")
    if rate <= -1 or money.size == 0 or np.isnan(money).any():
        raise SpecError("verify.flows_invalid", rate=rate)
    n = int(money.size)
    value = float(money @ (1 + rate) ** -np.arange(n, dtype=np.float64))
    invested = -float(money[money < 0].sum())
    return ReturnOnInvestment(
        net_present_value=Estimate(value, n, method=f"discounted at {rate:g}"),
        internal_rate=_internal_rate(money),
        payback=_payback(money),
        simple=Estimate(float(money.sum()) / invested, n, method="gain over cost")
        if invested > 0
        else Estimate.not_computable(n, "verify.nothing_invested"),
    )


def _internal_rate(money: npt.NDArray[np.float64]) -> Estimate:
    from scipy.optimize import brentq

    n = int(money.size)
    signs = np.sign(money[money != 0])
    if int((np.diff(signs) != 0).sum()) != 1:  # Descartes: one change of sign, one positive root
        return Estimate.not_computable(n, "verify.no_single_rate")
    periods = np.arange(n, dtype=np.float64)

    def present(rate: float) -> float:
        return float(money @ (1 + rate) ** -periods)

    if present(_LOWEST_RATE) * present(_HIGHEST_RATE) > 0:
        return Estimate.not_computable(n, "verify.no_single_rate")
    return Estimate(
        float(brentq(present, _LOWEST_RATE, _HIGHEST_RATE, xtol=1e-14)), n, method="root of value"
    )


def _payback(money: npt.NDArray[np.float64]) -> Estimate:
    running = np.cumsum(money)
    n = int(money.size)
    if running[0] >= 0:
        return Estimate.not_computable(n, "verify.nothing_invested")
    if not (running >= 0).any():
        return Estimate.not_computable(n, "verify.not_paid_back")
    place = int(np.argmax(running >= 0))
    return Estimate(place - 1 + float(-running[place - 1] / money[place]), n, method="even within a period")
