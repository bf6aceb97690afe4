"""Customer value: BG/NBD and Gamma–Gamma against the published fit, retention of cohorts, referral, simple value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure.value import (
    cohort_retention,
    complement,
    referral,
    retention_rate,
    simple_lifetime_value,
)
from servloop.measure.value_transactions import (
    PurchaseModel,
    SpendModel,
    fit_purchases,
    fit_spend,
    hypergeometric,
    lifetime_values,
    purchase_log_likelihood,
)


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/clv_cdnow.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cdnow(reference: Path) -> pl.DataFrame:
    return pl.read_csv(reference / "data/survey/cdnow_summary_monetary_lifetimes.csv")


@pytest.fixture(scope="module")
def purchases(cdnow: pl.DataFrame) -> PurchaseModel:
    return fit_purchases(cdnow, "frequency", "recency", "T")


@pytest.fixture(scope="module")
def spend(cdnow: pl.DataFrame) -> SpendModel:
    return fit_spend(cdnow, "frequency", "monetary_value")


def test_purchases_reference(golden: dict, purchases: PurchaseModel) -> None:
    assert purchases.n == golden["n"]
    for name, value in golden["bgnbd"].items():
        assert getattr(purchases, name) == pytest.approx(value, rel=1e-6)
        assert round(getattr(purchases, name), 3) == golden["published"][name]
    assert purchases.log_likelihood == pytest.approx(golden["loglik"], rel=1e-9)
    for case in golden["cond_expected"]:
        history = (case["x"], case["tx"], case["T"])
        assert purchases.expected_purchases(case["t"], *history) == pytest.approx(case["E"], rel=1e-6)
        assert purchases.probability_alive(*history) == pytest.approx(case["p_alive"], rel=1e-6)
    for horizon, value in golden["expected_Xt"].items():
        assert purchases.expected_purchases_of_new(float(horizon)) == pytest.approx(value, rel=1e-6)


def test_spend_reference(golden: dict, spend: SpendModel, cdnow: pl.DataFrame) -> None:
    for name, value in golden["gamma_gamma"].items():
        assert getattr(spend, name) == pytest.approx(value, rel=1e-6)
    assert spend.n == golden["gg_n"]
    assert spend.correlation.value == pytest.approx(golden["gg_freq_monetary_corr"], rel=1e-6)
    known = {int(key): value for key, value in golden["gg_cond_mean_first5"].items()}
    rows = cdnow.filter(pl.col("customer_id").is_in(list(known)))
    found = spend.expected_spend(rows["frequency"].to_numpy(), rows["monetary_value"].to_numpy())
    assert dict(zip(rows["customer_id"], found.tolist(), strict=True)) == pytest.approx(known, rel=1e-6)


def test_lifetime_values(purchases: PurchaseModel, spend: SpendModel, cdnow: pl.DataFrame) -> None:
    columns = ("frequency", "recency", "T", "monetary_value")
    worth = lifetime_values(purchases, spend, cdnow[:50], columns, periods=52)
    x, tx, T, m = (cdnow[:50][c].to_numpy().astype(float) for c in columns)
    undiscounted = purchases.expected_purchases(52.0, x, tx, T) * spend.expected_spend(x, m)
    assert worth == pytest.approx(undiscounted)
    discounted = lifetime_values(purchases, spend, cdnow[:50], columns, periods=52, discount=0.01)
    assert (discounted < worth).all()
    with pytest.raises(SpecError):
        lifetime_values(purchases, spend, cdnow, columns, periods=0)


def test_time_unit_and_order_do_not_matter(purchases: PurchaseModel, cdnow: pl.DataFrame) -> None:
    days = cdnow[::-1].with_columns(pl.col("recency") * 7, pl.col("T") * 7)
    found = fit_purchases(days, "frequency", "recency", "T")
    assert found.alpha == pytest.approx(7 * purchases.alpha, rel=1e-4)
    assert found.r == pytest.approx(purchases.r, rel=1e-4)


def test_likelihood_sums_to_one_over_the_number_of_purchases() -> None:
    # P(x purchases in T) does not depend on when they fell: integrating t_x out must leave a distribution.
    theta = np.array([0.8, 2.0, 0.9, 1.7])
    T, grid = 3.0, np.linspace(0, 3.0, 4001)
    total = float(np.exp(purchase_log_likelihood(theta, *(np.array([v]) for v in (0.0, 0.0, T))))[0])
    for x in range(1, 60):
        # t_x as the last of x times: the others are anywhere before it, which is t^(x-1) / (x-1)! for the density.
        density = np.exp(
            purchase_log_likelihood(theta, np.full(4001, float(x)), np.maximum(grid, 1e-12), np.full(4001, T))
        )
        order = np.exp((x - 1) * np.log(np.maximum(grid, 1e-300)) - sum(np.log(np.arange(1, x))))
        total += float(
            np.trapezoid(np.where(grid > 0, 1, 0) * _part_gone(theta, x, grid, T, density, order), grid)
        )
        total += _part_alive(theta, x, T)
    assert total == pytest.approx(1, abs=2e-3)


def _part_gone(
    theta: np.ndarray, x: int, grid: np.ndarray, T: float, density: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """Density of dropping out right after the x-th purchase at t."""
    return np.maximum(density - _alive_density(theta, x, T), 0) * order


def _alive_density(theta: np.ndarray, x: int, T: float) -> float:
    from scipy.special import betaln, gammaln

    r, alpha, a, b = theta
    log = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)
    return float(np.exp(log + betaln(a, b + x) - betaln(a, b)))


def _part_alive(theta: np.ndarray, x: int, T: float) -> float:
    from scipy.special import gammaln

    return float(np.exp(np.log(_alive_density(theta, x, T)) + x * np.log(T) - gammaln(x + 1)))


def test_hypergeometric_does_not_overflow_for_frequent_customers() -> None:
    a, b, c = np.array([600.0]), np.array([700.0]), np.array([650.0])
    assert np.isfinite(hypergeometric(a, b, c, np.array([0.4]))).all()
    small = hypergeometric(np.array([1.0]), np.array([1.0]), np.array([2.0]), np.array([0.5]))
    assert small[0] == pytest.approx(2 * np.log(2))


def test_bounds(purchases: PurchaseModel) -> None:
    x = np.arange(0, 200.0)
    alive = purchases.probability_alive(x, np.where(x > 0, 38.0, 0.0), np.full(200, 38.86))
    assert ((alive > 0) & (alive <= 1)).all()
    assert (purchases.expected_purchases(10, x, np.where(x > 0, 38.0, 0.0), np.full(200, 38.86)) >= 0).all()


@pytest.mark.parametrize(
    "row",
    [(0, 5, 10), (2, 11, 10), (-1, 0, 10), (1.5, 3, 10), (1, 0, 10), (0, 0, 0)],
)
def test_impossible_histories_are_refused(row: tuple) -> None:
    frame = pl.DataFrame([(1, 2.0, 9.0), row], schema=["x", "tx", "T"], orient="row", strict=False)
    with pytest.raises(InputError) as raised:
        fit_purchases(frame, "x", "tx", "T")
    assert raised.value.params == {"count": 1, "row": 2}


def test_too_few_or_equal_customers_are_not_computable() -> None:
    nobody_back = pl.DataFrame({"x": [0] * 20, "tx": [0.0] * 20, "T": [5.0] * 20, "m": [0.0] * 20})
    assert fit_purchases(nobody_back, "x", "tx", "T").reason.code == "assess.too_few_buyers"
    assert fit_purchases(nobody_back[:0], "x", "tx", "T").log_likelihood is None
    alike = nobody_back.with_columns(x=2, m=5.0)
    found = fit_spend(alike, "x", "m")
    assert (found.reason.code, found.n) == ("assess.too_few_buyers", 20)
    assert found.to_dict()["p"] is None
    silent = fit_spend(nobody_back.with_columns(x=2), "x", "m")
    assert silent.warnings[0].code == "assess.spend_not_positive"
    with pytest.raises(SpecError):
        lifetime_values(
            fit_purchases(nobody_back, "x", "tx", "T"), found, alike, ("x", "tx", "T", "m"), periods=1
        )


def test_everybody_buying_alike_has_no_maximum_or_a_finite_one() -> None:
    frame = pl.DataFrame({"x": [3] * 40, "tx": [9.0] * 40, "T": [10.0] * 40})
    found = fit_purchases(frame, "x", "tx", "T")
    assert found.reason is None or found.reason.code == "assess.no_maximum"
    assert found.converged == (found.reason is None)


VISITS = pl.DataFrame(
    {
        "客户": ["甲", "甲", "甲", "乙", "乙", "丙", "丁", None, "甲"],
        "month": [0, 1, 2, 0, 2, 1, 2, 1, 0],
    }
)


def test_retention_keeps_to_the_cohort() -> None:
    found = cohort_retention(VISITS, "客户", "month")
    cells = {(c.cohort, c.later): (c.customers, c.active) for c in found.cells}
    assert cells == {
        (0, 0): (2, 2),
        (0, 1): (2, 1),
        (0, 2): (2, 2),
        (1, 0): (1, 1),
        (1, 1): (1, 0),
        (2, 0): (1, 1),
    }
    assert found.n == 4
    assert (found.next_period.value, found.next_period.n) == (0.5, 4)
    assert found.churn.value == pytest.approx(0.5)
    assert found.warnings[0].count == 1
    assert found.to_frame().height == 6
    empty = cohort_retention(VISITS[:0], "客户", "month")
    assert (empty.n, empty.churn.value) == (0, None)
    with pytest.raises(SpecError):
        cohort_retention(VISITS.with_columns(month=0.5), "客户", "month")


@given(start=st.integers(0, 500), data=st.data())
def test_retention_and_churn_add_up(start: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, start))
    retention = retention_rate(start, kept)
    churn = complement(retention)
    if start == 0:
        assert churn.reason is not None
    else:
        assert retention.value + churn.value == pytest.approx(1)
        assert 0 <= churn.low <= churn.value <= churn.high <= 1
    with pytest.raises(SpecError):
        retention_rate(start, start + 1)


def test_referral() -> None:
    found = referral(200, 20, 50, 10)
    assert (found.referring.value, found.conversion.value, found.per_customer.value) == (0.1, 0.2, 0.05)
    assert found.per_customer.low < 0.05 < found.per_customer.high
    assert found.to_frame().height == 3
    nobody = referral(0, 0, 0, 0)
    assert nobody.per_customer.value is None
    assert referral(10, 0, 0, 0).per_customer.low == 0
    with pytest.raises(SpecError):
        referral(10, 11, 11, 0)


def test_simple_value() -> None:
    assert simple_lifetime_value(100, 0.8, discount=0.1).value == pytest.approx(100 * 0.8 / 0.3)
    measured = simple_lifetime_value(100, retention_rate(100, 80), discount=0.1)
    assert measured.low < measured.value < measured.high
    assert measured.n == 100
    assert simple_lifetime_value(100, 1.0, discount=0).reason.code == "assess.endless_value"
    assert simple_lifetime_value(1, retention_rate(0, 0), discount=0.1).reason.code == "assess.no_answers"
    for retention, discount in ((1.5, 0.1), (0.5, -1)):
        with pytest.raises(SpecError):
            simple_lifetime_value(1, retention, discount=discount)
