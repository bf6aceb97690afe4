"""Customers who come and go without saying so: BG/NBD purchases and Gamma–Gamma spend by maximum likelihood.

Fader, Hardie & Lee (2005), Marketing Science 24(2), for purchases and drop-out; Fader, Hardie & Lee (2005),
J. Marketing Research 42(4), and Fader & Hardie (2013) for spend per purchase.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import InputError, SpecError
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

#: Parameters this far out mean that the likelihood has no maximum in sight.
_RUNAWAY = 1e6


@dataclass(frozen=True, kw_only=True)
class PurchaseModel(Result):
    """A fitted BG/NBD model.

    Attributes:
        r, alpha: gamma distribution of purchase rates (``alpha`` in the time unit of the data).
        a, b: beta distribution of the chance to drop out after a purchase.
        log_likelihood: at the maximum; None when not computable (``reason``).
        n: customers.
        converged: whether a maximum was found.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float | None
    n: int
    converged: bool
    reason: Notice | None = None

    @property
    def _a_less_one(self) -> float:
        # The expectation is continuous at a = 1, where its formula is 0/0.
        return self.a - 1 if abs(self.a - 1) > 1e-9 else 1e-9

    def probability_alive(self, frequency: FloatArray, recency: FloatArray, age: FloatArray) -> FloatArray:
        """P(still a customer | x, t_x, T); 1 for customers without repeat purchase, by construction of the model."""
        x, tx, T = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (frequency, recency, age)))
        log_ratio = (self.r + x) * np.log((self.alpha + T) / (self.alpha + tx)) + np.log(
            self.a / (self.b + np.maximum(x, 1) - 1)
        )
        return np.where(x == 0, 1.0, 1.0 / (1.0 + np.exp(np.minimum(log_ratio, 700.0))))

    def expected_purchases(
        self, horizon: float, frequency: FloatArray, recency: FloatArray, age: FloatArray
    ) -> FloatArray:
        """E[purchases in the next ``horizon`` | x, t_x, T]."""
        x, tx, T = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (frequency, recency, age)))
        z = horizon / (self.alpha + T + horizon)
        series = hypergeometric(self.r + x, self.b + x, self.a + self.b + x - 1, z)
        shrink = np.exp((self.r + x) * np.log((self.alpha + T) / (self.alpha + T + horizon)))
        expected = (self.a + self.b + x - 1) / self._a_less_one * (1 - shrink * series)
        return np.asarray(expected * self.probability_alive(x, tx, T), dtype=np.float64)

    def expected_purchases_of_new(self, horizon: FloatArray | float) -> FloatArray:
        """E[purchases up to ``horizon``] of a customer just won."""
        t = np.asarray(horizon, dtype=np.float64)
        series = hypergeometric(
            np.full_like(t, self.r),
            np.full_like(t, self.b),
            np.full_like(t, self.a + self.b - 1),
            t / (self.alpha + t),
        )
        shrink = np.exp(self.r * np.log(self.alpha / (self.alpha + t)))
        return np.asarray((self.a + self.b - 1) / self._a_less_one * (1 - shrink * series), dtype=np.float64)

    def to_frame(self) -> pl.DataFrame:
        """One row a parameter."""
        import polars as pl

        return pl.DataFrame(
            {"parameter": ["r", "alpha", "a", "b"], "value": [self.r, self.alpha, self.a, self.b]}
        )


@dataclass(frozen=True, kw_only=True)
class SpendModel(Result):
    """A fitted Gamma–Gamma model: shape ``p`` of a customer's spend, ``q`` and ``v`` of how customers differ.

    Attributes:
        correlation: of frequency and spend, which the model takes to be independent.
        n: customers with a repeat purchase and spend above 0.
    """

    p: float
    q: float
    v: float
    log_likelihood: float | None
    correlation: Estimate
    n: int
    converged: bool
    reason: Notice | None = None

    def expected_spend(self, frequency: FloatArray, spend: FloatArray) -> FloatArray:
        """E[mean spend per purchase | x, m̄]: a mean of the customer's own and that of all, weighted by x."""
        x, m = np.asarray(frequency, dtype=np.float64), np.asarray(spend, dtype=np.float64)
        everybody = self.v * self.p / (self.q - 1)
        own = self.p * x / (self.p * x + self.q - 1)
        return np.asarray((1 - own) * everybody + own * np.where(x > 0, m, 0.0), dtype=np.float64)

    def to_frame(self) -> pl.DataFrame:
        """One row a parameter."""
        import polars as pl

        return pl.DataFrame({"parameter": ["p", "q", "v"], "value": [self.p, self.q, self.v]})


