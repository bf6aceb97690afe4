"""The customer's journey: stages made of activities and touchpoints, with volume, time, emotion and pain.

A stage is what the organisation says it is: a list of activities of the event log and of touchpoints of feedback.
The service blueprint shows the same stages by lanes — customer, front stage, back stage, support — with the line of
visibility below the front stage. Sources: Shostack, Designing services that deliver (1984); Bitner, Ostrom & Morgan,
Service blueprinting (2008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from servloop.diagnose.process.bottlenecks import median_interval
from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Float64, Int64
from servloop.errors import InputError, SpecError
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

Lane = Literal["customer", "front", "back", "support"]
LANES: tuple[Lane, ...] = ("customer", "front", "back", "support")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the journey: its activities, and the touchpoints at which customers speak about it."""

    name: str
    activities: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pain:
    """A theme of bad feedback: how often, and its share of all bad feedback of the stage."""

    theme: str
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class LaneStep:
    """An activity in its lane, with the number of its executions."""

    lane: Lane
    activity: str
    n: int


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One stage.

    Attributes:
        name: of the stage.
        cases: cases that pass it; ``share`` of all.
        seconds: median time from the first begin to the last end in the stage.
        complete: share of its cases that do not come back after they left it.
        rating: mean rating; ``sentiment``: mean sentiment; each of its own n.
        bad: pieces of bad feedback.
        pains: their themes, the most frequent first.
        quotes: bad feedback in the customers' words, the worst first.
        steps: its activities by lane.
    """

    name: str
    cases: int
    share: float
    seconds: Estimate
    complete: Estimate
    rating: Estimate
    sentiment: Estimate
    bad: int
    pains: tuple[Pain, ...]
    quotes: tuple[str, ...]
    steps: tuple[LaneStep, ...]


@dataclass(frozen=True, kw_only=True)
class Journey(Result):
    """Stages in their order.

    Attributes:
        n: cases.
        feedback_n: pieces of feedback that belong to a stage.
        stages: as they were defined.
    """

    n: int
    feedback_n: int
    stages: tuple[StageFigures, ...]
    method: str = "mapped_stages"

    def to_frame(self) -> pl.DataFrame:
        """One row per stage."""
        import polars as pl

        rows = [
            {
                "stage": stage.name,
                "cases": stage.cases,
                "median_seconds": stage.seconds.value,
                "complete": stage.complete.value,
                "rating": stage.rating.value,
                "sentiment": stage.sentiment.value,
                "bad": stage.bad,
            }
            for stage in self.stages
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


@dataclass(frozen=True, eq=False)
class Feedback:
    """What customers said, one entry each.

    Attributes:
        touchpoint: where; None where unknown.
        rating: NaN where there is none.
        sentiment: from -1 to 1, NaN where there is none.
        theme: what it is about, None where unknown.
        text: their words, personal data masked; None where there are none.
        bad_rating: ratings up to this are bad; so is a negative sentiment where there is no rating.
    """

    touchpoint: Sequence[str | None] = ()
    rating: Float64 = field(default_factory=lambda: np.zeros(0))
    sentiment: Float64 = field(default_factory=lambda: np.zeros(0))
    theme: Sequence[str | None] = ()
    text: Sequence[str | None] = ()
    bad_rating: float = 2.0

    def __post_init__(self) -> None:
        sizes = {
            len(column) for column in (self.touchpoint, self.rating, self.sentiment, self.theme, self.text)
        }
        if len(sizes) > 1:
            raise InputError("journey.feedback_ragged", sizes=sorted(sizes))


def journey(
    log: EventLog,
    stages: Sequence[Stage],
    *,
    feedback: Feedback | None = None,
    lanes: Mapping[str, Lane] | None = None,
    quotes: int = 3,
    level: float = 0.95,
) -> Journey:
    """Fill the stages of a journey from an event log and feedback.

    Args:
        log: the event log.
        stages: in the order in which customers meet them; an activity or touchpoint belongs to one stage only.
        feedback: what customers said.
        lanes: activity → lane; those without one are back stage.
        quotes: at most so many per stage.
        level: coverage of the intervals.

    Raises:
        SpecError: ``journey.no_stages``, ``journey.named_twice``, ``journey.lane_unknown``.
    """
    _check(stages, lanes or {})
    stage_of = np.full(max(len(log.activity_labels), 1), -1, dtype=np.int64)
    for place, stage in enumerate(stages):
        for name in stage.activities:
            if name in log.activity_labels:
                stage_of[log.activity_labels.index(name)] = place
    of_event = stage_of[log.activity]
    said = feedback or Feedback()
    point = {name: place for place, stage in enumerate(stages) for name in stage.touchpoints}
    of_feedback = np.array(
        [-1 if name is None else point.get(name, -1) for name in said.touchpoint], dtype=np.int64
    )
    unmapped = int((of_event < 0).sum())
    absent = sorted({name for stage in stages for name in stage.activities} - set(log.activity_labels))
    return Journey(
        n=log.cases,
        feedback_n=int((of_feedback >= 0).sum()),
        stages=tuple(
            _figures(log, stage, of_event == place, said, of_feedback == place, lanes or {}, quotes, level)
            for place, stage in enumerate(stages)
        ),
        warnings=log.warnings
        + ((Notice("journey.events_unmapped", count=unmapped),) if unmapped else ())
        + (
            (Notice("journey.activities_absent", count=len(absent), params={"names": absent}),)
            if absent
            else ()
        ),
    )


def _check(stages: Sequence[Stage], lanes: Mapping[str, Lane]) -> None:
    if not stages:
        raise SpecError("journey.no_stages")
    for kind in ("activities", "touchpoints"):
        names = [name for stage in stages for name in getattr(stage, kind)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError("journey.named_twice", names=twice)
    unknown = sorted({lane for lane in lanes.values() if lane not in LANES})
    if unknown:
        raise SpecError("journey.lane_unknown", received=unknown, expected=list(LANES))


def _figures(  # noqa: PLR0917  # one call, all of one stage
    log: EventLog,
    stage: Stage,
    mine: Bool,
    said: Feedback,
    heard: Bool,
    lanes: Mapping[str, Lane],
    quotes: int,
    level: float,
) -> StageFigures:
    case = log.case_index[mine]
    visited, first = np.unique(case, return_index=True)
    seconds = Estimate.not_computable(0, "journey.no_cases", method="median_order_statistics")
    complete = Estimate.not_computable(0, "journey.no_cases", method="wilson")
    if len(visited):
        begin = np.minimum.reduceat(log.begin[mine], first)
        seconds = _median(np.maximum.reduceat(log.end[mine], first) - begin, level)
        entered = mine & ~np.concatenate(([False], mine[:-1] & log.inner))
        visits = np.bincount(log.case_index[entered], minlength=log.cases)[visited]
        complete = _share(int((visits == 1).sum()), len(visited), level)
    bad = heard & np.where(np.isnan(said.rating), said.sentiment < 0, said.rating <= said.bad_rating)
    rows = np.flatnonzero(bad)
    themes = [theme for row in rows.tolist() if (theme := said.theme[row]) is not None]
    counts = sorted(
        ((themes.count(theme), theme) for theme in set(themes)), key=lambda item: (-item[0], item[1])
    )
    worst = sorted(
        rows.tolist(), key=lambda row: (*np.nan_to_num([said.rating[row], said.sentiment[row]]), row)
    )
    events = np.bincount(log.activity[mine], minlength=len(log.activity_labels))
    steps = [
        LaneStep(lanes.get(name, "back"), name, int(events[log.activity_labels.index(name)]))
        for name in stage.activities
        if name in log.activity_labels
    ]
    return StageFigures(
        name=stage.name,
        cases=len(visited),
        share=len(visited) / log.cases if log.cases else 0.0,
        seconds=seconds,
        complete=complete,
        rating=_mean(said.rating[heard], level),
        sentiment=_mean(said.sentiment[heard], level),
        bad=len(rows),
        pains=tuple(Pain(theme, n, n / len(rows)) for n, theme in counts),
        quotes=tuple([text for row in worst if (text := said.text[row])][:quotes]),
        steps=tuple(sorted(steps, key=lambda step: (LANES.index(step.lane), -step.n, step.activity))),
    )


def _median(times: Int64, level: float) -> Estimate:
    grouped = GroupedDurations.of(np.zeros(len(times), dtype=np.int64), times, 1)
    low, high = (None if np.isnan(bound[0]) else float(bound[0]) for bound in median_interval(grouped, level))
    value = float(grouped.quantile(0.5)[0])
    return Estimate(value, len(times), low=low, high=high, method="median_order_statistics", level=level)


def _share(hits: int, n: int, level: float) -> Estimate:
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    centre = (hits + z**2 / 2) / (n + z**2)
    half = z * (hits * (n - hits) / n + z**2 / 4) ** 0.5 / (n + z**2)
    return Estimate(hits / n, n, low=centre - half, high=centre + half, method="wilson", level=level)


def _mean(values: Float64, level: float) -> Estimate:
    from scipy.special import stdtrit

    known = values[~np.isnan(values)]
    n = len(known)
    if n == 0:
        return Estimate.not_computable(0, "journey.no_feedback", method="mean_t")
    mean = float(known.mean())
    if n == 1:
        return Estimate(mean, 1, method="mean_t", level=level)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(known.std(ddof=1)) / n**0.5
    return Estimate(mean, n, low=mean - half, high=mean + half, method="mean_t", level=level)


def blueprint(found: Journey) -> dict[Lane, tuple[tuple[str, tuple[LaneStep, ...]], ...]]:
    """Lane → (stage, its steps in the lane), for every stage; the line of visibility is below ``front``."""
    return {
        lane: tuple(
            (stage.name, tuple(step for step in stage.steps if step.lane == lane)) for stage in found.stages
        )
        for lane in LANES
    }
