"""Findings in words: the sentence that is their title, and the number that people read out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from servloop_app.core.policy import Policy
from servloop_app.diagnose.findings_models import Finding
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.queries import process_logs
from servloop_app.measure.models import Metric


@dataclass(frozen=True)
class Subjects:
    """What findings speak of.

    Attributes:
        metrics: by code.
        logs: by public id, as far as the person may open them.
        log_names: names of all logs that the findings speak of: whoever sees a finding may know its process.
    """

    metrics: dict[str, Metric]
    logs: dict[str, ProcessLog]
    log_names: dict[str, str]

    @classmethod
    def of(cls, policy: Policy, findings: Iterable[Finding]) -> Subjects:
        """The metrics and logs that findings name, in a query each."""
        return cls.named(policy, [finding.subject for finding in findings])

    @classmethod
    def named(cls, policy: Policy, subjects: Sequence[Mapping[str, str]]) -> Subjects:
        """The metrics and logs under ``metric`` and ``log``."""
        codes = {subject["metric"] for subject in subjects if "metric" in subject}
        logs = {subject["log"] for subject in subjects if "log" in subject}
        return cls(
            {metric.code: metric for metric in Metric.objects.filter(code__in=codes)} if codes else {},
            {str(log.public_id): log for log in process_logs(policy).filter(public_id__in=logs)}
            if logs
            else {},
            {str(log.public_id): log.name for log in ProcessLog.objects.filter(public_id__in=logs)}
            if logs
            else {},
        )

    def metric(self, finding: Finding) -> Metric | None:
        """The metric of a finding about figures."""
        return self.metrics.get(finding.subject.get("metric", ""))

    def log(self, finding: Finding) -> ProcessLog | None:
        """The log of a finding about a process."""
        return self.logs.get(finding.subject.get("log", ""))

    def name(self, finding: Finding) -> str:
        """Name of the metric or of the log."""
        metric = self.metric(finding)
        if metric is not None:
            return str(metric)
        return (
            self.log_names.get(finding.subject.get("log", ""))
            or finding.subject.get("metric")
            or _("a process")
        )


def number_of(finding: Finding) -> str:
    """The short number of a finding."""
    return f"F-{finding.pk:04d}"


def _day(finding: Finding) -> str:
    """Name of the day of the week that a finding is about."""
    number = finding.subject.get("weekday", "")
    return str(WEEKDAYS[int(number) - 1]) if number else ""


def title_of(finding: Finding, subjects: Subjects) -> str:
    """What is wrong and where, in one sentence."""
    said = {
        "what": subjects.name(finding),
        "where": str(finding.unit) if finding.unit else "",
        "channel": finding.subject.get("channel", ""),
        "step": finding.subject.get("target") or finding.subject.get("activity", ""),
        "kind": str(finding.get_kind_display()),
        "day": _day(finding),
    }
    kind = finding.kind
    if kind == Finding.Kind.CHANGE:
        text = _("%(where)s: %(what)s got worse") if finding.unit else _("%(what)s got worse")
    elif kind == Finding.Kind.UNIT:
        text = _("%(where)s is worse than the other units: %(what)s")
    elif kind == Finding.Kind.CHANNEL:
        text = _("%(what)s is worse in the channel “%(channel)s” than elsewhere")
    elif kind == Finding.Kind.TARGET:
        text = _("%(where)s: %(what)s is off its target") if finding.unit else _("%(what)s is off its target")
    elif kind == Finding.Kind.BOTTLENECK:
        text = _("“%(what)s” waits longest before “%(step)s”")
    elif kind == Finding.Kind.REWORK:
        text = _("In “%(what)s” work is done again")
    elif kind == Finding.Kind.SLOWER:
        text = _("%(where)s: cases of “%(what)s” wait longer before “%(step)s” than before")
    elif kind == Finding.Kind.WEEKDAY:
        text = (
            _("%(where)s: %(what)s is worse on %(day)s than on other days")
            if finding.unit
            else _("%(what)s is worse on %(day)s than on other days")
        )
    elif finding.unit:
        text = _("%(where)s, %(what)s: %(kind)s")
    else:
        text = _("%(what)s: %(kind)s")
    return text % said
