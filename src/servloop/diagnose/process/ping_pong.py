"""Returns: a case goes from one step to another and straight back.

Such back and forth is a loop of length two, or ping-pong: unlike a repeated step, it shows that two parties or steps
could not settle a matter in one go. Sources: van der Aalst & Song, Mining social networks (2004); Diamantini et al.,
Behavioural patterns of ping-pong in incident logs (BPI Challenge 2013).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import COLUMNS
from servloop.diagnose.process.ordering import Bool
from servloop.errors import InputError
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class BackAndForth:
    """``first`` → ``second`` → ``first`` by three neighbouring events: how often, and in how many cases."""

    first: str
    second: str
    times: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class PingPong(Result):
    """All returns, the most frequent first.

    Attributes:
        n: cases.
        cases: cases with at least one.
        pairs: by falling times.
        method: ``"activity"``, ``"resource"`` or ``"group"``.
    """

    n: int
    cases: int
    pairs: tuple[BackAndForth, ...]
    method: str

    def to_frame(self) -> pl.DataFrame:
        """One row per pair."""
        import polars as pl

        return pl.DataFrame([asdict(pair) for pair in self.pairs], infer_schema_length=None)


def ping_pong(log: EventLog, *, by: Literal["activity", "resource", "group"] = "activity") -> PingPong:
    """Find the returns of a log.

    Args:
        log: the event log.
        by: between steps, people or departments; events whose person is unknown make no return.

    Raises:
        InputError: ``process.no_resources``, ``process.no_groups``.
    """
    if by == "activity":
        codes, labels = log.activity.astype(np.int64), list(log.activity_labels)
    else:
        if not log.has_column(COLUMNS[by]):
            raise InputError(f"process.no_{by}s", found=list(log.frame.columns))
        held, series = log.codes_of(COLUMNS[by])
        codes, labels = held.astype(np.int64), series.to_list()
    places = np.flatnonzero(returns(log, codes))
    size = max(len(labels), 1)
    pair = codes[places] * size + codes[places + 1]
    case = log.case_index[places]
    found, times = np.unique(pair, return_counts=True)
    with_case = np.unique(pair * max(log.cases, 1) + case) // max(log.cases, 1)
    cases = np.bincount(np.searchsorted(found, with_case), minlength=len(found))
    order = np.lexsort((found, -times))
    return PingPong(
        n=log.cases,
        cases=len(np.unique(case)),
        pairs=tuple(
            BackAndForth(labels[found[i] // size], labels[found[i] % size], int(times[i]), int(cases[i]))
            for i in order.tolist()
        ),
        method=by,
        warnings=log.warnings,
    )


def returns(log: EventLog, codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Bool:
    """For each event, whether it and the two after it, in one case, are one code, another, and the first again."""
    found = np.zeros(log.events, dtype=np.bool_)
    if log.events < 3:
        return found
    inside = log.inner[:-1] & log.inner[1:]
    found[:-2] = inside & (codes[:-2] == codes[2:]) & (codes[:-2] != codes[1:-1])
    found[:-2] &= (codes[:-2] >= 0) & (codes[1:-1] >= 0)
    return found
