"""Which cases part from the standard, at which step and how: a model, rules, or both."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl

from servloop.diagnose.process.bpmn import parse_bpmn
from servloop.diagnose.process.conformance import Conformance, conformance
from servloop.diagnose.process.rules import RuleCheck, check_rules
from servloop.diagnose.process.rules_spec import rules_from_spec
from servloop.inference import wilson_interval
from servloop.results import Estimate
from servloop_app.diagnose.actions_standard import rules_document
from servloop_app.diagnose.models import ProcessDefinition
from servloop_app.diagnose.studies.base import Asked, Found, stored, study

if TYPE_CHECKING:
    from servloop.diagnose.process.event_log import EventLog

# A variant whose search grows larger is said to be undecided.
MAX_STATES = 50_000
MAX_WITNESSES = 100_000
LISTED_UNDECIDED = 50
ROWS = {"case": pl.String, "kind": pl.String, "step": pl.String, "position": pl.Int64, "rule": pl.Int64}


@study("conformance")
def work_out(asked: Asked) -> Found:
    """Hold the selected cases against the version of the standard that was asked for."""
    standard = ProcessDefinition.objects.get(
        log=asked.record, kind=ProcessDefinition.Kind.STANDARD, version=asked.parameters["standard"]
    ).content or {"bpmn": "", "rules": ""}
    model = rules = None
    rows: list[tuple[str, str, str, int | None, int | None]] = []
    if standard["bpmn"]:
        model = conformance(asked.log, parse_bpmn(standard["bpmn"].encode()), max_states=MAX_STATES)
        rows += [(one.case, one.kind, one.step, one.position, None) for one in model.deviations]
    if standard["rules"]:
        wanted = rules_from_spec(rules_document(standard["rules"]))
        rules = check_rules(asked.log, wanted, max_witnesses=MAX_WITNESSES)
        rows += _violations(asked.log, rules)
    table = pl.DataFrame(rows, schema=ROWS, orient="row")
    deviating = table["case"].n_unique()
    undecided = len(model.undecided_cases) if model else 0
    result = {
        "conforming": stored(_share(asked.log.cases - deviating - undecided, asked.log.cases - undecided)),
        "deviating": deviating,
        "kinds": _kinds(table),
        "model": None if model is None else _model(model),
        "rules": None if rules is None else _rules(rules),
        "warnings": stored([*(model.warnings if model else ()), *(rules.warnings if rules else ())]),
    }
    return Found(result, table.sort("case", "position", "kind", "step", nulls_last=True))


def _share(hits: int, n: int) -> Estimate:
    if n <= 0:
        return Estimate.not_computable(0, "process.no_cases", method="wilson")
    low, high = wilson_interval(hits, n)
    return Estimate(hits / n, n, low, high, "wilson")


def _violations(log: EventLog, found: RuleCheck) -> list[tuple[str, str, str, int | None, int | None]]:
    """One row per violation; the event that calls for the rule gives the step and its place in the case."""
    place = {
        int(row): (int(at - log.offsets[case]), log.activity_labels[code])
        for at, (row, case, code) in enumerate(
            zip(log.rows.tolist(), log.case_index.tolist(), log.activity.tolist(), strict=True)
        )
    }
    rows: list[tuple[str, str, str, int | None, int | None]] = []
    for number, outcome in enumerate(found.outcomes):
        for witness in outcome.witnesses:
            position, step = (None, outcome.rule.activity) if witness.row is None else place[witness.row]
            rows.append((witness.case, "rule", step, position, number))
    return rows


def _kinds(table: pl.DataFrame) -> list[dict[str, Any]]:
    """How often each step deviates in each way, and in how many cases."""
    return (
        table.filter(pl.col("kind") != "rule")
        .group_by("kind", "step")
        .agg(times=pl.len(), cases=pl.col("case").n_unique())
        .sort(["cases", "step", "kind"], descending=[True, False, False])
        .to_dicts()
    )


def _model(found: Conformance) -> dict[str, Any]:
    by_kind = Counter(one.kind for one in found.deviations)
    return {
        "fitting_cases": found.fitting_cases,
        "fitness": stored(found.fitness),
        "token_fitness": stored(found.token_fitness),
        "missing": by_kind["missing"],
        "unexpected": by_kind["unexpected"],
        "undecided": len(found.undecided_cases),
        "undecided_cases": list(found.undecided_cases[:LISTED_UNDECIDED]),
        "limit": MAX_STATES,
    }


def _rules(found: RuleCheck) -> dict[str, Any]:
    outcomes = [
        {
            "rule": stored(outcome.rule),
            "activations": outcome.activations,
            "violations": outcome.violations,
            "violating_cases": outcome.violating_cases,
            "kept": stored(_share(outcome.activations - outcome.violations, outcome.activations)),
        }
        for outcome in found.outcomes
    ]
    return {"kept_by": stored(found.kept_by), "outcomes": outcomes}
