"""Opportunities: what is worth doing first, why, on which evidence, and the decision about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose.findings_queries import findings
from servloop_app.diagnose.models import Finding, FindingObservation, ProcessLog
from servloop_app.measure.models import Metric
from servloop_app.plan import queries
from servloop_app.plan.actions import (
    EFFORTS,
    AcceptOpportunity,
    EstimateEffort,
    RejectOpportunity,
    ReopenOpportunity,
    SnoozeOpportunity,
)
from servloop_app.plan.models import Opportunity
from servloop_app.plan.words import subjects_of, title_of
from servloop_app.web.figures import MISSING, duration, rounded
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import Scale, joined, scale_of, stated
from servloop_app.web.submit import submit

TOP = 3
RAISED_LABELS: dict[str, Promise] = {
    "wait": pgettext_lazy("raised", "holds waiting"),
    "slower": pgettext_lazy("raised", "got slower"),
    "key_step": pgettext_lazy("raised", "a key step"),
    "deviation": pgettext_lazy("raised", "parts from the standard"),
    "rework": pgettext_lazy("raised", "done again"),
}
SNOOZE_DAYS = 30
_SURE, _LIKELY = 0.99, 0.95
STATES: dict[str, Promise] = {
    "waiting": pgettext_lazy("opportunities", "to decide"),
    "accepted": pgettext_lazy("opportunities", "accepted"),
    "rejected": pgettext_lazy("opportunities", "rejected"),
    "snoozed": pgettext_lazy("opportunities", "put off"),
}


@dataclass(frozen=True)
class Evidence:
    """A finding behind an opportunity, in words, with the page where it can be checked."""

    kind: str
    text: str
    address: str


@dataclass(frozen=True)
class Shown:
    """An opportunity as a page shows it."""

    opportunity: Opportunity
    title: str
    evidence: list[Evidence]
    may_decide: bool

    @property
    def score(self) -> str:
        """The rank's number; a dash when the loss cannot be told."""
        return _number(self.opportunity.score)

    @property
    def loss(self) -> str:
        """Dissatisfied customers a month."""
        return _number(self.opportunity.loss)

    @property
    def confidence(self) -> str:
        """How sure the clearest finding is."""
        known = self.opportunity.confidence
        return "> 99%" if known > _SURE else f"{rounded(100 * known, 0)}%"

    @property
    def dots(self) -> list[bool]:
        """Confidence as three dots."""
        sure = 1 + (self.opportunity.confidence >= _LIKELY) + (self.opportunity.confidence >= _SURE)
        return [place < sure for place in range(3)]


def _number(value: float | None) -> str:
    return MISSING if value is None else rounded(value, 1)


def shown(rights: Policy, found: Sequence[Opportunity]) -> list[Shown]:
    """Opportunities with their titles and their evidence, in few queries."""
    visible = {finding.pk: finding for finding in findings(rights, active=False)} if found else {}
    subjects = subjects_of(rights, found)
    metrics, logs = subjects.metrics, subjects.logs
    result = []
    for one in found:
        evidence = [
            _evidence(visible[finding.pk], metrics, logs)
            for finding in one.findings.all()
            if finding.pk in visible
        ]
        if one.subject.get("raised") and one.subject["log"] in logs:
            address = reverse("process_log", args=[one.subject["log"]])
            evidence.append(Evidence(str(RAISED_LABELS[one.subject["raised"]]), one.subject["step"], address))
        unit = one.unit_id or rights.tree.root
        may_decide = rights.may("opportunities.edit", unit)
        result.append(Shown(one, title_of(one, subjects), evidence, may_decide))
    return result


def _evidence(finding: Finding, metrics: dict[str, Metric], logs: dict[str, ProcessLog]) -> Evidence:
    newest = finding.newest
    kind = _kind(finding)
    metric = metrics.get(finding.subject.get("metric", ""))
    if metric is not None:
        return Evidence(
            kind, _measured(metric, newest) if newest else "", _metric_address(metric, finding, newest)
        )
    log = logs.get(finding.subject.get("log", ""))
    text = _timed(finding, newest) if newest else ""
    return Evidence(kind, text, reverse("process_log", args=[log.public_id]) if log else "")


