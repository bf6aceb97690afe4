"""Which signals make an alert: runs of signals on the bad side, and runs of missed targets. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

WORSE: Final[Mapping[str, frozenset[str]]] = {
    "higher": frozenset({"below"}),
    "lower": frozenset({"above"}),
    "band": frozenset({"above", "below"}),
}
MISSED_SERIOUS: Final = 3  # missed periods in a row
LOOK_BACK: Final = 3  # periods that a monitor's first look may raise alerts for
_PointDocument = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """Points in a row that all have a signal on one side, or that all miss the target.

    Attributes:
        kind: ``signal`` or ``target``.
        side: ``above`` or ``below`` the center; of the newest point.
        first, last: first days of the first and last period.
        grade: ``watch`` or ``serious``.
        rules: names of all rules that fired.
        points: how many there are.
        newest: document of the last point.
    """

    kind: str
    side: str
    first: dt.date
    last: dt.date
    grade: str
    rules: tuple[str, ...]
    points: int
    newest: _PointDocument


def runs_of(points: Sequence[_PointDocument], direction: str) -> list[Run]:
    """All runs of a chart, in order of time.

    Signals on the good side make no run: nobody has to be woken for them.

    Args:
        points: as in `monitor_charting.document`.
        direction: of the metric: ``higher``, ``lower`` or ``band`` is better.
    """
    worse = WORSE[direction]
    signals = [
        _run("signal", part) for side in sorted(worse) for part in _stretches(points, partial(_fires, side))
    ]
    missed = [_run("target", part) for part in _stretches(points, lambda point: bool(point["missed"]))]
    return sorted([*signals, *missed], key=lambda run: (run.last, run.kind, run.side))


def due_from(points: Sequence[_PointDocument], looked_until: dt.date | None) -> dt.date | None:
    """From which period on signals raise alerts: what is new since the last look, else the newest few periods."""
    if looked_until is not None:
        return looked_until
    starts = [dt.date.fromisoformat(point["start"]) for point in points]
    return starts[-LOOK_BACK:][0] if starts else None


def state_of(points: Sequence[_PointDocument], direction: str) -> str:
    """How a chart stands at its newest point with a value: ``bad``, ``watch``, ``good`` or ``neutral``."""
    known = [point for point in points if point["value"] is not None]
    if not known or known[-1]["center"] is None:
        return "neutral"
    ended = dt.date.fromisoformat(known[-1]["start"])
    grades = {run.grade for run in runs_of(known, direction) if run.last == ended}
    return "bad" if "serious" in grades else "watch" if grades else "good"


def _fires(side: str, point: _PointDocument) -> bool:
    return bool(point["rules"]) and point["side"] == side


def _stretches(
    points: Sequence[_PointDocument], holds: Callable[[_PointDocument], bool]
) -> Iterator[list[_PointDocument]]:
    """Points in a row for which something holds; one without a value neither breaks a row nor counts."""
    current: list[_PointDocument] = []
    for point in points:
        if point["value"] is None:
            continue
        if holds(point) and (not current or point["phase"] == current[-1]["phase"]):
            current.append(point)
            continue
        if current:
            yield current
        current = [point] if holds(point) else []
    if current:
        yield current


def _run(kind: str, part: list[_PointDocument]) -> Run:
    rules = (
        tuple(dict.fromkeys(rule for point in part for rule in point["rules"])) if kind == "signal" else ()
    )
    serious = "beyond_limits" in rules if kind == "signal" else len(part) >= MISSED_SERIOUS
    return Run(
        kind,
        part[-1]["side"],
        dt.date.fromisoformat(part[0]["start"]),
        dt.date.fromisoformat(part[-1]["start"]),
        "serious" if serious else "watch",
        rules,
        len(part),
        part[-1],
    )
