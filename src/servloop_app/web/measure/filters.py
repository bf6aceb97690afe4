"""The filter bar: period, unit and channel, read from the address and written back into it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.measure import queries
from servloop_app.measure.figures import Cells
from servloop_app.measure.selection import Selection, add_months

_MOST_MONTHS = 60


@dataclass(frozen=True)
class Filter:
    """What a page looks at, and what else there is to choose.

    Attributes:
        selection: as the address says.
        units: codes of the chosen units with all below them; None for all.
        months, unit_choices, channel_choices: (value, label) to choose from.
    """

    selection: Selection
    units: frozenset[str] | None
    months: list[tuple[str, str]]
    unit_choices: list[tuple[str, str]]
    channel_choices: list[tuple[str, str]]

    @classmethod
    def of(cls, request: HttpRequest, policy: Policy, cells: dict[str, Cells], prefix: str = "") -> Filter:
        """From the parameters of a request, each with a prefix.

        Raises:
            ActionError: a month that cannot be read, or an end before the start.
        """
        newest = queries.newest_month(cells)
        given = {
            name.removeprefix(prefix): request.GET.getlist(name)
            for name in request.GET
            if name.startswith(prefix)
        }
        selection = Selection.of_query(given, newest)
        return cls(
            selection,
            queries.selected_units(policy, selection),
            _months(cells, selection, newest),
            _units(policy),
            [(name, name) for name in sorted({name for one in cells.values() for name in one.channels})],
        )

    def query(self, **changes: Any) -> str:
        """The selection as the query part of an address, with changes."""
        return "?" + urlencode(replace(self.selection, **changes).query(), doseq=True)

    @property
    def first(self) -> str:
        """Value of the first month."""
        return self.selection.first.strftime("%Y-%m")

    @property
    def last(self) -> str:
        """Value of the last month."""
        return self.selection.last.strftime("%Y-%m")

    @property
    def period(self) -> str:
        """The period in words."""
        return period_name(self.selection)

    @property
    def before(self) -> str:
        """The period that it is compared with."""
        return period_name(self.selection.before())

    @property
    def unit(self) -> str:
        """Code of the chosen unit; empty for all."""
        return next(iter(self.selection.units), "")

    @property
    def channel(self) -> str:
        """The chosen channel; empty for all."""
        return next(iter(self.selection.channels), "")

    @property
    def unit_name(self) -> str:
        """Name of the chosen unit; empty for all."""
        return dict(self.unit_choices).get(self.unit, self.unit)


def period_name(selection: Selection) -> str:
    """The months of a selection in words."""
    first, last = month_name(selection.first), month_name(selection.last)
    return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def month_name(day: dt.date) -> str:
    """A month: 2026-11 in Chinese, Nov 2026 in English."""
    return day.strftime("%Y-%m") if (get_language() or "en").startswith("zh") else date_format(day, "M Y")


def _months(cells: dict[str, Cells], selection: Selection, newest: dt.date) -> list[tuple[str, str]]:
    oldest = min(
        (month for one in cells.values() if (month := one.oldest_month)), default=add_months(newest, -11)
    )
    first, last = min(oldest, selection.first), max(newest, selection.last)
    first = max(first, add_months(last, 1 - _MOST_MONTHS), dt.date(1, 1, 1))
    found = []
    while last >= first:
        found.append((last.strftime("%Y-%m"), month_name(last)))
        last = add_months(last, -1)
    return found


def _units(policy: Policy) -> list[tuple[str, str]]:
    units = Unit.objects.filter(pk__in=policy.units(queries.PERMISSION)).order_by("sort_key")
    return [(unit.code, str(unit.name)) for unit in units]


def unit_names(policy: Policy) -> dict[str, str]:
    """Code → name of the units whose figures a person may see."""
    return dict(_units(policy))