def _kind(finding: Finding) -> str:
    """What it is worse than; on which day of the week, where it is about one."""
    weekday = finding.subject.get("weekday", "")
    if weekday:
        return _("worse on %(day)s than on other days") % {"day": WEEKDAYS[int(weekday) - 1]}
    return str(finding.get_kind_display())


def _measured(metric: Metric, seen: FindingObservation) -> str:
    scale: Scale = scale_of(metric, seen.value, seen.compared_with)
    parts = [scale.value(seen.value)]
    if seen.difference is not None:
        parts.append(scale.change(seen.difference))
    parts.append(f"n\u00a0=\u00a0{rounded(seen.n, 0)}")
    if seen.q is not None:
        parts.append(stated("q", seen.q))
    return joined(parts)


def _timed(finding: Finding, seen: FindingObservation) -> str:
    steps = [
        finding.subject[name]
        for name in ("source", "target", "activity", "step")
        if finding.subject.get(name)
    ]
    timed = {Finding.Kind.BOTTLENECK, Finding.Kind.SLOWER}
    value = duration(seen.value) if finding.kind in timed else rounded(seen.value, 1)
    return joined(filter(None, (" → ".join(steps), value, f"n\u00a0=\u00a0{rounded(seen.n, 0)}")))


def _metric_address(metric: Metric, finding: Finding, seen: FindingObservation | None) -> str:
    query = []
    if seen is not None and seen.first and seen.last:
        query += [f"from={seen.first:%Y-%m}", f"to={seen.last:%Y-%m}"]
    if finding.unit is not None and finding.kind != Finding.Kind.UNIT:
        query.append(f"unit={finding.unit.code}")
    anchor = "#units" if finding.kind == Finding.Kind.UNIT else ""
    return f"{reverse('metric', args=[metric.code])}?{'&'.join(query)}{anchor}"


@policy(queries.PERMISSION)
@require_GET
def opportunities(request: HttpRequest) -> HttpResponse:
    """The ranking."""
    rights = policy_of(request)
    state = request.GET.get("state", "waiting")
    everything = queries.opportunities(rights).prefetch_related("findings")
    waiting = queries.waiting(rights).prefetch_related("findings")
    found = waiting if state not in STATES or state == "waiting" else everything.filter(state=state)
    rows = shown(rights, list(found[:50]))
    context = {
        "rows": rows,
        "state": state if state in STATES else "waiting",
        "states": STATES,
        "efforts": range(EFFORTS[0], EFFORTS[1] + 1),
        "total": waiting.count(),
        "heading": _heading(waiting.count(), rows if state == "waiting" else []),
        "until": timezone.localdate() + dt.timedelta(days=SNOOZE_DAYS),
        "any": everything.exists(),
    }
    return page(request, "web/measure/opportunities.html", context)


def _heading(total: int, rows: list[Shown]) -> str:
    if rows and rows[0].opportunity.score is not None:
        return _("Worth doing first: %(title)s") % {"title": rows[0].title}
    if total:
        return ngettext("%(n)s opportunity to decide", "%(n)s opportunities to decide", total) % {"n": total}
    return _("Nothing to decide")


@policy("opportunities.edit")
@require_POST
def decide(request: HttpRequest, public_id: UUID, decision: str) -> HttpResponse:
    """Accept, reject, put off, take back, or say how much work it is."""
    queries.one_opportunity(policy_of(request), public_id)  # one that this person cannot see is not there
    if decision == "accept":
        submit(request, AcceptOpportunity(public_id), _("Accepted. It is kept under “accepted”"))
    elif decision == "reject":
        submit(
            request,
            RejectOpportunity(public_id, request.POST.get("reason", "")),
            _("Rejected, with your reason"),
        )
    elif decision == "snooze":
        until = parse_date(request.POST.get("until", "")) or timezone.localdate()
        submit(request, SnoozeOpportunity(public_id, until), _("Put off; it comes back on that day"))
    elif decision == "reopen":
        submit(request, ReopenOpportunity(public_id), _("It waits for a decision again"))
    elif decision == "effort":
        given = request.POST.get("effort", "")
        effort = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0
        submit(request, EstimateEffort(public_id, effort), _("The effort counts in the ranking now"))
    else:
        raise NotFound("decision", decision)
    return redirect("opportunity", public_id) if "stay" in request.POST else redirect("opportunities")
