"""Forms of people, roles and units."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop.messages import LANGUAGES
from servloop_app.core.localized import LocalizedTextFormField
from servloop_app.core.models import Assignment, Unit
from servloop_app.core.permissions import ROLES
from servloop_app.web.words import ROLE_LABELS

LANGUAGE_CHOICES = [("", _("as the platform")), *zip(LANGUAGES, ("简体中文", "English"), strict=True)]
_PASSWORD_HELP = _("At least 12 characters; no common password, nothing like the name.")


class UnitChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """One of the units in which the person has a right."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Unit.objects.none(), to_field_name="code", **options)


class _WithUnits(forms.Form):
    def __init__(self, *args: Any, units: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, UnitChoice):
                field.queryset = units


class PersonForm(_WithUnits):
    """A person's profile."""

    full_name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail"), required=False)
    unit = UnitChoice(label=_("Home unit"), empty_label=None)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES, required=False)


class NewPersonForm(PersonForm):
    """A new person."""

    username = forms.CharField(
        label=_("Sign-in name"), max_length=150, help_text=_("No spaces; it cannot be changed later.")
    )
    password = forms.CharField(
        label=_("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        help_text=_PASSWORD_HELP,
    )
    field_order = ("username", "full_name", "unit", "email", "language", "password")


class PasswordForm(forms.Form):
    """A new password for somebody else."""

    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_PASSWORD_HELP,
    )


class RoleForm(_WithUnits):
    """A role for a person in a unit."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role, ROLE_LABELS[role]) for role in ROLES])
    unit = UnitChoice(label=_("In the unit and all below it"), empty_label=None)
    effect = forms.ChoiceField(
        label=_("Effect"),
        choices=[
            (Assignment.Effect.ALLOW.value, _("give the role")),
            (Assignment.Effect.DENY.value, _("deny it there")),
        ],
        help_text=_("A denial always wins."),
    )
    valid_to = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}), localize=False
    )


class UnitForm(_WithUnits):
    """A unit's name, kind and place."""

    title = LocalizedTextFormField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=[])
    parent = UnitChoice(label=_("Belongs to"), empty_label=None)

    def __init__(self, *args: Any, root: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [choice for choice in Unit.Kind.choices if (choice[0] == Unit.Kind.ORGANISATION) == root]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a choice field
        if root:
            del self.fields["parent"]


class NewUnitForm(UnitForm):
    """A new unit."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=64,
        help_text=_("Letters, digits, - and _; files name the unit by it, for ever."),
    )
    field_order = ("code", "title", "kind", "parent")