def hypergeometric(a: FloatArray, b: FloatArray, c: FloatArray, z: FloatArray) -> FloatArray:
    """₂F₁(a, b; c; z) for 0 ≤ z < 1 by its Euler transform, whose terms stay small for frequent customers.

    The direct series overflows for large a and b, the transform ₂F₁(c - a, c - b; c; z) (1 - z)^(c - a - b) does not.
    """
    from scipy.special import hyp2f1

    direct = hyp2f1(a, b, c, z)
    with np.errstate(over="ignore", invalid="ignore"):
        moved = hyp2f1(c - a, c - b, c, z) * np.exp((c - a - b) * np.log1p(-z))
    return np.asarray(np.where(np.isfinite(direct) & (direct >= 0), direct, moved), dtype=np.float64)


def fit_purchases(frame: Any, frequency: str, recency: str, age: str) -> PurchaseModel:
    """Fit the BG/NBD model.

    Args:
        frame: any data frame, one row a customer.
        frequency: repeat purchases x.
        recency: time of the last one, t_x, counted from the first purchase; 0 when x is 0.
        age: time since the first purchase, T, in the same unit.

    Returns:
        The model; with fewer than 10 customers, nobody who came back, or no maximum it is not computable.

    Raises:
        InputError: negative or impossible histories (t_x above T, t_x above 0 without repeat purchase).
    """
    X = numeric_matrix(frame, [frequency, recency, age])
    complete = ~np.isnan(X).any(axis=1)
    left_out = int((~complete).sum())
    notices = [Notice("assess.incomplete_rows", left_out)] if left_out else []
    X = X[complete]
    wrong = (X < 0).any(axis=1) | (X[:, 1] > X[:, 2]) | ((X[:, 0] == 0) & (X[:, 1] > 0)) | (X[:, 2] == 0)
    wrong |= (X[:, 0] != np.floor(X[:, 0])) | ((X[:, 0] > 0) & (X[:, 1] == 0))
    if wrong.any():
        raise InputError(
            "assess.impossible_history",
            count=int(wrong.sum()),
            row=int(np.flatnonzero(complete)[wrong][0]) + 1,
        )
    n = len(X)
    if n < 10 or not (X[:, 0] > 0).any():
        reason = Notice("assess.too_few_buyers", params={"n": n, "repeat": int((X[:, 0] > 0).sum())})
        return _no_purchases(n, reason, notices)
    # Customers with the same history share one term: thousands become hundreds.
    histories, counts = np.unique(X, axis=0, return_counts=True)
    unit = float(X[:, 2].max()) / 10  # brings alpha near 1 whatever the time unit is
    x, tx, T = histories[:, 0], histories[:, 1] / unit, histories[:, 2] / unit
    found = _maximised(
        lambda theta: -float(counts @ purchase_log_likelihood(theta, x, tx, T)) / n, np.zeros(4)
    )
    if found is None:
        return _no_purchases(n, Notice("assess.no_maximum", params={"n": n}), notices)
    r, alpha, a, b = found
    theta = np.array([r, alpha * unit, a, b])
    likelihood = float(
        counts @ purchase_log_likelihood(theta, histories[:, 0], histories[:, 1], histories[:, 2])
    )
    return PurchaseModel(
        warnings=tuple(notices),
        r=r,
        alpha=alpha * unit,
        a=a,
        b=b,
        log_likelihood=likelihood,
        n=n,
        converged=True,
    )


