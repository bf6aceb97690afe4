"""Key steps: one ranking of the steps of a process from several sources, with the reason for each place.

Sources (process data, KPIs, customer feedback, a benchmark, experts) measure on scales of their own, so each is
turned into places first, and the places are averaged with weights that people choose (Borda). How firm a place is
shows when the weights are drawn at random: the places of 95 % of all weightings (Lahdelma, Hokkanen & Salminen,
SMAA, 1998). Whether the sources agree at all is Kendall's coefficient of concordance (Kendall & Babington Smith,
1939), with the chi-square test of Friedman.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Float64, count_distinct_cases
from servloop.errors import SpecError
from servloop.measure.agreement_kappa import kendall_w
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class StepMarks:
    """The marks of one step in the process data.

    Attributes:
        activity: the step.
        influence: share of cases that go through it.
        complexity: different steps that come before and after it.
        bottleneck: its share of all waiting time.
        improvement: executions beyond the first of a case, as a share of all its executions.
    """

    activity: str
    influence: float
    complexity: int
    bottleneck: float
    improvement: float


@dataclass(frozen=True, slots=True)
class KeyStep:
    """One step in the ranking.

    Attributes:
        activity: the step.
        place: 1 is the step to look at first; equal scores share a place.
        score: weighted mean of the standings of the sources that know the step, 1 is first in all, 0 last in all.
        low, high: best and worst place in 95 % of all weightings.
        standings: source → 1 for its first, 0 for its last step.
        reason: the source that puts the step highest, with its figure.
    """

    activity: str
    place: int
    score: float
    low: int
    high: int
    standings: Mapping[str, float]
    reason: Notice


@dataclass(frozen=True, kw_only=True)
class KeySteps(Result):
    """The ranking.

    Attributes:
        n: steps.
        steps: by place.
        weights: source → weight, summing up to 1.
        agreement: Kendall's W over the steps that all sources know; 0 none, 1 the same order.
        p: of the test that the sources agree no more than chance makes them; None where it is not computable.
    """

    n: int
    steps: tuple[KeyStep, ...]
    weights: Mapping[str, float]
    agreement: Estimate
    p: float | None
    method: str = "weighted_borda_smaa"

    def to_frame(self) -> pl.DataFrame:
        """One row per step, one column per source."""
        import polars as pl

        rows = [
            {"place": step.place, "activity": step.activity, "score": step.score, "low": step.low}
            | {"high": step.high}
            | {source: step.standings.get(source) for source in self.weights}
            for step in self.steps
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def process_marks(log: EventLog) -> tuple[StepMarks, ...]:
    """The marks of each step that the process data give, in the order of names."""
    labels = log.activity_labels
    size = len(labels)
    events = np.bincount(log.activity, minlength=size)
    cases = count_distinct_cases(log.activity, log.case_index, size)
    before, after, between = log.pairs
    links = np.unique(before.astype(np.int64) * max(size, 1) + after)
    degree = np.bincount(links // max(size, 1), minlength=size) + np.bincount(
        links % max(size, 1), minlength=size
    )
    waits = np.bincount(after, np.maximum(between, 0).astype(np.float64), minlength=size)
    everything = waits.sum()
    return tuple(
        StepMarks(
            labels[code],
            influence=float(cases[code] / log.cases),
            complexity=int(degree[code]),
            bottleneck=float(waits[code] / everything) if everything > 0 else 0.0,
            improvement=float((events[code] - cases[code]) / events[code]),
        )
        for code in np.flatnonzero(events).tolist()
    )


def process_scores(marks: tuple[StepMarks, ...]) -> dict[str, float]:
    """One score per step from its four marks: the mean of its standings in each."""
    if not marks:
        return {}
    columns = [
        [float(getattr(mark, name)) for mark in marks]
        for name in ("influence", "complexity", "bottleneck", "improvement")
    ]
    standing = np.mean([_standings(np.array(column)) for column in columns], axis=0)
    return {mark.activity: float(value) for mark, value in zip(marks, standing, strict=True)}


def key_steps(
    sources: Mapping[str, Mapping[str, float]],
    *,
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> KeySteps:
    """Rank steps by several sources.

    Args:
        sources: source → step → score, higher needs more attention (``process_scores``, gap of a KPI to its target,
            share of bad feedback, gap to a benchmark, mean expert score). A source may lack steps.
        weights: source → weight, 0 or more; equal weights without.
        seed: of the random weightings.

    Raises:
        SpecError: ``process.key_steps_no_sources``, ``process.key_steps_weights``, ``process.key_steps_score``.
    """
    names = [name for name, scores in sources.items() if scores]
    if not names:
        raise SpecError("process.key_steps_no_sources")
    given = dict.fromkeys(names, 1.0) if weights is None else dict(weights)
    wanted = np.array([given.get(name, 0.0) for name in names], dtype=np.float64)
    if set(given) - set(sources) or not np.isfinite(wanted).all() or (wanted < 0).any() or not wanted.any():
        raise SpecError("process.key_steps_weights", weights=dict(given), sources=list(sources))
    activities = sorted({activity for name in names for activity in sources[name]})
    table = np.array(
        [[sources[name].get(step, np.nan) for step in activities] for name in names], dtype=np.float64
    )
    if any(not np.isfinite(score) for name in names for score in sources[name].values()):
        raise SpecError("process.key_steps_score")
    standing = np.full_like(table, np.nan)
    for row, scores in enumerate(table):
        known = ~np.isnan(scores)
        standing[row, known] = _standings(scores[known])
    wanted /= wanted.sum()
    score = _weighted(standing, wanted[None, :])[0]
    used = np.flatnonzero(wanted > 0)
    random = np.random.default_rng(seed).dirichlet(np.ones(len(used)), _DRAWS)
    places = _places(_weighted(standing[used], random))
    place = _places(score[None, :])[0]
    low, high = np.quantile(places, [0.025, 0.975], axis=0, method="nearest").astype(int)
    order = np.lexsort((np.arange(len(activities)), place))
    complete = ~np.isnan(table).any(axis=0)
    agreement, p = _agreement(table[:, complete])
    return KeySteps(
        n=len(activities),
        steps=tuple(
            KeyStep(
                activity=activities[code],
                place=int(place[code]),
                score=float(score[code]),
                low=int(low[code]),
                high=int(high[code]),
                standings={
                    name: float(standing[row, code])
                    for row, name in enumerate(names)
                    if not np.isnan(standing[row, code])
                },
                reason=_reason(names, table, standing * np.where(wanted > 0, 1.0, np.nan)[:, None], code),
            )
            for code in order.tolist()
        ),
        weights={name: float(weight) for name, weight in zip(names, wanted, strict=True)},
        agreement=agreement,
        p=p,
        warnings=()
        if complete.all()
        else (Notice("process.key_steps_incomplete", count=int((~complete).sum())),),
    )


def _standings(scores: Float64) -> Float64:
    """1 for the highest, 0 for the lowest, ties in the middle; one half where there is nothing to compare."""
    from scipy.stats import rankdata

    if len(scores) < 2:
        return np.full(len(scores), 0.5)
    standings: Float64 = (rankdata(scores) - 1) / (len(scores) - 1)
    return standings


def _weighted(standing: Float64, weights: Float64) -> Float64:
    """Weighted mean over the sources that know a step, for each weighting; steps nobody knows get 0."""
    known = ~np.isnan(standing)
    total = weights @ known
    score: Float64 = np.divide(
        weights @ np.where(known, standing, 0.0), total, out=np.zeros_like(total), where=total > 0
    )
    return score


def _places(scores: Float64) -> Float64:
    from scipy.stats import rankdata

    # Rounded, so that sums in another order do not break ties.
    places: Float64 = rankdata(-np.round(scores, 12), method="min", axis=1)
    return places


def _reason(names: list[str], table: Float64, standing: Float64, code: int) -> Notice:
    mine = np.where(np.isnan(standing[:, code]), -1.0, standing[:, code])
    best = int(mine.argmax())
    if mine[best] < 0:
        return Notice("process.key_steps_unweighted")
    others = table[best][~np.isnan(table[best])]
    ahead = int((others > table[best, code]).sum())
    facts = {
        "source": names[best],
        "score": f"{table[best, code]:.3g}",
        "place": ahead + 1,
        "of": len(others),
    }
    return Notice("process.key_steps_reason", params=facts)


def _agreement(table: Float64) -> tuple[Estimate, float | None]:
    sources, steps = table.shape
    if sources < 2 or steps < 2:
        return Estimate.not_computable(steps, "process.key_steps_no_agreement", method="kendall_w"), None
    value = kendall_w(table.T)
    if value is None:
        return Estimate.not_computable(steps, "process.key_steps_no_agreement", method="kendall_w"), None
    from scipy.special import chdtrc

    return Estimate(value, steps, method="kendall_w"), float(chdtrc(steps - 1, sources * (steps - 1) * value))
