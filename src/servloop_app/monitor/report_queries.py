"""Reading reports: one's own, and those of others whose units one makes reports for."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from servloop_app.core import audit_log
from servloop_app.core.chain import reference
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, LogLeaf, Person
from servloop_app.core.permissions import ROLES
from servloop_app.core.policy import Policy
from servloop_app.monitor.report_codec import is_intact
from servloop_app.monitor.report_models import Report

VIEW, EDIT = "reports.view", "reports.edit"
DIGEST_ACTIONS = ("report.freeze", "report.erase_quotes")  # those that put a report's digest on record


def reports(policy: Policy) -> QuerySet[Report]:
    """The reports that a person may open, newest month first.

    A report was made with the rights of its recipient. Someone else may open it only with the right to make
    reports in every unit that it speaks of; whoever may read a unit's report sees nothing more in it than that.
    """
    everything = Report.objects.select_related("run", "person", "unit")
    if not policy.may(VIEW):
        return everything.none()
    mine = {policy.tree.codes[unit] for unit in policy.units(EDIT)}
    held = {policy.tree.codes[unit] for unit in policy.units(VIEW)}
    others = [pk for pk, units in Report.objects.values_list("pk", "units") if units and set(units) <= mine]
    own = [
        pk
        for pk, units in Report.objects.filter(person=policy.person).values_list("pk", "units")
        if set(units) <= held
    ]
    return everything.filter(Q(pk__in=others) | Q(pk__in=own))


def one_report(policy: Policy, public_id: UUID) -> Report:
    """One report.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = reports(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("report", public_id)
    return found


def is_as_frozen(report: Report) -> bool:
    """Whether a report says what the audit log holds it to; words that were erased are told apart from changed ones."""
    named = reference("report", report.public_id)
    leaf = LogLeaf.objects.filter(object=named, action__in=DIGEST_ACTIONS).order_by("-seq").first()
    payload = audit_log.read_payload(leaf.seq) if leaf else None
    logged = payload["arguments"]["digest"] if payload else report.digest
    return bool(logged == report.digest) and is_intact(report.content, report.digest)


def possible_recipients(policy: Policy) -> list[Person]:
    """People who may read reports, in units for all of which this person may make them."""
    mine = policy.units(EDIT)
    roles = [role for role, permissions in ROLES.items() if VIEW in permissions]
    people = Person.objects.filter(
        is_active=True, pk__in=Assignment.objects.filter(role__in=roles).values("person")
    ).distinct()
    return [person for person in people if (theirs := Policy(person).units(VIEW)) and theirs <= mine]


def standard_recipients() -> list[Person]:
    """Who gets the monthly report by itself: those who lead the organisation, a part of it, or its quality."""
    roles = ("executive", "quality_manager", "supervisor")
    leading = Assignment.objects.filter(role__in=roles, effect=Assignment.Effect.ALLOW)
    people = Person.objects.filter(is_active=True, pk__in=leading.values("person")).distinct()
    return [person for person in people if Policy(person).units(VIEW)]
