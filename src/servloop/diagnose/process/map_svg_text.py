"""Numbers, durations and counts as people read them, in both languages."""

from __future__ import annotations

from servloop.diagnose.process.layout_graph import MapNode
from servloop.messages import message

# Largest value shown in a unit, the unit, its seconds. Hours run to three days: "40.2 h" says more than "1.7 d".
_UNITS = ((60.0, "seconds", 1.0), (3600.0, "minutes", 60.0), (72 * 3600.0, "hours", 3600.0))
_DAY = 86400.0


def text(name: str, language: str, /, **params: object) -> str:
    """The entry ``map.<name>`` of the catalogue."""
    return message(f"map.{name}", params, language)


def decimal(value: float) -> str:
    """One decimal below 100, none above, thousands separated, a true minus."""
    shown = f"{value:,.1f}" if 0 < abs(value) < 99.95 else f"{value:,.0f}"
    return shown.replace("-", "−")


def _unit(seconds: float) -> tuple[str, float]:
    for limit, unit, length in _UNITS:
        # Compare as shown: 59.96 s would read "60.0 s".
        if abs(seconds) < limit - 0.05 * length:
            return unit, length
    return "days", _DAY


def duration(seconds: float, language: str) -> str:
    """A span in the unit that fits its size: seconds, minutes, hours or days.

    >>> duration(95040, "en")
    '26.4 h'
    """
    unit, length = _unit(seconds)
    return text(unit, language, value=decimal(seconds / length))


def in_unit_of(seconds: float, reference: float) -> str:
    """The bare number in the unit in which the reference is shown, as in "26.4 h (9.7)"."""
    return decimal(seconds / _unit(reference)[1])


def percent(share: float) -> str:
    """A share with one decimal."""
    return f"{100 * share:.1f}%"


def node_counts(node: MapNode, language: str) -> str:
    """Executions and cases; one number when they are equal."""
    if node.events == node.cases:
        return text("case" if node.cases == 1 else "cases", language, cases=node.cases)
    return text(
        "events_case" if node.cases == 1 else "events_cases", language, events=node.events, cases=node.cases
    )
