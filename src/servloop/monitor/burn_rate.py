"""Burn rate of an error budget: how fast the allowed share of bad outcomes is used up.

A service level of 99 % allows 1 % bad outcomes in a period; a burn rate of 1 uses that budget up exactly at
its end. An alert asks for a high rate in a long window (it matters) and in a short one (it still goes on).

Source: Beyer et al. (eds.), The Site Reliability Workbook (2018), chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.control_charts.chart import series
from servloop.results import Estimate, Result

if TYPE_CHECKING:
    import polars as pl

_HOUR, _DAY = 3600.0, 86_400.0
PERIOD = 30 * _DAY


@dataclass(frozen=True)
class BurnWindow:
    """A pair of windows and what they may use of the budget.

    Attributes:
        budget_share: share of the period's budget that the long window may use up.
        long: seconds.
        short: seconds.
        severity: ``"page"`` or ``"ticket"``.
    """

    budget_share: float
    long: float
    short: float
    severity: str

    def threshold(self, period: float = PERIOD) -> float:
        """Burn rate from which the budget share is used up within the long window."""
        return self.budget_share * period / self.long


STANDARD_WINDOWS = (
    BurnWindow(0.02, _HOUR, 300.0, "page"),
    BurnWindow(0.05, 6 * _HOUR, 1800.0, "page"),
    BurnWindow(0.10, _DAY, 2 * _HOUR, "ticket"),
    BurnWindow(0.10, 3 * _DAY, 6 * _HOUR, "ticket"),
)


@dataclass(frozen=True)
class BurnAlert:
    """One pair of windows at the end of the series.

    Attributes:
        window: the pair.
        threshold: burn rate that both must reach.
        long_rate: burn rate in the long window.
        short_rate: burn rate in the short window.
        firing: both reach it and the long window holds enough outcomes.
    """

    window: BurnWindow
    threshold: float
    long_rate: Estimate
    short_rate: Estimate
    firing: bool


@dataclass(frozen=True, kw_only=True)
class BurnRate(Result):
    """The state of an error budget at the end of a series.

    Attributes:
        budget_left: share of the period's budget that is left; negative when overdrawn.
        alerts: one for each pair of windows.
        severity: the most severe of those firing, None when none is.
    """

    budget_left: Estimate
    alerts: tuple[BurnAlert, ...]
    severity: str | None

    def to_frame(self) -> pl.DataFrame:
        """One row for each pair of windows."""
        import polars as pl

        rows = [
            (
                item.window.severity,
                item.window.long,
                item.window.short,
                item.threshold,
                item.long_rate.value,
                item.short_rate.value,
                item.firing,
            )
            for item in self.alerts
        ]
        numbers = ("long", "short", "threshold", "long_rate", "short_rate")
        schema = {"severity": pl.String, **dict.fromkeys(numbers, pl.Float64), "firing": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row")


def burn_rate(
    bad: npt.ArrayLike,
    total: npt.ArrayLike,
    step: float,
    objective: float,
    *,
    windows: Sequence[BurnWindow] = STANDARD_WINDOWS,
    period: float = PERIOD,
    fewest: int = 20,
) -> BurnRate:
    """Judge the newest outcomes against a service level.

    Args:
        bad: bad outcomes in each step of time, shape (n,); the last step ends now.
        total: all outcomes in each step, shape (n,).
        step: seconds of a step.
        objective: share of good outcomes that is promised, for example 0.99.
        windows: pairs to judge, the most severe first.
        period: seconds over which the objective holds.
        fewest: outcomes that a long window needs before it may alert; a few bad ones among few say little.

    Raises:
        SpecError: objective, step or period are impossible.
        InputError: counts are negative, missing or larger than their total.
    """
    if not 0 < objective < 1 or step <= 0 or period <= 0 or any(w.short > w.long for w in windows):
        raise SpecError("monitor.objective_invalid", objective=objective)
    failures, outcomes = series(bad, lowest=0), series(total, lowest=0)
    if failures.size != outcomes.size:
        raise InputError("monitor.lengths_differ", events=failures.size, sizes=outcomes.size)
    wrong = ~(failures <= outcomes)
    if wrong.any():
        raise InputError("monitor.more_events_than_items", row=int(np.argmax(wrong)) + 1)

    def rate(seconds: float) -> Estimate:
        steps = max(round(seconds / step), 1)
        n, failed = int(outcomes[-steps:].sum()), float(failures[-steps:].sum())
        if n == 0:
            return Estimate.not_computable(0, "monitor.no_outcomes", method="burn rate")
        return Estimate(failed / n / (1 - objective), n, method="burn rate")

    alerts = []
    for window in windows:
        threshold, long, short = window.threshold(period), rate(window.long), rate(window.short)
        reached = [item.value is not None and item.value >= threshold for item in (long, short)]
        alerts.append(BurnAlert(window, threshold, long, short, all(reached) and long.n >= fewest))
    whole = rate(period)
    left = (
        whole
        if whole.value is None
        else Estimate(1 - whole.value * _covered(outcomes.size, step, period), whole.n, method="budget left")
    )
    severity = next((alert.window.severity for alert in alerts if alert.firing), None)
    return BurnRate(budget_left=left, alerts=tuple(alerts), severity=severity)


def _covered(size: int, step: float, period: float) -> float:
    """Share of the period that the series covers: a budget is used only as far as time has passed."""
    return min(size * step / period, 1.0)
