"""The stages of a journey: as people defined them, or a proposal from the order of the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.journey import LANES, Lane, Stage
from servloop.diagnose.process.map_graph import main_path
from servloop.errors import SpecError
from servloop_app.diagnose.models import ProcessDefinition

if TYPE_CHECKING:
    import polars as pl

    from servloop.diagnose.process.event_log import EventLog
    from servloop_app.diagnose.studies.base import Asked

MOST_STAGES = 6


def stages_of(asked: Asked, table: pl.DataFrame) -> tuple[list[Stage], dict[str, Lane]]:
    """Stages and lanes: the version that was asked for, else a proposal.

    Args:
        asked: the study; its parameter ``journey`` is the version, 0 for none.
        table: the feedback, whose touchpoints a proposal assigns.
    """
    version = asked.parameters.get("journey", 0)
    held = ProcessDefinition.objects.filter(
        log=asked.record, kind=ProcessDefinition.Kind.JOURNEY, version=version
    ).first()
    if held is not None and held.content:
        return read(held.content)
    return proposal(asked.whole, sorted({name for name in table["touchpoint"].to_list() if name}))


def read(content: dict[str, Any]) -> tuple[list[Stage], dict[str, Lane]]:
    """Stages and lanes from their stored form."""
    stages = [
        Stage(stage["name"], tuple(stage["activities"]), tuple(stage["touchpoints"]))
        for stage in content["stages"]
    ]
    return stages, {name: lane for name, lane in content["lanes"].items() if lane in LANES}


def written(stages: list[Stage], lanes: dict[str, Lane]) -> dict[str, Any]:
    """Stages and lanes in the form in which they are stored."""
    return {
        "stages": [
            {
                "name": stage.name,
                "activities": list(stage.activities),
                "touchpoints": list(stage.touchpoints),
            }
            for stage in stages
        ],
        "lanes": dict(lanes),
    }


def proposal(log: EventLog, touchpoints: list[str]) -> tuple[list[Stage], dict[str, Lane]]:
    """Stages along the most frequent path; other steps join the stage at whose place in the case they usually come.

    A touchpoint belongs to the stage whose steps bear its name; others are left to people.
    """
    path = [name for name in main_path(log) if name]
    if not path:
        return [], {}
    cuts = np.array_split(np.arange(len(path)), min(MOST_STAGES, len(path)))
    place = mean_places(log)
    centres = np.array([np.mean([place[path[i]] for i in cut.tolist()]) for cut in cuts])
    groups: list[list[str]] = [[path[i] for i in cut.tolist()] for cut in cuts]
    for name in sorted(place, key=lambda one: place[one]):
        if name not in path:
            groups[int(np.abs(centres - place[name]).argmin())].append(name)
    stages = []
    for group in groups:
        mine = tuple(point for point in touchpoints if any(_alike(point, name) for name in group))
        stages.append(Stage(group[0], tuple(group), mine))
    return _once(stages), proposed_lanes(log, path)


def _alike(touchpoint: str, activity: str) -> bool:
    one, other = touchpoint.strip().lower(), activity.strip().lower()
    return bool(one) and (one in other or other in one)


def _once(stages: list[Stage]) -> list[Stage]:
    """A touchpoint belongs to one stage, the first that claims it."""
    seen: set[str] = set()
    result = []
    for stage in stages:
        mine = tuple(point for point in stage.touchpoints if point not in seen)
        seen |= set(mine)
        result.append(Stage(stage.name, stage.activities, mine))
    return result


def mean_places(log: EventLog) -> dict[str, float]:
    """Activity → where in its case it comes on average, from 0 (first) to 1 (last)."""
    at = np.arange(log.events) - np.repeat(log.offsets[:-1], log.lengths)
    place = at / np.maximum(np.repeat(log.lengths, log.lengths) - 1, 1)
    count = np.bincount(log.activity, minlength=len(log.activity_labels))
    total = np.bincount(log.activity, place, len(log.activity_labels))
    return {
        log.activity_labels[code]: float(total[code] / count[code]) for code in np.flatnonzero(count).tolist()
    }


def proposed_lanes(log: EventLog, path: list[str]) -> dict[str, Lane]:
    """Who does what is guessed from who is known: nobody is a system, the hands of the first step are the front stage."""
    lanes: dict[str, Lane] = {}
    column = next((name for name in ("department", "resource") if log.has_column(name)), None)
    if column is None:
        return {path[0]: "front", path[-1]: "front"}
    codes, _labels = log.codes_of(column)
    usual = {
        name: int(np.bincount(codes[log.activity == code] + 1).argmax()) - 1
        for code, name in enumerate(log.activity_labels)
        if (log.activity == code).any()
    }
    front = usual[path[0]]
    for name, hand in usual.items():
        lanes[name] = "support" if hand < 0 else "front" if hand == front else "back"
    return lanes


def check_stages(stages: list[Stage]) -> None:
    """Refuse stages that the journey's kernel would refuse.

    Raises:
        SpecError: ``journey.no_stages``, ``journey.named_twice``.
    """
    if not stages:
        raise SpecError("journey.no_stages")
    for kind in ("activities", "touchpoints"):
        names = [name for stage in stages for name in getattr(stage, kind)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError("journey.named_twice", names=twice)
