"""The timeline of a project in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from servloop_app.improve.project_models import ProjectAction, ProjectStep
from servloop_app.improve.project_phases import PHASE_LABELS
from servloop_app.verify.models import EffectVerdict


@dataclass(frozen=True)
class Entry:
    """One entry of the timeline.

    Attributes:
        step: what is kept.
        text: what happened.
        meaning: of its mark.
        address: of what it speaks of; empty for none.
    """

    step: ProjectStep
    text: str
    meaning: str = "neutral"
    address: str = ""


_MEANINGS = {"advanced": "info", "declared": "good", "waived": "watch", "voided": "watch", "closed": "good"}


def entries(steps: Sequence[ProjectStep]) -> list[Entry]:
    """The timeline, newest first."""
    return [_entry(step) for step in steps]


def _entry(step: ProjectStep) -> Entry:
    said = step.params
    check = said.get("check")
    address = reverse("effect", args=[check]) if check else ""
    text = _text(step.kind, said)
    return Entry(step, text, _MEANINGS.get(step.kind, "neutral"), address)


def _text(kind: str, said: dict[str, str]) -> str:
    if kind == "advanced":
        after = PHASE_LABELS.get(said["after"], said["after"])
        return _("entered the phase “%(phase)s”") % {"phase": after}
    if kind == "action_moved":
        state = ProjectAction.State(said["state"]).label
        return _("“%(what)s”: %(state)s") % {"what": said["what"], "state": state}
    if kind == "judged":
        decision = EffectVerdict.Decision(said["decision"]).label
        return _("gave the verdict: %(decision)s") % {"decision": decision}
    pattern = {
        "opened": _("opened the project"),
        "changed": _("changed the project"),
        "attached": _("attached evidence"),
        "waived": _("waived the effect check"),
        "noted": _("wrote a note"),
        "closed": _("closed the project"),
        "cancelled": _("cancelled the project"),
        "action_added": _("added the action “%(what)s”"),
        "cost_added": _("added the cost “%(what)s”"),
        "cost_spent": _("entered what “%(what)s” cost"),
        "declared": _("declared and locked the effect check %(number)s"),
        "explored": _("had the effect looked at afterwards: %(number)s"),
        "voided": _("voided the effect check %(number)s"),
    }.get(kind, kind)
    return pattern % said if "%(" in pattern else pattern
