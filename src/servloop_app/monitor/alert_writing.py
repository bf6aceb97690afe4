"""What several actions on alerts share: finding, raising and writing history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.core.chain import connect
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Assignment, Person
from servloop_app.core.numbering import next_number
from servloop_app.core.policy import valid_on
from servloop_app.core.units import UnitTree
from servloop_app.monitor.models import Alert, AlertEntry
from servloop_app.monitor.monitor_words import title_of

PREFIX = "AL"


def find_alert(public_id: UUID | str) -> Alert:
    """The alert of a public id.

    Raises:
        NotFound: there is none.
    """
    found = (
        Alert.objects.select_related("unit", "owner", "monitor__metric", "monitor__unit")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound("alert", public_id)
    return found


def add_entry(
    alert: Alert, kind: str, author: Person | None, text: str = "", *, detail: dict[str, Any] | None = None
) -> AlertEntry:
    """Add a line to an alert's history, and keep what was changed with it; only inside an action."""
    alert.save()
    return AlertEntry.objects.create(
        alert=alert, at=timezone.now(), kind=kind, author=author, text=text.strip(), detail=detail or {}
    )


def raise_alert(fields: dict[str, Any], source: str) -> Alert:
    """Write a new alert with its first entry and its place in the chain; only inside an action."""
    alert = Alert(number=next_number(PREFIX), raised_at=timezone.now(), **fields)
    detail = {"grade": alert.grade}
    add_entry(alert, AlertEntry.Kind.RAISED, None, detail=detail)
    connect(source, f"alert:{alert.public_id}")
    return alert


def supervisor_of(unit: int) -> Person | None:
    """The supervisor whose assignment is nearest above a unit; None when there is none."""
    today = timezone.localdate()
    path = UnitTree.load(today).path(unit)
    rows = valid_on(
        Assignment.objects.filter(
            role="supervisor", effect=Assignment.Effect.ALLOW, unit__in=path, person__is_active=True
        ),
        today,
    )
    nearest = sorted(rows.select_related("person"), key=lambda row: (-path.index(row.unit_id), row.pk))
    return nearest[0].person if nearest else None


def ticket_title(alert: Alert) -> str:
    """What the ticket of an alert is about; of a ticket that is overdue its number, never a customer's words in it."""
    return (
        title_of(alert.monitor) if alert.monitor else f"{alert.get_kind_display()}: {alert.facts['number']}"
    )
