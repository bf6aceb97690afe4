"""Opportunities in words: their title, and the number that people read out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.queries import process_logs
from servloop_app.measure.models import Metric
from servloop_app.plan.models import Opportunity


def subjects_of(policy: Policy, found: Sequence[Opportunity]) -> Subjects:
    """The metrics and logs that opportunities name, in two queries."""
    codes, logs = set(_named(found, "metric")), set(_named(found, "log"))
    return Subjects(
        {metric.code: metric for metric in Metric.objects.filter(code__in=codes)} if codes else {},
        {str(log.public_id): log for log in _logs(policy, logs)} if logs else {},
    )


def _logs(policy: Policy, ids: Iterable[str]) -> Iterable[ProcessLog]:
    return process_logs(policy).filter(public_id__in=ids)


def _named(found: Sequence[Opportunity], kind: str) -> Iterable[str]:
    return (one.subject[kind] for one in found if kind in one.subject)


def number_of(one: Opportunity) -> str:
    """The short number of an opportunity."""
    return f"O-{one.pk:04d}"


def title_of(one: Opportunity, subjects: Subjects) -> str:
    """What would be done, and where."""
    unit = str(one.unit) if one.unit else _("all units")
    if "metric" in one.subject:
        metric = subjects.metrics.get(one.subject["metric"])
        return _("Improve “%(what)s” (%(unit)s)") % {"unit": unit, "what": metric or one.subject["metric"]}
    log = subjects.logs.get(one.subject.get("log", ""))
    if "step" in one.subject and log is not None:
        step = " → ".join(one.subject[name] for name in ("source", "step") if one.subject.get(name))
        return _("Improve “%(step)s” in “%(what)s” (%(unit)s)") % {
            "unit": unit,
            "what": log.name,
            "step": step,
        }
    return _("Shorten “%(what)s” (%(unit)s)") % {"unit": unit, "what": log.name if log else _("a process")}
