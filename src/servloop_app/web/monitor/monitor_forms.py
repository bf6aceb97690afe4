"""Forms of monitors and alerts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Person
from servloop_app.improve.models import Level
from servloop_app.measure import queries as measure
from servloop_app.monitor.models import Monitor
from servloop_app.web.trust.forms import UnitChoice

_DAY = forms.DateInput(attrs={"type": "date"})


class MonitorForm(forms.Form):
    """What counts as a signal."""

    rules = forms.ChoiceField(label=_("Signals"), choices=Monitor.Rules.choices)
    target_min = forms.FloatField(
        label=_("Not below"), required=False, help_text=_("Empty means the target of the metric.")
    )
    target_max = forms.FloatField(label=_("Not above"), required=False)
    ticket_for_serious = forms.BooleanField(label=_("Open a ticket for serious alerts"), required=False)
    owner = forms.ModelChoiceField(
        label=_("Who is told"),
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("the supervisor of the unit"),
    )

    def __init__(self, *args: Any, people: list[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["owner"]
        field.queryset = Person.objects.filter(pk__in=[person.pk for person in people])


class NewMonitorForm(MonitorForm):
    """What to watch."""

    metric = forms.ModelChoiceField(
        label=_("Metric"), queryset=measure.metrics(computable=True), to_field_name="code", empty_label=None
    )
    unit = UnitChoice(label=_("Unit, with all below it"), empty_label=None)
    period = forms.ChoiceField(
        label=_("One point for each"), choices=Monitor.Period.choices, initial=Monitor.Period.WEEK
    )
    origin = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    field_order = (
        "metric",
        "unit",
        "period",
        "rules",
        "target_min",
        "target_max",
        "owner",
        "ticket_for_serious",
    )

    def __init__(self, *args: Any, units: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["unit"]
        field.queryset = units


class PhaseForm(forms.Form):
    """From when new limits count."""

    starts = forms.DateField(label=_("From"), widget=_DAY)
    baseline_until = forms.DateField(
        label=_("Points that set the limits, up to"),
        widget=_DAY,
        required=False,
        help_text=_("Empty means all points of the phase."),
    )
    reason = forms.CharField(label=_("What was changed"), max_length=300)


class SilenceForm(forms.Form):
    """Until when, and why."""

    until = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CloseForm(forms.Form):
    """Why it needs nothing more."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class TicketForm(forms.Form):
    """How serious the ticket is."""

    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, initial=Level.GENERAL)


class AssignForm(forms.Form):
    """To whom."""

    person = forms.ModelChoiceField(
        label=_("Person"), queryset=Person.objects.none(), to_field_name="public_id", empty_label=None
    )

    def __init__(self, *args: Any, people: list[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["person"]
        field.queryset = Person.objects.filter(pk__in=[person.pk for person in people])
