"""Hand-over of work: who passes cases on to whom.

Source: van der Aalst, Reijers & Song, Discovering social networks from event logs (2005): direct succession,
counted as often as it happens.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

COLUMNS = {"resource": "resource", "group": "department"}


@dataclass(frozen=True, slots=True)
class Handover:
    """How often a case went straight from one to another."""

    source: str
    target: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Handovers(Result):
    """Direct successions between different people or departments.

    Attributes:
        n: neighbouring events of a case with a value on both sides.
        handovers: pairs of different ones, the most frequent first.
        within: successions that stayed with the same one.
        between: successions that changed hands.
        median_wait_within, median_wait_between: seconds between the two events.
        method: ``"resource"`` or ``"group"``.
    """

    n: int
    handovers: tuple[Handover, ...]
    within: int
    between: int
    median_wait_within: Estimate
    median_wait_between: Estimate
    method: str

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``handovers``, ``within``, ``between`` and ``warnings``."""
        return {
            "handovers": [asdict(handover) for handover in self.handovers],
            "within": self.within,
            "between": self.between,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per pair."""
        import polars as pl

        schema = {"source": pl.String, "target": pl.String, "count": pl.Int64}
        return pl.DataFrame([asdict(handover) for handover in self.handovers], schema=schema)


def handovers(log: EventLog, *, by: Literal["resource", "group"] = "resource") -> Handovers:
    """Who hands work over to whom.

    An event without a value interrupts the chain: it hands nothing over and receives nothing.

    Raises:
        InputError: ``process.no_resources``, ``process.no_groups`` when the log has no such values.
    """
    column = COLUMNS[by]
    if not log.has_column(column):
        raise InputError(f"process.no_{by}s", found=list(log.frame.columns))
    code, series = log.codes_of(column)
    labels = series.to_list()
    inner = log.inner
    giver, taker = code[:-1][inner], code[1:][inner]
    wait = log.pairs[2]
    known = (giver >= 0) & (taker >= 0)
    giver, taker, wait = giver[known], taker[known], wait[known]
    passed = giver != taker
    pair = giver[passed].astype(np.int64) * len(labels) + taker[passed]
    found, count = np.unique(pair, return_counts=True)
    missing = int((code < 0).sum())
    left_out = (Notice("process.events_without_" + by, count=missing),) if missing else ()
    return Handovers(
        n=len(giver),
        handovers=tuple(
            Handover(labels[found[i] // len(labels)], labels[found[i] % len(labels)], int(count[i]))
            for i in np.lexsort((found, -count)).tolist()
        ),
        within=int((~passed).sum()),
        between=int(passed.sum()),
        median_wait_within=_median(wait[~passed]),
        median_wait_between=_median(wait[passed]),
        method=by,
        warnings=log.warnings + left_out,
    )


def _median(waits: np.ndarray[Any, np.dtype[np.int64]]) -> Estimate:
    if len(waits) == 0:
        return Estimate.not_computable(0, "process.no_successions", method="median")
    return Estimate(float(np.median(waits)) / MICROSECONDS, len(waits), method="median")
