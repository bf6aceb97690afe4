"""Effect checks: the list, planning one, its page from declaration to verdict."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.charts import ChartSpec
from servloop.messages import message
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.improve.project_queries import one_project
from servloop_app.measure.models import Metric
from servloop_app.plan.goal_figures import measured
from servloop_app.verify import queries
from servloop_app.verify.actions import (
    DeclareCheck,
    EvaluateCheck,
    ExploreCheck,
    JudgeCheck,
    PlanCheck,
    VoidCheck,
)
from servloop_app.verify.models import EffectCheck, EffectVerdict
from servloop_app.verify.series import ready_on
from servloop_app.web.measure.charts import ChartCard
from servloop_app.web.measure.exports import WRITERS, answer_file
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import scale_of
from servloop_app.web.submit import page_of, submit
from servloop_app.web.verify.effect_forms import CheckForm, initial_of
from servloop_app.web.verify.effect_shown import (
    PowerWords,
    ShownEffect,
    design_rows,
    unit_names_all,
)
from servloop_app.web.verify.payback_words import Payback

_BASE_MONTHS = 3
STATES: dict[str, Any] = {
    "open": pgettext_lazy("effect checks", "waiting for a verdict"),
    "draft": pgettext_lazy("effect checks", "planned"),
    "judged": pgettext_lazy("effect checks", "judged"),
    "voided": pgettext_lazy("effect checks", "voided"),
}


@policy(queries.PERMISSION)
@require_GET
def effects(request: HttpRequest) -> HttpResponse:
    """The checks of the units that one sees."""
    rights = policy_of(request)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    wanted = [EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY] if state == "open" else [state]
    found = page_of(request, queries.checks(rights).filter(state__in=wanted), 20)
    rows = [_row(rights, check) for check in found]
    waiting = queries.waiting(rights).count()
    context = {
        "rows": rows,
        "page": found,
        "state": state,
        "states": STATES,
        "any": queries.checks(rights).exists(),
        "heading": ngettext(
            "%(n)s change waits for its verdict", "%(n)s changes wait for their verdicts", waiting
        )
        % {"n": waiting}
        if waiting
        else _("No change waits for its verdict"),
    }
    return page(request, "web/verify/effects.html", context)


def _row(rights: Policy, check: EffectCheck) -> dict[str, Any]:
    result = queries.newest_result(check)
    found = queries.evaluation_of(result)
    shown = (
        ShownEffect(check, result, found, queries.may_see_comparison(rights, check))
        if found is not None and result is not None
        else None
    )
    word, meaning = queries.check_state(check)
    return {"check": check, "shown": shown, "word": word, "meaning": meaning, "ready": ready_on(check)}


@policy("projects.edit")
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Plan how a project will be judged."""
    rights = policy_of(request)
    project = one_project(rights, public_id)
    draft = queries.checks(rights).filter(project=project, state=EffectCheck.State.DRAFT).first()
    goal = project.goals.select_related("metric", "unit").first()
    metric = draft.metric if draft else goal.metric if goal else None
    scale = _scale(rights, metric, goal.unit if goal else project.unit)
    form = CheckForm(
        request.POST or None,
        policy=rights,
        initial=initial_of(rights, project, draft, scale.divisor if scale else 1.0),
    )
    if request.method == "POST" and form.is_valid():
        chosen = _scale(rights, form.cleaned_data["metric"], goal.unit if goal else project.unit)
        action = PlanCheck(public_id, form.design(chosen.divisor if chosen else 1.0))
        done = submit(request, action, _("Planned. Now see what the data can show, then declare it"), form)
        if done is not None:
            return redirect("effect", done.outcome.public_id)
    context = {"form": form, "project": project, "scale": scale}
    return page(request, "web/verify/effect_plan.html", context, status=422 if form.errors else 200)


def _scale(rights: Policy, metric: Metric | None, unit: Any) -> Any:
    if metric is None:
        return None
    return scale_of(metric, measured(rights, metric, unit, _BASE_MONTHS).estimate.value)


