"""Objects of the loop as they lie in a frozen report: findings, opportunities, and what came of them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.utils.translation import override

from servloop_app.core.chain import Chain, ChainItem, chain_of, reference
from servloop_app.core.localized import LocalizedText
from servloop_app.core.policy import Policy
from servloop_app.diagnose.finding_words import Subjects, number_of, title_of
from servloop_app.diagnose.models import Finding, FindingObservation, ProcessLog
from servloop_app.monitor.report_codec import Frozen, freeze_metric, metric_of
from servloop_app.plan import words as opportunity_words
from servloop_app.plan.models import Opportunity

Said = TypeVar("Said")
NO_TITLE = "—"
LANGUAGES = {"zh-CN": "zh-hans", "en": "en"}
_OBSERVED = (
    "value",
    "low",
    "high",
    "n",
    "method",
    "compared_with",
    "difference",
    "test",
    "p",
    "q",
    "loss",
    "loss_share",
    "loss_volume",
    "loss_basis",
)


def in_both(say: Callable[[], Said]) -> dict[str, Said]:
    """What is said in either language."""
    said = {}
    for tag, code in LANGUAGES.items():
        with override(code):
            said[tag] = say()
    return said


def name_in_both(name: object) -> dict[str, str]:
    """A name in either language."""
    return name.to_dict() if isinstance(name, LocalizedText) else in_both(lambda: str(name))


def freeze_finding(finding: Finding, subjects: Subjects, seen: FindingObservation) -> Frozen:
    """A finding as a run observed it."""
    metric, log = subjects.metric(finding), subjects.log(finding)
    observed = {name: getattr(seen, name) for name in _OBSERVED}
    return {
        "id": str(finding.public_id),
        "pk": finding.pk,
        "number": number_of(finding),
        "kind": finding.kind,
        "state": finding.state,
        "subject": finding.subject,
        "unit": finding.unit.code if finding.unit else "",
        "title": in_both(lambda: title_of(finding, subjects)),
        "metric": freeze_metric(metric) if metric else None,
        "log": {"id": str(log.public_id), "name": log.name} if log else None,
        "observed": observed
        | {
            "first": seen.first.isoformat() if seen.first else None,
            "last": seen.last.isoformat() if seen.last else None,
        },
    }


def finding_of(kept: Frozen) -> tuple[Finding, Subjects, FindingObservation]:
    """The finding again, as of then and never saved, for whoever writes its figures."""
    finding = Finding(
        pk=kept["pk"],
        public_id=uuid.UUID(kept["id"]),
        kind=kept["kind"],
        state=kept["state"],
        subject=kept["subject"],
    )
    observed = dict(kept["observed"])
    for name in ("first", "last"):
        observed[name] = dt.date.fromisoformat(observed[name]) if observed[name] else None
    metrics = {kept["metric"]["code"]: metric_of(kept["metric"])} if kept["metric"] else {}
    log = kept["log"]
    logs = {log["id"]: ProcessLog(public_id=uuid.UUID(log["id"]), name=log["name"])} if log else {}
    names = {log["id"]: log["name"]} if log else {}
    return finding, Subjects(metrics, logs, names), FindingObservation(**observed)


def freeze_opportunity(policy: Policy, one: Opportunity) -> Frozen:
    """An opportunity with the parts of its score."""
    subjects = opportunity_words.subjects_of(policy, [one])
    return {
        "id": str(one.public_id),
        "number": opportunity_words.number_of(one),
        "title": in_both(lambda: opportunity_words.title_of(one, subjects)),
        "unit": one.unit.code if one.unit else "",
        "state": one.state,
        "score": one.score,
        "loss": one.loss,
        "confidence": one.confidence,
        "effort": one.effort,
    }


def freeze_items(say: Callable[[], Iterable[ChainItem]]) -> list[Frozen]:
    """Objects of the chain, in either language."""
    # What is said in a language is written while that language is active: states and titles may be lazy.
    said = in_both(lambda: {item.reference: (item, str(item.title), str(item.state)) for item in say()})
    chinese, english = said["zh-CN"], said["en"]
    return [
        {
            "reference": name,
            "kind": item.kind,
            "number": item.number,
            "title": {"zh-CN": title, "en": english[name][1]},
            "state": {"zh-CN": state, "en": english[name][2]},
            "meaning": item.meaning,
            "route": item.route,
            "arguments": [str(argument) for argument in item.arguments],
        }
        for name, (item, title, state) in chinese.items()
        if name in english
    ]


def after(policy: Policy, kind: str, public_id: object) -> list[Frozen]:
    """What came of an object, as far as the person may see it."""
    found: Callable[[], Chain] = lambda: chain_of(policy, reference(kind, str(public_id)))  # noqa: E731
    return freeze_items(lambda: found().after)


def without_titles(content: dict[str, Any], references: Iterable[str]) -> dict[str, Any]:
    """Content in which the alerts of these references bear no title any more."""
    named = set(references)
    if not named:
        return content
    bare = {"zh-CN": NO_TITLE, "en": NO_TITLE}
    alerts = [one | {"title": bare} if one["reference"] in named else one for one in content["alerts"]]
    return {**content, "alerts": alerts}


def references_of(content: dict[str, Any]) -> list[str]:
    """References of everything that a report shows: these led to it."""
    found = [
        *(reference("finding", one["finding"]["id"]) for one in content["changes"] if one.get("finding")),
        *(item["reference"] for name in ("projects", "checks", "alerts") for item in content[name]),
    ]
    return list(dict.fromkeys(found))
