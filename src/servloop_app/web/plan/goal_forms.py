"""Forms of goals."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.measure import queries as measure
from servloop_app.measure.models import Metric
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.goal_queries import possible_owners

DIVISORS = (1.0, 60.0, 3_600.0, 86_400.0)  # of values in seconds, by the unit in which people are shown them


class DayInput(forms.DateInput):
    """A day, picked."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class PersonChoice(forms.ModelChoiceField[Person]):
    """Somebody who can be given work."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=possible_owners(), to_field_name="public_id", **options)

    def label_from_instance(self, obj: Any) -> str:
        """Name and home unit."""
        return f"{obj} ({obj.unit})" if obj.unit else str(obj)


class GoalWords(forms.Form):
    """What can be changed of a goal."""

    title = forms.CharField(label=_("What is to be reached"), max_length=200)
    target = forms.FloatField(label=_("Target value"), widget=forms.NumberInput(attrs={"step": "any"}))
    deadline = forms.DateField(label=_("Deadline"), widget=DayInput())
    owner = PersonChoice(label=_("Owner"), required=False, empty_label=_("me"))
    strategy = forms.CharField(
        label=_("Link to the strategy"),
        max_length=300,
        required=False,
        help_text=_("Which aim of the organisation it serves."),
    )


class GoalForm(GoalWords):
    """A new goal."""

    metric = forms.ModelChoiceField(
        label=_("Metric"), queryset=Metric.objects.none(), to_field_name="code", empty_label=None
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), to_field_name="code", empty_label=None
    )
    field_order = ("metric", "unit", "target", "deadline", "title", "owner", "strategy")

    def __init__(self, *args: Any, policy: Policy, **options: Any) -> None:
        super().__init__(*args, **options)
        metric: Any = self.fields["metric"]
        metric.queryset = measure.metrics(computable=True)
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.filter(pk__in=policy.units("goals.edit"))


class RevisedGoalForm(GoalWords):
    """A goal set anew."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Stays with the earlier version of the goal.")
    )


class CloseForm(forms.Form):
    """How a goal ended."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=lambda: [(c.value, c.label) for c in Goal.State if c != Goal.State.ACTIVE],
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


def owner_id(person: Person | None) -> Any:
    """The public id of who was chosen."""
    return person.public_id if person is not None else None


def end_of_quarter(today: dt.date, quarters: int = 2) -> dt.date:
    """The last day of a quarter: a usual deadline."""
    place = today.year * 4 + (today.month - 1) // 3 + quarters
    first = dt.date(place // 4, place % 4 * 3 + 1, 1)
    return first - dt.timedelta(days=1)
