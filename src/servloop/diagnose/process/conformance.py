"""Conformance to a model: which cases run as designed, which do not, and at which steps they part from it.

Work is done once per variant, not per case; a variant whose search grows too large is reported as not decided.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.diagnose.process.alignment import Misstep, align, replay, shortest_run
from servloop.diagnose.process.bpmn import ProcessModel
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.rules import RuleCheck
from servloop.diagnose.process.variants import path_of, variant_of_cases
from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Deviation:
    """A step of a case that the model does not allow there (``unexpected``) or asks for (``missing``).

    ``position`` counts the events of the case from 0; a missing step was due before the event at it.
    """

    case: str
    step: str
    kind: str
    position: int


@dataclass(frozen=True, kw_only=True)
class Conformance(Result):
    """How a log conforms to a model.

    Attributes:
        n: cases.
        fitting_cases: cases that the model allows as they are.
        fitness: mean over decided cases of 1 - missteps / (events + steps of the shortest run).
        token_fitness: mean over decided cases of the token replay fitness.
        deviations: by case id, then position.
        undecided_cases: cases whose variant exceeded the limit of the search.
        rules: how the rules are kept that were checked along with the model.
    """

    n: int
    fitting_cases: int
    fitness: Estimate
    token_fitness: Estimate
    deviations: tuple[Deviation, ...]
    undecided_cases: tuple[str, ...]
    rules: RuleCheck | None = None
    method: str = "alignment_per_variant"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Counts, both fitness figures, ``deviating`` steps, ``undecided`` cases and ``warnings``."""
        rules = {} if self.rules is None else {"rules": self.rules.to_dict(language)["rules"]}
        return {
            "cases": self.n,
            "fitting_cases": self.fitting_cases,
            "fitness": self.fitness.value,
            "token_replay_fitness": self.token_fitness.value,
            "deviating": [asdict(deviation) for deviation in self.deviations],
            "undecided": len(self.undecided_cases),
            "warnings": plain(self.warnings, language),
        } | rules

    def to_frame(self) -> pl.DataFrame:
        """One row per deviating step."""
        import polars as pl

        schema = {"case": pl.String, "step": pl.String, "kind": pl.String, "position": pl.Int64}
        return pl.DataFrame([asdict(deviation) for deviation in self.deviations], schema=schema)


def conformance(log: EventLog, model: ProcessModel, *, max_states: int = 200_000) -> Conformance:
    """Align every variant of a log with a model.

    Args:
        log: the event log.
        model: the allowed behaviour (`bpmn.parse_bpmn`).
        max_states: limit of the search of one variant.

    Raises:
        SpecError: ``process.model_never_ends`` when the model has no complete run within the limit.
    """
    shortest = shortest_run(model, max_states=max_states)
    if shortest is None:
        raise SpecError("process.model_never_ends", limit=max_states)
    variant, representative = variant_of_cases(log)
    paths = [path_of(log, case) for case in representative.tolist()]
    aligned = [align(model, path, max_states=max_states) for path in paths]
    tokens = [replay(model, path, max_states=max_states) for path in paths]
    cases = np.bincount(variant, minlength=len(paths))
    fitness = [
        None if missteps is None else 1 - len(missteps) / max(len(path) + shortest, 1)
        for path, missteps in zip(paths, aligned, strict=True)
    ]
    undecided = np.array([missteps is None for missteps in aligned], dtype=np.bool_)
    unknown = sorted({log.activity_labels[code] for code in np.unique(log.activity)} - model.activities)
    warnings = list(log.warnings)
    if unknown:
        warnings.append(Notice("process.activities_not_in_model", len(unknown), {"names": unknown}))
    open_cases = tuple(sorted(log.case_ids(np.flatnonzero(undecided[variant])))) if log.cases else ()
    if open_cases:
        warnings.append(Notice("process.conformance_undecided", len(open_cases), {"limit": max_states}))
    return Conformance(
        n=log.cases,
        fitting_cases=int(sum(n for n, missteps in zip(cases, aligned, strict=True) if missteps == ())),
        fitness=_mean(fitness, cases.tolist(), "alignment"),
        token_fitness=_mean(
            [None if found is None else found.fitness for found in tokens], cases.tolist(), "token_replay"
        ),
        deviations=_deviations(log, variant.tolist(), aligned),
        undecided_cases=open_cases,
        warnings=tuple(warnings),
    )


def _mean(values: list[float | None], cases: list[int], method: str) -> Estimate:
    """Mean over the cases of the variants that are decided."""
    decided = [(value, n) for value, n in zip(values, cases, strict=True) if value is not None]
    n = sum(count for _, count in decided)
    if n == 0:
        return Estimate.not_computable(0, "process.no_cases", method=method)
    return Estimate(sum(value * count for value, count in decided) / n, n, method=method)


def _deviations(
    log: EventLog, variant: list[int], aligned: list[tuple[Misstep, ...] | None]
) -> tuple[Deviation, ...]:
    deviating = [case for case, code in enumerate(variant) if aligned[code]]
    found = [
        Deviation(identity, misstep.step, misstep.kind, misstep.position)
        for case, identity in zip(deviating, log.case_ids(deviating), strict=True)
        for misstep in aligned[variant[case]] or ()
    ]
    return tuple(sorted(found, key=lambda d: (d.case, d.position, d.kind, d.step)))
