"""Samples: intervals of means and shares, how many answers are needed, and whether those who answered are like all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import normal_quantile, wilson_interval
from servloop.measure.frames import FloatArray
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


def check_level(level: float) -> None:
    """Refuse a coverage that is not strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise SpecError("assess.level_out_of_range", received=level)


def mean_estimates(matrix: FloatArray, level: float = 0.95) -> list[Estimate]:
    """The mean of every column with Student's t interval; missing values (NaN) are left out per column.

    Args:
        matrix: rows × columns; NaN is missing.
        level: coverage of the intervals.

    Returns:
        One estimate a column. With one value there is a mean and no interval; with none it is not computable.
    """
    from scipy.special import stdtrit

    check_level(level)
    present = ~np.isnan(matrix)
    counts = present.sum(axis=0)
    filled = np.where(present, matrix, 0.0)
    means = filled.sum(axis=0) / np.maximum(counts, 1)
    squares = (np.where(present, matrix - means, 0.0) ** 2).sum(axis=0)
    estimates = []
    for n, mean, square in zip(counts.tolist(), means.tolist(), squares.tolist(), strict=True):
        if n == 0:
            estimates.append(Estimate.not_computable(0, "assess.no_answers", method="mean_t"))
        elif n == 1:
            estimates.append(Estimate(mean, 1, method="mean_t", level=level))
        else:
            half = float(stdtrit(n - 1, 0.5 + level / 2)) * math.sqrt(square / (n - 1) / n)
            estimates.append(Estimate(mean, n, mean - half, mean + half, "mean_t", level))
    return estimates


def share_estimate(successes: int, n: int, level: float = 0.95) -> Estimate:
    """A share with Wilson's score interval; not computable without observations."""
    check_level(level)
    if n == 0:
        return Estimate.not_computable(0, "assess.no_answers", method="wilson")
    low, high = wilson_interval(successes, n, level)
    return Estimate(successes / n, n, low, high, "wilson", level)


@dataclass(frozen=True, kw_only=True)
class SampleSize(Result):
    """How many answers a share needs.

    Attributes:
        n: answers needed, rounded up.
        n_infinite: the same before the correction for a finite population, not rounded.
        invitations: people to invite at the expected response rate; None when no rate was given.
        margin, share, level, population, response_rate, design_effect: what was asked.
    """

    n: int
    n_infinite: float
    invitations: int | None
    margin: float
    share: float
    level: float
    population: int | None
    response_rate: float | None
    design_effect: float

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        import polars as pl

        return pl.DataFrame([{k: v for k, v in self.to_dict().items() if k != "warnings"}])


def sample_size(
    margin: float,
    *,
    share: float = 0.5,
    level: float = 0.95,
    population: int | None = None,
    response_rate: float | None = None,
    design_effect: float = 1.0,
) -> SampleSize:
    """Answers needed to estimate a share within ``margin`` (Cochran 1977, section 4.4).

    ``n0 = z² p (1 - p) / margin²``, times the design effect; with a finite population of N
    ``n0 / (1 + (n0 - 1) / N)``; rounded up.

    Args:
        margin: half-width of the interval as a share, for example 0.05.
        share: expected share; 0.5 is the most careful assumption.
        level: coverage.
        population: size of the population; None for a very large one.
        response_rate: expected share of those invited who answer, to plan invitations.
        design_effect: expected loss by weighting or clusters (Kish), at least above 0.

    Raises:
        SpecError: a number outside its range.
    """
    for name, value, low, high in (
        ("margin", margin, 0.0, 1.0),
        ("share", share, 0.0, 1.0),
        ("response_rate", response_rate if response_rate is not None else 1.0, 0.0, 1.0 + 1e-12),
        ("design_effect", design_effect, 0.0, math.inf),
    ):
        if not low < value < high:
            raise SpecError("assess.number_out_of_range", name=name, low=low, high=high, received=value)
    if population is not None and population < 1:
        raise SpecError("assess.number_out_of_range", name="population", low=1, high="∞", received=population)
    check_level(level)
    z = normal_quantile(level)
    infinite = z * z * share * (1 - share) / margin**2 * design_effect
    needed = infinite if population is None else infinite / (1 + (infinite - 1) / population)
    n = math.ceil(needed - 1e-9)
    if population is not None:
        n = min(n, population)
    return SampleSize(
        n=n,
        n_infinite=infinite,
        invitations=None if response_rate is None else math.ceil(n / response_rate - 1e-9),
        margin=margin,
        share=share,
        level=level,
        population=population,
        response_rate=response_rate,
        design_effect=design_effect,
    )


