"""Findings: the list, and one with everything that was observed of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import findings_queries as queries
from servloop_app.diagnose.actions_findings import DismissFinding, ReopenFinding
from servloop_app.diagnose.chain import STATE_MEANINGS
from servloop_app.diagnose.finding_words import Subjects, number_of, title_of
from servloop_app.diagnose.models import Finding
from servloop_app.measure import queries as measured
from servloop_app.web.diagnose.observed import Written, address_of, written
from servloop_app.web.submit import page_of, submit

STATES: dict[str, Promise] = {
    "active": pgettext_lazy("findings", "to look into"),
    "gone": pgettext_lazy("findings", "gone"),
    "dismissed": pgettext_lazy("findings", "dismissed"),
}
_RUNS = 60


@dataclass(frozen=True)
class Shown:
    """A finding as the list shows it."""

    finding: Finding
    number: str
    title: str
    newest: Written | None

    @property
    def meaning(self) -> str:
        """Of its state."""
        return STATE_MEANINGS[self.finding.state]


def shown(finding: Finding, subjects: Subjects) -> Shown:
    """One row of the list."""
    seen = next(iter(finding.observations.all()), None)
    newest = written(finding, subjects, seen) if seen is not None else None
    return Shown(finding, number_of(finding), title_of(finding, subjects), newest)


@policy(queries.PERMISSION)
@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """What is clearly worse than it should be, newest first."""
    rights = policy_of(request)
    state = request.GET.get("state", "active")
    state = state if state in STATES else "active"
    everything = queries.findings(rights, active=False)
    active = queries.findings(rights)
    rows = page_of(request, active if state == "active" else everything.filter(state=state))
    found = list(rows)
    subjects = Subjects.of(rights, found)
    waiting = active.count()
    context = {
        "page": rows,
        "rows": [shown(one, subjects) for one in found],
        "state": state,
        "states": STATES,
        "active": waiting,
        "any": everything.exists(),
        "heading": _heading(waiting),
    }
    return render(request, "web/diagnose/findings.html", context)


def _heading(active: int) -> str:
    if not active:
        return _("Nothing is clearly worse than it should be")
    said = ngettext(
        "%(n)s thing is clearly worse than it should be",
        "%(n)s things are clearly worse than they should be",
        active,
    )
    return said % {"n": active}


@policy(queries.PERMISSION)
@require_GET
def finding(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One finding: what, where, since when, how sure, and what stands behind it."""
    rights = policy_of(request)
    found = queries.finding(rights, public_id)
    subjects = Subjects.of(rights, [found])
    runs = [written(found, subjects, seen) for seen in found.observations.all()[:_RUNS]]
    newest = runs[0] if runs else None
    metric = subjects.metric(found)
    context = {
        "found": found,
        "number": number_of(found),
        "title": title_of(found, subjects),
        "meaning": STATE_MEANINGS[found.state],
        "runs": runs,
        "newest": newest,
        "lead": _lead(found, newest),
        "metric": metric,
        "log": subjects.log(found),
        "definition": metric.definition if metric else "",
        "source": address_of(found, subjects, newest.seen if newest else None),
        "records": _records(rights, found, subjects, newest),
        "may_edit": rights.may("findings.edit", found.unit_id or rights.tree.root),
    }
    return render(request, "web/diagnose/finding.html", context)


def _lead(found: Finding, newest: Written | None) -> str:
    if newest is None:
        return ""
    said = {
        "value": newest.value,
        "interval": newest.interval,
        "n": newest.n,
        "period": newest.period,
        "change": newest.change,
        "compared": newest.compared,
        "certainty": newest.certainty,
    }
    text = _("%(value)s in %(period)s (95%% interval %(interval)s, n = %(n)s).") % said
    if newest.seen.difference is None:
        return text.replace("n = ", "n\u00a0=\u00a0")
    against = {
        Finding.Kind.UNIT: _("That is %(change)s against the other units together (%(certainty)s)."),
        Finding.Kind.CHANNEL: _("That is %(change)s against the other channels together (%(certainty)s)."),
    }.get(Finding.Kind(found.kind), _("That is %(change)s against %(compared)s before (%(certainty)s)."))
    whole = pgettext("two sentences", "%(first)s %(second)s") % {"first": text, "second": against % said}
    return whole.replace("n = ", "n\u00a0=\u00a0")


def _records(rights: Policy, found: Finding, subjects: Subjects, newest: Written | None) -> str:
    """Where the records behind it can be opened; empty when this person may not."""
    metric = subjects.metric(found)
    if metric is None or newest is None:
        return ""
    needed = measured.RECORD_PERMISSIONS.get(metric.source)
    if not rights.may(measured.PERMISSION) or (needed is not None and not rights.may(needed)):
        return ""
    return address_of(found, subjects, newest.seen, records=True)


@policy("findings.edit")
@require_POST
def dismiss(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that it is known or no problem, and why."""
    queries.finding(policy_of(request), public_id)
    reason = request.POST.get("reason", "")
    submit(request, DismissFinding(public_id, reason), _("Dismissed, with your reason. It stays on record"))
    return redirect("finding", public_id)


@policy("findings.edit")
@require_POST
def reopen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a dismissed finding up again."""
    queries.finding(policy_of(request), public_id)
    submit(request, ReopenFinding(public_id), _("Taken up again"))
    return redirect("finding", public_id)
