"""From start and complete rows to activity instances: who worked on what from when to when.

A completion closes the oldest open start of the same case, activity and (where the log names them) resource:
first in, first out. A start that nothing closes is running; a completion without a start is an instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from servloop.diagnose.process.ordering import Bool, Int64, encode, encode_ids, stable_argsort
from servloop.errors import InputError
from servloop.results import Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

_START, _COMPLETE = "start", "complete"


@dataclass(frozen=True, kw_only=True)
class Instances(Result):
    """Activity instances in canonical form.

    Attributes:
        n: instances with a completion.
        frame: one row per completed instance, with ``start_time`` and ``time``; the other columns are those of
            the completion.
        running: the start rows that nothing closed, as they were.
        paired: completions that closed a start.
        instant: completions without a start; they begin when they end.
        ignored: rows of other transitions (schedule, suspend, …).
    """

    n: int
    frame: pl.DataFrame
    running: pl.DataFrame
    paired: int
    instant: int
    ignored: int
    method: str = "first_in_first_out"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The counts and ``warnings``."""
        return {
            "n": self.n,
            "paired": self.paired,
            "instant": self.instant,
            "running": self.running.height,
            "ignored": self.ignored,
            "method": self.method,
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per completed instance."""
        return self.frame


def pair_instances(frame: pl.DataFrame) -> Instances:
    """Pair start and complete rows of a canonical events table.

    Args:
        frame: ``case_id, activity, time, lifecycle`` and, where known, ``resource`` and ``seq``.

    Raises:
        InputError: ``process.missing_column`` without ``lifecycle``.
    """
    import polars as pl

    if "lifecycle" not in frame.columns:
        raise InputError("process.missing_column", column="lifecycle", found=list(frame.columns))
    frame = frame.drop("start_time", strict=False)
    keys = ["time", "seq"] if "seq" in frame.columns else ["time"]
    relevant = frame.filter(pl.col("lifecycle").fill_null(_COMPLETE).is_in([_START, _COMPLETE])).sort(
        keys, maintain_order=True
    )
    is_start = (relevant["lifecycle"] == _START).fill_null(value=False).to_numpy()
    group = _work_items(relevant)
    order = stable_argsort(group)
    opened, closed, instant = _first_in_first_out(group[order], is_start[order])
    closing, lone = order[closed], order[instant]
    times = relevant["time"]
    kept = np.concatenate((closing, lone))
    begun = pl.concat([times.gather(order[opened]), times.gather(lone)]).alias("start_time")
    completed = relevant[kept].insert_column(relevant.get_column_index("time"), begun)
    completed = completed.with_columns(lifecycle=pl.lit(_COMPLETE)).sort(keys, maintain_order=True)
    still_open = is_start.copy()
    still_open[order[opened]] = False
    running = relevant.filter(pl.Series(still_open))
    warnings = tuple(
        Notice(code, count=count)
        for code, count in (
            ("process.running_instances", running.height),
            ("process.instant_instances", len(lone)),
        )
        if count and is_start.any()
    )
    return Instances(
        n=completed.height,
        frame=completed,
        running=running,
        paired=len(closing),
        instant=len(lone),
        ignored=frame.height - relevant.height,
        warnings=warnings,
    )


def _work_items(frame: pl.DataFrame) -> Int64:
    """One code per (case, activity, resource)."""
    case, _ = encode_ids(frame["case_id"])
    activity, labels = encode(frame["activity"])
    item: Int64 = case.astype(np.int64) * max(len(labels), 1) + activity
    if "resource" in frame.columns:
        resource, people = encode(frame["resource"])
        item = item * (len(people) + 1) + resource + 1
    return item


def _first_in_first_out(group: Int64, is_start: Bool) -> tuple[Int64, Int64, Int64]:
    """Pair starts and completions of rows that stand group by group in their order.

    A completion finds no open start exactly when it takes the balance of starts and completions of its group
    below every earlier value; all others close starts in the order in which those were opened.

    Returns:
        Rows of closed starts, rows of the completions that close them, rows of completions without a start.
    """
    n = len(group)
    if n == 0:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    change: NDArray[np.int64] = np.where(is_start, 1, -1)
    new = np.concatenate(([True], group[1:] != group[:-1]))
    number = np.cumsum(new) - 1
    balance = np.cumsum(change)
    before = (balance - change)[new]
    balance -= before[number]
    # Groups are moved apart downwards, so that one running minimum serves all of them.
    apart = number * (2 * n + 2)
    lowest_before = np.minimum.accumulate(np.where(new, 0, np.roll(balance, 1)) - apart) + apart
    lowest_before = np.minimum(lowest_before, 0)
    alone = ~is_start & (balance < lowest_before)
    closing = ~is_start & ~alone
    starts, completions = np.flatnonzero(is_start), np.flatnonzero(closing)
    closed_of_group = np.bincount(number[completions], minlength=int(number[-1]) + 1)
    first_start = np.cumsum(np.bincount(number[starts], minlength=len(closed_of_group))) - np.bincount(
        number[starts], minlength=len(closed_of_group)
    )
    rank = np.arange(len(starts)) - first_start[number[starts]]
    return starts[rank < closed_of_group[number[starts]]], completions, np.flatnonzero(alone)
