"""The timeline of a ticket in words: who did what when; personal data masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from servloop_app.core.chain import ChainItem, chain_kinds
from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.improve.models import Level, Ticket, TicketEntry
from servloop_app.web.improve.ticket_words import AFTER_LABELS, CHANNEL_LABELS

_Kind = TicketEntry.Kind
_LOOKS = {
    _Kind.OPENED: ("plus", ""),
    _Kind.WORDS: ("chat", "cust"),
    _Kind.TAKEN: ("user", ""),
    _Kind.NOTE: ("doc", ""),
    _Kind.REPLY: ("send", "cust"),
    _Kind.RESUMED: ("clock", ""),
    _Kind.HANDED_OVER: ("swap", ""),
    _Kind.LEVEL: ("alert", "watch"),
    _Kind.LINKED: ("flow", ""),
    _Kind.BREACHED: ("alert", "bad"),
    _Kind.CLOSED: ("check", ""),
    _Kind.REOPENED: ("out", "watch"),
}
GROUPS: dict[str, frozenset[str]] = {
    "customer": frozenset({_Kind.WORDS, _Kind.REPLY}),
    "notes": frozenset({_Kind.NOTE}),
    "course": frozenset(_Kind.values) - {_Kind.WORDS, _Kind.REPLY, _Kind.NOTE},
}


@dataclass(frozen=True)
class Line:
    """One line as the page shows it."""

    entry: TicketEntry
    icon: str
    look: str
    who: str
    what: str
    text: str
    words: bool
    address: str = ""
    clear: str = ""

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.entry.at

    @property
    def sealed(self) -> bool:
        """Whether there is more to read than is shown."""
        return bool(self.entry.sealed_text) and not self.clear


@dataclass(frozen=True)
class Names:
    """Names for the codes and ids that entries carry, in two queries."""

    people: dict[str, str]
    units: dict[str, str]

    @classmethod
    def of(cls, entries: list[TicketEntry]) -> Names:
        """Names of everyone and every unit that the entries mention."""
        ids = {entry.detail.get(key) for entry in entries for key in ("from", "to")}
        wanted = {one for one in ids if one and one not in Level.values}
        codes = {entry.detail.get(key, "") for entry in entries for key in ("from_unit", "to_unit", "unit")}
        people = Person.objects.filter(public_id__in=wanted)
        units = Unit.objects.filter(code__in=codes)
        return cls(
            {str(person.public_id): str(person) for person in people},
            {unit.code: str(unit) for unit in units},
        )


def lines(entries: list[TicketEntry], rights: Policy, clear: dict[str, str] | None = None) -> list[Line]:
    """The entries in words.

    Args:
        entries: of one ticket.
        rights: of whoever reads them; links lead only where they may go.
        clear: entry → its clear text, where it was opened just now.
    """
    names = Names.of(entries)
    found = []
    for entry in entries:
        icon, look = _LOOKS[_Kind(entry.kind)]
        opened = (clear or {}).get(str(entry.pk), "")
        what, address = _what(entry, names, rights)
        found.append(
            Line(
                entry,
                icon,
                look,
                _("Customer") if entry.kind == _Kind.WORDS else _who(entry),
                what,
                opened or entry.masked_text,
                entry.kind == _Kind.WORDS,
                address,
                opened,
            )
        )
    return found


def _who(entry: TicketEntry) -> str:
    return str(entry.author) if entry.author else _("The platform")


def _what(entry: TicketEntry, names: Names, rights: Policy) -> tuple[str, str]:
    """What happened, and the page of what it speaks of."""
    detail, kind = entry.detail, entry.kind
    if kind == _Kind.OPENED:
        return _opened(detail, names)
    if kind == _Kind.REPLY:
        said = {
            "channel": CHANNEL_LABELS.get(entry.channel, entry.channel),
            "then": AFTER_LABELS[detail["then"]],
        }
        return _("replied, given by %(channel)s (%(then)s)") % said, ""
    if kind == _Kind.RESUMED:
        limit = detail.get("because") == "limit"
        return (
            _("lets the clock run again: the wait was as long as agreed")
            if limit
            else pgettext("timeline", "goes on")
        ), ""
    if kind == _Kind.HANDED_OVER:
        return _handed(detail, names), ""
    if kind == _Kind.LEVEL:
        said = {"before": Level(detail["from"]).label, "after": Level(detail["to"]).label}
        return _("changed the level from %(before)s to %(after)s") % said, ""
    if kind == _Kind.LINKED:
        return _linked(detail["target"], rights)
    if kind == _Kind.BREACHED:
        due = parse_datetime(detail["due"])
        at = date_format(localtime(due), "SHORT_DATETIME_FORMAT") if due else ""
        said = {"due": at}
        if detail["clock"] == "reply":
            return _("noted that the first reply was due at %(due)s") % said, ""
        return _("noted that the matter was to be settled by %(due)s") % said, ""
    if kind == _Kind.CLOSED:
        said = {
            "cause": Ticket.Cause(detail["cause"]).label,
            "result": Ticket.Result(detail["result"]).label,
        }
        return _("closed it: %(result)s, cause: %(cause)s") % said, ""
    return {
        _Kind.WORDS: pgettext("timeline", "said"),
        _Kind.TAKEN: pgettext("timeline", "took it on"),
        _Kind.NOTE: _("noted for colleagues"),
        _Kind.REOPENED: _("opened it again"),
    }[_Kind(kind)], ""


def _opened(detail: dict[str, str], names: Names) -> tuple[str, str]:
    said = {"level": Level(detail["level"]).label, "unit": names.units.get(detail["unit"], detail["unit"])}
    text = _("opened the ticket for %(unit)s, level %(level)s") % said
    kind, _colon, public_id = detail.get("source", "").partition(":")
    routes = {"feedback": "feedback_record", "alert": "alert"}
    return text, reverse(routes[kind], args=[public_id]) if kind in routes else ""


def _handed(detail: dict[str, str], names: Names) -> str:
    person = names.people.get(detail.get("to", ""))
    unit = names.units.get(detail["to_unit"], detail["to_unit"])
    if detail["from_unit"] == detail["to_unit"]:
        return _("handed it over to %(person)s") % {"person": person or unit}
    if person:
        return _("handed it over to %(person)s, %(unit)s") % {"person": person, "unit": unit}
    return _("handed it over to %(unit)s") % {"unit": unit}


def _linked(target: str, rights: Policy) -> tuple[str, str]:
    kind, _colon, public_id = target.partition(":")
    items: list[ChainItem] = []
    if kind in chain_kinds and rights.may(chain_kinds[kind].permission):
        items = list(chain_kinds[kind].items(rights, [UUID(public_id)]))
    if not items:
        return _("said what it belongs to"), ""
    address = reverse(items[0].route, args=items[0].arguments) + items[0].query
    return _("said that it belongs to “%(what)s”") % {"what": items[0].title}, address
