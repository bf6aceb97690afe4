"""Which opportunity comes first: loss × confidence ÷ effort, with all parts shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from servloop_app.diagnose.models import Finding, FindingObservation

# Of findings that rest on an interval instead of a test.
_INTERVAL_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Score:
    """The parts of a score.

    Attributes:
        loss: dissatisfied-customer equivalents a month; the largest of the findings, since they tell of the same rows.
            None when none of them can be put in that unit.
        confidence: 1 − q of the clearest finding.
    """

    loss: float | None
    confidence: float

    def value(self, effort: int) -> float | None:
        """The score for an effort from 1 to 5."""
        return None if self.loss is None else self.loss * self.confidence / effort


def score_of(observations: Sequence[FindingObservation]) -> Score:
    """The score of findings that belong together, each as last observed."""
    losses = [one.loss for one in observations if one.loss is not None]
    sure = [_INTERVAL_CONFIDENCE if one.q is None else 1 - one.q for one in observations]
    return Score(max(losses, default=None), max(sure, default=0.0))


def key_of(finding: Finding) -> tuple[str, dict[str, str]]:
    """What findings of one opportunity have in common: the metric or the process log, and the unit."""
    name = "metric" if "metric" in finding.subject else "log"
    subject = {name: finding.subject[name]}
    return f"{name}:{subject[name]}@{finding.unit.code if finding.unit else ''}", subject
