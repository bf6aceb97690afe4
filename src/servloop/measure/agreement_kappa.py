"""Chance-corrected agreement on categories: kernels over integer codes.

A rating matrix is units × raters with codes 0 … q-1 and -1 for a missing rating. Cohen (1960, 1968), Fleiss (1971),
Conger (1980), Light (1971), Gwet's AC1 (2008), Krippendorff (2019). Every coefficient is a function of sums over
units, so a bootstrap over units is a product of counts and per-unit figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from servloop.measure.frames import FloatArray, IntArray

KRIPPENDORFF_LEVELS = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True)
class KappaTest:
    """A kappa with its standard errors: ``error`` for intervals, ``null_error`` for the test of kappa = 0."""

    kappa: float
    error: float
    null_error: float

    @property
    def z(self) -> float | None:
        """Test statistic against agreement by chance; None where the null error is zero."""
        return self.kappa / self.null_error if self.null_error > 0 else None


def pair_table(first: IntArray, second: IntArray, q: int) -> FloatArray:
    """Counts of two raters' codes, q × q, over the units that both rated."""
    both = (first >= 0) & (second >= 0)
    table = np.bincount(first[both] * q + second[both], minlength=q * q).astype(np.float64)
    return table.reshape(q, q)


def agreement_weights(q: int, kind: str) -> FloatArray:
    """Weights of agreement by distance of positions: ``unweighted``, ``linear`` or ``quadratic``; 1 on the diagonal."""
    if q == 1 or kind == "unweighted":
        return np.eye(q)
    distance = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / (q - 1)
    return np.asarray(1.0 - distance ** (1 if kind == "linear" else 2), dtype=np.float64)


