"""Agreement between mystery shoppers, auditors or coders: one report from a table of ratings.

Percent agreement, Cohen's kappa, Fleiss' kappa (and its exact form by Conger), Light's kappa, Gwet's AC1,
Krippendorff's alpha on four levels of measurement, six intraclass correlations, Kendall's W.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import InputError, SpecError
from servloop.inference import normal_quantile
from servloop.measure.agreement_icc import FORMS, IntraclassCorrelation, intraclass_correlations
from servloop.measure.agreement_kappa import (
    KRIPPENDORFF_LEVELS,
    UnitSums,
    cohen,
    coincidence_total,
    coincidences,
    fleiss_test,
    kendall_w,
    krippendorff,
    pair_table,
)
from servloop.measure.frames import FloatArray, IntArray, column_names, numeric_matrix, text_column
from servloop.measure.sampling import check_level, share_estimate
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

# Doubles held at once. Beyond, intervals are left out with a notice, or the coefficient says why there is none.
_MAX_VALUES = 20_000_000


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its test against chance; ``categories`` are kappas by category (Fleiss)."""

    estimate: Estimate
    z: float | None = None
    p_value: float | None = None
    categories: Mapping[str, tuple[float | None, float | None]] | None = None


@dataclass(frozen=True, kw_only=True)
class AgreementReport(Result):
    """All coefficients that the ratings allow; the others say why not.

    Attributes:
        raters: columns.
        categories: in their order (numeric, or sorted, or as given).
        units, complete: rows with at least one rating; rows with all of them.
        percent: per cent of complete units on which all raters agree.
        cohen, cohen_linear, cohen_quadratic: for two raters; weights by distance of positions.
        fleiss, fleiss_exact, light, ac1: for two or more raters, complete units.
        krippendorff: by level of measurement; missing ratings allowed.
        icc: the six forms, complete units, numeric ratings.
        kendall_w: concordance of ranks, corrected for ties.
    """

    raters: tuple[str, ...]
    categories: tuple[str, ...]
    units: int
    complete: int
    percent: Estimate
    cohen: Coefficient
    cohen_linear: Coefficient
    cohen_quadratic: Coefficient
    fleiss: Coefficient
    fleiss_exact: Coefficient
    light: Coefficient
    ac1: Coefficient
    krippendorff: Mapping[str, Estimate]
    icc: tuple[IntraclassCorrelation, ...]
    kendall_w: Estimate
    level: float

    def estimates(self) -> dict[str, Estimate]:
        """Every figure by name, ``krippendorff_nominal`` and ``icc_2k`` among them."""
        named = {"percent": self.percent}
        for name in _KAPPAS:
            named[name] = getattr(self, name).estimate
        named |= {f"krippendorff_{level}": estimate for level, estimate in self.krippendorff.items()}
        named |= {f"icc_{form.form}": form.estimate for form in self.icc}
        return named | {"kendall_w": self.kendall_w}

    def gaps(self, language: str = "en") -> dict[str, list[str]]:
        """Sentence → names of the coefficients that are not computable for that reason."""
        found: dict[str, list[str]] = {}
        for name, estimate in self.estimates().items():
            if estimate.reason is not None:
                found.setdefault(estimate.reason.message(language), []).append(name)
        return found

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Plain figures by name (None where not computable); intervals, tests and reasons under ``details``."""
        details = super().to_dict(language)
        plain = {"percent": self.percent.value} | {n: getattr(self, n).estimate.value for n in _KAPPAS}
        return {
            **plain,
            "krippendorff": {level: estimate.value for level, estimate in self.krippendorff.items()},
            "icc": {form.form: form.estimate.value for form in self.icc},
            "kendall_w": self.kendall_w.value,
            **{
                key: details.pop(key)
                for key in ("raters", "categories", "units", "complete", "level", "warnings")
            },
            "details": details,
        }

    def to_frame(self) -> pl.DataFrame:
        """One row a coefficient."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "coefficient": name,
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "n": estimate.n,
                    "method": estimate.method,
                    "reason": estimate.reason.code if estimate.reason else None,
                }
                for name, estimate in self.estimates().items()
            ],
            infer_schema_length=None,
        )


_KAPPAS = ("cohen", "cohen_linear", "cohen_quadratic", "fleiss", "fleiss_exact", "light", "ac1")


