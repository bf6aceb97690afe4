"""Forms of improvement projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.improve.project_models import ProjectCost
from servloop_app.improve.project_phases import METHOD_LABELS
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.goal_queries import goals, possible_owners
from servloop_app.web.plan.goal_forms import DayInput, PersonChoice


class TeamChoice(forms.ModelMultipleChoiceField[Person]):
    """Several people."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=possible_owners(),
            to_field_name="public_id",
            widget=forms.SelectMultiple(attrs={"size": 5}),
            **options,
        )


class GoalChoice(forms.ModelMultipleChoiceField[Goal]):
    """The goals that a project serves."""

    def label_from_instance(self, obj: Any) -> str:
        """Number and words."""
        return f"{obj.number} {obj.title}"


class ProjectWords(forms.Form):
    """What can be changed of a project."""

    title = forms.CharField(label=_("Title"), max_length=200)
    purpose = forms.CharField(
        label=_("What is tried, and why it should help"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    owner = PersonChoice(label=_("Owner"), required=False, empty_label=_("me"))
    team = TeamChoice(label=_("Team"), required=False, help_text=_("Also from other departments."))
    pilot = forms.BooleanField(
        label=_("Pilot first"),
        required=False,
        help_text=_("Try it in a part before it is rolled out: the rest can be compared with."),
    )
    pilot_scope = forms.CharField(label=_("Where the pilot runs"), max_length=300, required=False)


class ProjectForm(ProjectWords):
    """A new project."""

    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), to_field_name="code", empty_label=None
    )
    goals = GoalChoice(
        label=_("Goals"),
        queryset=Goal.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )
    method = forms.ChoiceField(label=_("Phases"), choices=lambda: list(METHOD_LABELS.items()))
    field_order = ("title", "purpose", "unit", "method", "goals", "owner", "team", "pilot", "pilot_scope")

    def __init__(self, *args: Any, policy: Policy, **options: Any) -> None:
        super().__init__(*args, **options)
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.filter(pk__in=policy.units("projects.edit"))
        chosen: Any = self.fields["goals"]
        chosen.queryset = goals(policy).filter(state=Goal.State.ACTIVE)


class ActionForm(forms.Form):
    """Something to be done."""

    what = forms.CharField(label=_("What is to be done"), max_length=300)
    who = PersonChoice(label=_("Who"), required=False, empty_label=_("me"))
    due = forms.DateField(label=_("Due"), widget=DayInput())


class CostForm(forms.Form):
    """A line of the ledger."""

    kind = forms.ChoiceField(label=_("Kind of cost"), choices=lambda: list(ProjectCost.Kind.choices))
    what = forms.CharField(label=_("What for"), max_length=200)
    planned = forms.CharField(
        label=_("Planned amount"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    actual = forms.CharField(
        label=_("Spent amount"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
