"""Which steps matter most: one ranking from five sources, each of which may be missing."""

from __future__ import annotations

from typing import Any

import numpy as np

from servloop.diagnose.journey import journey
from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.key_steps import key_steps, process_marks, process_scores
from servloop_app.diagnose.journeys import stages_of
from servloop_app.diagnose.models import ProcessDefinition
from servloop_app.diagnose.process_feedback import feedback, said
from servloop_app.diagnose.studies.base import Asked, Found, stored, study
from servloop_app.measure.figures import SMALLEST_GROUP

Scores = dict[str, float]
Int64 = np.ndarray[tuple[int], np.dtype[np.int64]]


@study("key_steps")
def work_out(asked: Asked) -> Found:
    """The ranking with the standing of every step in every source."""
    log, parameters = asked.log, asked.parameters
    marks = process_marks(log)
    times = _said(asked, ProcessDefinition.Kind.BENCHMARK, parameters["times"]) or {}
    kpi, benchmark = _against_times(log, times.get("targets", {}), times.get("benchmarks", {}))
    experts = [
        held.content
        for held in ProcessDefinition.objects.filter(log=asked.record, pk__in=parameters["experts"])
        if held.content
    ]
    sources = {
        "process": process_scores(marks),
        "kpi": kpi,
        "feedback": _from_feedback(asked),
        "benchmark": benchmark,
        "experts": _mean(experts, set(log.activity_labels)),
    }
    known = {name: scores for name, scores in sources.items() if scores}
    weights = {name: parameters["weights"].get(name, 1.0) for name in known}
    if not any(weights.values()):  # only sources without weight know anything
        weights = dict.fromkeys(known, 1.0)
    found = key_steps(known, weights=weights)
    return Found(
        {
            "ranking": stored(found),
            "marks": {mark.activity: stored(mark) for mark in marks},
            "scores": known,
            "experts": len(experts),
            "known": {name: len(scores) for name, scores in sources.items()},
        }
    )


def _said(asked: Asked, kind: str, version: int) -> Any:
    held = ProcessDefinition.objects.filter(log=asked.record, kind=kind, version=version).first()
    return None if held is None else held.content


def step_seconds(log: EventLog) -> tuple[Int64, Int64]:
    """What each event took, with the waiting before it: from the completion before it in its case to its own.

    Returns:
        Codes of activities, and microseconds; the first event of a case counts where its begin is known.
    """
    inner = np.concatenate(([False], log.inner)) if log.events else np.zeros(0, np.bool_)
    before = np.concatenate((log.end[:1], log.end[:-1]))
    took = np.where(inner, log.end - before, log.end - log.begin)
    counted = inner if log.start is None else np.ones(log.events, dtype=np.bool_)
    return log.activity[counted].astype(np.int64), np.maximum(took[counted], 0)


def _against_times(log: EventLog, targets: Scores, benchmarks: Scores) -> tuple[Scores, Scores]:
    """Share of executions beyond the own target; how much longer than elsewhere the median is."""
    codes, took = step_seconds(log)
    labels = log.activity_labels
    grouped = GroupedDurations.of(codes, took, len(labels))
    medians, counts = grouped.quantile(0.5), grouped.counts
    kpi, benchmark = {}, {}
    for code, name in enumerate(labels):
        if not counts[code]:
            continue
        if name in targets:
            kpi[name] = float((took[codes == code] > targets[name] * 1e6).mean())
        if name in benchmarks:
            benchmark[name] = float(medians[code] / benchmarks[name] - 1)
    return kpi, benchmark


def _from_feedback(asked: Asked) -> Scores:
    """Share of bad feedback of the stage to which a step belongs; stages with too little feedback say nothing."""
    table = said(asked.record.unit_id)
    if not table.height:
        return {}
    stages, lanes = stages_of(asked, table)
    found = journey(asked.log, stages, feedback=feedback(table), lanes=lanes)
    scores: Scores = {}
    for stage, figures in zip(stages, found.stages, strict=True):
        n = max(figures.rating.n, figures.sentiment.n)
        if n >= SMALLEST_GROUP:
            scores |= dict.fromkeys(stage.activities, figures.bad / n)
    return {name: score for name, score in scores.items() if name in asked.log.activity_labels}


def _mean(experts: list[Scores], known: set[str]) -> Scores:
    names = {name for scores in experts for name in scores} & known
    return {
        name: float(np.mean([scores[name] for scores in experts if name in scores])) for name in sorted(names)
    }