def agreement(
    frame: Any,
    raters: Sequence[str] | None = None,
    *,
    categories: Sequence[str] | None = None,
    bootstrap: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> AgreementReport:
    """Judge how far raters agree.

    Args:
        frame: any data frame, one row a unit that was rated (a branch, a call, a case).
        raters: columns of ratings; all columns when not given.
        categories: all categories in their order; needed for text labels whose alphabetical order is not their
            order (weighted kappa and the ordinal alpha use it), and for categories that nobody used.
        bootstrap: samples of units behind the intervals of the multi-rater coefficients; 0 for none.
        level: coverage.
        seed: of the bootstrap.

    Raises:
        SpecError: fewer than two raters, a rater twice, or a rating outside the given categories.
    """
    check_level(level)
    raters = list(raters or column_names(frame))
    if len(set(raters)) < 2 or len(set(raters)) < len(raters):
        raise SpecError("assess.two_raters", received=raters)
    codes, labels, values = _coded(frame, raters, categories)
    q = len(labels)
    whole = codes[(codes >= 0).all(axis=1)]
    notices = []
    units = int((codes >= 0).any(axis=1).sum())
    if len(whole) < units:
        notices.append(Notice("assess.units_not_rated_by_all", units - len(whole), {"complete": len(whole)}))
    if values is None and categories is None and q > 2:
        notices.append(Notice("assess.order_of_labels", params={"labels": labels}))
    kappas, alphas = _bootstrapped(codes, whole, q, values, samples=bootstrap, seed=seed, notices=notices)
    multi = _multi_rater(whole, labels, kappas, level)
    ratings = values[whole] if values is not None else None
    return AgreementReport(
        warnings=tuple(notices),
        raters=tuple(raters),
        categories=tuple(labels),
        units=units,
        complete=len(whole),
        percent=_percent(whole, level),
        cohen=_cohen(codes, q, "unweighted", level),
        cohen_linear=_cohen(codes, q, "linear", level),
        cohen_quadratic=_cohen(codes, q, "quadratic", level),
        krippendorff=_alphas(codes, q, values, alphas, level),
        icc=_icc(ratings, len(whole), level),
        kendall_w=_concordance(whole, level),
        **multi,
        level=level,
    )


def _coded(
    frame: Any, raters: list[str], categories: Sequence[str] | None
) -> tuple[IntArray, list[str], FloatArray | None]:
    """Codes (units × raters, -1 missing), category labels, and their numbers if all of them are numbers."""
    import polars as pl

    try:
        numbers = numeric_matrix(frame, raters)
    except InputError as error:
        if error.code != "measure.frame_not_numeric":
            raise
        numbers = None
    texts = [text_column(frame, rater) for rater in raters]
    found = sorted({label for column in texts for label in column.drop_nulls().unique()})
    if categories is not None:
        labels = [str(label) for label in categories]
    elif numbers is not None:
        known = np.unique(numbers[~np.isnan(numbers)])
        codes = np.where(np.isnan(numbers), -1, np.searchsorted(known, numbers)).astype(np.int64)
        return codes, [f"{value:g}" for value in known], known
    else:
        labels = found
    unknown = sorted(set(found) - set(labels))
    if unknown:
        raise SpecError("assess.rating_outside_categories", received=unknown, known=labels)
    position = {label: code for code, label in enumerate(labels)}
    columns = [column.replace_strict(position, default=-1, return_dtype=pl.Int64) for column in texts]
    return (
        np.column_stack([column.fill_null(-1).to_numpy() for column in columns]),
        labels,
        _as_numbers(labels),
    )


def _as_numbers(labels: list[str]) -> FloatArray | None:
    try:
        return np.array([float(label) for label in labels])
    except ValueError:
        return None


def _gap(n: int, code: str, method: str, level: float) -> Estimate:
    return Estimate(None, n, method=method, level=level, reason=Notice(code, params={"n": n}))


def _percent(whole: IntArray, level: float) -> Estimate:
    n = len(whole)
    alike = int((whole == whole[:, :1]).all(axis=1).sum()) if n else 0
    share = share_estimate(alike, n, level)
    if share.value is None or share.low is None or share.high is None:
        return _gap(n, "assess.no_complete_units", "percent", level)
    return Estimate(100 * share.value, n, 100 * share.low, 100 * share.high, "wilson", level)


def _cohen(codes: IntArray, q: int, kind: str, level: float) -> Coefficient:
    n = int((codes >= 0).all(axis=1).sum())
    method = f"cohen_{kind}"
    if codes.shape[1] != 2:
        return Coefficient(_gap(n, "assess.cohen_two_raters", method, level))
    if n == 0:
        return Coefficient(_gap(0, "assess.no_complete_units", method, level))
    if q * q > _MAX_VALUES:
        return Coefficient(_gap(n, "assess.too_many_categories", method, level))
    test = cohen(pair_table(codes[:, 0], codes[:, 1], q), kind)
    if test is None:
        return Coefficient(_gap(n, "assess.one_category", method, level))
    half = normal_quantile(level) * test.error
    # Without any disagreement the large-sample error is 0, which would claim certainty.
    low, high = (
        (max(-1.0, test.kappa - half), min(1.0, test.kappa + half)) if test.error > 0 else (None, None)
    )
    return Coefficient(
        Estimate(test.kappa, n, low, high, f"{method}+fleiss_cohen_everitt", level),
        test.z,
        None if test.z is None else math.erfc(abs(test.z) / math.sqrt(2)),
    )


def _bootstrapped(
    codes: IntArray,
    whole: IntArray,
    q: int,
    values: FloatArray | None,
    *,
    samples: int,
    seed: int,
    notices: list[Notice],
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Coefficients of bootstrap samples of units: multi-rater kappas, alphas by level."""
    rng = np.random.default_rng(seed)
    kappas: dict[str, FloatArray] = {}
    alphas: dict[str, FloatArray] = {}
    raters = codes.shape[1]
    costly = max(len(codes), 1) * max(q * q, raters * q + raters**2, 1) > _MAX_VALUES
    if samples and costly:
        notices.append(Notice("assess.intervals_left_out", params={"categories": q, "units": len(codes)}))
    if not samples or costly or q == 0:
        return kappas, alphas
    if len(whole):
        patterns, sizes = np.unique(whole, axis=0, return_counts=True)
        counts = rng.multinomial(len(whole), sizes / len(whole), size=samples).astype(np.float64)
        kappas = UnitSums.of(patterns, q).coefficients(counts)
    rated = codes[(codes >= 0).sum(axis=1) > 1]
    if len(rated):
        patterns, sizes = np.unique(rated, axis=0, return_counts=True)
        counts = rng.multinomial(len(rated), sizes / len(rated), size=samples).astype(np.float64)
        matrices = (counts @ coincidences(patterns, q).reshape(len(patterns), -1)).reshape(samples, q, q)
        alphas = {scale: krippendorff(matrices, scale, values) for scale in _scales(values)}
    return kappas, alphas


def _scales(values: FloatArray | None) -> tuple[str, ...]:
    """Levels of measurement that the categories allow: numbers for interval, none negative for ratio."""
    if values is None:
        return KRIPPENDORFF_LEVELS[:2]
    return KRIPPENDORFF_LEVELS if (values >= 0).all() else KRIPPENDORFF_LEVELS[:3]


def _interval(samples: FloatArray | None, level: float) -> tuple[float, float] | tuple[None, None]:
    if samples is None:
        return None, None
    finite = samples[np.isfinite(samples)]
    if finite.size < 20 or np.ptp(finite) == 0:
        return None, None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _multi_rater(
    whole: IntArray, labels: list[str], samples: dict[str, FloatArray], level: float
) -> dict[str, Coefficient]:
    n = len(whole)
    names = ("fleiss", "fleiss_exact", "light", "ac1")
    if n == 0:
        return {name: Coefficient(_gap(0, "assess.no_complete_units", name, level)) for name in names}
    if n * whole.shape[1] * len(labels) > _MAX_VALUES:
        return {name: Coefficient(_gap(n, "assess.too_many_categories", name, level)) for name in names}
    sums = UnitSums.of(whole, len(labels))
    values = sums.coefficients(np.ones((1, n)))
    found = {}
    for name in names:
        value = float(values[name][0])
        low, high = _interval(samples.get(name), level)
        found[name] = Coefficient(
            Estimate(value, n, low, high, f"{name}+bootstrap_units" if low is not None else name, level)
            if math.isfinite(value)
            else _gap(n, "assess.one_category", name, level)
        )
    fleiss = found["fleiss"].estimate
    if fleiss.value is not None:
        error, by_category, z_by_category = fleiss_test(sums.gave)
        z = fleiss.value / error if error > 0 else None
        detail = {
            label: (_finite(kappa), _finite(z_category))
            for label, kappa, z_category in zip(labels, by_category, z_by_category, strict=True)
        }
        p_value = None if z is None else math.erfc(abs(z) / math.sqrt(2))
        found["fleiss"] = Coefficient(fleiss, z, p_value, detail)
    return found


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _alphas(
    codes: IntArray, q: int, values: FloatArray | None, samples: dict[str, FloatArray], level: float
) -> dict[str, Estimate]:
    rated = codes[(codes >= 0).sum(axis=1) > 1]
    n = len(rated)
    found = {}
    matrix = coincidence_total(rated, q)[None] if n and q * max(q, n) <= _MAX_VALUES else None
    for scale in KRIPPENDORFF_LEVELS:
        method = f"krippendorff_{scale}"
        if matrix is None:
            code = "assess.too_many_categories" if n else "assess.no_pairs_of_ratings"
            found[scale] = _gap(n, code, method, level)
        elif scale not in _scales(values):
            code = "assess.ratings_are_labels" if values is None else "assess.ratio_needs_positive"
            found[scale] = _gap(n, code, method, level)
        else:
            value = float(krippendorff(matrix, scale, values)[0])
            if not math.isfinite(value):
                found[scale] = _gap(n, "assess.one_category", method, level)
                continue
            low, high = _interval(samples.get(scale), level)
            named = f"{method}+bootstrap_units" if low is not None else method
            found[scale] = Estimate(value, n, low, high, named, level)
    return found


def _icc(ratings: FloatArray | None, n: int, level: float) -> tuple[IntraclassCorrelation, ...]:
    if ratings is None:
        gap = _gap(n, "assess.ratings_are_labels", "icc", level)
        return tuple(IntraclassCorrelation(form, gap) for form in FORMS)
    return intraclass_correlations(ratings, level)


def _concordance(whole: IntArray, level: float) -> Estimate:
    n = len(whole)
    found = kendall_w(whole.astype(np.float64)) if n > 1 else None
    if found is None:
        return _gap(n, "assess.icc_needs_two" if n < 2 else "assess.one_category", "kendall_w", level)
    return Estimate(found, n, method="kendall_w", level=level)
