"""Words for kinds of data, their fields, the reasons why rows are set aside, and states."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TARGETS: dict[str, Promise] = {
    "feedback": _("Feedback"),
    "answers": _("Survey answers, one row per respondent"),
    "answers-long": _("Survey answers, one row per answer"),
    "events": _("Process events"),
    "measurements": _("Measurements, one row per value"),
    "measurements-wide": _("Measurements, one column per metric"),
    "customers": _("Customers"),
    "transactions": _("Transactions"),
    "benchmarks": _("Benchmarks"),
}
FIELDS: dict[str, Promise] = {
    "activity": _("Step: what was done"),
    "amount": _("Amount"),
    "answered_at": _("Time of the first answer"),
    "case_id": _("Case: what the events belong to"),
    "channel": _("Channel"),
    "currency": _("Currency"),
    "department": _("Department"),
    "due_at": _("Promised time"),
    "high": _("Upper end"),
    "industry": _("Industry or competitor"),
    "kind": _("Kind"),
    "language": _("Language"),
    "life_cycle": _("Stage of the life cycle"),
    "lifecycle": _("Transition (start, complete…)"),
    "low": _("Lower end"),
    "metric": _("Metric"),
    "n": _("Number of observations"),
    "occurred_at": _("Time"),
    "option": _("Option"),
    "person": _("Customer (number, phone or e-mail; a random key is stored instead)"),
    "practice": _("Practice behind the figure"),
    "product": _("Product or service"),
    "question": _("Question"),
    "rating": _("Rating"),
    "resolved_at": _("Time of the resolution"),
    "resource": _("Person who did it"),
    "response_key": _("Number of the response"),
    "segment": _("Segment"),
    "since": _("Customer since"),
    "source": _("Published by"),
    "source_key": _("Number in the source"),
    "start_time": _("Start: when it was begun"),
    "started_at": _("Start: when it was begun"),
    "status": _("Status in the source"),
    "subject": _("Device, system or team"),
    "text": _("Words of the customer"),
    "tier": _("Service tier"),
    "title": _("Subject line"),
    "unit": _("Unit"),
    "value": _("Value"),
    "value_unit": _("Unit of measure"),
    "weight": _("Weight"),
}
REASONS: dict[str, Promise] = {
    "missing_value": _("no value where one is needed"),
    "unreadable_time": _("time not readable"),
    "unreadable_number": _("number not readable"),
    "out_of_range": _("outside its scale"),
    "future_time": _("lies in the future"),
    "unknown_unit": _("unit not in the organisation"),
    "repeated_heading": _("headings in the middle of the file"),
    "end_before_start": _("lies before its start"),
}
STATE_MEANINGS = {
    "mapping": "watch",
    "working": "info",
    "done": "good",
    "failed": "bad",
    "undone": "neutral",
    "open": "watch",
    "replayed": "good",
    "dismissed": "neutral",
}
# What happens to columns that are mapped to nothing, by `Target.rest`.
REST: dict[str, Promise] = {
    "attributes": pgettext_lazy("columns", "kept as further attributes"),
    "questions": pgettext_lazy("columns", "each a question"),
    "metrics": pgettext_lazy("columns", "each a metric, if it holds numbers"),
}