def response_rate(answered: int, invited: int, *, undeliverable: int = 0, level: float = 0.95) -> Estimate:
    """Share of those reached who answered, with Wilson's interval (AAPOR RR1 when nobody is of unknown eligibility).

    Raises:
        SpecError: negative counts or more answers than people reached.
    """
    reached = invited - undeliverable
    if min(answered, invited, undeliverable) < 0 or answered > reached:
        raise SpecError(
            "assess.response_counts", answered=answered, invited=invited, undeliverable=undeliverable
        )
    return share_estimate(answered, reached, level)


@dataclass(frozen=True)
class GroupComparison:
    """One group of the population against the same group among the answers."""

    group: str
    population_share: float
    sample_share: Estimate
    difference: float
    representation: float | None


@dataclass(frozen=True, kw_only=True)
class NonResponse(Result):
    """Whether those who answered look like the population.

    Attributes:
        n: answers compared.
        groups: one row a group, in the population's order.
        chi_square, degrees_of_freedom, p_value: Pearson's goodness of fit; None when not computable.
        effect_size: Cohen's w, the size of the difference whatever n is.
    """

    n: int
    groups: tuple[GroupComparison, ...]
    chi_square: float | None
    degrees_of_freedom: int
    p_value: float | None
    effect_size: float | None
    level: float

    def to_frame(self) -> pl.DataFrame:
        """One row a group."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "group": g.group,
                    "population_share": g.population_share,
                    "sample_share": g.sample_share.value,
                    "low": g.sample_share.low,
                    "high": g.sample_share.high,
                    "difference": g.difference,
                    "representation": g.representation,
                }
                for g in self.groups
            ]
        )


def non_response(
    groups: Sequence[Any], population: Mapping[str, float], *, level: float = 0.95
) -> NonResponse:
    """Compare the answers' groups with the population's (goodness of fit, Pearson 1900).

    Args:
        groups: the group of every answer; None is left out and counted.
        population: group → count or share in the population; every group must be there.
        level: coverage of the shares' intervals.

    Raises:
        SpecError: totals that are negative or all zero; a group among the answers that the population lacks.
    """
    from scipy.special import chdtrc

    totals = {str(name): float(total) for name, total in population.items()}
    if any(total < 0 or not math.isfinite(total) for total in totals.values()) or sum(totals.values()) <= 0:
        raise SpecError("assess.margin_totals", column="population")
    known = [str(value) for value in groups if value is not None]
    unknown = sorted(set(known) - set(totals))
    if unknown:
        raise SpecError("assess.group_without_total", groups=unknown, known=sorted(totals))
    notices = []
    missing = len(groups) - len(known)
    if missing:
        notices.append(Notice("assess.rows_without_group", missing))
    n = len(known)
    whole = sum(totals.values())
    observed = Counter(known)
    compared = []
    for name, total in totals.items():
        expected_share = total / whole
        share = share_estimate(observed[name], n, level)
        value = share.value or 0.0
        compared.append(
            GroupComparison(
                name,
                expected_share,
                share,
                value - expected_share,
                value / expected_share if expected_share > 0 and n else None,
            )
        )
    counted = [(observed[name], n * total / whole) for name, total in totals.items() if total > 0]
    chi_square = float(sum((o - e) ** 2 / e for o, e in counted)) if n else None
    if counted and n and min(e for _, e in counted) < 5:
        notices.append(Notice("assess.small_expected_counts", sum(e < 5 for _, e in counted)))
    df = len(counted) - 1
    if df < 1:
        chi_square = None
    return NonResponse(
        warnings=tuple(notices),
        n=n,
        groups=tuple(compared),
        chi_square=chi_square,
        degrees_of_freedom=df,
        p_value=None if chi_square is None else float(chdtrc(df, chi_square)),
        effect_size=None if chi_square is None else math.sqrt(chi_square / n),
        level=level,
    )
