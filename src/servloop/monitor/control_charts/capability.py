"""Can the process hold its limits? Capability indices, overdispersion of counts, and sigma levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.monitor.control_charts.chart import series
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Capability(Result):
    """Process capability with 95 % intervals.

    Attributes:
        n: values.
        cp: width of the specification over six sigma.
        cp_lower: distance of the mean to the lower limit over three sigma.
        cp_upper: distance of the mean to the upper limit over three sigma.
        cpk: the smaller of the two.
        cpm: cp, less when the mean is off target.
        below: share of values below the lower limit.
        above: share of values above the upper limit.
    """

    n: int
    cp: Estimate
    cp_lower: Estimate
    cp_upper: Estimate
    cpk: Estimate
    cpm: Estimate
    below: float
    above: float

    def to_frame(self) -> pl.DataFrame:
        """One row for each index with its interval."""
        import polars as pl

        names = ("cp", "cp_lower", "cp_upper", "cpk", "cpm")
        estimates: list[Estimate] = [getattr(self, name) for name in names]
        return pl.DataFrame(
            {
                "index": names,
                "value": [item.value for item in estimates],
                "low": [item.low for item in estimates],
                "high": [item.high for item in estimates],
            }
        )


def capability(
    values: npt.ArrayLike,
    sigma: float,
    lower: float,
    upper: float,
    *,
    center: float | None = None,
    target: float | None = None,
    level: float = 0.95,
) -> Capability:
    """Capability indices (Montgomery, Introduction to Statistical Quality Control, chapter 8).

    Intervals: chi-squared for cp and cpm, normal approximation for the others (Bissell 1990); those of the
    one-sided indices are the pair of one-sided bounds. The degrees of freedom for cpm are n (1 + a^2) /
    (1 + 2 a^2), a the distance from the target in sigma: fewer than Boyles' (1991), so the interval is wider.

    Args:
        values: all single values, shape (n,).
        sigma: within-process standard deviation, from a control chart in control.
        lower: lower specification limit.
        upper: upper specification limit.
        center: process mean; that of the values when not given.
        target: middle of the specification when not given.
        level: of the intervals.

    Raises:
        SpecError: the limits are not ordered, or sigma is not positive.
        InputError: fewer than two values.
    """
    from scipy.stats import chi2, norm

    data = series(values)
    data = data[~np.isnan(data)]
    if not lower < upper or not sigma > 0:
        raise SpecError("monitor.specification_invalid", lower=lower, upper=upper, sigma=sigma)
    if data.size < 2:
        raise InputError("monitor.too_few_values", n=int(data.size), needed=2)
    n, mean = int(data.size), float(data.mean()) if center is None else center
    aim = (lower + upper) / 2 if target is None else target
    tail = (1 - level) / 2

    def chi_squared(value: float, freedom: float) -> Estimate:
        low, high = np.sqrt(chi2.ppf([tail, 1 - tail], freedom) / freedom)
        return Estimate(value, n, float(value * low), float(value * high), "chi-squared", level)

    def normal(value: float, quantile: float) -> Estimate:
        half = quantile * np.sqrt(1 / (9 * n) + value**2 / (2 * (n - 1)))
        return Estimate(value, n, float(value - half), float(value + half), "normal", level)

    off = (mean - aim) / sigma
    width = (upper - lower) / (6 * sigma)
    sides = ((mean - lower) / (3 * sigma), (upper - mean) / (3 * sigma))
    both, one = float(norm.ppf(1 - tail)), float(norm.ppf(level))
    return Capability(
        n=n,
        cp=chi_squared(width, n - 1),
        cp_lower=normal(sides[0], one),
        cp_upper=normal(sides[1], one),
        cpk=normal(min(sides), both),
        cpm=chi_squared(width / np.sqrt(1 + off**2), n * (1 + off**2) / (1 + 2 * off**2)),
        below=float((data < lower).mean()),
        above=float((data > upper).mean()),
    )


@dataclass(frozen=True, kw_only=True)
class Overdispersion(Result):
    """Whether counts vary more than chance alone explains.

    Attributes:
        n: counts.
        ratio: observed over theoretical variance; None when it cannot be computed.
        statistic: ratio times (n - 1), chi-squared with n - 1 degrees of freedom under chance alone.
        p_value: upper tail.
        method: distribution of the null hypothesis.
        reason: why there is no ratio.
    """

    n: int
    ratio: float | None
    statistic: float | None
    p_value: float | None
    method: str
    reason: Notice | None = None


def overdispersion(counts: npt.ArrayLike, sizes: npt.ArrayLike | None = None) -> Overdispersion:
    """Test counts against the binomial (with sizes) or the Poisson distribution (Wetherill and Brown 1991)."""
    from scipy.stats import chi2

    count = series(counts, lowest=0)
    method = "Poisson" if sizes is None else "binomial"
    n = int(count.size)
    if sizes is None:
        theory = float(count.mean()) if n else 0.0
    else:
        size = series(sizes, lowest=1)
        share = float(count.sum() / size.sum()) if n else 0.0
        theory = float(size.mean()) * share * (1 - share) if n else 0.0
    if n < 2 or theory <= 0:
        return Overdispersion(
            n=n,
            ratio=None,
            statistic=None,
            p_value=None,
            method=method,
            reason=Notice("monitor.no_variation", params={"n": n}),
        )
    ratio = float(count.var(ddof=1)) / theory
    statistic = ratio * (n - 1)
    return Overdispersion(
        n=n, ratio=ratio, statistic=statistic, p_value=float(chi2.sf(statistic, n - 1)), method=method
    )


def sigma_level(defects_per_million: float, *, shift: float = 1.5) -> float:
    """Sigma level of a rate of defects per million opportunities, with the customary long-term shift of 1.5.

    Raises:
        SpecError: the rate is not between 0 and a million (both excluded: the level would be infinite).
    """
    from scipy.stats import norm

    if not 0 < defects_per_million < 1e6:
        raise SpecError("monitor.defect_rate_invalid", received=defects_per_million)
    return float(norm.isf(defects_per_million / 1e6) + shift)
