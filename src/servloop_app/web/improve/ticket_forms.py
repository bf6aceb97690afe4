"""Forms of the ticket pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Person
from servloop_app.improve.actions_tickets import AFTER_REPLY, CHANNELS
from servloop_app.improve.models import Level, Ticket
from servloop_app.improve.ticket_writing import LONGEST_TEXT, LONGEST_TITLE
from servloop_app.web.improve.ticket_words import AFTER_LABELS, CHANNEL_LABELS
from servloop_app.web.trust.forms import UnitChoice

_AREA = forms.Textarea(attrs={"rows": 4})


class OpenForm(forms.Form):
    """A ticket by hand."""

    title = forms.CharField(
        label=_("What is it about?"),
        max_length=LONGEST_TITLE,
        help_text=_("A few words, no names or numbers of customers."),
    )
    words = forms.CharField(
        label=_("Words of the customer"), widget=_AREA, required=False, max_length=LONGEST_TEXT
    )
    unit = UnitChoice(label=_("Unit that sees to it"), empty_label=None)
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, initial=Level.GENERAL)

    def __init__(self, *args: Any, units: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["unit"]
        field.queryset = units


class ReplyForm(forms.Form):
    """A reply to the customer."""

    text = forms.CharField(
        label=_("Reply"), widget=forms.Textarea(attrs={"rows": 5}), max_length=LONGEST_TEXT
    )
    channel = forms.ChoiceField(
        label=_("Given by"), choices=[(code, CHANNEL_LABELS[code]) for code in CHANNELS]
    )
    then = forms.ChoiceField(
        label=_("What follows"),
        choices=[(code, AFTER_LABELS[code]) for code in sorted(AFTER_REPLY, key=list(AFTER_LABELS).index)],
    )


class NoteForm(forms.Form):
    """A note for colleagues."""

    text = forms.CharField(
        label=_("Internal note"), widget=forms.Textarea(attrs={"rows": 5}), max_length=LONGEST_TEXT
    )


class ResumeForm(forms.Form):
    """What the customer answered."""

    words = forms.CharField(
        label=_("What the customer answered"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=LONGEST_TEXT,
    )


class HandOverForm(forms.Form):
    """To whom a ticket goes, and why."""

    unit = UnitChoice(label=_("Unit"), empty_label=None)
    person = forms.ModelChoiceField(
        label=_("Person"),
        queryset=Person.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("nobody in particular"),
        help_text=_("People who work on tickets of this unit; for another unit it goes to its team."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, units: Any, people: list[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        unit: Any = self.fields["unit"]
        unit.queryset = units
        person: Any = self.fields["person"]
        person.queryset = Person.objects.filter(pk__in=[one.pk for one in people])


class LevelForm(forms.Form):
    """Another level."""

    level = forms.ChoiceField(label=_("Level"), choices=Level.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CloseForm(forms.Form):
    """How it ended."""

    result = forms.ChoiceField(label=_("Result"), choices=Ticket.Result.choices)
    cause = forms.ChoiceField(label=_("Cause"), choices=Ticket.Cause.choices)
    text = forms.CharField(
        label=_("What happened and what was done"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_TEXT,
    )


class ReasonForm(forms.Form):
    """Just a reason."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class FromFeedbackForm(forms.Form):
    """How serious a record is."""

    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, initial=Level.GENERAL)


class ServiceLevelForm(forms.Form):
    """Working hours of one level."""

    reply = forms.FloatField(label=_("First reply within (working hours)"), min_value=0)
    resolution = forms.FloatField(label=_("Settled within (working hours)"), min_value=0)
    pause = forms.FloatField(label=_("Wait for the customer at most (working hours)"), min_value=0)


class RuleForm(forms.Form):
    """Which feedback becomes tickets by itself."""

    enabled = forms.BooleanField(label=_("Open tickets for new feedback by themselves"), required=False)
    kinds = forms.CharField(
        label=_("Kinds of feedback"),
        required=False,
        max_length=300,
        help_text=_("As in your files, separated by commas, for example complaint, 投诉. Empty means any."),
    )
    rating_at_most = forms.FloatField(label=_("Rating at most"), required=False)
    days = forms.IntegerField(label=_("Not older than (days)"), min_value=1, max_value=366, initial=7)
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, initial=Level.GENERAL)
