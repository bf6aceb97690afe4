"""Opportunities in words: their title, and the number that people read out."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.plan.models import Opportunity


def subjects_of(policy: Policy, found: Sequence[Opportunity]) -> Subjects:
    """The metrics and logs that opportunities name, in a query each."""
    return Subjects.named(policy, [one.subject for one in found])


def number_of(one: Opportunity) -> str:
    """The short number of an opportunity."""
    return f"O-{one.pk:04d}"


def title_of(one: Opportunity, subjects: Subjects) -> str:
    """What would be done, and where."""
    unit = str(one.unit) if one.unit else _("all units")
    if "metric" in one.subject:
        metric = subjects.metrics.get(one.subject["metric"])
        return _("Improve “%(what)s” (%(unit)s)") % {"unit": unit, "what": metric or one.subject["metric"]}
    name = subjects.log_names.get(one.subject.get("log", ""), "")
    if "step" in one.subject and name:
        step = " → ".join(one.subject[name] for name in ("source", "step") if one.subject.get(name))
        return _("Improve “%(step)s” in “%(what)s” (%(unit)s)") % {
            "unit": unit,
            "what": name,
            "step": step,
        }
    return _("Shorten “%(what)s” (%(unit)s)") % {"unit": unit, "what": name or _("a process")}