def purchase_log_likelihood(theta: FloatArray, x: FloatArray, tx: FloatArray, T: FloatArray) -> FloatArray:
    """Log-likelihood of each history under BG/NBD with ``theta`` = (r, alpha, a, b)."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = theta
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    repeat = np.maximum(x, 1)
    gone = betaln(a + 1, b + repeat - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    return np.asarray(common + np.where(x > 0, np.logaddexp(alive, gone), alive), dtype=np.float64)


def fit_spend(frame: Any, frequency: str, spend: str) -> SpendModel:
    """Fit the Gamma–Gamma model on customers with a repeat purchase and spend above 0.

    Args:
        frame: any data frame, one row a customer.
        frequency: repeat purchases.
        spend: mean spend per repeat purchase.
    """
    X = numeric_matrix(frame, [frequency, spend])
    used = (X[:, 0] > 0) & (X[:, 1] > 0)
    silent = int(((X[:, 0] > 0) & ~(X[:, 1] > 0)).sum())
    notices = [Notice("assess.spend_not_positive", silent)] if silent else []
    x, m = X[used, 0], X[used, 1]
    n = len(x)
    correlation = _correlation(x, m)
    if correlation.value is not None and abs(correlation.value) > 0.3:
        notices.append(
            Notice("assess.spend_follows_frequency", params={"correlation": f"{correlation.value:.2f}"})
        )
    if n < 10 or np.ptp(m) == 0:
        return _no_spend(
            n, correlation, Notice("assess.too_few_buyers", params={"n": n, "repeat": n}), notices
        )
    unit = float(m.mean())
    found = _maximised(
        lambda theta: -float(spend_log_likelihood(theta, x, m / unit).mean()), np.log([2.0, 3.0, 1.0])
    )
    if found is None:
        return _no_spend(n, correlation, Notice("assess.no_maximum", params={"n": n}), notices)
    p, q, v = found
    theta = np.array([p, q, v * unit])
    if q <= 1:
        notices.append(Notice("assess.spend_without_mean", params={"q": f"{q:.2f}"}))
    return SpendModel(
        warnings=tuple(notices),
        p=p,
        q=q,
        v=v * unit,
        log_likelihood=float(spend_log_likelihood(theta, x, m).sum()),
        correlation=correlation,
        n=n,
        converged=True,
    )


def spend_log_likelihood(theta: FloatArray, x: FloatArray, m: FloatArray) -> FloatArray:
    """Log-likelihood of each mean spend under Gamma–Gamma with ``theta`` = (p, q, v)."""
    from scipy.special import gammaln

    p, q, v = theta
    return np.asarray(
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(m)
        + p * x * np.log(x)
        - (p * x + q) * np.log(x * m + v),
        dtype=np.float64,
    )


def lifetime_values(
    purchases: PurchaseModel,
    spend: SpendModel,
    frame: Any,
    columns: tuple[str, str, str, str],
    *,
    periods: int,
    discount: float = 0.0,
) -> FloatArray:
    """Discounted expected spend of each customer over the next periods.

    Args:
        purchases: fitted, in time units that are the periods.
        spend: fitted.
        frame: any data frame, one row a customer.
        columns: frequency, recency, age, mean spend (or margin) per purchase.
        periods: how many time units ahead.
        discount: rate per period.

    Raises:
        SpecError: models that were not computable, no periods, a discount of -100 % or below.
    """
    if purchases.log_likelihood is None or spend.log_likelihood is None:
        raise SpecError("assess.model_not_computable")
    if periods < 1 or discount <= -1:
        raise SpecError("assess.number_out_of_range", name="periods", low=1, high="∞", received=periods)
    X = numeric_matrix(frame, list(columns))
    x, tx, T, m = (X[:, i] for i in range(4))
    until = [np.zeros(len(X))] + [
        purchases.expected_purchases(float(k), x, tx, T) for k in range(1, periods + 1)
    ]
    per_period = np.diff(np.column_stack(until), axis=1)
    factors = (1 + discount) ** -np.arange(1, periods + 1, dtype=np.float64)
    return np.asarray((per_period @ factors) * spend.expected_spend(x, np.nan_to_num(m)), dtype=np.float64)


def _maximised(objective: Callable[[FloatArray], float], start: FloatArray) -> list[float] | None:
    """Parameters above 0 at the minimum of the objective, searched on the log scale; None without one in sight."""
    from scipy.optimize import minimize

    def on_log_scale(theta: FloatArray) -> float:
        value = objective(np.exp(np.clip(theta, -20, 20)))
        return value if math.isfinite(value) else 1e10

    rough = minimize(
        on_log_scale, start, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-10, "xatol": 1e-7}
    )
    fine = minimize(on_log_scale, rough.x, method="BFGS", options={"gtol": 1e-9})
    best = np.exp(fine.x if fine.fun <= rough.fun else rough.x)
    if not np.isfinite(best).all() or (best > _RUNAWAY).any() or (best < 1 / _RUNAWAY).any():
        return None
    return [float(value) for value in best]


def _correlation(x: FloatArray, m: FloatArray) -> Estimate:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(m) == 0:
        return Estimate.not_computable(len(x), "assess.constant_column", method="pearson")
    return Estimate(float(np.corrcoef(x, m)[0, 1]), len(x), method="pearson")


def _no_purchases(n: int, reason: Notice, notices: list[Notice]) -> PurchaseModel:
    gap = float("nan")
    return PurchaseModel(
        warnings=tuple(notices),
        r=gap,
        alpha=gap,
        a=gap,
        b=gap,
        log_likelihood=None,
        n=n,
        converged=False,
        reason=reason,
    )


def _no_spend(n: int, correlation: Estimate, reason: Notice, notices: list[Notice]) -> SpendModel:
    gap = float("nan")
    return SpendModel(
        warnings=tuple(notices),
        p=gap,
        q=gap,
        v=gap,
        log_likelihood=None,
        correlation=correlation,
        n=n,
        converged=False,
        reason=reason,
    )
