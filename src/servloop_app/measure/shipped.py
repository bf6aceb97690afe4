"""Formulas of the metrics that ship, for those that the facts alone can answer; the others say what they need."""

from __future__ import annotations

from dataclasses import dataclass

# Top two of any scale: 4 and 5 of five, 9 and 10 of eleven (0-10) lie in its upper quarter.
_HIGH = "(rating - rating_low) / (rating_high - rating_low) >= 0.75"
_COMPLAINT = 'kind in ["complaint", "投诉"]'
_PRAISE = 'kind in ["praise", "compliment", "表扬", "好评"]'


@dataclass(frozen=True)
class ShippedFormula:
    """Where a shipped metric comes from.

    Attributes:
        source: of `servloop.facts.cells.SOURCES`.
        formula: over its columns.
        segment: column to split by.
        scoring: how answers become points (`servloop.measure.loyalty_scoring`), for figures that have several.
    """

    source: str
    formula: str
    segment: str = ""
    scoring: str = ""


FORMULAS: dict[str, ShippedFormula] = {
    "feedback_volume": ShippedFormula("feedback", "count()", "kind"),
    "csat": ShippedFormula("feedback", f"share({_HIGH})", "kind", "top2"),
    "nps": ShippedFormula("answers", 'nps(value_number, where=question in ["NPS", "nps"])', scoring="net"),
    "ces": ShippedFormula(
        "answers",
        'mean(value_number, where=question in ["CES", "ces"] and 1 <= value_number <= 7)',
        scoring="mean",
    ),
    "complaint_rate": ShippedFormula("feedback", f"share({_COMPLAINT}, where=present(kind))"),
    "praise_rate": ShippedFormula("feedback", f"share({_PRAISE}, where=present(kind))"),
    "app_store_stars": ShippedFormula("feedback", 'mean(rating, where=channel in ["store", "应用商店"])'),
    "first_response_time": ShippedFormula("feedback", "median(seconds(occurred_at, answered_at))", "kind"),
    "time_to_resolution": ShippedFormula("feedback", "median(seconds(occurred_at, resolved_at))", "kind"),
    "complaint_response_time": ShippedFormula(
        "feedback", f"median(seconds(occurred_at, answered_at), where={_COMPLAINT})"
    ),
    "resolution_rate": ShippedFormula("feedback", "share(present(resolved_at))", "kind"),
    "in_time_resolution_rate": ShippedFormula("feedback", "share(resolved_at <= due_at)", "kind"),
    "complaints_in_time": ShippedFormula("feedback", f"share(resolved_at <= due_at, where={_COMPLAINT})"),
    "complaints_solved": ShippedFormula("feedback", f"share(present(resolved_at), where={_COMPLAINT})"),
    "turnaround": ShippedFormula("cases", "median(seconds)", "process_id"),
    "on_time_rate": ShippedFormula("cases", "share(seconds <= sla_seconds)", "process_id"),
    "rework_rate": ShippedFormula("cases", "share(rework)", "process_id"),
    "first_contact_resolution": ShippedFormula("cases", "share(resources <= 1 and not rework)", "process_id"),
    "case_volume": ShippedFormula("cases", "count()", "process_id"),
}
