"""The ways a project can go: PDCA, DMAIC, Lean. Their phases have names of their own and the gates of the cycle."""

from __future__ import annotations

from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Gate = Literal["plan", "do", "check", "act"]

METHOD_LABELS: dict[str, Promise] = {
    "pdca": _("PDCA: plan, do, check, act"),
    "dmaic": _("DMAIC: define, measure, analyse, improve, control"),
    "lean": _("Lean: see, find the waste, try, standardise"),
}
# phase → the part of the cycle whose gate it stands behind, in order
PHASES: dict[str, dict[str, Gate]] = {
    "pdca": {"plan": "plan", "do": "do", "check": "check", "act": "act"},
    "dmaic": {
        "define": "plan",
        "measure": "plan",
        "analyse": "plan",
        "improve": "do",
        "control": "check",
    },
    "lean": {"see": "plan", "waste": "plan", "try": "do", "compare": "check", "standardise": "act"},
}
PHASE_LABELS: dict[str, Promise] = {
    "plan": pgettext_lazy("phase", "Plan"),
    "do": pgettext_lazy("phase", "Do"),
    "check": pgettext_lazy("phase", "Check"),
    "act": pgettext_lazy("phase", "Act"),
    "define": pgettext_lazy("phase", "Define"),
    "measure": pgettext_lazy("phase", "Measure"),
    "analyse": pgettext_lazy("phase", "Analyse"),
    "improve": pgettext_lazy("phase", "Improve"),
    "control": pgettext_lazy("phase", "Control"),
    "see": pgettext_lazy("phase", "See the value stream"),
    "waste": pgettext_lazy("phase", "Find the waste"),
    "try": pgettext_lazy("phase", "Try"),
    "compare": pgettext_lazy("phase", "Compare"),
    "standardise": pgettext_lazy("phase", "Standardise"),
}


def first_phase(method: str) -> str:
    """Where a project of a method begins."""
    return next(iter(PHASES[method]))


def gate_of(method: str, phase: str) -> Gate:
    """The part of the cycle in which a phase stands."""
    return PHASES[method][phase]


def next_phase(method: str, phase: str) -> str | None:
    """The phase after one; None after the last."""
    names = list(PHASES[method])
    place = names.index(phase) + 1
    return names[place] if place < len(names) else None
