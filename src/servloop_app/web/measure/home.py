"""Home: how good service is now, what changed, why, and what needs this person today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from servloop_app.collect import queries as collected
from servloop_app.collect.models import Import
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of, signed_in
from servloop_app.diagnose import queries as diagnosed
from servloop_app.diagnose.models import ProcessLog
from servloop_app.jobs.models import Run
from servloop_app.measure import queries
from servloop_app.measure.actions import SaveView
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.plan import queries as planned
from servloop_app.web.collect.totals import total_of
from servloop_app.web.figures import rounded
from servloop_app.web.home_work import Stop, Todo, waiting_work, work_stops
from servloop_app.web.measure.cards import FigureCard, corrected, figure_card
from servloop_app.web.measure.filters import Filter, unit_names
from servloop_app.web.measure.findings import overview
from servloop_app.web.measure.freshness import run_under_way
from servloop_app.web.measure.metric import breakdown_of, chart_card, trend_of
from servloop_app.web.measure.opportunities import TOP, shown
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import joined
from servloop_app.web.menu import STAGES
from servloop_app.web.submit import submit

_CUSTOMERS = ("nps", "csat", "ces", "complaint_rate", "praise_rate")
_PROMISES = ("in_time_resolution_rate", "resolution_rate", "first_contact_resolution", "on_time_rate")
_SPEED = ("first_response_time", "time_to_resolution", "turnaround", "rework_rate")
_OUTSIDE = (*_CUSTOMERS, *_PROMISES, *_SPEED)
_INSIDE = (*_PROMISES, *_SPEED, *_CUSTOMERS)
# What each role looks at first; whoever has several gets the first that fits.
ORDERS: dict[str, tuple[str, ...]] = {
    "executive": _OUTSIDE,
    "quality_manager": _OUTSIDE,
    "analyst": _OUTSIDE,
    "supervisor": _INSIDE,
    "agent": _INSIDE,
}
CARDS = 8
UNITS_SHOWN = 5


@policy("home.view")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The page."""
    rights = policy_of(request)
    context: dict[str, Any] = {"running": run_under_way(), "views": queries.saved_views(rights)}
    if rights.may(queries.PERMISSION):
        wanted = wanted_metrics(rights)
        cells = {code: one for code, one in queries.cells_of(rights, wanted).items() if one.newest_month}
        if cells:
            context |= _figures(request, rights, cells)
    if rights.may(planned.PERMISSION):
        waiting = planned.waiting(rights).prefetch_related("findings")
        context |= {"waiting": waiting.count(), "top": shown(rights, list(waiting[:TOP]))}
    context["todo"] = todo_of(rights, context.get("cards", []))
    context["stops"] = stops(rights, context)
    if "cards" not in context:
        context["steps"] = first_steps(rights)
        return page(request, "web/home_empty.html", context)
    return page(request, "web/home.html", context)


def wanted_metrics(rights: Policy) -> list[Metric]:
    """The computable metrics in use, in the order that suits the person's role; one's own after those that ship."""
    roles = {role for role, _unit, _effect in rights.assignments}
    order = next((codes for role, codes in ORDERS.items() if role in roles), _OUTSIDE)
    places = {code: place for place, code in enumerate(order)}
    known = [
        metric for metric in queries.metrics(computable=True) if metric.code in places or not metric.shipped
    ]
    return sorted(known, key=lambda metric: places.get(metric.code, len(places)))


def _figures(request: HttpRequest, rights: Policy, cells: dict[str, Cells]) -> dict[str, Any]:
    filtered = Filter.of(request, rights, cells)
    cards = [figure_card(one, filtered) for one in cells.values()]
    cards = corrected([card for card in cards if card.figure.estimate.n][:CARDS])
    if not cards:
        return {"filter": filtered, "cards": []}
    said = overview(cards, cells, filtered, unit_names(rights))
    subject = cells[said.subject.figure.metric.code]
    units = breakdown_of(rights, subject, filtered, "units")
    return {
        "filter": filtered,
        "cards": cards,
        "overview": said,
        "trend": chart_card(rights, subject, filtered, "trend", trend_of(subject, said.subject, filtered)),
        "units": units.rows[:UNITS_SHOWN] if units and len(units.rows) > 1 else [],
        "as_of": max(card.figure.result.as_of for card in cards),
    }


def todo_of(rights: Policy, cards: list[FigureCard]) -> list[Todo]:
    """What needs this person today, what costs most to leave first."""
    found = [
        Todo(
            "bad" if card.change_meaning == "bad" else "watch",
            (
                _("%(name)s is off target and getting worse")
                if card.change_meaning == "bad"
                else _("%(name)s is off target")
            )
            % {"name": card.name},
            joined((card.scale.value(card.figure.estimate.value), card.change, card.target)),
            card.address,
            _("Look into it"),
        )
        for card in cards
        if card.meaning == "bad"
    ]
    found.sort(key=lambda todo: todo.meaning != "bad")
    return [
        *waiting_work(rights),
        *found,
        *_waiting_imports(rights),
        *_waiting_logs(rights),
        *_failed_jobs(rights),
    ]


