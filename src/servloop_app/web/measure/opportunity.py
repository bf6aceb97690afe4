"""One opportunity: the parts of its score, the findings that it rests on, the decision, and what comes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose.chain import STATE_MEANINGS as FINDING_MEANINGS
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.diagnose.findings_queries import findings
from servloop_app.diagnose.models import Finding
from servloop_app.plan import queries
from servloop_app.plan.actions import EFFORTS
from servloop_app.plan.chain import STATE_MEANINGS
from servloop_app.plan.words import number_of
from servloop_app.web.diagnose.findings import shown as shown_finding
from servloop_app.web.figures import rounded
from servloop_app.web.measure.opportunities import SNOOZE_DAYS, Shown, shown
from servloop_app.web.measure.pages import page


@dataclass(frozen=True)
class Part:
    """A factor of the score with the sentence that says where it comes from."""

    name: str
    value: str
    why: str


@policy(queries.PERMISSION)
@require_GET
def opportunity(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page."""
    rights = policy_of(request)
    found = queries.one_opportunity(rights, public_id)
    row = shown(rights, [found])[0]
    visible = findings(rights, active=False).filter(opportunities=found)
    evidence = list(visible)
    subjects = Subjects.of(rights, evidence)
    context = {
        "row": row,
        "found": found,
        "number": number_of(found),
        "meaning": STATE_MEANINGS[found.state],
        "waits": queries.waiting(rights).filter(pk=found.pk).exists(),
        "parts": _parts(row, evidence),
        "findings": [shown_finding(one, subjects) for one in evidence],
        "finding_meanings": FINDING_MEANINGS,
        "efforts": range(EFFORTS[0], EFFORTS[1] + 1),
        "until": timezone.localdate() + dt.timedelta(days=SNOOZE_DAYS),
        "lead": _lead(row, evidence),
        "may_set_goal": rights.may("goals.edit", found.unit_id or rights.tree.root),
    }
    return page(request, "web/measure/opportunity.html", context)


def _lead(row: Shown, evidence: list[Finding]) -> str:
    said = {"n": len(evidence), "loss": row.loss}
    if row.opportunity.loss is None:
        text = ngettext(
            "It rests on %(n)s finding; what it costs in dissatisfied customers cannot be told.",
            "It rests on %(n)s findings; what it costs in dissatisfied customers cannot be told.",
            len(evidence),
        )
    else:
        text = ngettext(
            "It rests on %(n)s finding, behind which stand about %(loss)s dissatisfied customers a month.",
            "It rests on %(n)s findings, behind which stand about %(loss)s dissatisfied customers a month.",
            len(evidence),
        )
    return text % said


def _parts(row: Shown, evidence: list[Finding]) -> list[Part]:
    return [
        Part(_("Loss a month"), row.loss, _loss(evidence)),
        Part(
            _("Confidence"),
            row.confidence,
            _("1 − q of the clearest finding, corrected over all comparisons of the computation"),
        ),
        Part(
            _("Effort"),
            str(row.opportunity.effort),
            _("estimated by people, from 1 (small) to 5 (large); 3 until someone does"),
        ),
    ]


def _loss(evidence: list[Finding]) -> str:
    """Which finding gives the loss, and from which share and volume."""
    seen = [one.newest for one in evidence]
    known = [one for one in seen if one is not None and one.loss is not None]
    if not known:
        return _(
            "no finding can be told in dissatisfied customers: a bottleneck, a sum or a mean on some scale"
        )
    most = max(known, key=lambda one: one.loss or 0.0)
    said = {
        "share": f"{rounded(100 * (most.loss_share or 0.0), 1)}%",
        "volume": rounded(most.loss_volume or 0.0, 0),
    }
    if most.loss_basis == "target":
        return _("%(share)s short of the target × %(volume)s records a month") % said
    return _("%(share)s short of what it is compared with × %(volume)s records a month") % said
