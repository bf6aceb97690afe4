"""The three changes of a report: what is told, what goes with it, and what is done about it by whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects
from servloop_app.diagnose.findings_queries import PERMISSION, findings
from servloop_app.diagnose.models import Finding, FindingObservation
from servloop_app.measure.figures import Figure
from servloop_app.measure.selection import add_months
from servloop_app.monitor.report_codec import Frozen
from servloop_app.monitor.report_objects import after, freeze_finding
from servloop_app.monitor.report_owners import with_owners

CHANGES = 3
# What is closest to somebody doing something comes first.
_NEXT = ("project", "goal", "ticket", "opportunity")
# What moved comes before what differs from its peers, and that before what has long been off.
_KINDS = {
    "change": 0,
    "slower": 0,
    "unit": 1,
    "weekday": 1,
    "channel": 1,
    "target": 2,
    "bottleneck": 2,
    "rework": 2,
}
_BESIDE = 1


@dataclass(frozen=True)
class Seen:
    """A finding with what was observed of it for the month."""

    finding: Finding
    observation: FindingObservation

    @property
    def key(self) -> tuple[object, ...]:
        """Findings of one matter: about the same metric or process."""
        subject = self.finding.subject
        return (subject.get("metric") or subject.get("log"),)


def seen_in(policy: Policy, month: dt.date) -> list[Seen]:
    """The findings that speak of a month, the newest observation of each; what moved first, new and costly ones before others."""
    if not policy.may(PERMISSION):
        return []
    end = add_months(month, 1)
    found = []
    for finding in findings(policy):
        speaking = [
            one
            for one in finding.observations.all()
            if one.first is not None and one.last is not None and one.first < end and one.last >= month
        ]
        if speaking:
            found.append(Seen(finding, speaking[0]))
    return sorted(
        found,
        key=lambda one: (
            _KINDS.get(one.finding.kind, 3),
            one.finding.state != Finding.State.NEW,
            -(one.observation.loss or 0.0),
            one.finding.pk,
        ),
    )


def changes(
    policy: Policy, seen: list[Seen], figures: tuple[Figure, ...], checks: list[Frozen]
) -> list[Frozen]:
    """Up to three: the two worst matters, and what was gained: an effect that was judged, else a figure.

    Args:
        policy: the person's rights.
        seen: findings that speak of the month.
        figures: of the month.
        checks: of effect, as frozen.
    """
    subjects = Subjects.of(policy, [one.finding for one in seen])
    matters: dict[tuple[object, ...], Seen] = {}
    for one in seen:
        matters.setdefault(one.key, one)
    judged = [_judged(check) for check in checks if check["effect"]]
    gains = [*judged, *(_gain(figure) for figure in figures if figure.verdict == "good")]
    worst = list(matters.values())[: CHANGES - bool(gains)]
    told = [_worse(policy, one, seen, subjects) for one in worst]
    return [*told, *gains[: CHANGES - len(told)]]


def _worse(policy: Policy, one: Seen, seen: list[Seen], subjects: Subjects) -> Frozen:
    following = after(policy, "finding", one.finding.public_id)
    ordered = sorted(
        (item for item in following if item["kind"] in _NEXT), key=lambda item: _NEXT.index(item["kind"])
    )
    return {
        "meaning": "bad",
        "finding": freeze_finding(one.finding, subjects, one.observation),
        "beside": [
            freeze_finding(other.finding, subjects, other.observation) for other in _beside(one, seen)
        ],
        "next": with_owners(ordered[:1]),
        "checks": [item for item in following if item["kind"] == "check"][:1],
    }


def _beside(one: Seen, seen: list[Seen]) -> list[Seen]:
    """Other findings that go with it: where in the process the same unit is slow, then elsewhere in the same matter."""
    others = [other for other in seen if other.finding.pk != one.finding.pk]
    in_process = [
        other
        for other in others
        if "log" in other.finding.subject
        and other.key != one.key
        and (one.finding.unit_id is None or other.finding.unit_id == one.finding.unit_id)
    ]
    same_matter = [
        other for other in others if other.key == one.key and other.finding.unit_id != one.finding.unit_id
    ]
    same_unit = [
        other
        for other in others
        if other.key != one.key
        and one.finding.unit_id is not None
        and other.finding.unit_id == one.finding.unit_id
    ]
    picked: dict[tuple[object, ...], Seen] = {}
    for other in (*in_process, *same_matter, *same_unit):
        picked.setdefault((*other.key, other.finding.unit_id), other)
    return list(picked.values())[:_BESIDE]


def _judged(check: Frozen) -> Frozen:
    return {"meaning": check["meaning"], "check": check, "beside": [], "next": [], "checks": []}


def _gain(figure: Figure) -> Frozen:
    return {"meaning": "good", "figure": figure.metric.code, "beside": [], "next": [], "checks": []}
