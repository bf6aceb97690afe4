"""One study: the finding, the figures of everyone or of one group, the groups side by side, its definition."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from servloop.charts import ChartSpec
from servloop_app.core.actions import Actor, execute
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of, preview_of
from servloop_app.jobs.models import Run
from servloop_app.measure import study_queries as queries
from servloop_app.measure.actions_studies import COMPUTE_JOB, ComputeStudy, UseStudy
from servloop_app.measure.models import Study
from servloop_app.measure.study_kinds import KINDS
from servloop_app.measure.study_queries import StudyView
from servloop_app.web.measure.charts import ChartCard
from servloop_app.web.measure.exports import WRITERS, answer_file, exportable
from servloop_app.web.measure.filters import unit_names
from servloop_app.web.measure.models.groups import Breakdowns, column_name, context_of, group_name
from servloop_app.web.measure.models.kinds import PAGES
from servloop_app.web.measure.models.parts import Shown
from servloop_app.web.measure.models.words import METHODS
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.words import METHOD_LABELS
from servloop_app.web.submit import submit

_KEPT = ("by", "measure", "a", "b", "of")
GROUPS = "groups"


@policy(queries.PERMISSION)
@require_GET
def study(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    rights = policy_of(request)
    found = queries.one_study(rights, public_id)
    view = queries.view_of(rights, found)
    context: dict[str, Any] = {
        "study": found,
        "view": view,
        "kind": KINDS[found.kind].name,
        "tabs": _tabs(rights, found),
        "running": ensure_computed(request, view),
        "may_edit": rights.may("models.edit", found.unit_id or rights.tree.root),
        "versions": found.versions.select_related("made_by"),
        "recognised": bool(found.origin) and found.version == 1,
        "methods": METHOD_LABELS | METHODS,
        "choices": group_choices(view, rights),
        "query": _query(request),
    }
    if view.document is not None and found.kind in PAGES:
        context |= _figures(request, view, rights)
    return page(request, "web/measure/models/study.html", context)


def _figures(request: HttpRequest, view: StudyView, rights: Policy) -> dict[str, Any]:
    shown = shown_of(view, rights, request.GET.get("of", ""))
    kind = PAGES[view.study.kind]
    breakdowns = Breakdowns.of(view, kind, rights, request.GET.dict())
    query = urlencode(_query(request))
    cards = {name: _card(view, rights, name, make(shown), query) for name, make in kind.charts.items()}
    if len(breakdowns.told) > 1:
        cards[GROUPS] = _card(view, rights, GROUPS, breakdowns.chart(), query)
    return {
        "said": kind.said(shown),
        "shown": shown,
        "template": kind.template,
        "cards": cards,
        "of": request.GET.get("of", ""),
        **kind.context(shown),
        **context_of(breakdowns),
    }


def shown_of(view: StudyView, rights: Policy, group: str) -> Shown:
    """The document of everyone, or of the group that ``column=label`` names.

    Raises:
        NotFound: the group is not there or may not be told.
    """
    if not group:
        return Shown(view, view.document)
    by, _equals, label = group.partition("=")
    found = next((one for one in view.groups(by) if one.label == label), None)
    if found is None or found.document is None:
        raise NotFound("group", group)
    return Shown(view, found.document, group_name(label, unit_names(rights)))


def group_choices(view: StudyView, rights: Policy) -> list[tuple[str, list[tuple[str, str]]]]:
    """(breakdown, [(value, words)]) of all groups that have figures."""
    names = unit_names(rights)
    return [
        (
            column_name(by, view),
            [
                (f"{by}={one.label}", f"{group_name(one.label, names)} (n = {one.n})")
                for one in view.groups(by)
                if one.document is not None
            ],
        )
        for by in view.breakdowns
    ]


def ensure_computed(request: HttpRequest, view: StudyView) -> Run | None:
    """Have a study computed for the person's units when it was not yet; the run to wait for, if any."""
    if view.result is not None or not view.study.active:
        return None
    if preview_of(request) is None:
        execute(ComputeStudy(view.study.public_id), Actor.of_person(request.user, "page", policy_of(request)))  # type: ignore[arg-type]  # signed in
    return Run.objects.filter(kind=COMPUTE_JOB, state__in=[Run.State.QUEUED, Run.State.RUNNING]).first()


def _query(request: HttpRequest) -> dict[str, str]:
    return {name: value for name in _KEPT if (value := request.GET.get(name, ""))}


def _card(view: StudyView, rights: Policy, name: str, spec: ChartSpec, query: str) -> ChartCard:
    assert view.result is not None, "a chart is made of a result"
    address = reverse("study_chart", args=[view.study.public_id, name, "svg"])
    return ChartCard(
        name,
        spec,
        view.study.version,
        view.result.as_of,
        downloads=address.removesuffix(".svg") if rights.may("data.export") else "",
        query=f"?{query}" if query else "",
    )


def _tabs(rights: Policy, found: Study) -> list[tuple[str, str, bool]]:
    """The models of the same survey."""
    same = [one for one in queries.studies(rights) if one.source == found.source or one.pk == found.pk]
    return [
        (str(KINDS[one.kind].name), reverse("study", args=[one.public_id]), one.pk == found.pk)
        for one in same
    ]


@policy("data.export")
@require_GET
def chart_file(request: HttpRequest, public_id: UUID, chart: str, ending: str) -> HttpResponse:
    """A chart of a study, in the units whose data the person may both see and take away."""
    seen = policy_of(request)
    found = queries.one_study(seen, public_id)
    rights = exportable(seen)
    view = queries.view_of(rights, found)
    kind = PAGES.get(found.kind)
    if ending not in WRITERS or kind is None or view.document is None or chart not in {*kind.charts, GROUPS}:
        raise NotFound("file", f"{chart}.{ending}")
    if chart == GROUPS:
        breakdowns = Breakdowns.of(view, kind, rights, request.GET.dict())
        if not breakdowns.told:
            raise NotFound("file", f"{chart}.{ending}")
        spec = breakdowns.chart()
    else:
        spec = kind.charts[chart](shown_of(view, rights, request.GET.get("of", "")))
    return answer_file(spec, ending, f"{found.name} {chart}")


@policy("models.edit")
@require_POST
def use(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a study into use or out of use."""
    active = request.POST.get("active") == "1"
    found = queries.one_study(policy_of(request), public_id)
    said = _("In use again; figures follow") if active else _("Out of use; nothing was deleted")
    submit(request, UseStudy(found.public_id, active=active), said)
    return redirect("study", found.public_id) if active else redirect("studies")
