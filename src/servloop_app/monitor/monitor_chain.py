"""How the chain of custody shows monitors and alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import ChainItem, ChainKind, chain_kinds, reference
from servloop_app.core.policy import Policy
from servloop_app.monitor import monitor_queries as queries
from servloop_app.monitor.alert_writing import ticket_title
from servloop_app.monitor.models import Alert
from servloop_app.monitor.monitor_words import STATE_LABELS, title_of

MONITOR_ORDER, ALERT_ORDER = 80, 85
GRADE_MEANINGS = {Alert.Grade.WATCH: "watch", Alert.Grade.SERIOUS: "bad"}


def alert_meaning(alert: Alert) -> str:
    """The meaning in which an alert is shown: its grade, until it needs nothing more."""
    if alert.state == Alert.State.CLOSED:
        return "good"
    return GRADE_MEANINGS[Alert.Grade(alert.grade)]


def _monitors(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    for monitor in queries.monitors(policy).filter(public_id__in=ids):
        state = monitor.result.state if hasattr(monitor, "result") else "neutral"
        yield ChainItem(
            reference("monitor", monitor.public_id),
            "",
            title_of(monitor),
            "monitor",
            (monitor.public_id,),
            STATE_LABELS[state],
            state,
        )


def _alerts(policy: Policy, ids: Sequence[UUID]) -> Iterator[ChainItem]:
    for alert in queries.alerts(policy).filter(public_id__in=ids):
        yield ChainItem(
            reference("alert", alert.public_id),
            alert.number,
            ticket_title(alert),
            "alert",
            (alert.public_id,),
            Alert.State(alert.state).label,
            alert_meaning(alert),
        )


def register() -> None:
    """Make the kinds known."""
    chain_kinds.add("monitor", ChainKind("monitor", _("Monitor"), MONITOR_ORDER, queries.MONITORS, _monitors))
    chain_kinds.add("alert", ChainKind("alert", _("Alert"), ALERT_ORDER, queries.ALERTS, _alerts))
