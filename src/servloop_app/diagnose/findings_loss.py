"""What a finding costs, in one unit for all: dissatisfied-customer equivalents a month.

For shares and net scores it is the part of the rows that would have to be better to reach the reference, times the
rows of a month; for times it is the cases that took longer than the reference. The reference is the target where the
metric has one, else what the figure was compared with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from servloop.measure.figures import Statistic
from servloop.measure.figures.statistics import BIN_GROWTH, ZERO_BIN
from servloop_app.measure.models import Metric

_EXPECTED_BEYOND = {"median": 0.5, "p90": 0.1}


@dataclass(frozen=True)
class Loss:
    """Both parts and their product.

    Attributes:
        share: part of the rows that counts as lost, between 0 and 1.
        volume: rows a month.
        basis: ``target`` or ``comparison``.
    """

    share: float
    volume: float
    basis: str

    @property
    def value(self) -> float:
        """Dissatisfied-customer equivalents a month."""
        return self.share * self.volume


def loss_of(
    metric: Metric, statistic: Statistic, value: float, compared_with: float | None, months: int
) -> Loss | None:
    """The loss behind a figure.

    Args:
        metric: whose direction and target count.
        statistic: what the figure was made of.
        value: the figure.
        compared_with: the other figure; None without one.
        months: over which the rows came in.

    Returns:
        None where the figure says nothing about single customers (a count, a sum, a mean on some scale), or where
        there is no reference.
    """
    target = metric.target_min if metric.direction == Metric.Direction.HIGHER else metric.target_max
    reference, basis = (target, "target") if target is not None else (compared_with, "comparison")
    if reference is None or statistic.kept not in {"share", "net", "histogram"}:
        return None
    volume = statistic.n / months
    if statistic.kept == "histogram":
        share = _beyond(statistic, reference)
        if basis == "comparison":
            share -= _EXPECTED_BEYOND[metric.aggregate]
    else:
        gap = reference - value if metric.direction == Metric.Direction.HIGHER else value - reference
        share = gap / 100
    return Loss(min(1.0, max(0.0, share)), volume, basis)


def _beyond(statistic: Statistic, seconds: float) -> float:
    """Share of the rows above a value; exact to the width of a bin."""
    edge = ZERO_BIN if seconds <= 0 else math.log(seconds) / math.log(BIN_GROWTH)
    above = sum(rows for place, rows in statistic.bins.items() if place >= edge)
    return above / statistic.n
