"""Forms of the imports pages."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from servloop.io.imports import TARGETS, Mapping
from servloop_app.core.models import Unit
from servloop_app.web.collect import words
from servloop_app.web.process.forms import zone_choices

_COLUMN = "column_"


class UploadForm(forms.Form):
    """A file and the unit it speaks about."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_(
            "CSV, Excel, JSON lines, Parquet, SPSS or XES. The kind of data and the columns are recognised."
        ),
        widget=forms.FileInput(attrs={"class": "sl-file"}),
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        empty_label=None,
        help_text=_("Counts for rows that name none; rows may name units below it."),
    )

    def __init__(self, *args: Any, units: Any, home: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["unit"]
        field.queryset = units
        field.initial = home
        if len(units) == 1:
            field.widget = forms.HiddenInput()
            field.initial = units[0].pk


class MappingForm(forms.Form):
    """What the columns of a file mean.

    Args:
        names: columns of the file.
        mapping: what is known or suggested, as `Mapping.to_dict` writes it; its target decides the fields.
    """

    target = forms.ChoiceField(label=_("Kind of data"), choices=list(words.TARGETS.items()))
    name = forms.CharField(
        label=_("Name of the data set"),
        max_length=120,
        help_text=_(
            "The survey, the process or the system it comes from. Files of one name are compared, so that nothing is stored twice."
        ),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("Counts for times that name no zone themselves."),
    )
    time_format = forms.CharField(
        label=_("Notation of times"),
        max_length=60,
        required=False,
        help_text=_(
            "Only if it is not recognised: %Y year, %m month, %d day, %H hour, %M minute, %S second."
        ),
    )
    worst = forms.FloatField(label=_("Worst rating"), required=False)
    best = forms.FloatField(label=_("Best rating"), required=False)
    missing = forms.CharField(
        label=_("Also means “no value”"),
        max_length=60,
        required=False,
        help_text=_("Texts separated by spaces, for example NA or -."),
    )

    def __init__(self, *args: Any, names: list[str], mapping: AnyMapping[str, Any], **options: Any) -> None:
        known = Mapping.from_dict(mapping)
        scale = known.rating_scale or (None, None)
        initial = {
            "target": known.target,
            "name": known.name,
            "timezone": known.timezone,
            "time_format": known.time_format,
            "worst": scale[0],
            "best": scale[1],
            "missing": " ".join(filter(None, known.missing)),
            **{_COLUMN + name: column for name, column in known.columns.items()},
        }
        super().__init__(*args, **{**options, "initial": initial})
        self._known = known
        self._target = TARGETS[known.target]
        for field in self._target.fields:
            first = _("choose a column") if field.required else _("none")
            if field.kind == "unit":
                first = _("none: the unit of the import")
            self.fields[_COLUMN + field.name] = forms.ChoiceField(
                label=str(words.FIELDS[field.name]),
                choices=[("", first), *((name, name) for name in names)],
                required=field.required and not known.constants.get(field.name),
            )
        if not any(field.name == "rating" for field in self._target.fields):
            del self.fields["worst"], self.fields["best"]

    def clean(self) -> dict[str, Any]:
        """A scale has two ends."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if (given.get("worst") is None) != (given.get("best") is None):
            raise ValidationError(_("A scale of ratings needs its worst and its best value."))
        return given

    def column_fields(self) -> list[forms.BoundField]:
        """The fields that say which column is what."""
        return [self[name] for name in self.fields if name.startswith(_COLUMN)]

    def other_fields(self) -> list[forms.BoundField]:
        """The rest, but for the kind of data."""
        return [self[name] for name in self.fields if not name.startswith(_COLUMN) and name != "target"]

    def given_columns(self) -> dict[str, str]:
        """Columns as chosen so far, also while something else is wrong or missing."""
        return {
            name.removeprefix(_COLUMN): str(self[name].value() or "")
            for name in self.fields
            if name.startswith(_COLUMN)
        }

    def mapping(self) -> dict[str, Any]:
        """What was chosen."""
        given = self.cleaned_data
        chosen = {f.name: given.get(_COLUMN + f.name) for f in self._target.fields}
        scale = (given.get("worst"), given.get("best"))
        return {
            **self._known.to_dict(),
            "columns": {name: column for name, column in chosen.items() if column},
            "name": given.get("name", "").strip(),
            "timezone": given.get("timezone"),
            "time_format": given.get("time_format") or None,
            "rating_scale": list(scale) if None not in scale else None,
            "missing": ["", *given.get("missing", "").split()],
        }
