"""Intraclass correlations (Shrout & Fleiss 1979; intervals and tests of McGraw & Wong 1996, Psychological Methods 1(1))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from servloop.measure.frames import FloatArray
from servloop.results import Estimate

FORMS = ("1", "2", "3", "1k", "2k", "3k")
_ROUNDING = 1e-12


@dataclass(frozen=True)
class IntraclassCorrelation:
    """One form of the coefficient.

    Attributes:
        form: ``1`` (raters differ by unit), ``2`` (a sample of raters, absolute agreement), ``3`` (these raters,
            consistency); with ``k`` the reliability of the raters' mean instead of one rater.
        estimate: value, n (complete units) and interval; may be negative.
        f, df1, df2, p_value: the F test of no agreement.
    """

    form: str
    estimate: Estimate
    f: float | None = None
    df1: float | None = None
    df2: float | None = None
    p_value: float | None = None


def intraclass_correlations(ratings: FloatArray, level: float = 0.95) -> tuple[IntraclassCorrelation, ...]:
    """All six forms.

    Args:
        ratings: units × raters without missing values.
        level: coverage of the intervals.

    Returns:
        The forms in the order of `FORMS`; not computable with fewer than two units or raters, or when all ratings
        are equal.
    """
    n, k = ratings.shape
    if n < 2 or k < 2:
        return tuple(_gap(form, n, "assess.icc_needs_two", level) for form in FORMS)
    if np.ptp(ratings) == 0:
        return tuple(_gap(form, n, "assess.one_category", level) for form in FORMS)
    rows, columns, grand = ratings.mean(axis=1), ratings.mean(axis=0), ratings.mean()
    between = k * float(((rows - grand) ** 2).sum()) / (n - 1)
    within = float(((ratings - rows[:, None]) ** 2).sum()) / (n * (k - 1))
    raters = n * float(((columns - grand) ** 2).sum()) / (k - 1)
    residual = float(((ratings - rows[:, None] - columns + grand) ** 2).sum()) / ((n - 1) * (k - 1))
    if residual < _ROUNDING * (between + within):
        residual = 0.0
    one_way = _consistency(between, within, df1=n - 1, df2=n * (k - 1), k=k, level=level)
    two_way = _consistency(between, residual, df1=n - 1, df2=(n - 1) * (k - 1), k=k, level=level)
    agreement = tuple(
        _absolute(between, raters, residual, n=n, k=k, average=average, level=level)
        for average in (False, True)
    )
    forms = (one_way[0], agreement[0], two_way[0], one_way[1], agreement[1], two_way[1])
    return tuple(_form(form, n, figures, level) for form, figures in zip(FORMS, forms, strict=True))


@dataclass(frozen=True)
class _Figures:
    value: float
    low: float | None
    high: float | None
    f: float | None
    df1: float
    df2: float


def _gap(form: str, n: int, code: str, level: float) -> IntraclassCorrelation:
    gap = Estimate.not_computable(n, code, method=f"icc_{form}")
    return IntraclassCorrelation(form, Estimate(None, n, method=gap.method, level=level, reason=gap.reason))


def _form(form: str, n: int, figures: _Figures | None, level: float) -> IntraclassCorrelation:
    from scipy.special import fdtrc

    if figures is None:
        return _gap(form, n, "assess.icc_no_spread", level)
    f = figures.f
    return IntraclassCorrelation(
        form,
        Estimate(figures.value, n, figures.low, figures.high, f"icc_{form}+mcgraw_wong", level),
        f,
        figures.df1,
        figures.df2,
        None if f is None else float(fdtrc(figures.df1, figures.df2, f)),
    )


def _consistency(
    between: float, error: float, *, df1: int, df2: int, k: int, level: float
) -> tuple[_Figures | None, _Figures | None]:
    """One rater's and the mean's coefficient where the error is one mean square."""
    from scipy.special import fdtri

    if between + (k - 1) * error <= 0:
        return None, None
    single = (between - error) / (between + (k - 1) * error)
    average = (between - error) / between if between > _ROUNDING * error else None
    if error == 0:
        perfect = _Figures(1.0, None, None, None, df1, df2)
        return perfect, perfect
    f = between / error
    tail = 0.5 + level / 2
    low, high = f / float(fdtri(df1, df2, tail)), f * float(fdtri(df2, df1, tail))
    one = _Figures(single, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1), f, df1, df2)
    if average is None:
        return one, None
    return one, _Figures(average, 1 - 1 / low, 1 - 1 / high, f, df1, df2)


def _absolute(
    between: float, raters: float, residual: float, *, n: int, k: int, average: bool, level: float
) -> _Figures | None:
    """Absolute agreement of one rater or of the mean, with Satterthwaite's degrees of freedom."""
    from scipy.special import fdtri

    per_unit = (raters - residual) / n
    whole = between + per_unit if average else between + (k - 1) * residual + k * per_unit
    if whole <= _ROUNDING * (between + raters + residual):  # no spread but that of rounding
        return None
    value = (between - residual) / whole
    df1 = float(n - 1)
    if residual == 0 or value >= 1:
        return _Figures(value, None, None, None, df1, float((n - 1) * (k - 1)))
    # Mean squares of raters and residual are combined with weights that depend on the coefficient itself.
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    combined = a * raters + b * residual
    pooled = (a * raters) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
    if pooled <= 0:  # the worst possible disagreement: both weights vanish
        return _Figures(value, None, None, between / residual, df1, float((n - 1) * (k - 1)))
    df2 = combined**2 / pooled
    tail = 0.5 + level / 2
    f_low, f_high = float(fdtri(df1, df2, tail)), float(fdtri(df2, df1, tail))
    spread = raters - residual if average else k * raters + (k * n - k - n) * residual
    low = n * (between - f_low * residual) / (f_low * spread + n * between)
    high = n * (f_high * between - residual) / (spread + n * f_high * between)
    return _Figures(value, low, high, between / residual, df1, df2)
