"""Relative importance against relaimpo's published figures, its defining properties, and hostile data."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.errors import InputError, SpecError
from servloop.measure.drivers import drivers
from servloop.measure.drivers_methods import METHODS, divide, johnson, lmg, subset_r2, tolerances
from servloop.measure.drivers_regression import correlation, linear_fit

BLOCKS = {
    "IMG": [f"IMAG{i}" for i in range(1, 6)],
    "EXP": [f"CUEX{i}" for i in range(1, 4)],
    "QUA": [f"PERQ{i}" for i in range(1, 8)],
    "VAL": ["PERV1", "PERV2"],
    "SAT": ["CUSA1", "CUSA2", "CUSA3"],
}


@pytest.fixture(scope="module")
def golden(reference: Path) -> dict:
    return json.loads((reference / "golden/measure/relimp.json").read_text(encoding="utf-8"))


def data_of(reference: Path, name: str) -> tuple[pl.DataFrame, str, list[str]]:
    survey = reference / "data/survey"
    if name == "mobi":
        frame = pl.read_csv(survey / "ecsi_mobi.csv").select(
            pl.mean_horizontal(columns).alias(block) for block, columns in BLOCKS.items()
        )
        return frame, "SAT", ["IMG", "EXP", "QUA", "VAL"]
    if name == "swiss":
        frame = pl.read_csv(survey / "swiss.csv")
        return frame, "Fertility", frame.columns[1:]
    frame = pl.read_csv(survey / "airline_passenger_satisfaction_test.csv")
    return frame.with_columns(y=pl.col("satisfaction") == "satisfied"), "y", frame.columns[8:22]


@pytest.mark.parametrize(
    ("data", "key", "method"),
    [
        *((data, key, method) for data in ("mobi", "swiss") for key, method in (
            ("lmg", "lmg"), ("first", "first"), ("last", "last"), ("genizi", "johnson"), ("johnson_raw", "johnson"), ("car", "car"),
        )),
        ("mobi", "betasq", "betasq"),
        ("mobi", "pratt", "pratt"),
        ("airline", "lmg", "lmg"),
        ("airline", "johnson_raw", "johnson"),
    ],
)  # fmt: skip
def test_reference_figures(reference: Path, golden: dict, data: str, key: str, method: str) -> None:
    frame, outcome, names = data_of(reference, data)
    result = drivers(frame, outcome, names, method=method, bootstrap=0)
    assert result.r2.value == pytest.approx(golden[data]["R2"], rel=1e-6)
    assert [d.importance.value for d in result.drivers] == pytest.approx(
        list(golden[data][key].values()), rel=1e-6
    )


def test_shares_and_regression_weights(reference: Path, golden: dict) -> None:
    frame, outcome, names = data_of(reference, "mobi")
    by_lmg = drivers(frame, outcome, names, bootstrap=0).to_dict()
    assert by_lmg["share"] == pytest.approx(golden["mobi"]["lmg_rela"], rel=1e-6)
    by_johnson = drivers(frame, outcome, names, method="johnson", bootstrap=0)
    percent = {d.name: 100 * d.share for d in by_johnson.drivers if d.share}
    assert percent == pytest.approx(golden["mobi"]["johnson_pct"], rel=1e-6)
    weights = {"(Intercept)": by_johnson.intercept} | {d.name: d.coefficient for d in by_johnson.drivers}
    assert weights == pytest.approx(golden["mobi"]["ols"], rel=1e-6)


@pytest.mark.data
def test_twelve_drivers_on_25_000_rows_take_at_most_two_seconds(reference: Path) -> None:
    frame, outcome, names = data_of(reference, "airline")
    start = time.process_time()
    result = drivers(frame, outcome, names[:12], method="lmg", bootstrap=200)
    assert time.process_time() - start < 4.0, "CPU seconds over two cores"
    assert all(d.importance.low < d.importance.value < d.importance.high for d in result.drivers)


def made(n: int, p: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) @ rng.normal(size=(p, p))
    return np.column_stack((X, X @ rng.normal(size=p) + rng.normal(size=n)))


def framed(data: np.ndarray) -> tuple[pl.DataFrame, str, list[str]]:
    names = [f"x{j}" for j in range(data.shape[1] - 1)]
    return pl.DataFrame(data, schema=[*names, "y"]), "y", names


@given(p=st.integers(1, 7), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_lmg_and_johnson_add_up_to_r2_and_are_never_negative(p: int, seed: int) -> None:
    data = made(40, p, seed)
    R = correlation(np.cov(data.T))[None]
    r2 = linear_fit(data[:, -1], data[:, :-1]).r2
    for method in (lmg, johnson):
        parts = method(R)[0]
        assert parts.sum() == pytest.approx(r2, abs=1e-9)
        assert (parts > -1e-12).all()


@given(p=st.integers(1, 6), seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_all_subsets_equal_one_regression_each(p: int, seed: int) -> None:
    data = made(30, p, seed)
    found = subset_r2(correlation(np.cov(data.T))[None])[0]
    for subset in range(2**p):
        columns = [j for j in range(p) if subset >> j & 1]
        expected = linear_fit(data[:, -1], data[:, columns]).r2 if columns else 0.0
        assert found[subset] == pytest.approx(expected, abs=1e-9)


@given(seed=st.integers(0, 10**6), method=st.sampled_from(sorted(METHODS)))
@settings(max_examples=30, deadline=None)
def test_order_of_rows_and_drivers_and_units_do_not_matter(seed: int, method: str) -> None:
    data = made(30, 4, seed)
    frame, outcome, names = framed(data)
    plain = drivers(frame, outcome, names, method=method, bootstrap=0).to_dict()["importance"]
    rng = np.random.default_rng(seed)
    changed = frame[rng.permutation(30).tolist()].with_columns(pl.col("x1") * 1000 + 7)
    shuffled = drivers(changed, outcome, rng.permutation(names).tolist(), method=method, bootstrap=0)
    assert shuffled.to_dict()["importance"] == pytest.approx(plain, rel=1e-9, abs=1e-9)


def test_weights_of_one_change_nothing_and_whole_weights_repeat_rows() -> None:
    frame, outcome, names = framed(made(30, 3, 1))
    plain = drivers(frame, outcome, names, bootstrap=0)
    ones = drivers(frame.with_columns(w=1.0), outcome, names, weights="w", bootstrap=0)
    assert ones == plain
    counts = [1 + i % 3 for i in range(30)]
    weighted = drivers(frame.with_columns(w=pl.Series(counts)), outcome, names, weights="w", bootstrap=0)
    repeated = frame[[i for i, c in enumerate(counts) for _ in range(c)]]
    assert [d.importance.value for d in weighted.drivers] == pytest.approx(
        [d.importance.value for d in drivers(repeated, outcome, names, bootstrap=0).drivers]
    )


def test_bootstrap_is_reproducible_and_covers_the_estimate() -> None:
    frame, outcome, names = framed(made(200, 4, 5))
    first, second = (drivers(frame, outcome, names, bootstrap=200, seed=3) for _ in range(2))
    assert first == second
    assert first != drivers(frame, outcome, names, bootstrap=200, seed=4)
    assert all(d.share_low < d.share < d.share_high for d in first.drivers)
    assert first.r2.method == "ols+bootstrap_percentile"


def test_collinear_drivers_share_what_they_explain_and_are_named() -> None:
    data = made(50, 2, 2)
    frame, outcome, names = framed(data)
    alone = drivers(frame, outcome, names, bootstrap=0)
    doubled = drivers(frame.with_columns(copy=pl.col("x0") * 3), outcome, [*names, "copy"], bootstrap=0)
    assert doubled.r2.value == pytest.approx(alone.r2.value)
    assert sum(d.importance.value for d in doubled.drivers) == pytest.approx(alone.r2.value)
    assert doubled.drivers[0].importance.value == pytest.approx(doubled.drivers[2].importance.value)
    (notice,) = doubled.warnings
    assert (notice.code, notice.params["names"]) == ("assess.collinear_drivers", ["x0", "copy"])
    for method in METHODS:
        found = drivers(frame.with_columns(copy=pl.col("x0")), outcome, [*names, "copy"], method=method)
        assert all(np.isfinite(d.importance.value) for d in found.drivers)


def test_constant_driver_is_named_and_worth_nothing() -> None:
    frame, outcome, names = framed(made(40, 2, 3))
    result = drivers(frame.with_columns(flat=0.1), outcome, [*names, "flat"], bootstrap=0)
    assert [w.code for w in result.warnings] == ["assess.constant_drivers"]
    assert result.drivers[2].importance.value == 0


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pl.DataFrame({"y": [1.0] * 9, "a": range(9)}), "assess.constant_outcome"),
        (pl.DataFrame({"y": range(9), "a": [4.0] * 9}), "assess.all_drivers_constant"),
        (pl.DataFrame({"y": [3], "a": [4]}), "assess.too_few_rows"),
        (pl.DataFrame({"y": [], "a": []}), "assess.too_few_rows"),
        (pl.DataFrame({"y": [1, None, None], "a": [None, 3, 4]}), "assess.too_few_rows"),
    ],
)
def test_not_computable_says_why(frame: pl.DataFrame, code: str) -> None:
    result = drivers(frame, "y", ["a"])
    assert result.r2.value is None
    assert result.r2.reason is not None
    assert result.r2.reason.code == code
    assert result.to_dict()["importance"] == {}
    assert result.to_frame().is_empty()
    assert "{" not in result.r2.reason.message("zh") + result.r2.reason.message("en")


def test_missing_rows_are_counted() -> None:
    frame, outcome, names = framed(made(40, 2, 3))
    result = drivers(
        frame.with_columns(x0=pl.when(pl.col("x1") > 1).then(None).otherwise(pl.col("x0"))), outcome, names
    )
    assert result.n + result.warnings[0].count == result.rows == 40


@pytest.mark.parametrize(
    ("names", "method", "code"),
    [
        (["a"], "magic", "assess.unknown_choice"),
        ([], "lmg", "assess.no_columns"),
        (["a", "a"], "lmg", "assess.doubled_columns"),
        (["y"], "lmg", "assess.doubled_columns"),
        ([f"x{j}" for j in range(20)], "lmg", "assess.too_many_drivers"),
    ],
)
def test_impossible_requests_are_refused(names: list[str], method: str, code: str) -> None:
    with pytest.raises(SpecError) as raised:
        drivers(pl.DataFrame({"y": [1, 2], "a": [1, 2]}), "y", names, method=method)
    assert raised.value.code == code


def test_text_in_a_numeric_column_is_refused() -> None:
    with pytest.raises(InputError):
        drivers(pl.DataFrame({"y": [1, 2, 3], "满意": ["好", "差", "😀"]}), "y", ["满意"])


def test_twenty_drivers_go_through_johnson() -> None:
    frame, outcome, names = framed(made(100, 20, 9))
    result = drivers(frame, outcome, names, method="johnson", bootstrap=50)
    assert sum(d.importance.value for d in result.drivers) == pytest.approx(result.r2.value)
    assert result.to_frame()["importance"].is_sorted(descending=True)


def test_tolerance_is_one_over_vif() -> None:
    data = made(60, 3, 4)
    found = tolerances(correlation(np.cov(data.T))[None])[0]
    for j in range(3):
        rest = [k for k in range(3) if k != j]
        assert found[j] == pytest.approx(1 - linear_fit(data[:, j], data[:, rest]).r2)


def test_dividing_nothing_gives_nothing() -> None:
    assert divide("lmg", np.empty((0, 4, 4))).shape == (0, 3)
