"""Queues before activities: how many cases wait for each, on average and at most."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Int64
from servloop.diagnose.process.times import waits_after_latest_end
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue before one activity: waits that made it, mean length over the log, greatest length."""

    activity: str
    n: int
    mean_length: float
    max_length: int


@dataclass(frozen=True, kw_only=True)
class Queues(Result):
    """Queues by falling mean length.

    Attributes:
        n: waits.
        queues: one per activity that somebody waited for.
        method: ``"latest_end_to_start"``; ``"latest_end_to_completion"`` where starts are unknown, so that the
            length contains the cases that are being served.
    """

    n: int
    queues: tuple[Queue, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per activity."""
        import polars as pl

        return pl.DataFrame([asdict(queue) for queue in self.queues], infer_schema_length=None)


def queues(log: EventLog) -> Queues:
    """Queue lengths over the time of the log; a case waits from its latest completion to the next begin."""
    wait, known = waits_after_latest_end(log)
    waiting = known & (wait > 0)
    activity, leave = log.activity[waiting], log.begin[waiting]
    enter = leave - wait[waiting]
    count = np.bincount(activity, minlength=len(log.activity_labels))
    total = np.bincount(activity, wait[waiting].astype(np.float64), len(log.activity_labels))
    span = float(log.end.max() - log.begin.min()) if log.events else 0.0
    found = [
        Queue(
            log.activity_labels[code],
            int(count[code]),
            float(total[code] / span),
            _greatest(enter[activity == code], leave[activity == code]),
        )
        for code in np.flatnonzero(count).tolist()
    ]
    return Queues(
        n=int(waiting.sum()),
        queues=tuple(sorted(found, key=lambda queue: (-queue.mean_length, queue.activity))),
        method="latest_end_to_completion" if log.start is None else "latest_end_to_start",
        warnings=log.warnings,
    )


def _greatest(enter: Int64, leave: Int64) -> int:
    """The greatest number of waits at one moment; a wait that ends makes room for one that begins then."""
    moment = np.concatenate((leave, enter))
    change = np.repeat([-1, 1], [len(leave), len(enter)])
    length = np.cumsum(change[np.lexsort((change, moment))])
    return int(length.max())
