"""What people say about the steps of a process: weights of the sources, their own scores, times to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.actions_process import Define
from servloop_app.diagnose.models import ProcessDefinition

SOURCES = ("process", "kpi", "feedback", "benchmark", "experts")
SCORES = (1, 5)
MAX_WEIGHT = 100.0
MAX_STEPS = 2_000


def _check(values: dict[str, float], low: float, high: float) -> None:
    if len(values) > MAX_STEPS:
        raise ActionError("diagnose.too_many_steps", limit=MAX_STEPS)
    for name, value in values.items():
        if not (math.isfinite(value) and low <= value <= high):
            raise ActionError("diagnose.number_out_of_range", name=name, received=value, low=low, high=high)


@dataclass
class WeighSources(Define):
    """Say how much each source counts in the ranking of key steps."""

    name = "process_weights.set"
    kind = ProcessDefinition.Kind.WEIGHTS
    log: UUID
    weights: dict[str, float] = field(default_factory=dict)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        unknown = sorted(set(self.weights) - set(SOURCES))
        if unknown:
            raise ActionError("core.choice_unknown", value=unknown[0], choices=list(SOURCES))
        _check(self.weights, 0, MAX_WEIGHT)
        if not any(self.weights.values()):
            raise ActionError("diagnose.weights_all_zero")

    def content(self) -> dict[str, float]:
        return self.weights

    def undo(self) -> Action[Any]:
        return self.restoring()


@dataclass
class ScoreSteps(Define):
    """Say, as somebody who knows the process, how much attention each step needs: 1 little, 5 much."""

    name = "process_scores.give"
    kind = ProcessDefinition.Kind.EXPERTS
    log: UUID
    scores: dict[str, float] = field(default_factory=dict)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check(self.scores, *SCORES)

    def content(self) -> dict[str, float]:
        return self.scores


@dataclass
class SetStepTimes(Define):
    """Say how long steps should take (own target) and take elsewhere (benchmark), in seconds of elapsed time."""

    name = "process_times.set"
    kind = ProcessDefinition.Kind.BENCHMARK
    log: UUID
    targets: dict[str, float] = field(default_factory=dict)
    benchmarks: dict[str, float] = field(default_factory=dict)
    origin: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        for values in (self.targets, self.benchmarks):
            _check(values, 1, 10 * 366 * 86_400)

    def content(self) -> dict[str, Any]:
        return {"targets": self.targets, "benchmarks": self.benchmarks, "origin": self.origin.strip()[:200]}

    def undo(self) -> Action[Any]:
        return self.restoring()