def cohen(table: FloatArray, kind: str = "unweighted") -> KappaTest | None:
    """Cohen's kappa of a q × q table with large-sample errors (Fleiss, Cohen & Everitt 1969).

    Returns:
        None when agreement by chance is already perfect (one category only), where kappa is 0/0.
    """
    n = float(table.sum())
    if n == 0:
        return None
    w = agreement_weights(len(table), kind)
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed = float((w * p).sum())
    expected = float(rows @ w @ columns)
    if 1 - expected < 1e-12:
        return None
    kappa = (observed - expected) / (1 - expected)
    mean = (w @ columns)[:, None] + (rows @ w)[None, :]
    error = (p * (w - mean * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    null = (np.outer(rows, columns) * (w - mean) ** 2).sum() - expected**2
    scale = (1 - expected) * math.sqrt(n)
    return KappaTest(kappa, math.sqrt(max(error, 0.0)) / scale, math.sqrt(max(null, 0.0)) / scale)


@dataclass(frozen=True)
class UnitSums:
    """What complete units contribute to the multi-rater coefficients.

    Attributes:
        agree: units × pairs of raters, 1 where the pair gave the same code.
        gave: units × raters × categories, 1 for the code given.
    """

    agree: FloatArray
    gave: FloatArray

    @classmethod
    def of(cls, codes: IntArray, q: int) -> UnitSums:
        """From a complete rating matrix."""
        first, second = np.triu_indices(codes.shape[1], 1)
        agree = (codes[:, first] == codes[:, second]).astype(np.float64)
        return cls(agree, (codes[:, :, None] == np.arange(q)).astype(np.float64))

    def coefficients(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Fleiss, exact Fleiss (Conger), Light and AC1 for each row of ``counts`` (samples × units); NaN for 0/0."""
        units, raters, q = self.gave.shape
        total = counts.sum(axis=1)
        pairs = counts @ self.agree / total[:, None]
        marginal = (counts @ self.gave.reshape(units, -1) / total[:, None]).reshape(-1, raters, q)
        observed = pairs.mean(axis=1)
        pooled = marginal.mean(axis=1)
        by_pool = (pooled**2).sum(axis=1)
        first, second = np.triu_indices(raters, 1)
        by_pair = (marginal[:, first] * marginal[:, second]).sum(axis=2)
        by_spread = (pooled * (1 - pooled)).sum(axis=1) / (q - 1) if q > 1 else np.ones_like(observed)
        return {
            "fleiss": corrected(observed, by_pool),
            "fleiss_exact": corrected(observed, by_pair.mean(axis=1)),
            "light": corrected(pairs, by_pair).mean(axis=1),
            "ac1": corrected(observed, by_spread),
        }


def corrected(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """(observed - expected) ÷ (1 - expected); NaN where chance alone gives full agreement."""
    room = 1 - expected
    safe = np.where(room > 1e-12, room, np.nan)
    return np.asarray((observed - expected) / safe, dtype=np.float64)


def fleiss_test(gave: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Null errors of Fleiss' kappa (Fleiss, Nee & Landis 1979) and the kappas by category.

    Args:
        gave: units × raters × categories of complete units.

    Returns:
        null error of the overall kappa, kappa by category (NaN for an unused one), z by category.
    """
    units, raters, _ = gave.shape
    counts = gave.sum(axis=1)
    p = counts.sum(axis=0) / (units * raters)
    spread = p * (1 - p)
    pairs = raters * (raters - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_category = 1 - (counts * (raters - counts)).sum(axis=0) / (units * pairs * spread)
    error = math.sqrt(2 / (units * pairs))
    total = float(spread.sum())
    variance = (
        2 / (units * pairs * total**2) * (total**2 - float((spread * (1 - 2 * p)).sum())) if total else 0.0
    )
    return math.sqrt(max(variance, 0.0)), by_category, by_category / error


def coincidences(codes: IntArray, q: int) -> FloatArray:
    """Krippendorff's coincidences of each unit, units × q × q; a unit with one rating contributes nothing."""
    counts = (codes[:, :, None] == np.arange(q)).sum(axis=1).astype(np.float64)
    ratings = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(q)
    pairs[:, diagonal, diagonal] -= counts
    return np.asarray(pairs / np.maximum(ratings - 1, 1)[:, None, None], dtype=np.float64)


def coincidence_total(codes: IntArray, q: int) -> FloatArray:
    """The sum of `coincidences` over all units, without building them one by one: q × q."""
    unit, rater = np.nonzero(codes >= 0)
    counts = np.bincount(unit * q + codes[unit, rater], minlength=len(codes) * q).reshape(-1, q)
    weight = 1 / np.maximum(counts.sum(axis=1) - 1, 1)
    total = (counts * weight[:, None]).T @ counts
    total[np.arange(q), np.arange(q)] -= weight @ counts
    return np.asarray(total, dtype=np.float64)


def krippendorff(matrices: FloatArray, level: str, values: FloatArray | None = None) -> FloatArray:
    """Krippendorff's alpha of coincidence matrices.

    Args:
        matrices: samples × q × q sums of coincidences, categories in ascending order.
        level: ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
        values: the categories as numbers, for interval and ratio.

    Returns:
        One alpha a sample; NaN where all pairable ratings are equal (0/0).
    """
    totals = matrices.sum(axis=2)
    n = totals.sum(axis=1)
    difference = _squared_differences(totals, level, values)
    observed = (matrices * difference).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * difference).sum(axis=(1, 2))
    safe = np.where(expected > 0, expected, np.nan)
    return np.asarray(1 - (n - 1) * observed / safe, dtype=np.float64)


def _squared_differences(totals: FloatArray, level: str, values: FloatArray | None) -> FloatArray:
    q = totals.shape[1]
    if level == "nominal":
        return 1.0 - np.eye(q)
    if level == "ordinal":
        # Ranks between two categories, counting half of both ends: differences of mid-ranks.
        middle = np.cumsum(totals, axis=1) - totals / 2
        return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2, dtype=np.float64)
    assert values is not None
    difference = np.subtract.outer(values, values)
    if level == "interval":
        return np.asarray(difference**2, dtype=np.float64)
    total = np.add.outer(values, values)
    return np.asarray((difference / np.where(total == 0, 1.0, total)) ** 2, dtype=np.float64)


def kendall_w(ratings: FloatArray) -> float | None:
    """Kendall's W of complete ratings (units × raters), corrected for ties; None without any spread."""
    from scipy.stats import rankdata

    units, raters = ratings.shape
    totals = rankdata(ratings, axis=0).sum(axis=1)
    squares = float(((totals - totals.mean()) ** 2).sum())
    ties = 0
    for rater in range(raters):
        _, sizes = np.unique(ratings[:, rater], return_counts=True)
        ties += int((sizes.astype(np.int64) ** 3 - sizes).sum())
    whole = raters**2 * (units**3 - units) - raters * ties
    return 12 * squares / whole if whole > 0 else None
