"""Signals: rules on single points and short runs, and the runs analysis of Anhøj.

Sources: Western Electric, Statistical Quality Control Handbook (1956); Nelson, Journal of Quality Technology
16 (1984); Anhøj and Olesen, PLoS ONE 9 (2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError

_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Points:
    """The points of one phase, missing ones left out.

    Attributes:
        values: what is charted.
        z: distance from the center in standard errors (on the scale on which limits are computed).
        beyond: outside the limits.
    """

    values: _Floats
    z: _Floats
    beyond: _Flags


@dataclass(frozen=True)
class Signal:
    """A rule that fired: at the point that completes its pattern.

    Attributes:
        rule: name of the rule.
        index: place of the point in the series, from 0.
    """

    rule: str
    index: int


def _window_count(flags: _Flags, width: int) -> npt.NDArray[np.int64]:
    """Flags among the last ``width`` points, for each point; 0 before the window is full."""
    total = np.concatenate([[0], np.cumsum(flags)])
    count = np.zeros(flags.size, dtype=np.int64)
    if flags.size >= width:
        count[width - 1 :] = total[width:] - total[:-width]
    return count


def _some_of(need: int, width: int, sigmas: float) -> Callable[[Points], _Flags]:
    def rule(points: Points) -> _Flags:
        high, low = points.z > sigmas, points.z < -sigmas
        return ((_window_count(high, width) >= need) & high) | ((_window_count(low, width) >= need) & low)

    return rule


def _run_of(length: int) -> Callable[[Points], _Flags]:
    def rule(points: Points) -> _Flags:
        above, below = _window_count(points.z > 0, length), _window_count(points.z < 0, length)
        return np.asarray((above == length) | (below == length))

    return rule


def _trend_of(length: int) -> Callable[[Points], _Flags]:
    def rule(points: Points) -> _Flags:
        steps = np.diff(points.values)
        rising, falling = _window_count(steps > 0, length - 1), _window_count(steps < 0, length - 1)
        flags = (rising == length - 1) | (falling == length - 1)
        return np.concatenate([[False], flags])[: points.values.size]

    return rule


def _alternating(length: int) -> Callable[[Points], _Flags]:
    def rule(points: Points) -> _Flags:
        steps = np.diff(points.values)
        turns = steps[1:] * steps[:-1] < 0
        flags = _window_count(turns, length - 2) == length - 2
        return np.concatenate([[False, False], flags])[: points.values.size]

    return rule


RULES: dict[str, Callable[[Points], _Flags]] = {
    "beyond_limits": lambda points: points.beyond,
    "two_of_three_beyond_2_sigma": _some_of(2, 3, 2.0),
    "four_of_five_beyond_1_sigma": _some_of(4, 5, 1.0),
    "seven_on_one_side": _run_of(7),
    "eight_on_one_side": _run_of(8),
    "nine_on_one_side": _run_of(9),
    "six_trending": _trend_of(6),
    "fourteen_alternating": _alternating(14),
    "fifteen_within_1_sigma": lambda points: _window_count(np.abs(points.z) < 1, 15) == 15,
    "eight_outside_1_sigma": lambda points: _window_count(np.abs(points.z) > 1, 8) == 8,
}
WESTERN_ELECTRIC = (
    "beyond_limits",
    "two_of_three_beyond_2_sigma",
    "four_of_five_beyond_1_sigma",
    "eight_on_one_side",
)
NELSON = (
    "beyond_limits",
    "nine_on_one_side",
    "six_trending",
    "fourteen_alternating",
    "two_of_three_beyond_2_sigma",
    "four_of_five_beyond_1_sigma",
    "fifteen_within_1_sigma",
    "eight_outside_1_sigma",
)


def signals(points: Points, places: npt.NDArray[np.int64], rules: Iterable[str]) -> list[Signal]:
    """The signals of one phase; ``places`` are the points' places in the whole series."""
    found = []
    for name in rules:
        if name not in RULES:
            raise SpecError("monitor.rule_unknown", rule=name, rules=sorted(RULES))
        found += [Signal(name, int(place)) for place in places[RULES[name](points)]]
    return sorted(found, key=lambda signal: signal.index)


@dataclass(frozen=True)
class RunsAnalysis:
    """Anhøj's rules: unusually long runs or unusually few crossings of the center line.

    Attributes:
        n_useful: points that are not on the center line.
        longest_run: most successive useful points on one side.
        longest_run_max: the longest run to be expected, round(log2(n)) + 3.
        crossings: how often the useful points change sides.
        crossings_min: fewest crossings to be expected, 5 % quantile of binomial(n - 1, 1/2).
        signal: either is exceeded; None with fewer than 10 useful points.
    """

    n_useful: int
    longest_run: int
    longest_run_max: int
    crossings: int
    crossings_min: int
    signal: bool | None


_FEWEST_FOR_RUNS = 10


def runs_analysis(distances: _Floats) -> RunsAnalysis:
    """Analyse the runs of a series around its center line.

    Args:
        distances: values minus center, missing ones left out.
    """
    from scipy.stats import binom

    side = np.sign(distances[distances != 0])
    n = int(side.size)
    changes = np.flatnonzero(np.diff(side)) + 1
    lengths = np.diff(np.concatenate([[0], changes, [n]]))
    longest = int(lengths.max()) if n else 0
    longest_max = round(math.log2(n)) + 3 if n else 0
    crossings_min = int(binom.ppf(0.05, n - 1, 0.5)) if n > 1 else 0
    signal = bool(longest > longest_max or changes.size < crossings_min) if n >= _FEWEST_FOR_RUNS else None
    return RunsAnalysis(n, longest, longest_max, int(changes.size), crossings_min, signal)
