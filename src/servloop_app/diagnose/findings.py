"""Looking for findings in figures: clearly worse than before, than elsewhere, or than the target.

All comparisons of a run are corrected together (Benjamini-Hochberg), so that of what is found at most one in twenty
is expected to be chance, however many metrics, units and channels there are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from servloop.inference import benjamini_hochberg
from servloop.measure.figures import Change, Statistic
from servloop.results import Estimate
from servloop_app.diagnose.findings_loss import loss_of
from servloop_app.measure.figures import Cells, on_target
from servloop_app.measure.models import Metric
from servloop_app.measure.selection import Selection

CLEAR = 0.05
FIGURES = "figures"


@dataclass
class Observed:
    """One observation in JSON-ready types, as it goes on record.

    Attributes:
        kind, family, subject, unit: what makes the fingerprint; the unit's code, empty for the organisation.
        result: what it was read from.
        value, low, high, n, method: the figure.
        compared_with, difference, test, p, q: the comparison; q is set when all are known.
        loss, loss_share, loss_volume, loss_basis: see `findings_loss`.
        first, last: the period.
    """

    kind: str
    family: str
    subject: dict[str, str]
    unit: str
    result: str
    value: float
    n: int
    method: str
    low: float | None = None
    high: float | None = None
    compared_with: float | None = None
    difference: float | None = None
    test: str = ""
    p: float | None = None
    q: float | None = None
    loss: float | None = None
    loss_share: float | None = None
    loss_volume: float | None = None
    loss_basis: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    worse: bool = field(default=True, repr=False)

    @property
    def fingerprint(self) -> str:
        """The same for the same kind, family of methods, subject and scope, in every run."""
        said = json.dumps([self.kind, self.family, self.subject, self.unit], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def find(cells: Iterable[Cells], units: Iterable[str], weekdays: Iterable[Cells] = ()) -> list[Observed]:
    """Everything that is clearly worse.

    Args:
        cells: of every metric, as the platform sees them.
        units: codes of the units that exist; others are looked at only as part of the whole.
        weekdays: cells of metrics that are split by ``weekday`` instead of their own segment.
    """
    known = frozenset(units)
    tested: list[Observed] = []
    missed: list[Observed] = []
    for one in cells:
        newest = one.newest_month
        if newest is None or one.metric.direction == Metric.Direction.BAND:
            continue
        look = _Look(one, Selection.latest(newest), known)
        tested.extend(look.tested())
        missed.extend(look.missed())
    for one in weekdays:
        newest = one.newest_month
        if newest is not None:
            tested.extend(_Look(one, Selection.latest(newest), known).by_weekday())
    corrected = benjamini_hochberg([observed.p for observed in tested])
    clear = [
        replace(observed, q=q)
        for observed, q in zip(tested, corrected, strict=True)
        if observed.worse and q is not None and q < CLEAR
    ]
    return clear + missed


class _Look:
    """One metric in its newest months."""

    def __init__(self, cells: Cells, selection: Selection, units: frozenset[str]) -> None:
        self._cells = cells
        self._metric = cells.metric
        self._selection = selection
        self._groups: Mapping[str, frozenset[str] | None] = {
            "": None,
            **{
                row.key: frozenset({row.key})
                for row in cells.breakdown("unit_code", selection)
                if row.key in units and row.estimate.computable
            },
        }

    def tested(self) -> list[Observed]:
        """Every comparison that was made, also those that are not worse: they count in the correction."""
        made = []
        for unit, group in self._groups.items():
            figure = self._cells.figure(self._selection, group)
            now = self._cells.statistic(self._selection, group)
            made.append(self._observed("change", unit, figure.estimate, figure.change, now))
        if len(self._groups) > 2:
            for row in self._cells.breakdown("unit_code", self._selection):
                if row.key in self._groups:
                    now = self._cells.statistic(self._selection, self._groups[row.key])
                    made.append(self._observed("unit", row.key, row.estimate, row.change, now))
        for row in self._cells.breakdown("channel", self._selection):
            if row.key:
                only = replace(self._selection, channels=(row.key,))
                now = self._cells.statistic(only)
                made.append(self._observed("channel", "", row.estimate, row.change, now, channel=row.key))
        return [observed for observed in made if observed is not None and observed.p is not None]

    def by_weekday(self) -> list[Observed]:
        """Each day of the week against the other days, in each unit."""
        made = []
        for unit, group in self._groups.items():
            for row in self._cells.breakdown("segment", self._selection, group):
                only = replace(self._selection, segments=(row.key,))
                now = self._cells.statistic(only, group)
                made.append(self._observed("weekday", unit, row.estimate, row.change, now, weekday=row.key))
        return [observed for observed in made if observed is not None and observed.p is not None]

    def missed(self) -> list[Observed]:
        """Figures whose whole interval lies off the target."""
        found = []
        for unit, group in self._groups.items():
            estimate = self._cells.figure(self._selection, group).estimate
            if on_target(self._metric, estimate) == "bad":
                now = self._cells.statistic(self._selection, group)
                unchanged = Change(Estimate.not_computable(0, "figures.no_rows"), None, None, "")
                found.append(self._observed("target", unit, estimate, unchanged, now))
        return [observed for observed in found if observed is not None]

    def _observed(
        self,
        kind: str,
        unit: str,
        found: Estimate,
        change: Change,
        now: Statistic,
        **part: str,
    ) -> Observed | None:
        """An observation; ``part`` says of which channel or weekday it is."""
        if found.value is None:
            return None
        difference = change.difference.value
        compared_with = None if difference is None else found.value - difference
        loss = loss_of(self._metric, now, found.value, compared_with, self._selection.months)
        parts: dict[str, Any] = {}
        if loss is not None:
            parts = {
                "loss": loss.value,
                "loss_share": loss.share,
                "loss_volume": loss.volume,
                "loss_basis": loss.basis,
            }
        higher = self._metric.direction == Metric.Direction.HIGHER
        return Observed(
            kind,
            FIGURES,
            {"metric": self._metric.code} | part,
            unit,
            str(self._cells.result.public_id),
            found.value,
            found.n,
            found.method,
            found.low,
            found.high,
            compared_with,
            difference,
            change.test,
            change.p,
            first=self._selection.first,
            last=self._selection.last,
            worse=difference is None or (difference < 0 if higher else difference > 0),
            **parts,
        )
