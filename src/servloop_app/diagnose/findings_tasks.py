"""Looking for findings in the background, after figures were computed and every night."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from servloop.facts import FactsScope
from servloop.facts.cells import PEOPLE, compute_cells
from servloop_app.collect.files import fact_store
from servloop_app.core.actions import Actor, execute
from servloop_app.core.models import Unit
from servloop_app.core.policy import EverythingPolicy
from servloop_app.diagnose.actions_findings import RecordFindings
from servloop_app.diagnose.findings import Observed, find
from servloop_app.diagnose.findings_models import FindingObservation
from servloop_app.diagnose.findings_process import find_in
from servloop_app.diagnose.models import ProcessLog
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.measure import queries
from servloop_app.measure.figures import SMALLEST_GROUP, Cells

FIND_JOB = "findings.refresh"


@job(FIND_JOB)
def refresh_findings(run: RunContext, event: dict[str, Any] | None = None) -> dict[str, int]:  # noqa: ARG001  # any refresh asks for the same
    """Look through all figures and process logs; looking twice at the same state changes nothing."""
    metrics = list(queries.metrics(computable=True))
    cells = queries.cells_of(EverythingPolicy(), metrics)
    logs = list(ProcessLog.objects.filter(state=ProcessLog.State.READY, sample=False).select_related("unit"))
    run_key = _run_key([str(one.result.public_id) for one in cells.values()], logs)
    if FindingObservation.objects.filter(run_key=run_key).exists():
        return {"findings": 0}
    run.progress(0, len(logs) + 1, "sources", "findings.looking")
    units = list(Unit.objects.values_list("code", flat=True))
    observed: list[Observed] = find(cells.values(), units, _by_weekday(cells.values()))
    for done, log in enumerate(logs):
        run.progress(done + 1, len(logs) + 1, "sources", "findings.looking")
        observed.extend(find_in(log))
    with run.step():
        made = execute(RecordFindings(run_key, observed), Actor.system("findings")).outcome
    return {"findings": made}


def _by_weekday(cells: Iterable[Cells]) -> list[Cells]:
    """Durations once more, split by the day of the week: too few staff on Mondays shows nowhere else.

    Cases are dated by their end: which day they end on depends on how long they took, so that days would differ by
    themselves.
    """
    found = []
    with fact_store().snapshot() as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        for one in cells:
            metric = one.metric
            if metric.kept == "histogram" and metric.source != "cases" and not one.result.error_code:
                table = compute_cells(facts, metric.source, metric.formula, segment="weekday")
                safe = table.protected(SMALLEST_GROUP) if metric.source in PEOPLE else table
                found.append(replace(one, table=safe, _found={}))
    return found


def _run_key(results: list[str], logs: list[ProcessLog]) -> str:
    state = [sorted(results), sorted(f"{log.public_id}:{log.version}" for log in logs)]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()