def _waiting_imports(rights: Policy) -> list[Todo]:
    if not rights.may("imports.edit"):
        return []
    found = []
    for one in collected.imports(rights).filter(state=Import.State.DONE, rejected__gt=0)[:3]:
        waiting = collected.quarantined(one).count()
        if waiting:
            said = ngettext("%(n)s imported row to repair", "%(n)s imported rows to repair", waiting)
            found.append(
                Todo(
                    "watch",
                    said % {"n": rounded(waiting, 0)},
                    one.file_name,
                    reverse("import", args=[one.public_id]),
                    _("Repair"),
                )
            )
    return found


def _waiting_logs(rights: Policy) -> list[Todo]:
    if not rights.may("process.edit"):
        return []
    waiting = diagnosed.process_logs(rights).filter(state=ProcessLog.State.COLUMNS)[:3]
    return [
        Todo(
            "neutral",
            _("“%(name)s” waits for its columns to be named") % {"name": log.name},
            log.file_name,
            reverse("process_columns", args=[log.public_id]),
            _("Name them"),
        )
        for log in waiting
    ]


def _failed_jobs(rights: Policy) -> list[Todo]:
    if not rights.may("jobs.edit"):
        return []
    failed = Run.objects.filter(state=Run.State.FAILED).count()
    if not failed:
        return []
    said = ngettext("%(n)s job failed", "%(n)s jobs failed", failed)
    return [Todo("watch", said % {"n": failed}, _("It can be started again"), reverse("jobs"), _("Show"))]


def stops(rights: Policy, context: dict[str, Any]) -> list[Stop]:
    """The loop with what each stage has; stages that this person cannot open stay without a link."""
    cards: list[FigureCard] = context.get("cards", [])
    off = sum(card.meaning == "bad" for card in cards)
    told: dict[int, Stop] = {}
    labels = [stage.label for stage in STAGES]
    if rights.may("feedback.view"):
        records = total_of(rights, collected.Asked())
        assert records is not None, "without words they can be counted"
        words = ngettext("record", "records", records.n)
        number = f"> {rounded(records.n, 0)}" if records.more else rounded(records.n, 0)
        told[0] = Stop(labels[0], number, words, reverse("feedback"))
    if rights.may(queries.PERMISSION):
        words = ngettext("figure", "figures", len(cards))
        if off:
            words = ngettext("figures, %(n)s off target", "figures, %(n)s off target", off) % {"n": off}
        told[1] = Stop(labels[1], str(len(cards)), words, reverse("metrics"))
    if rights.may("process.view"):
        logs = diagnosed.process_logs(rights).count()
        told[2] = Stop(
            labels[2], str(logs), ngettext("process log", "process logs", logs), reverse("process_logs")
        )
    if "waiting" in context:
        waiting = context["waiting"]
        words = pgettext("after a number of opportunities", "to decide")
        told[3] = Stop(labels[3], str(waiting), words, reverse("opportunities"))
    told |= work_stops(rights, labels)
    return [told.get(place, Stop(label)) for place, label in enumerate(labels)]


@dataclass(frozen=True)
class Step:
    """A step on the way to the first figure."""

    title: str
    text: str
    address: str = ""
    button: str = ""


def first_steps(rights: Policy) -> list[Step]:
    """What brings an empty home to life; buttons only for what this person may do."""
    return [
        Step(
            _("Import what customers said"),
            _(
                "A ticket or survey export: CSV, Excel or JSON. Its columns are recognised and shown before anything is stored."
            ),
            reverse("imports") if rights.may("imports.edit") else "",
            _("Import a file"),
        ),
        Step(
            _("Choose what to measure"),
            _("The catalogue holds the usual service metrics, each with definition, formula and target."),
            reverse("metrics") if rights.may("metrics.edit") else "",
            _("Open the catalogue"),
        ),
        Step(
            _("See where time goes"),
            _(
                "A process log of cases, steps and times gives a map of waits and rework. There is a sample to try."
            ),
            reverse("process_logs") if rights.may("process.view") else "",
            _("Open process logs"),
        ),
    ]


@signed_in("people keep their own views")
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the selection of a page under a name."""
    address = request.POST.get("address", "")
    submit(request, SaveView(request.POST.get("title", ""), address), _("The view is saved"))
    safe = url_has_allowed_host_and_scheme(address, None) and address.startswith("/")
    return redirect(address if safe else "home")
