"""What all pages of one log share: the tabs, the conditions in the address, the analysis that a job works out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from servloop.messages import message
from servloop_app.core.actions import execute
from servloop_app.core.routes import actor_of, policy_of, preview_of
from servloop_app.diagnose import queries, queries_process
from servloop_app.diagnose.actions_process import AskForStudy
from servloop_app.diagnose.models import ProcessLog, ProcessStudy
from servloop_app.diagnose.selection import Selection
from servloop_app.jobs.models import Run
from servloop_app.web.process.chips import conditions
from servloop_app.web.process.logs import reason


@dataclass(frozen=True)
class Tab:
    """A page of a log."""

    code: str
    label: Promise
    route: str


TABS = (
    Tab("map", pgettext_lazy("process", "Map"), "process_log"),
    Tab("times", pgettext_lazy("process", "Times"), "process_times"),
    Tab("work", pgettext_lazy("process", "Work and waiting"), "process_work_page"),
    Tab("compare", _("Comparison"), "process_compare"),
    Tab("key_steps", _("Key steps"), "process_key_steps"),
    Tab("journey", _("Journey"), "process_journey"),
    Tab("conformance", _("Conformance"), "process_conformance"),
    Tab("live", _("Running cases"), "process_live"),
    Tab("what_if", _("What if"), "process_what_if"),
    Tab("staffing", _("Staffing"), "process_staffing"),
    Tab("cases", _("Cases of the log"), "process_cases"),
)


@dataclass(frozen=True)
class Opened:
    """A log that a page shows, with the conditions of its address.

    Attributes:
        log: the log.
        selection: which cases.
        names: its activities by code.
        extra: parameters of the address that belong to this page alone.
        may_edit, may_export, may_raise: what the person may do.
        reads_feedback: whether the person may read what customers of the log's unit said.
        person: id of the person.
    """

    log: ProcessLog
    selection: Selection
    names: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    may_edit: bool = False
    may_export: bool = False
    may_raise: bool = False
    reads_feedback: bool = False
    person: int | None = None

    @classmethod
    def of(cls, request: HttpRequest, log: ProcessLog, *extra: str) -> Opened:
        """From a request.

        Args:
            request: whose rights and address count.
            log: a log that is ready.
            extra: names of the page's own parameters.

        Raises:
            ActionError: ``diagnose.bad_filter``.
        """
        rights, query = policy_of(request), request.GET
        return cls(
            log=log,
            selection=Selection.parse({name: query.getlist(name) for name in query}),
            names=queries_process.activities(log),
            extra={name: query[name] for name in extra if query.get(name)},
            may_edit=rights.may("process.edit", log.unit_id),
            may_export=rights.may("data.export", log.unit_id),
            may_raise=rights.may("opportunities.edit", log.unit_id),
            reads_feedback=rights.may("feedback.view", log.unit_id),
            person=None if rights.person is None else rights.person.pk,
        )

    def query(self, selection: Selection | None = None, **changes: Any) -> str:
        """The parameters of this page's address with changes; a change to None or "" takes a parameter away."""
        named = {**(selection or self.selection).query(), **self.extra, **changes}
        return "?" + urlencode({name: value for name, value in named.items() if value}, doseq=True)

    def cases(self, **conditions: Any) -> str:
        """The address of the list of cases that meet further conditions."""
        return reverse("process_cases", args=[self.log.public_id]) + selected(
            self.selection.also(**conditions)
        )

    def code(self, activity: str) -> int:
        """The code of an activity."""
        return self.names.index(activity)


def selected(selection: Selection) -> str:
    """The parameters of a selection alone."""
    return "?" + urlencode(selection.query(), doseq=True)


def case_address(log: ProcessLog, case: str) -> str:
    """The page of one case."""
    return reverse("process_case", args=[log.public_id]) + "?" + urlencode({"case": case})


def tabs(log: ProcessLog, selection: Selection, current: str) -> list[dict[str, Any]]:
    """The tabs; each keeps the conditions."""
    return [
        {
            "label": tab.label,
            "address": reverse(tab.route, args=[log.public_id]) + (selected(selection)),
            "current": tab.code == current,
        }
        for tab in TABS
    ]


def frame(opened: Opened, tab: str) -> dict[str, Any]:
    """What the frame of a page shows."""
    return {
        "log": opened.log,
        "opened": opened,
        "tab": tab,
        "tabs": tabs(opened.log, opened.selection, tab),
        "conditions": conditions(opened, opened.names),
        "unfiltered": opened.query(Selection()),
        "query": opened.query(),
        "selected": selected(opened.selection),
        "may_edit": opened.may_edit,
        "may_export": opened.may_export,
        "may_raise": opened.may_raise,
        "notices": [notice.message(get_language() or "en") for notice in opened.log.notices],
    }


Parameters = dict[str, Any]


@dataclass(frozen=True)
class StudyPage:
    """A tab that shows a stored analysis.

    Attributes:
        tab: its code, in `TABS`.
        kind: of the study.
        template: of the page.
        parameters: what to ask for; None when people must say something first.
        present: what the template shows of a result.
        extra: names of the page's own parameters in the address.
        always: what the template shows whether there is a result or not.
    """

    tab: str
    kind: str
    template: str
    parameters: Callable[[Opened], Parameters | None]
    present: Callable[[Opened, ProcessStudy], dict[str, Any]]
    extra: tuple[str, ...] = ()
    always: Callable[[Opened], dict[str, Any]] = lambda _opened: {}

    def show(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        """Show the result; where there is none, ask for it (a POST to the same address) and show how far it is."""
        log = queries.process_log(policy_of(request), public_id)
        if not log.ready:
            return render(request, "web/process/waiting.html", {"log": log, "why": reason(log)})
        opened = Opened.of(request, log, *self.extra)
        parameters = self.parameters(opened)
        if request.method == "POST" and parameters is not None:
            again = request.POST.get("again") == "1"
            execute(AskForStudy(log.public_id, self.kind, parameters, again), actor_of(request))
            return redirect(request.get_full_path())
        found = None if parameters is None else queries_process.study(log, self.kind, parameters)
        context = frame(opened, self.tab) | self.always(opened)
        context |= {"study": found, "asks": parameters is not None} | _state(request, found)
        if found is not None and found.result is not None:
            context |= self.present(opened, found)
        return render(request, self.template, context)


def _state(request: HttpRequest, found: ProcessStudy | None) -> dict[str, Any]:
    """How far the analysis is: ``state`` is missing, running, failed, refused or ready."""
    run = found.run if found is not None else None
    if found is not None and found.done:
        why = found.why_not(get_language() or "en")
        return {"state": "refused" if why else "ready", "why": why}
    if run is not None and run.state in {Run.State.QUEUED, Run.State.RUNNING}:
        return {"state": "running", "run": run}
    if run is not None and run.state == Run.State.FAILED:
        why = message(run.message_code, run.message_params, get_language() or "en")
        return {"state": "failed", "why": why, "run": run, "starts": False}
    return {"state": "missing", "starts": preview_of(request) is None}
