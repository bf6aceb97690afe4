"""Key steps: one explained ranking from process, targets, customers, benchmark and experts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from servloop.messages import message
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.actions_key_steps import SCORES, SOURCES, ScoreSteps, SetStepTimes, WeighSources
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog, ProcessStudy
from servloop_app.web.figures import rounded, share
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage
from servloop_app.web.process.words import notices
from servloop_app.web.submit import submit

Kind = ProcessDefinition.Kind
SOURCE_LABELS: dict[str, Promise] = {
    "process": gettext_lazy("Process data"),
    "kpi": gettext_lazy("Own targets"),
    "feedback": gettext_lazy("Customers"),
    "benchmark": gettext_lazy("Benchmark"),
    "experts": gettext_lazy("Experts"),
}
SOURCE_NOTES: dict[str, Promise] = {
    "process": gettext_lazy("influence, complexity, bottleneck and room for improvement from the log"),
    "kpi": gettext_lazy("share of executions beyond the target time"),
    "feedback": gettext_lazy("share of bad feedback of the journey's stage"),
    "benchmark": gettext_lazy("how much longer than elsewhere"),
    "experts": gettext_lazy("mean score of the people who know the process"),
}
# Forms list the steps that matter; a log may have thousands.
FORM_STEPS = 60
ROWS = 30
_HOUR = 3_600
_SURE = 0.05


def _parameters(opened: Opened) -> Parameters:
    log = opened.log
    weights = queries_process.definition(log, Kind.WEIGHTS)
    times = queries_process.definition(log, Kind.BENCHMARK)
    stages = queries_process.definition(log, Kind.JOURNEY)
    return {
        "selection": opened.selection.query(),
        "weights": {} if weights is None else weights.content,
        "experts": sorted(one.pk for one in queries_process.expert_scores(log)),
        "times": 0 if times is None else times.version,
        "journey": 0 if stages is None else stages.version,
    }


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    ranking = result["ranking"]
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "ranking": ranking,
        "sources": [
            {
                "code": code,
                "label": SOURCE_LABELS[code],
                "note": SOURCE_NOTES[code],
                "steps": result["known"][code],
                "weight": ranking["weights"].get(code),
                "set": found.parameters["weights"].get(code, 1),
            }
            for code in SOURCES
        ],
        "rows": list(_rows(opened, result)),
        "agreement": _agreement(ranking),
        "warnings": notices(ranking["warnings"]),
        "form": list(_form(opened, ranking)),
        "scores": range(SCORES[0], SCORES[1] + 1),
        "experts": result["experts"],
        "times": (queries_process.definition(opened.log, Kind.BENCHMARK)),
    }


def _finding(result: Mapping[str, Any]) -> Finding:
    ranking = result["ranking"]
    if not ranking["steps"]:
        return Finding(_("No case meets these conditions"))
    first = ranking["steps"][0]
    firm = first["high"] <= 3
    title = _("“%(step)s” is the key step") if firm else _("“%(step)s” leads, but other weights change that")
    sources = ", ".join(str(SOURCE_LABELS[code]) for code in SOURCES if code in ranking["weights"])
    range_ = str(first["low"]) if first["low"] == first["high"] else f"{first['low']}–{first['high']}"
    lead = _("Place %(range)s in 95%% of all weightings of: %(sources)s") % {
        "range": range_,
        "sources": sources,
    }
    return Finding(title % {"step": first["activity"]}, lead)


def _agreement(ranking: Mapping[str, Any]) -> dict[str, Any]:
    held = ranking["agreement"]
    if held["value"] is None:
        return {"why": notices([held["reason"]])[0]}
    p = ranking["p"]
    agree = p is not None and p < _SURE
    return {
        "title": _("The sources agree on the order")
        if agree
        else _("The sources agree no more than chance makes them"),
        "value": rounded(held["value"], 2),
        "n": held["n"],
        "p": "" if p is None else (f"< {rounded(0.001, 3)}" if p < 0.001 else rounded(p, 3)),
    }


def _rows(opened: Opened, result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    language = get_language() or "en"
    for step in result["ranking"]["steps"][:ROWS]:
        reason = step["reason"]
        said = dict(reason["params"])
        if "source" in said:
            said["source"] = str(SOURCE_LABELS[said["source"]])
        mark = result["marks"].get(step["activity"])
        yield {
            "place": step["place"],
            "activity": step["activity"],
            "score": rounded(step["score"], 2),
            "range": f"{step['low']}–{step['high']}",
            "firm": step["low"] == step["high"],
            "standings": [step["standings"].get(code) for code in SOURCES],
            "reason": message(reason["code"], said, language),
            "marks": None
            if mark is None
            else [
                share(mark["influence"]),
                str(mark["complexity"]),
                share(mark["bottleneck"]),
                share(mark["improvement"]),
            ],
            "query": opened.cases(activities=(opened.code(step["activity"]),)),
        }


def _form(opened: Opened, ranking: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per step for the scores of the person and the times; the highest of the ranking first."""
    mine: dict[str, float] = {}
    for one in queries_process.expert_scores(opened.log):
        if one.made_by_id is not None and one.made_by_id == opened.person:
            mine = one.content or {}
    times = queries_process.definition(opened.log, Kind.BENCHMARK)
    held: Mapping[str, Any] = {} if times is None else times.content or {}
    for step in ranking["steps"][:FORM_STEPS]:
        name = step["activity"]
        yield {
            "code": opened.code(name),
            "activity": name,
            "score": int(mine[name]) if name in mine else None,
            "target": _hours(held.get("targets", {}).get(name)),
            "benchmark": _hours(held.get("benchmarks", {}).get(name)),
        }


def _hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / _HOUR:g}"


PAGE = StudyPage(
    tab="key_steps",
    kind="key_steps",
    template="web/process/key_steps.html",
    parameters=_parameters,
    present=_present,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def key_steps(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)


@policy("process.edit")
@require_POST
def weights(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change the weights of the sources."""
    log = queries.process_log(policy_of(request), public_id)
    given = {code: _number(request.POST.get(code, "")) for code in SOURCES}
    known = {code: value for code, value in given.items() if value is not None}
    submit(request, WeighSources(log.public_id, known), _("The ranking follows the new weights"))
    return redirect("process_key_steps", public_id)


@policy("process.edit")
@require_POST
def scores(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in a person's scores of the steps."""
    log = queries.process_log(policy_of(request), public_id)
    submit(request, ScoreSteps(log.public_id, _of_steps(request, log, "score")), _("Your scores count now"))
    return redirect("process_key_steps", public_id)


@policy("process.edit")
@require_POST
def times(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in target and benchmark times, in hours."""
    log = queries.process_log(policy_of(request), public_id)
    action = SetStepTimes(
        log.public_id,
        targets=_of_steps(request, log, "target", _HOUR),
        benchmarks=_of_steps(request, log, "benchmark", _HOUR),
        origin=request.POST.get("origin", ""),
    )
    submit(request, action, _("The ranking uses these times now"))
    return redirect("process_key_steps", public_id)


def _of_steps(request: HttpRequest, log: ProcessLog, field: str, times: float = 1) -> dict[str, float]:
    """What a form says about steps: fields are named ``score-3``, by the code of the activity."""
    found = {}
    for code, name in enumerate(queries_process.activities(log)):
        value = _number(request.POST.get(f"{field}-{code}", ""))
        if value is not None:
            found[name] = value * times
    return found


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", ".")) if text.strip() else None
    except ValueError:
        return float("nan")  # refused by the action, with what was given
