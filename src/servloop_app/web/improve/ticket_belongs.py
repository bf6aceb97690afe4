"""What a ticket can be said to belong to: findings, opportunities and projects of its unit, or of the whole."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import reference
from servloop_app.core.policy import Policy
from servloop_app.diagnose import findings_queries
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.diagnose.finding_words import number_of as finding_number
from servloop_app.diagnose.finding_words import title_of as finding_title
from servloop_app.improve import project_queries
from servloop_app.improve.models import Ticket
from servloop_app.improve.project_models import Project
from servloop_app.plan import queries as planned
from servloop_app.plan import words as opportunity_words
from servloop_app.plan.models import Opportunity

MOST = 40
Choice = tuple[str, str]


class BelongsForm(forms.Form):
    """To what a ticket belongs."""

    target = forms.ChoiceField(label=_("Finding, opportunity or project"))

    def __init__(self, *args: Any, groups: list[tuple[str, list[Choice]]], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["target"]
        field.choices = groups


def groups(rights: Policy, ticket: Ticket) -> list[tuple[str, list[Choice]]]:
    """What is open to be chosen, as far as the person may see it; empty groups are left out."""
    above = rights.tree.path(ticket.unit_id)
    here = Q(unit__in=above) | Q(unit=None)
    found = [
        (str(_("Findings")), _findings(rights, here)),
        (str(_("Opportunities")), _opportunities(rights, here)),
        (str(_("Projects")), _projects(rights, here)),
    ]
    return [(label, choices) for label, choices in found if choices]


def _findings(rights: Policy, here: Q) -> list[Choice]:
    if not rights.may(findings_queries.PERMISSION):
        return []
    rows = list(findings_queries.findings(rights).filter(here)[:MOST])
    subjects = Subjects.of(rights, rows)
    return [
        (reference("finding", one.public_id), f"{finding_number(one)} {finding_title(one, subjects)}")
        for one in rows
    ]


def _opportunities(rights: Policy, here: Q) -> list[Choice]:
    if not rights.may(planned.PERMISSION):
        return []
    wanted = planned.opportunities(rights).filter(here, present=True)
    rows = list(wanted.exclude(state=Opportunity.State.REJECTED)[:MOST])
    subjects = opportunity_words.subjects_of(rights, rows)
    return [
        (
            reference("opportunity", one.public_id),
            f"{opportunity_words.number_of(one)} {opportunity_words.title_of(one, subjects)}",
        )
        for one in rows
    ]


def _projects(rights: Policy, here: Q) -> list[Choice]:
    if not rights.may(project_queries.PERMISSION):
        return []
    rows = project_queries.projects(rights).filter(here, state=Project.State.ACTIVE)[:MOST]
    return [(reference("project", one.public_id), f"{one.number} {one.title}") for one in rows]
