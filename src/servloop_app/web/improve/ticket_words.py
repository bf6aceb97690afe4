"""Words, marks and spans of the ticket pages."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from servloop_app.improve.models import Level, Ticket
from servloop_app.improve.ticket_chain import meaning_of
from servloop_app.improve.ticket_rules import Clock
from servloop_app.web.figures import rounded

CHANNEL_LABELS: dict[str, Promise] = {
    "phone": pgettext_lazy("channel", "phone"),
    "email": pgettext_lazy("channel", "e-mail"),
    "sms": pgettext_lazy("channel", "text message"),
    "chat": pgettext_lazy("channel", "chat"),
    "letter": pgettext_lazy("channel", "letter"),
    "in_person": pgettext_lazy("channel", "in person"),
    "app": pgettext_lazy("channel", "app"),
}
AFTER_LABELS: dict[str, Promise] = {
    "answered": gettext_lazy("this settles it"),
    "go_on": gettext_lazy("interim news, work goes on"),
    "ask": gettext_lazy("the customer has to answer; the clock stands still"),
}
LEVEL_MEANINGS = {Level.MINOR: "neutral", Level.GENERAL: "info", Level.SERIOUS: "bad"}
STATE_MEANINGS = {state: meaning_of(state) for state in Ticket.State.values}
_HOUR, _MINUTE = 3600, 60
_LONG = 100


def working_time(seconds: float) -> str:
    """A span of working time: hours and minutes, whole hours when it is long."""
    minutes = round(abs(seconds) / _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if hours >= _LONG or not minutes:
        return _("%(hours)s h") % {"hours": rounded(hours, 0)}
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def said(clock: Clock) -> str:
    """A clock in a few words: what is left, or by how much it is over."""
    span = working_time(clock.rest)
    if clock.state == "overdue":
        return _("%(span)s overdue") % {"span": span}
    if clock.state == "missed":
        return _("%(span)s late") % {"span": span}
    if clock.state == "kept":
        return pgettext("clock", "in time")
    return _("%(span)s left") % {"span": span}
