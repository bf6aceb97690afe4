"""Improvement projects: the list, opening one, its page with phases, gate, board, ledger and timeline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop_app.core.models import Person
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import project_queries as queries
from servloop_app.improve.actions_project_work import (
    AddProjectAction,
    AddProjectCost,
    MoveProjectAction,
    SpendProjectCost,
)
from servloop_app.improve.actions_projects import (
    AdvanceProject,
    AttachEvidence,
    CancelProject,
    ChangeProject,
    CloseProject,
    NoteOnProject,
    OpenProject,
    WaiveCheck,
)
from servloop_app.improve.project_gates import what_is_missing
from servloop_app.improve.project_models import Project, ProjectAction
from servloop_app.improve.project_phases import PHASE_LABELS, PHASES, gate_of, next_phase
from servloop_app.improve.ticket_queries import tickets
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.goal_queries import goals
from servloop_app.verify.actions import JudgeUnmeasured
from servloop_app.verify.models import EffectCheck, EffectVerdict
from servloop_app.verify.queries import check_state, checks
from servloop_app.web.improve.project_forms import ActionForm, CostForm, ProjectForm, ProjectWords
from servloop_app.web.improve.project_words import entries
from servloop_app.web.measure.pages import page
from servloop_app.web.plan.goal_forms import owner_id
from servloop_app.web.submit import page_of, submit

STATES: dict[str, Any] = {
    "active": pgettext_lazy("projects", "under way"),
    "closed": pgettext_lazy("projects", "closed"),
    "cancelled": pgettext_lazy("projects", "cancelled"),
}
_PLACES = {"feedback": "feedback", "findings": "finding", "opportunities": "opportunity", "tickets": "ticket"}
_ADDRESS = re.compile(r"/(\w+)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@policy(queries.PERMISSION)
@require_GET
def projects(request: HttpRequest) -> HttpResponse:
    """The projects of the units that one sees."""
    rights = policy_of(request)
    state = request.GET.get("state", "active")
    state = state if state in STATES else "active"
    found = page_of(
        request, queries.projects(rights).filter(state=state).prefetch_related("actions", "goals"), 30
    )
    states = {
        check.project_id: check_state(check)
        for check in checks(rights).filter(project__in=list(found)).exclude(state=EffectCheck.State.VOIDED)
    }
    rows = [_row(project, states.get(project.pk)) for project in found]
    active = queries.projects(rights).filter(state=Project.State.ACTIVE).count()
    late = sum(row["late"] > 0 for row in rows) if state == "active" else 0
    context = {
        "rows": rows,
        "page": found,
        "state": state,
        "states": STATES,
        "any": queries.projects(rights).exists(),
        "heading": _heading(active, late),
        "may_open": rights.may("projects.edit"),
    }
    return page(request, "web/improve/projects.html", context)


def _row(project: Project, check: tuple[str, str] | None) -> dict[str, Any]:
    today = timezone.localdate()
    actions = [one for one in project.actions.all() if one.state != ProjectAction.State.DROPPED]
    done = sum(one.state == ProjectAction.State.DONE for one in actions)
    late = sum(one.open and one.due < today for one in actions)
    waiting = [one for one in actions if one.open]
    return {
        "project": project,
        "meaning": queries.project_meaning(project),
        "done": done,
        "total": len(actions),
        "late": late,
        "next": waiting[0] if waiting else None,
        "check": check,
    }


def _heading(active: int, late: int) -> str:
    if not active:
        return _("No improvement project is under way")
    if late:
        return ngettext(
            "%(late)s of %(n)s projects has overdue actions",
            "%(late)s of %(n)s projects have overdue actions",
            late,
        ) % {"late": late, "n": active}
    return ngettext("%(n)s improvement project under way", "%(n)s improvement projects under way", active) % {
        "n": active
    }


@policy("projects.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Open a project; from a goal, its unit and words are known."""
    rights = policy_of(request)
    goal = _goal(rights, request.GET.get("goal", ""))
    initial: dict[str, Any] = {"method": "pdca"}
    if goal is not None:
        initial |= {"goals": [goal.public_id], "unit": goal.unit.code, "title": goal.title}
    form = ProjectForm(request.POST or None, policy=rights, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = OpenProject(
            title=given["title"],
            unit_code=given["unit"].code,
            goals=[one.public_id for one in given["goals"]],
            owner=owner_id(given["owner"]),
            team=[one.public_id for one in given["team"]],
            purpose=given["purpose"],
            method=given["method"],
            pilot=given["pilot"],
            pilot_scope=given["pilot_scope"],
        )
        done = submit(request, action, _("The project is open. Say next what is to be done"), form)
        if done is not None:
            return redirect("project", done.outcome.public_id)
    context = {"form": form, "project": None, "goal": goal}
    return page(request, "web/improve/project_form.html", context, status=422 if form.errors else 200)


def _goal(rights: Policy, text: str) -> Goal | None:
    try:
        return goals(rights).filter(public_id=UUID(text)).first() if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Column:
    """One column of the board."""

    state: str
    label: Any
    actions: list[ProjectAction]


@policy(queries.PERMISSION)
@require_GET
def project(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One project with everything that belongs to it."""
    rights = policy_of(request)
    found = queries.one_project(rights, public_id)
    actions = list(found.actions.select_related("who"))
    following = next_phase(found.method, found.phase)
    gate = gate_of(found.method, following) if following else "close"
    missing = what_is_missing(found, gate) if found.state == Project.State.ACTIVE else []
    own = list(checks(rights).filter(project=found))
    living = next((one for one in own if one.state != EffectCheck.State.VOIDED), None)
    open_actions = [one for one in actions if one.open]
    context = {
        "project": found,
        "meaning": queries.project_meaning(found),
        "phases": [
            (PHASE_LABELS[name], name == found.phase, list(PHASES[found.method]).index(name) < _place(found))
            for name in PHASES[found.method]
        ],
        "following": PHASE_LABELS[following] if following else None,
        "missing": [notice.message(get_language() or "en") for notice in missing],
        "active": found.state == Project.State.ACTIVE,
        "may_edit": rights.may("projects.edit", found.unit_id),
        "columns": [
            Column(state.value, state.label, [one for one in actions if one.state == state])
            for state in ProjectAction.State
        ],
        "board_states": ProjectAction.State.choices,
        "done": sum(one.state == ProjectAction.State.DONE for one in actions),
        "counted": sum(one.state != ProjectAction.State.DROPPED for one in actions),
        "late": sum(one.due < timezone.localdate() for one in open_actions),
        "today": timezone.localdate(),
        "check": living,
        "check_state": check_state(living) if living else None,
        "voided": [one for one in own if one.state == EffectCheck.State.VOIDED],
        "verdict": found.verdicts.select_related("made_by").first(),
        "decisions": EffectVerdict.Decision.choices,
        "costs": list(found.costs.all()),
        "ledger": queries.ledger_of(found),
        "team": list(found.team.all()),
        "goals": list(goals(rights).filter(projects=found)),
        "timeline": entries(list(found.steps.select_related("by")[:60])),
        "action_form": ActionForm(prefix="action"),
        "cost_form": CostForm(prefix="cost"),
        "effect_plan": reverse("effect_plan", args=[found.public_id]),
    }
    return page(request, "web/improve/project.html", context)


def _place(found: Project) -> int:
    return list(PHASES[found.method]).index(found.phase)


@policy("projects.edit")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Other words, another owner or team."""
    found = queries.one_project(policy_of(request), public_id)
    initial = {
        "title": found.title,
        "purpose": found.purpose,
        "owner": found.owner.public_id if found.owner else None,
        "team": [one.public_id for one in found.team.all()],
        "pilot": found.pilot,
        "pilot_scope": found.pilot_scope,
    }
    form = ProjectWords(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = ChangeProject(
            public_id,
            given["title"],
            given["purpose"],
            owner_id(given["owner"]),
            _ids(given["team"]),
            given["pilot"],
            given["pilot_scope"],
        )
        if submit(request, action, _("The project is changed"), form) is not None:
            return redirect("project", public_id)
    context = {"form": form, "project": found, "goal": None}
    return page(request, "web/improve/project_form.html", context, status=422 if form.errors else 200)


def _ids(people: Any) -> list[UUID]:
    listed: list[Person] = list(people)
    return [one.public_id for one in listed]


@policy("projects.edit")
@require_POST
def step(request: HttpRequest, public_id: UUID, what: str) -> HttpResponse:
    """Lead a project on, waive its check, write a note, attach evidence, judge, close or cancel it."""
    rights = policy_of(request)
    queries.one_project(rights, public_id)
    text = request.POST.get("reason", "")
    actions: dict[str, Any] = {
        "advance": lambda: (AdvanceProject(public_id), _("The project is in its next phase")),
        "waive": lambda: (WaiveCheck(public_id, text), _("Waived; the reason stays with the project")),
        "note": lambda: (NoteOnProject(public_id, text), _("Noted")),
        "attach": lambda: (
            AttachEvidence(public_id, _evidence(rights, request.POST.get("evidence", ""))),
            _("Attached"),
        ),
        "judge": lambda: (
            JudgeUnmeasured(public_id, request.POST.get("decision", ""), text),
            _("The verdict is on record, marked as not measured"),
        ),
        "close": lambda: (CloseProject(public_id, text), _("The project is closed")),
        "cancel": lambda: (CancelProject(public_id, text), _("The project is cancelled")),
    }
    if what in actions:
        action, said = actions[what]()
        submit(request, action, said)
    return redirect("project", public_id)


def _evidence(rights: Policy, text: str) -> str:
    """What was meant by a ticket's number or by the address of a page."""
    text = text.strip()
    ticket = (
        tickets(rights).filter(number=text.upper()).first() if text and rights.may("tickets.view") else None
    )
    if ticket is not None:
        return f"ticket:{ticket.public_id}"
    found = _ADDRESS.search(text)
    if found and found[1] in _PLACES:
        return f"{_PLACES[found[1]]}:{found[2]}"
    return text[:80]


@policy("projects.edit")
@require_POST
def add_action(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Something to be done."""
    queries.one_project(policy_of(request), public_id)
    form = ActionForm(request.POST, prefix="action")
    if form.is_valid():
        given = form.cleaned_data
        action = AddProjectAction(public_id, given["what"], given["due"], owner_id(given["who"]))
        submit(request, action, _("Added to the board"))
    else:
        _complain(request, form)
    return redirect(reverse("project", args=[public_id]) + "#board")


def _complain(request: HttpRequest, form: Any) -> None:
    for name, errors in form.errors.items():
        messages.error(request, f"{form.fields[name].label}: {' '.join(errors)}")


@policy("projects.edit")
@require_POST
def move_action(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How far an action is."""
    found = queries.one_action(policy_of(request), public_id)
    submit(request, MoveProjectAction(public_id, request.POST.get("state", ""), request.POST.get("note", "")))
    return redirect(reverse("project", args=[found.project.public_id]) + "#board")


@policy("projects.edit")
@require_POST
def add_cost(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A line of the ledger."""
    queries.one_project(policy_of(request), public_id)
    form = CostForm(request.POST, prefix="cost")
    if form.is_valid():
        submit(request, AddProjectCost(public_id, **form.cleaned_data), _("Added to the ledger"))
    else:
        _complain(request, form)
    return redirect(reverse("project", args=[public_id]) + "#ledger")


@policy("projects.edit")
@require_POST
def spend_cost(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What a planned cost has really been."""
    found = queries.one_cost(policy_of(request), public_id)
    submit(request, SpendProjectCost(public_id, request.POST.get("actual", "")), _("Entered"))
    return redirect(reverse("project", args=[found.project.public_id]) + "#ledger")
