"""Conformance: which cases part from the standard, where and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import polars as pl
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.diagnose.process.rules import Template
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.actions_standard import MAX_BYTES, DefineStandard
from servloop_app.diagnose.models import ProcessDefinition, ProcessLog, ProcessStudy
from servloop_app.web.figures import rounded, share
from servloop_app.web.process.exports import csv_file
from servloop_app.web.process.findings import Finding
from servloop_app.web.process.frame import Opened, Parameters, StudyPage, case_address
from servloop_app.web.process.words import KIND_LABELS, notices, rule_text, why
from servloop_app.web.submit import submit

PAGE_SIZE = 50
STEPS_LISTED = 12


def _parameters(opened: Opened) -> Parameters | None:
    standard = queries_process.definition(opened.log, ProcessDefinition.Kind.STANDARD)
    if standard is None:
        return None
    return {"selection": opened.selection.query(), "standard": standard.version}


def _always(opened: Opened) -> dict[str, Any]:
    standard = queries_process.definition(opened.log, ProcessDefinition.Kind.STANDARD)
    context: dict[str, Any] = {"standard": standard, "templates": Template.__args__}  # type: ignore[attr-defined]  # of a Literal
    if standard is None:
        context["finding"] = Finding(
            _("No standard to hold the cases against yet"),
            _("Upload the designed process as BPMN, rules as YAML, or both."),
        )
    return context


def _present(opened: Opened, found: ProcessStudy) -> dict[str, Any]:
    result: Mapping[str, Any] = found.result or {}
    chosen = {name: opened.extra[name] for name in ("kind", "step", "rule") if name in opened.extra}
    page, listed = _page(opened, found, chosen)
    return {
        "basis": result["basis"],
        "finding": _finding(result),
        "result": result,
        "warnings": notices(result["warnings"]),
        "fitness": [
            {"label": label, "value": _fitness(result["model"][name]), "why": why(result["model"][name])}
            for label, name in ((_("Fitness"), "fitness"), (_("Token fitness"), "token_fitness"))
        ]
        if result["model"]
        else [],
        "kinds": [
            row
            | {
                "known": row["step"] in opened.names,
                "label": KIND_LABELS[row["kind"]],
                "query": _narrowed(opened, kind=row["kind"], step=row["step"]),
            }
            for row in result["kinds"][:STEPS_LISTED]
        ],
        "more_kinds": max(len(result["kinds"]) - STEPS_LISTED, 0),
        "rules": [
            outcome
            | {
                "text": rule_text(outcome["rule"]),
                "why": why(outcome["kept"]),
                "query": _narrowed(opened, rule=str(number)),
            }
            for number, outcome in enumerate((result["rules"] or {}).get("outcomes", []))
        ],
        "chosen": _chosen(chosen, result),
        "all": _narrowed(opened),
        "page": page,
        "rows": [_row(opened, result, row) for row in listed],
    }


def _fitness(estimate: Mapping[str, Any]) -> str:
    return "" if estimate["value"] is None else rounded(estimate["value"], 4)


def _finding(result: Mapping[str, Any]) -> Finding:
    deviating, cases = result["deviating"], result["basis"]["cases"]
    conforming = result["conforming"]
    if not cases:
        return Finding(_("No case meets these conditions"))
    if not deviating:
        return Finding(_("No case parts from the standard"), _lead(conforming))
    said = {"n": number_format(deviating), "all": number_format(cases)}
    worst = next(iter(result["kinds"]), None)
    if worst is None:
        return Finding(_("%(n)s of %(all)s cases break a rule of the standard") % said, _lead(conforming))
    named = said | {"step": worst["step"]}
    if worst["kind"] == "missing":
        title = _("%(n)s of %(all)s cases part from the standard; most often “%(step)s” is missing") % named
    else:
        title = _("%(n)s of %(all)s cases part from the standard; most often at “%(step)s”") % named
    return Finding(title, _lead(conforming))


def _lead(conforming: Mapping[str, Any]) -> str:
    if conforming["value"] is None:
        return ""
    return _("%(share)s run as the standard says (95%% interval %(low)s to %(high)s, n = %(n)s)") % {
        "share": share(conforming["value"]),
        "low": share(conforming["low"]),
        "high": share(conforming["high"]),
        "n": number_format(conforming["n"]),
    }


def _narrowed(opened: Opened, kind: str = "", step: str = "", rule: str = "") -> str:
    return opened.query(kind=kind, step=step, rule=rule, page="") + "#deviating"


def _chosen(chosen: Mapping[str, str], result: Mapping[str, Any]) -> str:
    """What the list is narrowed to, in words."""
    if "rule" in chosen:
        outcomes = (result["rules"] or {}).get("outcomes", [])
        number = int(chosen["rule"]) if chosen["rule"].isdecimal() else -1
        return rule_text(outcomes[number]["rule"]) if 0 <= number < len(outcomes) else chosen["rule"]
    parts = [str(KIND_LABELS.get(chosen.get("kind", ""), "")), chosen.get("step", "")]
    return " · ".join(part for part in reversed(parts) if part)


def deviating_cases(found: ProcessStudy, chosen: Mapping[str, str]) -> pl.LazyFrame:
    """One row per case with its deviations: ``kinds``, ``steps``, ``positions``, ``broken`` rules.

    Args:
        found: the study.
        chosen: ``kind``, ``step``, ``rule`` that some deviation of the case has.
    """
    rows = queries_process.study_rows(found)
    wanted = pl.lit(value=True)
    for name, value in chosen.items():
        if name == "rule":
            wanted &= pl.col("rule") == (int(value) if value.isdecimal() else -1)
        else:
            wanted &= pl.col(name) == value
    return (
        rows.filter(wanted.any().over("case"))
        .group_by("case", maintain_order=True)
        .agg(pl.len().alias("n"), kinds="kind", steps="step", positions="position", broken="rule")
    )


def _page(
    opened: Opened, found: ProcessStudy, chosen: Mapping[str, str]
) -> tuple[Page[int], list[dict[str, Any]]]:
    table = deviating_cases(found, chosen).collect().sort(["n", "case"], descending=[True, False])
    page = Paginator(range(table.height), PAGE_SIZE).get_page(opened.extra.get("page"))
    return page, table[page.start_index() - 1 : page.end_index()].to_dicts() if table.height else []


def _row(opened: Opened, result: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    outcomes = (result["rules"] or {}).get("outcomes", [])
    parts = zip(row["kinds"], row["steps"], row["broken"], row["positions"], strict=True)
    return {
        "case": row["case"],
        "address": case_address(opened.log, row["case"]),
        "deviations": [
            {
                "kind": kind,
                "label": KIND_LABELS[kind],
                "step": step if rule is None else rule_text(outcomes[rule]["rule"]),
                "place": None if place is None else place + 1,
            }
            for kind, step, rule, place in parts
        ],
    }


PAGE = StudyPage(
    tab="conformance",
    kind="conformance",
    template="web/process/conformance.html",
    parameters=_parameters,
    present=_present,
    extra=("kind", "step", "rule", "page"),
    always=_always,
)


@policy("process.view")
@require_http_methods(["GET", "POST"])
def conformance(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    return PAGE.show(request, public_id)


@policy("process.edit")
@require_POST
def define(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in a model, rules, or both; what is not given stays as it was."""
    log = queries.process_log(policy_of(request), public_id)
    before = queries_process.definition(log, ProcessDefinition.Kind.STANDARD)
    held: dict[str, str] = (before.content or {}) if before is not None else {}
    given: dict[str, str] = {}
    for part in ("bpmn", "rules"):
        file = request.FILES.get(part)
        taken_away = request.POST.get(f"without_{part}") == "1"
        given[part], given[f"{part}_name"] = (
            _read(file)
            if isinstance(file, UploadedFile)
            else ("", "")
            if taken_away
            else (held.get(part, ""), held.get(f"{part}_name", ""))
        )
    written = request.POST.get("rules_text", "")
    if written.strip() and not isinstance(request.FILES.get("rules"), UploadedFile):
        given["rules"], given["rules_name"] = written, ""
    submit(request, DefineStandard(log.public_id, **given), _("The cases are held against the new standard"))
    return redirect(reverse("process_conformance", args=[public_id]))


def _read(file: UploadedFile[Any]) -> tuple[str, str]:
    # One character more than allowed is enough for the action to refuse it.
    text = file.read(MAX_BYTES + 1).decode("utf-8-sig", errors="replace")
    return text, file.name or ""


@policy("data.export")
@require_GET
def deviations_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """All deviations of the selected cases as CSV."""
    rights = policy_of(request)
    log: ProcessLog = queries.process_log(rights, public_id)
    rights.require("data.export", log.unit_id)
    opened = Opened.of(request, log)
    parameters = _parameters(opened)
    found = None if parameters is None else queries_process.study(log, "conformance", parameters)
    if found is None or found.result is None:
        raise NotFound("study", public_id)
    outcomes = (found.result["rules"] or {}).get("outcomes", [])
    rows = (
        (case, kind, step, place, "" if rule is None else rule_text(outcomes[rule]["rule"]))
        for case, kind, step, place, rule in queries_process.study_rows(found).collect().iter_rows()
    )
    label = _("deviations")
    return csv_file(("case", "kind", "step", "position", "rule"), rows, f"{log.name} {label}.csv")
