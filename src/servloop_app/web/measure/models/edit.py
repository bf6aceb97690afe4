"""Making and changing a study: which survey, which model, which question is what. Works without script."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import study_queries as queries
from servloop_app.measure.actions_studies import ChangeStudy, CreateStudy
from servloop_app.measure.models import Study
from servloop_app.measure.study_definitions import StudyDefinition, described, words_of
from servloop_app.measure.study_kinds import KINDS
from servloop_app.measure.study_sources import SurveyColumns
from servloop_app.web.measure.models.rows import FORMS, Row
from servloop_app.web.measure.pages import page
from servloop_app.web.submit import submit

_EMPTY_ROWS = 5
_MORE_ROWS = 20


@policy("models.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A study of a survey: first the survey and the model, then the questions."""
    rights = policy_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    survey = queries.surveys().filter(name=asked.get("survey", "")).first()
    kind = asked.get("kind", "")
    if survey is None or kind not in FORMS:
        context = {
            "surveys": queries.surveys(),
            "kinds": [(code, KINDS[code].name) for code in FORMS],
            "chosen": asked.get("survey", ""),
        }
        return page(request, "web/measure/models/choose.html", context)
    columns = described(survey)
    if request.method == "POST" and "more" not in request.POST:
        definition = read_form(request.POST, kind, {"survey": survey.name}, {})
        done = submit(request, CreateStudy(definition), _("Made; the figures follow in a moment"))
        if done is not None:
            return redirect("study", done.outcome.public_id)
    given = _given(request.POST) if request.method == "POST" else _proposed(kind, columns)
    return _page(request, rights, kind, columns, given=given)


@policy("models.edit")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Another definition of a study; the earlier one stays in its history."""
    rights = policy_of(request)
    study = queries.one_study(rights, public_id)
    if study.kind not in FORMS:
        return redirect("study", public_id)
    survey = queries.surveys().filter(name=study.survey).first()
    columns = described(survey) if survey else SurveyColumns(study.survey, 0, None, None, ())
    if request.method == "POST" and "more" not in request.POST:
        definition = read_form(request.POST, study.kind, study.source, words_of(study.labels))
        kept = {
            key: value for key, value in study.spec.items() if key in {"weights", "answers", "staff", "level"}
        }
        definition.spec = kept | definition.spec
        action = ChangeStudy(public_id, definition, request.POST.get("reason", ""))
        if submit(request, action, _("Saved; the figures follow in a moment")) is not None:
            return redirect("study", public_id)
    given = _given(request.POST) if request.method == "POST" else _present(study)
    return _page(request, rights, study.kind, columns, given=given, study=study)


def read_form(
    post: QueryDict, kind: str, source: dict[str, Any], words: dict[str, LocalizedText]
) -> StudyDefinition:
    """The definition that a form gives.

    Args:
        post: the form.
        kind: code of the model.
        source: of the answers.
        words: of the names so far; one that was not touched keeps both its languages.
    """
    form = FORMS[kind]
    rows = [row for row in _rows(post, kind) if any(row.values())]
    labels = {}
    for row in rows:
        name = row.get("name") or row.get("item") or ""
        text = row.get("words", "").strip()
        if name and text:
            known = words.get(name)
            labels[name] = known if known and str(known) == text else LocalizedText.of(text)
    untouched = {key: text for key, text in words.items() if key not in {row.get("name") for row in rows}}
    options = {option.name: post.get(option.name, "").strip() for option in form.options}
    return StudyDefinition(
        kind=kind,
        name=LocalizedText(post.get("name_zh", "").strip(), post.get("name_en", "").strip()),
        source=source,
        spec=form.spec_of(rows, options),
        unit=post.get("unit", ""),
        labels=untouched | labels,
        segments=post.getlist("segments"),
    )


def _rows(post: QueryDict, kind: str) -> list[Row]:
    names = [field.name for field in FORMS[kind].fields]
    columns = {name: post.getlist(f"row-{name}") for name in names}
    count = max((len(values) for values in columns.values()), default=0)
    # A tick box is only sent when it is set: its value is the place of its row.
    ticks = {field.name: set(columns[field.name]) for field in FORMS[kind].fields if field.kind == "tick"}
    rows = []
    for place in range(count):
        row = {
            name: values[place].strip()
            for name, values in columns.items()
            if name not in ticks and place < len(values)
        }
        row |= {name: "1" for name, set_ in ticks.items() if str(place) in set_}
        rows.append(row)
    return rows


def _given(post: QueryDict) -> dict[str, Any]:
    kind = post.get("kind", "")
    rows = [row for row in _rows(post, kind) if any(row.values())]
    blank = _MORE_ROWS if "more" in post else _EMPTY_ROWS
    return {
        "rows": rows + [{} for _place in range(blank)],
        "options": {option.name: post.get(option.name, "") for option in FORMS[kind].options},
        "name_zh": post.get("name_zh", ""),
        "name_en": post.get("name_en", ""),
        "unit": post.get("unit", ""),
        "segments": post.getlist("segments"),
        "reason": post.get("reason", ""),
    }


def _present(study: Study) -> dict[str, Any]:
    form = FORMS[study.kind]
    words = words_of(study.labels)
    rows = [
        row | ({"words": str(text)} if (text := words.get(row.get("name") or row.get("item") or "")) else {})
        for row in form.rows_of(study.spec)
    ]
    return {
        "rows": rows + [{} for _place in range(_EMPTY_ROWS)],
        "options": form.options_of(study.spec),
        "name_zh": study.name.zh,
        "name_en": study.name.en,
        "unit": study.unit.code if study.unit else "",
        "segments": study.segments,
        "reason": "",
    }


def _proposed(kind: str, columns: SurveyColumns) -> dict[str, Any]:
    """What a layout recognises, else empty rows."""
    form, name = FORMS[kind], KINDS[kind].name
    proposal = next((one for layout in KINDS[kind].layouts for one in layout(columns)), None)
    rows: list[Row] = form.rows_of(proposal.spec) if proposal else []
    return {
        "rows": rows + [{} for _place in range(_EMPTY_ROWS if rows else _MORE_ROWS)],
        "options": form.options_of(proposal.spec) if proposal else {},
        "name_zh": f"{columns.survey}：{name.zh}",
        "name_en": f"{columns.survey}: {name.en}",
        "unit": "",
        "segments": columns.segments[:2],
        "reason": "",
    }


def _page(
    request: HttpRequest,
    rights: Policy,
    kind: str,
    columns: SurveyColumns,
    *,
    given: dict[str, Any],
    study: Study | None = None,
) -> HttpResponse:
    form = FORMS[kind]
    rows = [
        [(field, row.get(field.name, ""), place) for field in form.fields]
        for place, row in enumerate(given["rows"])
    ]
    context = {
        **given,
        "study": study,
        "kind": kind,
        "kind_name": KINDS[kind].name,
        "survey": columns,
        "fields": form.fields,
        "cells": rows,
        "choices": [(option, given["options"].get(option.name, "")) for option in form.options],
        "segment_choices": list(dict.fromkeys([*columns.segments, *given["segments"]]))[:40],
        "units": Unit.objects.filter(pk__in=rights.units("models.edit")).order_by("sort_key"),
        "whole": rights.tree.root in rights.units("models.edit"),
    }
    refused = request.method == "POST" and "more" not in request.POST
    return page(request, "web/measure/models/form.html", context, status=422 if refused else 200)