@policy(queries.PERMISSION)
@require_GET
def effect(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One check: what is declared, what came of it, what it rests on, the verdict, the payback."""
    rights = policy_of(request)
    check = queries.one_check(rights, public_id)
    result = queries.newest_result(check)
    found = queries.evaluation_of(result)
    visible = queries.may_see_comparison(rights, check)
    word, meaning = queries.check_state(check)
    context: dict[str, Any] = {
        "check": check,
        "project": check.project,
        "state_word": word,
        "state_meaning": meaning,
        "verdict": queries.verdict_of(check),
        "result": result,
        "entry": queries.log_entry(check),
        "may_open_log": rights.may("audit.view"),
        "may_edit": rights.may("projects.edit", check.project.unit_id),
        "design": design_rows(check, unit_names_all(check, rights.units("metrics.view"))),
        "power": PowerWords(check),
        "ready": ready_on(check),
        "decisions": _decisions(result, found),
        "payback": Payback(check.payback),
        "living": check.state in {"declared", "exploratory"},
        "watching": _watching(check),
        "error": message(result.error_code, result.error_params, get_language() or "en")
        if result is not None and result.error_code
        else "",
    }
    if found is not None and result is not None:
        shown = ShownEffect(check, result, found, visible)
        context["shown"] = shown
        context["card"] = _card(rights, check, "effect", shown.chart, result.as_of)
        if (differences := shown.differences) is not None:
            context["parallel"] = _card(rights, check, "differences", differences, result.as_of)
    return page(request, "web/verify/effect.html", context)


def _decisions(result: Any, found: Any) -> list[dict[str, Any]]:
    """The three buttons: which one is suggested, and which are open before all periods are in."""
    suggested = found.verdict.decision if found is not None else None
    final = result is not None and result.final
    return [
        {
            "code": one.value,
            "label": one.label,
            "suggested": final and one.value == suggested,
            "open": final or one == EffectVerdict.Decision.STOP,
        }
        for one in EffectVerdict.Decision
    ]


def _watching(check: EffectCheck) -> str:
    """The address where a monitor of the metric is set up; empty where there is none."""
    try:
        address = reverse("monitor_add")
    except NoReverseMatch:
        return ""
    return f"{address}?metric={check.metric.code}&unit={check.units[0]}&origin=check:{check.public_id}"


def _card(rights: Policy, check: EffectCheck, key: str, spec: ChartSpec, as_of: Any) -> ChartCard:
    downloads = ""
    if rights.may("data.export", check.project.unit_id):
        downloads = reverse("effect_chart", args=[check.public_id, key, "svg"]).removesuffix(".svg")
    return ChartCard(key, spec, check.metric_version, as_of, downloads=downloads)


@policy("data.export")
@require_GET
def chart_file(request: HttpRequest, public_id: UUID, chart: str, ending: str) -> HttpResponse:
    """A chart of an effect to take away."""
    rights = policy_of(request)
    name = f"{chart}.{ending}"
    if not rights.may(queries.PERMISSION):  # for who may not see effects there is no such file
        raise NotFound("file", name)
    check = queries.one_check(rights, public_id)
    rights.require("data.export", check.project.unit_id)
    result = queries.newest_result(check)
    found = queries.evaluation_of(result)
    if found is None or result is None or ending not in WRITERS:
        raise NotFound("file", name)
    shown = ShownEffect(check, result, found, queries.may_see_comparison(rights, check))
    spec: ChartSpec | None = shown.chart if chart == "effect" else None
    if chart == "differences":
        spec = shown.differences
    if spec is None:
        raise NotFound("file", name)
    return answer_file(spec, ending, f"{check.number} {chart}")


@policy("projects.edit")
@require_POST
def step(request: HttpRequest, public_id: UUID, what: str) -> HttpResponse:
    """Declare, look at afterwards, void, compute again, judge."""
    queries.one_check(policy_of(request), public_id)
    reason = request.POST.get("reason", "")
    actions: dict[str, Any] = {
        "declare": lambda: (DeclareCheck(public_id), _("Declared and locked; the log keeps its hash")),
        "explore": lambda: (ExploreCheck(public_id), _("It is being computed, marked as not declared")),
        "void": lambda: (VoidCheck(public_id, reason), _("Voided; the reason stays with it")),
        "evaluate": lambda: (EvaluateCheck(public_id), _("It is being computed again")),
        "judge": lambda: (
            JudgeCheck(public_id, request.POST.get("decision", ""), reason),
            _("The verdict is on record"),
        ),
    }
    if what in actions:
        action, said = actions[what]()
        submit(request, action, said)
    return redirect("effect", public_id)
