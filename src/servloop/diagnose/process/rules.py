"""Rules of the service standard: what must happen, in which order, and within which time.

The templates are those of Declare (Pesic, Schonenberg & van der Aalst, 2007). A rule with a time window is kept
only when the answer comes in time ("reply within 4 hours of a complaint").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Bool, Int64
from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

Template = Literal[
    "init", "end", "existence", "absence", "response", "precedence", "succession", "not_succession",
    "co_existence", "exclusive_choice",
]  # fmt: skip
_PAIRED = {"response", "precedence", "succession", "not_succession", "co_existence", "exclusive_choice"}
_TIMED = {"response", "precedence", "succession"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        template: ``init`` and ``end``: the case begins, ends with the activity; ``existence``: it occurs at least
            ``times``; ``absence``: fewer than ``times``; ``response``: each is followed by the other; ``precedence``:
            each other is preceded by it; ``succession``: both; ``not_succession``: none is followed by the other;
            ``co_existence``: both or none; ``exclusive_choice``: exactly one of them.
        activity: the activity.
        other: the second activity of paired templates.
        times: for existence and absence.
        within_seconds: window of response, precedence, succession.
        name: how people call the rule.
    """

    template: Template
    activity: str
    other: str | None = None
    times: int = 1
    within_seconds: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse rules that say nothing.

        Raises:
            SpecError: ``process.rule_unknown_template``, ``process.rule_needs_other``, ``process.rule_no_window``,
                ``process.rule_bad_number``.
        """
        if self.template not in get_args(Template):
            raise SpecError("process.rule_unknown_template", received=self.template, known=get_args(Template))
        if (self.other is not None) != (self.template in _PAIRED):
            raise SpecError("process.rule_needs_other", template=self.template)
        if self.within_seconds is not None and self.template not in _TIMED:
            raise SpecError("process.rule_no_window", template=self.template)
        if self.times < 1 or (self.within_seconds is not None and self.within_seconds < 0):
            raise SpecError("process.rule_bad_number", template=self.template)


@dataclass(frozen=True, slots=True)
class Witness:
    """A violation: the case, and the row of the source table of the event that calls for the rule, if any."""

    case: str
    row: int | None


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """How a rule is kept.

    ``activations`` are the events (or, for rules on whole cases, the cases) that call for it; ``support`` is the
    share of these that keep it, None without any.
    """

    rule: Rule
    activations: int
    violations: int
    violating_cases: int
    support: float | None
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, kw_only=True)
class RuleCheck(Result):
    """Outcomes in the order of the rules.

    Attributes:
        n: cases.
        outcomes: one per rule.
        kept_by: share of cases that violate no rule.
    """

    n: int
    outcomes: tuple[RuleOutcome, ...]
    kept_by: Estimate
    method: str = "declare"

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``cases``, ``kept_by`` and one entry per rule, with ``warnings``."""
        return {
            "cases": self.n,
            "kept_by": self.kept_by.value,
            "rules": [plain(outcome, language) for outcome in self.outcomes],
            "warnings": plain(self.warnings, language),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per rule."""
        import polars as pl

        rows = [
            asdict(outcome.rule)
            | {
                "activations": outcome.activations,
                "violations": outcome.violations,
                "support": outcome.support,
            }
            for outcome in self.outcomes
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def check_rules(log: EventLog, rules: Sequence[Rule], *, max_witnesses: int = 1_000) -> RuleCheck:
    """Check rules on every case.

    Args:
        log: the event log.
        rules: the rules; an activity that the log lacks simply never occurs, with a warning.
        max_witnesses: how many violations to name per rule (all are counted).
    """
    codes = {label: code for code, label in enumerate(log.activity_labels)}
    named = {name for rule in rules for name in (rule.activity, rule.other) if name is not None}
    missing = sorted(named - set(codes))
    clean = np.ones(log.cases, dtype=np.bool_)
    outcomes = []
    for rule in rules:
        first, second = codes.get(rule.activity, -1), codes.get(rule.other or "", -1)
        calls, broken = _TEMPLATES[rule.template](log, rule, log.activity == first, log.activity == second)
        per_case = rule.template not in _BY_EVENT
        case = np.flatnonzero(broken) if per_case else log.case_index[broken]
        clean[case] = False
        rows = [None] * len(case) if per_case else log.rows[broken].tolist()
        named_cases = log.case_ids(case[:max_witnesses])
        activations = int(calls.sum())
        outcomes.append(
            RuleOutcome(
                rule=rule,
                activations=activations,
                violations=len(case),
                violating_cases=len(np.unique(case)),
                support=1 - len(case) / activations if activations else None,
                witnesses=tuple(map(Witness, named_cases, rows)),
            )
        )
    kept = (
        Estimate(float(clean.mean()), log.cases, method="share_of_cases")
        if log.cases
        else Estimate.not_computable(0, "process.no_cases")
    )
    notices = (Notice("process.rule_activities_absent", len(missing), {"names": missing}),) if missing else ()
    return RuleCheck(n=log.cases, outcomes=tuple(outcomes), kept_by=kept, warnings=log.warnings + notices)


_Check = Callable[[EventLog, Rule, Bool, Bool], tuple[Bool, Bool]]


def _counts(log: EventLog, chosen: Bool) -> Int64:
    return np.bincount(log.case_index[chosen], minlength=log.cases)


def _all_cases(log: EventLog) -> Bool:
    return np.ones(log.cases, dtype=np.bool_)


def _init(log: EventLog, _rule: Rule, first: Bool, _second: Bool) -> tuple[Bool, Bool]:
    return _all_cases(log), ~first[log.offsets[:-1]]


def _end(log: EventLog, _rule: Rule, first: Bool, _second: Bool) -> tuple[Bool, Bool]:
    return _all_cases(log), ~first[log.offsets[1:] - 1]


def _existence(log: EventLog, rule: Rule, first: Bool, _second: Bool) -> tuple[Bool, Bool]:
    return _all_cases(log), _counts(log, first) < rule.times


def _absence(log: EventLog, rule: Rule, first: Bool, _second: Bool) -> tuple[Bool, Bool]:
    return _all_cases(log), _counts(log, first) >= rule.times


def _co_existence(log: EventLog, _rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    one, other = _counts(log, first) > 0, _counts(log, second) > 0
    return one | other, one != other


def _exclusive_choice(log: EventLog, _rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    return _all_cases(log), (_counts(log, first) > 0) == (_counts(log, second) > 0)


def _answered(log: EventLog, second: Bool, within: float | None) -> Bool:
    """For each event, whether a chosen event comes later in its case, in time."""
    places = np.arange(log.events)
    following = np.where(second, places, log.events)
    following = np.minimum.accumulate(following[::-1])[::-1]
    following = np.append(following, log.events)[1:]  # strictly later
    found = following < np.repeat(log.offsets[1:], log.lengths)
    if within is not None:
        answer = log.end[np.minimum(following, log.events - 1)]
        found &= answer - log.end <= within * MICROSECONDS
    return found


def _prepared(log: EventLog, first: Bool, within: float | None) -> Bool:
    """For each event, whether a chosen event came earlier in its case, not too long ago."""
    places = np.arange(log.events)
    preceding = np.maximum.accumulate(np.where(first, places, -1))
    preceding = np.append(-1, preceding)[:-1]  # strictly earlier
    found = preceding >= np.repeat(log.offsets[:-1], log.lengths)
    if within is not None:
        found &= log.end - log.end[np.maximum(preceding, 0)] <= within * MICROSECONDS
    return found


def _response(log: EventLog, rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    return first, first & ~_answered(log, second, rule.within_seconds)


def _precedence(log: EventLog, rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    return second, second & ~_prepared(log, first, rule.within_seconds)


def _succession(log: EventLog, rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    unanswered = first & ~_answered(log, second, rule.within_seconds)
    return first | second, unanswered | (second & ~_prepared(log, first, rule.within_seconds))


def _not_succession(log: EventLog, _rule: Rule, first: Bool, second: Bool) -> tuple[Bool, Bool]:
    return first, first & _answered(log, second, None)


_BY_EVENT = {"response", "precedence", "succession", "not_succession"}
_TEMPLATES: dict[str, _Check] = {
    "init": _init,
    "end": _end,
    "existence": _existence,
    "absence": _absence,
    "response": _response,
    "precedence": _precedence,
    "succession": _succession,
    "not_succession": _not_succession,
    "co_existence": _co_existence,
    "exclusive_choice": _exclusive_choice,
}
