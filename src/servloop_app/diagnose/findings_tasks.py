"""Looking for findings in the background, after figures were computed and every night."""

from __future__ import annotations

import hashlib
import json
from typing import Any

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
    observed: list[Observed] = find(cells.values(), Unit.objects.values_list("code", flat=True))
    for done, log in enumerate(logs):
        run.progress(done + 1, len(logs) + 1, "sources", "findings.looking")
        observed.extend(find_in(log))
    with run.step():
        made = execute(RecordFindings(run_key, observed), Actor.system("findings")).outcome
    return {"findings": made}


def _run_key(results: list[str], logs: list[ProcessLog]) -> str:
    state = [sorted(results), sorted(f"{log.public_id}:{log.version}" for log in logs)]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()
