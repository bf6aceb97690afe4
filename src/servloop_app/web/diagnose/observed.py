"""What a run observed of a finding, written as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from servloop.results import Estimate
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.diagnose.models import Finding, FindingObservation
from servloop_app.web.figures import MISSING, duration, rounded
from servloop_app.web.measure.filters import month_name
from servloop_app.web.measure.values import Scale, scale_of, stated
from servloop_app.web.measure.words import METHOD_LABELS, TEST_LABELS

_SPANS = frozenset({Finding.Kind.BOTTLENECK.value, Finding.Kind.SLOWER.value})


@dataclass(frozen=True)
class Written:
    """One observation in words.

    Attributes:
        seen: the observation.
        value, interval, compared, change: in one unit; a dash where there is none.
        period: the months or days that it speaks of.
        certainty: test with its q or p; empty without a test.
        method: how the figure was made.
        loss: dissatisfied-customer equivalents a month.
    """

    seen: FindingObservation
    value: str
    interval: str
    compared: str
    change: str
    period: str
    certainty: str
    method: str
    loss: str

    @property
    def n(self) -> str:
        """Rows behind the figure."""
        return rounded(self.seen.n, 0)


def written(finding: Finding, subjects: Subjects, seen: FindingObservation) -> Written:
    """One observation of a finding in words."""
    scale = _scale(finding, subjects, seen)
    timed = finding.kind in _SPANS
    estimate: Estimate = seen.estimate
    interval = _span(seen) if timed else scale.interval(estimate)
    test = str(TEST_LABELS.get(seen.test, seen.test))
    certain = stated("q", seen.q) if seen.q is not None else stated("p", seen.p) if seen.p is not None else ""
    return Written(
        seen,
        duration(seen.value) if timed else scale.value(seen.value),
        interval or MISSING,
        duration(seen.compared_with) if timed else scale.value(seen.compared_with),
        _longer(seen.difference) if timed else scale.change(seen.difference),
        _period(finding, seen),
        ", ".join(filter(None, (test, certain))),
        str(METHOD_LABELS.get(seen.method, seen.method)),
        MISSING if seen.loss is None else rounded(seen.loss, 1),
    )


def _longer(seconds: float | None) -> str:
    """A difference of times with its sign."""
    if seconds is None:
        return MISSING
    return f"{'−' if seconds < 0 else '+'}{duration(abs(seconds))}"


def _scale(finding: Finding, subjects: Subjects, seen: FindingObservation) -> Scale:
    metric = subjects.metric(finding)
    if metric is not None:
        return scale_of(metric, seen.value, seen.compared_with)
    return Scale(1.0, "%", "%", 1)  # of a process: shares, and times that are written as spans


def _span(seen: FindingObservation) -> str:
    if seen.low is None or seen.high is None:
        return ""
    return f"{duration(seen.low)}–{duration(seen.high)}"


def _period(finding: Finding, seen: FindingObservation) -> str:
    if seen.first is None or seen.last is None:
        return MISSING
    if "metric" in finding.subject:
        first, last = month_name(seen.first), month_name(seen.last)
    else:
        first, last = seen.first.isoformat(), seen.last.isoformat()
    return first if first == last else f"{first} – {last}"


def address_of(
    finding: Finding, subjects: Subjects, seen: FindingObservation | None, *, records: bool = False
) -> str:
    """Page of the metric or process that a finding speaks of, or of the records behind it; empty without one."""
    metric = subjects.metric(finding)
    if metric is not None:
        query: list[tuple[str, str]] = []
        if seen is not None and seen.first and seen.last:
            query += [("from", f"{seen.first:%Y-%m}"), ("to", f"{seen.last:%Y-%m}")]
        if finding.unit is not None and (records or finding.kind != Finding.Kind.UNIT):
            query.append(("unit", finding.unit.code))
        if "channel" in finding.subject:
            query.append(("channel", finding.subject["channel"]))
        anchor = "#units" if finding.kind == Finding.Kind.UNIT and not records else ""
        route = "metric_records" if records else "metric"
        return f"{reverse(route, args=[metric.code])}?{urlencode(query)}{anchor}"
    log = subjects.log(finding)
    return "" if log is None or records else reverse("process_log", args=[log.public_id])
