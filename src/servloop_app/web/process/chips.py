"""The conditions that hold, as chips: each says what it asks for, and its address takes it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop_app.diagnose.selection import Handover, Selection
from servloop_app.web.figures import duration

LABELS: dict[str, Promise] = {
    "activities": _("with"),
    "without": _("without"),
    "edges": _("directly"),
    "variant": _("path"),
    "again": _("more than once"),
    "back": _("there and back"),
    "longer": _("at least"),
    "shorter": _("less than"),
    "since": pgettext_lazy("period", "began from"),
    "until": pgettext_lazy("period", "began until"),
    "parties": _("handled by"),
    "having": pgettext_lazy("filter", "with the value"),
    "lacking": pgettext_lazy("filter", "without the value"),
    "handovers": _("hand-over"),
}


# Columns that have a name of ours; others are called as their log calls them.
COLUMNS: dict[str, Promise] = {"department": _("Department"), "resource": _("Person")}


class Addressed(Protocol):
    """What an address says, and how it is written with another selection."""

    @property
    def selection(self) -> Selection:
        """Which cases."""

    def query(self, *, selection: Selection) -> str:
        """The parameters of the address."""


def conditions(view: Addressed, names: Sequence[str]) -> list[dict[str, Any]]:
    """The conditions of a view.

    Args:
        view: what the address says.
        names: activities by code.
    """
    return [
        {"label": LABELS[kind], "text": _text(kind, value, names), "query": view.query(selection=rest)}
        for kind, value, rest in view.selection.conditions()
    ]


def _text(kind: str, value: Any, names: Sequence[str]) -> str:
    if kind in {"activities", "without", "again"}:
        return names[int(value)]
    if kind in {"edges", "variant"}:
        return " → ".join(names[code] for code in value)
    if kind == "back":
        return f"{names[value[0]]} ⇄ {names[value[1]]}"
    if kind in {"longer", "shorter"}:
        return duration(value)
    if kind in {"since", "until"}:
        return str(date_format(value, "SHORT_DATE_FORMAT"))
    if isinstance(value, Handover):
        return f"{value.source} → {value.target}"
    column, held = value
    return held if kind == "parties" else f"{COLUMNS.get(column, column)}: {held}"
