"""Did it pay? The project's ledger against what the effect is worth, with the range of the effect's interval."""

from __future__ import annotations

from typing import Any

from servloop.verify.return_on_investment import return_on_investment
from servloop_app.improve.project_queries import ledger_of
from servloop_app.verify.models import EffectCheck, EffectResult

HORIZON = 24  # months after the start over which it is reckoned
YEARLY_RATE = 0.05


def payback_of(check: EffectCheck, result: EffectResult) -> dict[str, Any]:
    """What the change costs and brings; empty while nobody said what the metric is worth, or nothing is known.

    Args:
        check: with ``gain``: what one unit of the metric is worth a month.
        result: whose effect counts.

    Returns:
        ``cost``, ``lines``, and for ``value``, ``low``, ``high`` of the effect: money a month, payback in months (None
        when not paid back within the horizon), net present value.
    """
    ledger = ledger_of(check.project)
    known: dict[str, Any] = {
        "cost": float(ledger.expected),
        "actual": float(ledger.actual),
        "planned": float(ledger.planned),
        "lines": ledger.lines,
        "horizon": HORIZON,
    }
    effect = ((result.evaluation or {}).get("effect") or {}).get("estimate") or {}
    if check.gain is None or effect.get("value") is None:
        return known
    sign = 1.0 if check.direction == EffectCheck.Direction.INCREASE else -1.0
    for name in ("value", "low", "high"):
        if effect.get(name) is not None:
            known[name] = _reckoned(float(ledger.expected), sign * effect[name] * check.gain)
    if sign < 0 and "low" in known and "high" in known:
        known["low"], known["high"] = known["high"], known["low"]
    return known


def _reckoned(cost: float, monthly: float) -> dict[str, float | None]:
    found = return_on_investment([-cost, *[monthly] * HORIZON], (1 + YEARLY_RATE) ** (1 / 12) - 1)
    return {
        "monthly": monthly,
        "payback": found.payback.value,
        "net_present_value": found.net_present_value.value,
        "simple": found.simple.value,
    }
