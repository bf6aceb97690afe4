"""Words for what the catalogue and the facts name by codes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

GROUP_LABELS: dict[str, Promise] = {
    "customer": _("Customers"),
    "feedback": _("Feedback and complaints"),
    "operation": _("Operation"),
    "system": _("Systems"),
    "business": _("Business"),
}
DIRECTION_LABELS: dict[str, Promise] = {
    "higher": _("higher is better"),
    "lower": _("lower is better"),
    "band": _("within a band"),
}
CLASS_LABELS: dict[str, Promise] = {
    "internal": pgettext_lazy("class of a metric", "internal"),
    "external": pgettext_lazy("class of a metric", "external"),
    "technical": pgettext_lazy("class of a metric", "technical"),
    "functional": pgettext_lazy("class of a metric", "functional"),
    "relational": pgettext_lazy("class of a metric", "relational"),
    "expected": pgettext_lazy("class of a metric", "expected"),
    "perceived": pgettext_lazy("class of a metric", "perceived"),
    "kpi": pgettext_lazy("class of a metric", "operational indicator"),
    "customer_satisfaction": pgettext_lazy("class of a metric", "customer satisfaction"),
    "business_outcome": pgettext_lazy("class of a metric", "business outcome"),
    "quantitative": pgettext_lazy("class of a metric", "quantitative"),
    "qualitative": pgettext_lazy("class of a metric", "qualitative"),
    "mixed": pgettext_lazy("class of a metric", "mixed"),
    "objective": pgettext_lazy("class of a metric", "objective"),
    "subjective": pgettext_lazy("class of a metric", "subjective"),
}
SOURCE_LABELS: dict[str, Promise] = {
    "feedback": _("Feedback"),
    "responses": _("Questionnaires"),
    "answers": _("Answers to questionnaires"),
    "events": _("Process events"),
    "event_cases": _("Process cases"),
    "cases": _("Process cases"),
    "measurements": _("Measurements"),
    "customers": _("Customers"),
    "transactions": _("Transactions"),
    "benchmarks": _("Benchmarks"),
}
#: Names of columns and values that stand behind a breakdown.
VALUE_LABELS: dict[str, Promise] = {
    "kind": pgettext_lazy("breakdown", "kind"),
    "process_id": pgettext_lazy("breakdown", "process"),
    "complaint": pgettext_lazy("kind of feedback", "Complaint"),
    "praise": pgettext_lazy("kind of feedback", "Praise"),
    "compliment": pgettext_lazy("kind of feedback", "Praise"),
    "suggestion": pgettext_lazy("kind of feedback", "Suggestion"),
    "question": pgettext_lazy("kind of feedback", "Question"),
    "other": pgettext_lazy("kind of feedback", "Other"),
    "web": pgettext_lazy("channel", "Website"),
    "app": pgettext_lazy("channel", "App"),
    "qr": pgettext_lazy("channel", "QR code"),
    "email": pgettext_lazy("channel", "E-mail"),
    "phone": pgettext_lazy("channel", "Phone"),
    "chat": pgettext_lazy("channel", "Chat"),
    "counter": pgettext_lazy("channel", "Counter"),
    "store": pgettext_lazy("channel", "App store"),
    "social": pgettext_lazy("channel", "Social media"),
    "survey": pgettext_lazy("channel", "Survey"),
}
METHOD_LABELS: dict[str, Promise] = {
    "wilson": _("share with Wilson’s interval"),
    "normal": _("normal interval"),
    "one class": _("interval for one class"),
    "student": _("mean with Student’s interval"),
    "poisson": _("count with the exact Poisson interval"),
    "order statistics, 2 % bins": _("quantile with the interval of order statistics"),
    "sum": _("sum"),
}
TEST_LABELS: dict[str, Promise] = {
    "z, pooled": _("z-test of two shares"),
    "z": _("z-test"),
    "welch": _("Welch’s t-test"),
    "mann-whitney": _("Mann–Whitney test"),
    "binomial": _("binomial test of two counts"),
}
COLUMN_LABELS: dict[str, Promise] = {
    "occurred_at": _("Time"),
    "unit_id": _("Unit"),
    "channel": _("Channel"),
    "kind": _("Kind"),
    "rating": _("Rating"),
    "title": _("Subject"),
    "text": _("Words"),
    "status": _("State"),
    "question": _("Question code"),
    "value_number": _("Answer"),
    "process_id": _("Process"),
    "case_id": _("Case"),
    "activity": _("Step"),
    "seconds": _("Time taken"),
    "events": _("Events"),
    "first_activity": _("First step"),
    "last_activity": _("Last step"),
    "survey": _("Questionnaire"),
    "metric": _("Metric"),
    "value": _("Value"),
    "counted": _("Counts as"),
}
