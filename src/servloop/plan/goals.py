"""Is a goal feasible? How often the metric has moved that far in that time, here and in comparable units.

The history speaks in values at equal steps (months, each over the period by which the goal will be judged). A move is
the difference between two values that lie as many steps apart as the goal has time. Moves overlap, so that the interval
of their share counts only those that do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.inference import wilson_interval
from servloop.results import Estimate, Notice, Result

Direction = Literal["increase", "decrease"]
Judgement = Literal["seen", "rare", "never", "unknown"]

FEWEST_MOVES = 6
_RARE = 0.2


@dataclass(frozen=True, kw_only=True)
class Feasibility(Result):
    """What history says about a goal.

    Attributes:
        judgement: ``"seen"`` when at least a fifth of the moves went as far, ``"rare"`` when fewer did, ``"never"``
            when none did, ``"unknown"`` when there are too few moves to say.
        reason: the judgement as one sentence.
        own: share of the metric's own moves that went as far.
        others: the same in comparable units, all together.
        best: best value so far in the wished direction.
        best_at: its place in the history.
        best_move: furthest move so far in the wished direction; None without moves.
        change: move that the goal asks for, with its sign.
        steps: time that the goal leaves.
    """

    judgement: Judgement
    reason: Notice
    own: Estimate
    others: Estimate
    best: float | None
    best_at: int | None
    best_move: float | None
    change: float
    steps: int


def feasibility(
    history: Sequence[float | None],
    change: float,
    steps: int,
    *,
    others: Mapping[str, Sequence[float | None]] | None = None,
    window: int = 1,
) -> Feasibility:
    """Hold a goal against history.

    Args:
        history: values of the metric at equal steps, oldest first; None where there is none.
        change: target less baseline, not 0; its sign is the wished direction.
        steps: steps until the deadline, at least 1.
        others: histories of comparable units by name.
        window: steps that each value covers; neighbouring values share rows when it is more than 1.

    Raises:
        SpecError: the goal asks for no change, or leaves no time.
    """
    if change == 0 or not np.isfinite(change):
        raise SpecError("goals.no_change")
    if steps < 1 or window < 1:
        raise SpecError("goals.no_time", received=steps)
    values = _numbers(history)
    sign = 1.0 if change > 0 else -1.0
    own_moves = _moves(values, steps) * sign
    other_moves = [_moves(_numbers(one), steps) * sign for one in (others or {}).values()]
    own = _share([own_moves], abs(change), steps, window)
    elsewhere = _share(other_moves, abs(change), steps, window)
    known = np.flatnonzero(~np.isnan(values))
    best_at = int(known[np.argmax(sign * values[known])]) if known.size else None
    moved = own_moves[~np.isnan(own_moves)]
    judgement, reason = _judge(own, elsewhere, steps)
    return Feasibility(
        judgement=judgement,
        reason=reason,
        own=own,
        others=elsewhere,
        best=None if best_at is None else float(values[best_at]),
        best_at=best_at,
        best_move=sign * float(moved.max()) if moved.size else None,
        change=float(change),
        steps=steps,
    )


def _numbers(history: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in history], dtype=np.float64)


def _moves(values: npt.NDArray[np.float64], steps: int) -> npt.NDArray[np.float64]:
    return values[steps:] - values[:-steps] if values.size > steps else np.empty(0)


def _share(moves: Sequence[npt.NDArray[np.float64]], least: float, steps: int, window: int) -> Estimate:
    """Share of the moves at least as far, with Wilson's interval over moves that share no rows."""
    known = [one[~np.isnan(one)] for one in moves]
    n = sum(one.size for one in known)
    method = "share of moves, Wilson over separate ones"
    if n < FEWEST_MOVES:
        return Estimate.not_computable(n, "goals.few_moves", method=method, needed=FEWEST_MOVES)
    far = sum(int((one >= least).sum()) for one in known)
    separate = sum(max(1, -(-one.size // (steps + window - 1))) for one in known if one.size)
    hits = far / n * separate  # seldom a whole number: the interval reaches over both neighbours
    low, high = (
        wilson_interval(math.floor(hits), separate)[0],
        wilson_interval(math.ceil(hits), separate)[1],
    )
    return Estimate(far / n, n, low, high, method)


def _judge(own: Estimate, others: Estimate, steps: int) -> tuple[Judgement, Notice]:
    """The metric's own history speaks first; where it is silent, that of comparable units does."""
    found, where = (own, "own") if own.value is not None else (others, "others")
    if found.value is None:
        return "unknown", Notice(
            "goals.unknown", params={"n": own.n + others.n, "needed": FEWEST_MOVES, "steps": steps}
        )
    params = {"hits": round(found.value * found.n), "n": found.n, "steps": steps}
    if found.value >= _RARE:
        return "seen", Notice(f"goals.seen_{where}", params=params)
    if found.value > 0:
        return "rare", Notice(f"goals.rare_{where}", params=params)
    if where == "own" and others.value:
        params |= {"other_hits": round(others.value * others.n), "other_n": others.n}
        return "rare", Notice("goals.only_elsewhere", params=params)
    return "never", Notice(f"goals.never_{where}", params=params)
