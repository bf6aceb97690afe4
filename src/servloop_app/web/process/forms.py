"""Forms of the process pages."""

from __future__ import annotations

import zoneinfo
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Unit
from servloop_app.diagnose.actions import MAX_TITLE
from servloop_app.diagnose.reading import COLUMN_ROLES, ReadingOptions

COMMON_ZONES = (
    "Asia/Shanghai",
    "UTC",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
)

ROLE_LABELS = {
    "case": _("Case: what the events belong to"),
    "activity": _("Step: what was done"),
    "timestamp": _("Time: when it was done"),
    "start": _("Start: when it was begun"),
    "resource": _("Person who did it"),
    "group": _("Department"),
}
REQUIRED_ROLES = COLUMN_ROLES[:3]


def zone_choices() -> list[tuple[str, str]]:
    """The zones a form offers, the installation's own first."""
    first = dict.fromkeys([settings.TIME_ZONE, *COMMON_ZONES])
    return [(zone, zone) for zone in first if zone in zoneinfo.available_timezones()]


class UploadForm(forms.Form):
    """A file and the unit it speaks about."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_(
            "CSV, Excel, Parquet, JSON lines, XES or OCEL. It needs three columns: case, step and time; "
            "they are recognised by name."
        ),
        widget=forms.FileInput(attrs={"class": "sl-file"}),
    )
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    title = forms.CharField(
        label=_("Name"),
        max_length=MAX_TITLE,
        required=False,
        help_text=_("The name of the file, if left empty."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("Counts for times that name no zone themselves."),
    )

    def __init__(self, *args: Any, units: Any, home: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)  # declared above
        field.queryset = units
        field.initial = home
        if len(units) == 1:
            field.widget = forms.HiddenInput()
            field.initial = units[0].pk

    def chosen_title(self) -> str:
        """The given name, else that of the file without its endings."""
        name = PurePath(self.cleaned_data["file"].name).name
        return str(self.cleaned_data["title"].strip() or name.split(".")[0] or name)[:MAX_TITLE]


class ReadingForm(forms.Form):
    """Which column is what, and how times are written."""

    timezone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    time_format = forms.CharField(
        label=_("Notation of times"),
        max_length=60,
        required=False,
        help_text=_(
            "Only if it is not recognised: %Y year, %m month, %d day, %H hour, %M minute, %S second."
        ),
    )
    lifecycle = forms.ChoiceField(
        label=_("Events"),
        choices=[
            ("complete", _("completions only (usual)")),
            ("all", _("every transition (start, suspend…)")),
        ],
    )
    skip_bad_rows = forms.BooleanField(
        label=_("Leave out rows without case, step or readable time"),
        required=False,
        help_text=_("They are counted and listed; all other rows are used."),
    )

    def __init__(self, *args: Any, names: list[str], object_types: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        roles: dict[str, forms.Field] = {}
        for role in COLUMN_ROLES if names else ():
            required = role in REQUIRED_ROLES
            first = _("choose a column") if required else _("none")
            choices = [("", first), *((name, name) for name in names)]
            roles[role] = forms.ChoiceField(label=ROLE_LABELS[role], choices=choices, required=required)
        if object_types:
            roles["object_type"] = forms.ChoiceField(
                label=_("Type of object that is the case"), choices=[(name, name) for name in object_types]
            )
        self.fields = {**roles, **self.fields}

    def role_fields(self) -> list[forms.BoundField]:
        """The fields that say which column is what."""
        return [self[name] for name in self.fields if name in COLUMN_ROLES or name == "object_type"]

    def other_fields(self) -> list[forms.BoundField]:
        """The rest."""
        return [self[name] for name in self.fields if name not in COLUMN_ROLES and name != "object_type"]

    def options(self) -> ReadingOptions:
        """What was chosen."""
        given = self.cleaned_data
        return ReadingOptions(
            columns={role: given[role] for role in COLUMN_ROLES if given.get(role)},
            timezone=given["timezone"],
            time_format=given["time_format"],
            object_type=given.get("object_type", ""),
            skip_bad_rows=given["skip_bad_rows"],
            lifecycle=given["lifecycle"],
        )
