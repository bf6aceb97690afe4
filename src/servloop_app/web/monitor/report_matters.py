"""Findings, changes and other objects of a frozen report in words, with the pages where they can be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from servloop.results import Estimate
from servloop_app.diagnose.chain import STATE_MEANINGS
from servloop_app.diagnose.models import Finding
from servloop_app.monitor.report_codec import metric_of
from servloop_app.monitor.report_objects import finding_of
from servloop_app.web.diagnose.observed import Written, written
from servloop_app.web.figures import rounded
from servloop_app.web.measure.cards import FigureCard
from servloop_app.web.measure.charts import moved
from servloop_app.web.measure.values import joined, scale_of, stated

Kept = Mapping[str, Any]
Say = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class ShownFinding:
    """A finding as a report lists it."""

    number: str
    title: str
    address: str
    state: str
    meaning: str
    written: Written


@dataclass(frozen=True)
class ShownChange:
    """A change: what, on which evidence and with what beside it, and what comes next.

    Attributes:
        meaning: good or bad.
        title: the change.
        figure: the figures behind it.
        evidence: the finding; None for a gain, which is a figure.
        beside: findings that go with it. That does not make them its cause.
        following: what is done about it; empty when nothing is yet.
        checks: checks of effect that speak of it.
    """

    meaning: str
    title: str
    figure: str
    evidence: ShownFinding | None
    beside: list[ShownFinding]
    following: list[dict[str, Any]]
    checks: list[dict[str, Any]]


def finding_row(kept: Kept, say: Say) -> ShownFinding:
    """One finding."""
    finding, subjects, seen = finding_of(dict(kept))
    return ShownFinding(
        kept["number"],
        say(kept["title"]),
        reverse("finding", args=[kept["id"]]),
        str(Finding.State(kept["state"]).label),
        STATE_MEANINGS[kept["state"]],
        written(finding, subjects, seen),
    )


def change_of(kept: Kept, figures: Mapping[str, FigureCard], say: Say) -> ShownChange:
    """One of the three changes."""
    following = [item_of(one, say) for one in kept["next"]]
    checks = [item_of(one, say) for one in kept["checks"]]
    beside = [finding_row(one, say) for one in kept["beside"]]
    if kept.get("finding"):
        row = finding_row(kept["finding"], say)
        return ShownChange(
            kept["meaning"], row.title, _figure(kept["finding"], row.written), row, beside, following, checks
        )
    if kept.get("check"):
        return _judged(kept, say)
    card = figures[kept["figure"]]
    return ShownChange(
        kept["meaning"], moved(card.figure, card.scale), card.change_words, None, beside, following, checks
    )


def _judged(kept: Kept, say: Say) -> ShownChange:
    """A check of effect with its verdict: what runs how far off expectation, after what."""
    check = kept["check"]
    effect = check["effect"]
    scale = scale_of(metric_of(check["metric"]), effect["value"])
    found = Estimate(effect["value"], effect["n"], effect["low"], effect["high"], effect["method"])
    facts = {
        "project": check["project"],
        "name": say(check["metric"]["name"]),
        "effect": scale.change(effect["value"]),
    }
    parts = [
        _("interval %(interval)s") % {"interval": scale.interval(found) or "—"},
        f"n\u00a0=\u00a0{rounded(effect['n'], 0)}",
        _("declared beforehand"),
        _("verdict: %(verdict)s") % {"verdict": say(check["state"])},
    ]
    title = _("After “%(project)s”, %(name)s runs %(effect)s against expectation") % facts
    return ShownChange(kept["meaning"], title, joined(parts), None, [], [item_of(check, say)], [])


def _figure(kept: Kept, row: Written) -> str:
    parts = [row.value, _("interval %(interval)s") % {"interval": row.interval}, f"n\u00a0=\u00a0{row.n}"]
    if kept["observed"]["difference"] is not None:
        parts.append(row.change)
    for letter in ("q", "p"):
        if kept["observed"][letter] is not None:
            parts.append(stated(letter, kept["observed"][letter]))
            break
    return joined(parts)


def item_of(kept: Kept, say: Say) -> dict[str, Any]:
    """An object of the chain."""
    return {
        "number": kept["number"],
        "title": say(kept["title"]),
        "state": say(kept["state"]),
        "meaning": kept["meaning"],
        "owner": kept.get("owner", ""),
        "due": kept.get("due", ""),
        "route": kept["route"],
        "address": reverse(kept["route"], args=kept["arguments"]),
    }
