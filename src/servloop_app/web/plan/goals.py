"""Goals: the list, setting one with what history says beside it, its page, revision, hand-down, closing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.errors import ServLoopError
from servloop.results import Estimate, plain
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve import project_queries
from servloop_app.measure import queries as measure
from servloop_app.measure.models import Metric
from servloop_app.plan import goal_queries as queries
from servloop_app.plan.actions_goals import (
    MONTHS,
    CascadeGoal,
    CloseGoal,
    Part,
    ReopenGoal,
    ReviseGoal,
    SetGoal,
)
from servloop_app.plan.goal_figures import checked_target, feasibility_of, measured
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.queries import one_opportunity
from servloop_app.verify import queries as effect_queries
from servloop_app.web.errors import sentence
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import scale_of, why_not
from servloop_app.web.plan.goal_forms import (
    DIVISORS,
    CloseForm,
    GoalForm,
    RevisedGoalForm,
    end_of_quarter,
    owner_id,
)
from servloop_app.web.plan.goal_shown import FeasibilityWords, shown, trend_card
from servloop_app.web.submit import page_of, submit

STATES: dict[str, Any] = {
    "active": pgettext_lazy("goals", "under way"),
    "reached": pgettext_lazy("goals", "reached"),
    "missed": pgettext_lazy("goals", "missed"),
    "dropped": pgettext_lazy("goals", "given up"),
}


@policy(queries.PERMISSION)
@require_GET
def goals(request: HttpRequest) -> HttpResponse:
    """The goals of the units that one sees."""
    rights = policy_of(request)
    state = request.GET.get("state", "active")
    state = state if state in STATES else "active"
    found = page_of(request, queries.goals(rights).filter(state=state), 30)
    rows = [shown(rights, goal) for goal in found]
    off = sum(row.progress.standing in {"same", "worse"} for row in rows)
    active = queries.goals(rights).filter(state=Goal.State.ACTIVE).count()
    context = {
        "rows": rows,
        "page": found,
        "state": state,
        "states": STATES,
        "any": queries.goals(rights).exists(),
        "heading": _heading(active, off if state == "active" else 0),
        "may_set": rights.may("goals.edit"),
    }
    return page(request, "web/plan/goals.html", context)


def _heading(active: int, off: int) -> str:
    if not active:
        return _("No goal is under way")
    if off:
        return ngettext(
            "%(off)s of %(n)s goals has not moved towards its target",
            "%(off)s of %(n)s goals have not moved towards their targets",
            off,
        ) % {"off": off, "n": active}
    return ngettext("%(n)s goal under way", "%(n)s goals under way", active) % {"n": active}


@policy("goals.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Set a goal; from an opportunity, metric and unit are known."""
    rights = policy_of(request)
    opportunity = _opportunity(request, rights)
    initial = _initial(request, rights, opportunity)
    form = GoalForm(request.POST or None, policy=rights, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = SetGoal(
            metric=given["metric"].code,
            unit_code=given["unit"].code,
            target=given["target"] * _divisor(request, rights, given["metric"], given["unit"]),
            deadline=given["deadline"],
            title=given["title"],
            owner=owner_id(given["owner"]),
            strategy=given["strategy"],
            opportunity=opportunity.public_id if opportunity else None,
        )
        done = submit(request, action, _("The goal is set; its baseline is frozen"), form)
        if done is not None:
            return redirect("goal", done.outcome.public_id)
    about = _about(rights, form)
    context = {"form": form, "opportunity": opportunity, "goal": None, **about}
    return page(request, "web/plan/goal_form.html", context, status=422 if form.errors else 200)


def _opportunity(request: HttpRequest, rights: Policy) -> Any:
    text = request.POST.get("opportunity") or request.GET.get("opportunity") or ""
    try:
        return one_opportunity(rights, UUID(text)) if text else None
    except ValueError:
        return None


def _initial(request: HttpRequest, rights: Policy, opportunity: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"deadline": end_of_quarter(timezone.localdate())}
    for name in ("metric", "unit"):
        if request.GET.get(name):
            known[name] = request.GET[name]
    if opportunity is not None:
        known["metric"] = opportunity.subject.get("metric", known.get("metric"))
        root = rights.tree.codes.get(rights.tree.root or 0, "")
        known["unit"] = opportunity.unit.code if opportunity.unit else root
    return known


def _divisor(request: HttpRequest, rights: Policy, metric: Metric, unit: Unit) -> float:
    """In what unit the target was typed: the one that the panel beside the form named."""
    try:
        given = float(request.POST.get("divisor", ""))
    except ValueError:
        given = 0.0
    if given in DIVISORS:
        return given
    return scale_of(metric, measured(rights, metric, unit, MONTHS).estimate.value).divisor


@policy("goals.edit")
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Baseline and feasibility, while the form is filled in."""
    rights = policy_of(request)
    form = GoalForm(request.GET, policy=rights)
    return render(request, "web/plan/goal_check.html", _about(rights, form))


def _about(rights: Policy, form: GoalForm | RevisedGoalForm) -> dict[str, Any]:
    """What is known of the metric and unit of a form: baseline, its unit, what history says of the target."""
    fields: Any = form.fields
    metric = _chosen(fields["metric"], form["metric"].value())
    unit = _chosen(fields["unit"], form["unit"].value())
    if metric is None or unit is None:
        return {}
    base = measured(rights, metric, unit, MONTHS)
    scale = scale_of(metric, base.estimate.value)
    about: dict[str, Any] = {
        "about_metric": metric,
        "about_unit": unit,
        "scale": scale,
        "base": base.estimate,
        "base_value": scale.value(base.estimate.value),
        "base_interval": scale.interval(base.estimate),
        "base_first": base.selection.first,
        "base_last": base.selection.last,
        "base_why_not": why_not(base.estimate),
        "value_unit": scale.unit,
    }
    target, deadline = _number(form["target"].value()), parse_date(str(form["deadline"].value() or ""))
    if base.estimate.value is not None and target is not None and deadline is not None:
        about |= _feasible(
            rights, metric, unit, base.estimate, target * scale.divisor, deadline=deadline, scale=scale
        )
    return about


def _feasible(
    rights: Policy, metric: Metric, unit: Unit, base: Estimate, target: float, *, deadline: Any, scale: Any
) -> dict[str, Any]:
    change = target - (base.value or 0.0)
    try:
        checked_target(metric, base, target)
        found, ends = feasibility_of(rights, metric, unit, change, deadline=deadline, months=MONTHS)
    except ServLoopError as error:
        return {"feasible_error": sentence(error)}
    kept = {
        "judgement": found.judgement,
        "code": found.reason.code,
        "params": plain(found.reason.params),
        "best": found.best,
        "best_at": ends[found.best_at].isoformat() if found.best_at is not None else None,
        "best_move": found.best_move,
        "change": found.change,
    }
    return {"feasible": FeasibilityWords(kept, scale)}


def _chosen(field: Any, value: Any) -> Any:
    if value:
        found = field.queryset.filter(**{field.to_field_name: value}).first()
        if found is not None:
            return found
    return field.queryset.first()


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


@policy(queries.PERMISSION)
@require_GET
def goal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One goal: where it stands, how it moved, what history said, its parts and its versions."""
    rights = policy_of(request)
    found = queries.one_goal(rights, public_id)
    one = shown(rights, found)
    cells = measure.cells_of(rights, [found.metric])
    filtered = Filter.of(request, rights, cells)
    parts = [shown(rights, part) for part in queries.goals(rights).filter(parent=found)]
    may_edit = rights.may("goals.edit", found.unit_id)
    context = {
        "one": one,
        "goal": found,
        "trend": trend_card(rights, one, filtered),
        "parts": parts,
        "projects": _projects(rights, found),
        "versions": [
            (version, one.scale.value(version.target))
            for version in found.versions.select_related("made_by", "owner")
        ],
        "may_edit": may_edit,
        "active": found.state == Goal.State.ACTIVE,
        "may_cascade": may_edit and bool(_children(rights, found)),
        "may_project": rights.may("projects.edit", found.unit_id),
        "close_form": CloseForm(),
        "project_add": f"{reverse('project_add')}?goal={found.public_id}",
    }
    return page(request, "web/plan/goal.html", context)


def _projects(rights: Policy, found: Goal) -> list[dict[str, Any]]:
    """The projects for a goal, with what was decided about them."""
    listed = list(project_queries.projects(rights).filter(goals=found))
    states = {
        check.project_id: (check, *effect_queries.check_state(check))
        for check in effect_queries.checks(rights).filter(project__in=listed).exclude(state="voided")
    }
    return [{"project": one, "check": states.get(one.pk)} for one in listed]


@policy("goals.edit")
@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Another target, deadline or owner, with a reason; earlier versions stay."""
    rights = policy_of(request)
    found = queries.one_goal(rights, public_id)
    one = shown(rights, found)
    scale = scale_of(found.metric, found.target, found.baseline["value"])
    initial = {
        "title": found.title,
        "target": round(found.target / scale.divisor, 4),
        "deadline": found.deadline,
        "owner": found.owner.public_id if found.owner else None,
        "strategy": found.strategy,
    }
    form = RevisedGoalForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = ReviseGoal(
            public_id,
            given["target"] * scale.divisor,
            given["deadline"],
            given["title"],
            given["reason"],
            owner_id(given["owner"]),
            given["strategy"],
        )
        if submit(request, action, _("The goal is revised; the earlier version stays"), form) is not None:
            return redirect("goal", public_id)
    context = {"form": form, "goal": found, "one": one, "value_unit": scale.unit}
    return page(request, "web/plan/goal_form.html", context, status=422 if form.errors else 200)


def _children(rights: Policy, found: Goal) -> list[Unit]:
    below = set(rights.tree.children.get(found.unit_id, [])) & rights.units("goals.edit")
    taken = set(found.parts.exclude(state=Goal.State.DROPPED).values_list("unit_id", flat=True))
    return list(Unit.objects.filter(pk__in=below - taken))


@policy("goals.edit")
@require_http_methods(["GET", "POST"])
def cascade(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Hand a goal down to the units below; each has a baseline and a target of its own."""
    rights = policy_of(request)
    found = queries.one_goal(rights, public_id)
    scale = scale_of(found.metric, found.target, found.baseline["value"])
    change = found.target - float(found.baseline["value"])
    rows: list[dict[str, Any]] = []
    for unit in _children(rights, found):
        base = measured(rights, found.metric, unit, found.months)
        wanted = None if base.estimate.value is None else base.estimate.value + change
        typed = request.POST.get(f"target-{unit.code}")
        rows.append(
            {
                "unit": unit,
                "base": scale.value(base.estimate.value),
                "interval": scale.interval(base.estimate),
                "n": base.estimate.n,
                "why_not": why_not(base.estimate),
                "possible": wanted is not None,
                "chosen": f"unit-{unit.code}" in request.POST,
                "target": typed
                if typed is not None
                else ("" if wanted is None else f"{wanted / scale.divisor:.1f}"),
            }
        )
    if request.method == "POST":
        parts = [
            Part(row["unit"].code, (_number(row["target"]) or float("nan")) * scale.divisor)
            for row in rows
            if row["chosen"]
        ]
        if submit(request, CascadeGoal(public_id, parts), _("The goal is handed down")) is not None:
            return redirect("goal", public_id)
    context = {"goal": found, "one": shown(rights, found), "rows": rows, "value_unit": scale.unit}
    return page(request, "web/plan/goal_cascade.html", context)


@policy("goals.edit")
@require_POST
def close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Close a goal as reached, missed or given up."""
    queries.one_goal(policy_of(request), public_id)
    action = CloseGoal(public_id, request.POST.get("outcome", ""), request.POST.get("reason", ""))
    submit(request, action, _("The goal is closed"))
    return redirect("goal", public_id)


@policy("goals.edit")
@require_POST
def reopen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a goal up again."""
    queries.one_goal(policy_of(request), public_id)
    submit(request, ReopenGoal(public_id), _("The goal is under way again"))
    return redirect("goal", public_id)
