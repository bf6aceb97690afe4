"""Figures: formulas are only what they may be, statistics add up, estimates equal those computed from the rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from servloop.errors import SpecError
from servloop.facts import FactsScope, FactStore
from servloop.facts.cells import columns_of, compute_cells, records_of
from servloop.measure.figures import Statistic, compare, compare_many, estimate, merge, parse_formula

COLUMNS = columns_of("feedback")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
START_OF_CASES = NOW


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """Five thousand feedback rows with gaps, in three units and two channels."""
    rng = np.random.default_rng(7)
    n = 5_000
    days = rng.integers(0, 180, n)
    answered = rng.lognormal(9, 1.2, n)
    rating = rng.integers(0, 11, n).astype(float)
    rating[rng.random(n) < 0.1] = np.nan
    return pl.DataFrame(
        {
            "seq": np.arange(n),
            "record_id": [f"r{i}" for i in range(n)],
            "unit_id": [f"u{i % 3}" for i in range(n)],
            "channel": [("微信", "phone")[i % 2] for i in range(n)],
            "kind": [("complaint", "praise", None)[i % 3] for i in range(n)],
            "rating": rating,
            "occurred_at": [NOW + dt.timedelta(days=int(d)) for d in days],
            "answered_at": [
                NOW + dt.timedelta(days=int(d), seconds=float(s)) for d, s in zip(days, answered, strict=True)
            ],
            "attributes": [f'{{"a/b~c": "{i % 5}"}}' for i in range(n)],
        }
    ).with_columns(
        pl.col("rating").fill_nan(None),
        pl.col("occurred_at").cast(pl.Datetime("us", "UTC")),
        pl.col("answered_at").cast(pl.Datetime("us", "UTC")),
        pl.col("occurred_at").dt.date().alias("local_date"),
        import_id=pl.lit("i"),
        content_hash=pl.col("seq"),
        revision=pl.lit(0),
        ingested_at=pl.lit(NOW),
        schema_version=pl.lit(1),
    )


@pytest.fixture(scope="module")
def facts(rows, tmp_path_factory):
    store = FactStore(tmp_path_factory.mktemp("facts"))
    store.append("feedback", rows.to_arrow(), application="i", chunk=0)
    with store.snapshot() as snapshot, snapshot.connect(FactsScope.everything()) as connection:
        yield connection


def whole(facts, formula: str) -> Statistic:
    cells = compute_cells(facts, "feedback", formula)
    return cells.merge(cells.select())


def test_a_share_counts_rows_that_have_a_value(facts, rows):
    got = estimate(whole(facts, "share(rating >= 9)"), "share")
    known = rows["rating"].drop_nulls()
    assert got.n == len(known)
    assert got.value == pytest.approx(100 * (known >= 9).mean())
    interval = stats.binomtest(int((known >= 9).sum()), len(known)).proportion_ci(method="wilson")
    assert (got.low, got.high) == pytest.approx((100 * interval.low, 100 * interval.high))


def test_a_mean_equals_that_of_the_rows(facts, rows):
    got = estimate(whole(facts, 'mean(rating, where=channel == "微信")'), "mean")
    values = rows.filter(pl.col("channel") == "微信")["rating"].drop_nulls().to_numpy()
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert (got.value, got.low, got.high) == pytest.approx((values.mean(), low, high))


def test_a_median_of_times_is_right_to_one_percent(facts, rows):
    seconds = (rows["answered_at"] - rows["occurred_at"]).dt.total_microseconds().to_numpy() / 1e6
    for name, share in (("median", 0.5), ("p90", 0.9)):
        got = estimate(whole(facts, f"{name}(seconds(occurred_at, answered_at))"), name)
        exact = np.quantile(seconds, share)
        assert got.value == pytest.approx(exact, rel=0.011)
        assert got.low < exact < got.high


def test_a_net_promoter_score_equals_the_loyalty_model(facts, rows):
    from servloop.measure.loyalty import nps

    got = estimate(whole(facts, "nps(rating)"), "nps")
    model = nps(rows.select("rating"), "rating").to_dict()
    assert got.value == pytest.approx(model["value"])
    assert got.n == model["n"]


def test_attributes_functions_and_lists_reach_the_rows(facts, rows):
    assert whole(facts, 'count(where=attribute("a/b~c") == "3")').n == rows.height // 5
    assert whole(facts, 'count(where=number(attribute("a/b~c")) + 1 > 4)').n == rows.height // 5
    assert (
        whole(facts, 'count(where=kind in ["complaint", "praise"] and not missing(kind))').n
        == rows["kind"].drop_nulls().len()
    )
    assert whole(facts, "share(present(kind))").hits == rows["kind"].drop_nulls().len()
    assert whole(facts, "mean(rating / 0)").n == 0
    assert (
        whole(facts, "count(where=0 <= rating <= 3)").n
        == rows.filter(pl.col("rating").is_between(0, 3)).height
    )


def test_cells_add_up_over_units_months_and_channels(facts):
    cells = compute_cells(facts, "feedback", "mean(rating)", segment="kind")
    places = list(zip(cells.unit, cells.month, cells.channel, cells.segment, strict=True))
    assert len(set(places)) == len(places)
    everything = cells.merge(cells.select())
    assert set(cells.group(cells.select(), "month")) == {f"2026-{m:02d}-01" for m in range(1, 7)}
    for by in ("unit", "month", "channel", "segment"):
        again = merge("moments", cells.group(cells.select(), by).values())
        assert again.n == everything.n
        assert again.total == pytest.approx(everything.total)


def test_the_records_behind_a_figure_can_be_opened(facts):
    page = records_of(facts, "feedback", "share(rating >= 9, where=present(rating))", limit=20)
    assert page.height == 20
    assert page["counted"].dtype == pl.Boolean
    assert page["occurred_at"].is_sorted(descending=True)


def test_cases_are_derived_from_events(facts):
    assert len(compute_cells(facts, "cases", "median(seconds)")) == 0
    assert columns_of("cases")["rework"] == "truth"


def test_cases_under_way_do_not_count_as_ended():
    import duckdb

    rows = [
        ("p", f"c{case}", "u", START_OF_CASES + dt.timedelta(days=case, hours=3 * place), step)
        for case in range(100)
        for place, step in enumerate(("ask", "check", "decide", "close"))
        if not (case >= 96 and place > case - 96)  # three of the last four stand at an earlier step
        and not (
            case % 10 == 0 and place == 3
        )  # one in ten is given up after the decision: that is an end, too
    ]
    events = pl.DataFrame(
        rows, schema=["process_id", "case_id", "unit_id", "occurred_at", "activity"], orient="row"
    ).with_columns(
        pl.col("occurred_at").dt.date().alias("local_date"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("start_time"),
        pl.lit(None, pl.String).alias("resource"),
        pl.lit(None, pl.String).alias("lifecycle"),
        pl.int_range(pl.len()).alias("seq"),
    )
    cases = pl.DataFrame(schema={"process_id": pl.String, "case_id": pl.String, "sla_seconds": pl.Float64})
    connection = duckdb.connect()
    connection.register("events", events.to_arrow())
    connection.register("event_cases", cases.to_arrow())
    table = compute_cells(connection, "cases", "count()")
    # Two stand at steps where nobody ends; the third looks like those that are given up after the decision.
    assert table.merge(table.select()).n == 100 - 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "figures.not_a_formula"),
        ("share(rating >= )", "figures.not_a_formula"),
        ("rating", "figures.no_aggregate"),
        ("__import__('os').system('true')", "figures.no_aggregate"),
        ("share(__import__('os'))", "figures.unknown_function"),
        ("share(rating.real >= 1)", "figures.not_allowed"),
        ("share([x for x in y])", "figures.not_allowed"),
        ("mean(lambda: 1)", "figures.not_allowed"),
        ("share(mood > 3)", "figures.unknown_column"),
        ("share(record_id == 'x')", "figures.unknown_column"),
        ("share(rating)", "figures.wrong_type"),
        ("mean(kind)", "figures.wrong_type"),
        ("share(rating >= 'four')", "figures.wrong_type"),
        ("mean(rating, weight=3)", "figures.unknown_option"),
        ("mean()", "figures.argument_count"),
        ("count(rating)", "figures.argument_count"),
        ("count(where=seconds(occurred_at) > 3)", "figures.argument_count"),
        ("count(where=kind in channel)", "figures.list_expected"),
        ("count(where=attribute(kind) == 'x')", "figures.list_expected"),
        ("count(where=" + "not " * 60 + "present(kind))", "figures.too_deep"),
        ("count(where=kind == '" + "x" * 3000 + "')", "figures.too_long"),
        ("count(where=kind == None)", "figures.not_allowed"),
        ("count(where=kind == b'x')", "figures.not_allowed"),
        ("count(**{'where': 1})", "figures.unknown_option"),
    ],
)
def test_anything_else_is_refused_in_both_languages(text, code):
    with pytest.raises(SpecError) as caught:
        parse_formula(text, COLUMNS)
    assert caught.value.code == code
    for language in ("zh-CN", "en"):
        assert "figures." not in caught.value.message(language)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    with contextlib.suppress(SpecError):
        parse_formula(text, COLUMNS)


@given(st.text(max_size=20))
@settings(max_examples=30, deadline=None)
def test_no_literal_reaches_the_engine_as_code(facts, text):
    formula = f"count(where=kind == {text!r} or channel == {text!r})"
    try:
        cells = compute_cells(facts, "feedback", formula)
    except SpecError:
        return  # some texts cannot be written as a literal
    everywhere = {"微信", "phone", "complaint", "praise"}
    assert (len(cells) > 0) == (text in everywhere)


share = st.builds(
    lambda n, part: Statistic("share", n, round(n * part)), st.integers(2, 500), st.floats(0, 1)
)


@given(share, share)
def test_a_comparison_turned_round_changes_its_sign_only(first, second):
    there, back = compare(first, second, "share"), compare(second, first, "share")
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert there.p == pytest.approx(back.p)


def test_comparisons_equal_reference_tests():
    rng = np.random.default_rng(3)
    a, b = rng.lognormal(1, 1, 300), rng.lognormal(1.2, 1, 200)

    def moments(x):
        return Statistic("moments", len(x), total=float(x.sum()), squares=float((x * x).sum()))

    got = compare(moments(a), moments(b), "mean")
    reference = stats.ttest_ind(b, a, equal_var=False)
    assert got.p == pytest.approx(reference.pvalue)
    interval = reference.confidence_interval()
    assert (got.difference.low, got.difference.high) == pytest.approx((interval.low, interval.high))

    def binned(x):
        return np.floor(np.log(x) / math.log(1.02)).astype(int)

    def histogram(x):
        places, counts = np.unique(binned(x), return_counts=True)
        return Statistic("histogram", len(x), bins=dict(zip(places.tolist(), counts.tolist(), strict=True)))

    got = compare(histogram(a), histogram(b), "median")
    reference = stats.mannwhitneyu(binned(b), binned(a), use_continuity=False, method="asymptotic")
    assert got.p == pytest.approx(reference.pvalue)
    count = compare(Statistic("count", 100), Statistic("count", 140), "count")
    assert count.p == pytest.approx(stats.binomtest(140, 240).pvalue)


def test_too_few_rows_are_not_compared():
    change = compare(Statistic("share", 1, 1), Statistic("share", 50, 20), "share")
    assert change.difference.reason is not None
    assert change.p is None
    assert not change.clear
    assert estimate(Statistic("share"), "share").reason is not None
    assert estimate(Statistic("count"), "count").value == 0


def test_many_comparisons_are_corrected():
    same = Statistic("share", 200, 100)
    pairs = {str(i): (same, Statistic("share", 200, 118)) for i in range(1)} | {
        str(i): (same, same) for i in range(1, 20)
    }
    changes = compare_many(pairs, "share")
    assert changes["0"].p < changes["0"].q
    assert changes["0"].q == pytest.approx(min(1.0, 20 * changes["0"].p), rel=0.01)


def test_one_value_and_equal_values_have_no_false_certainty():
    assert estimate(Statistic("moments", 1, total=4.0, squares=16.0), "mean").low is None
    assert estimate(Statistic("moments", 9, total=36.0, squares=144.0), "mean").low is None
    everyone = estimate(Statistic("net", 10, hits=10), "nps")
    assert everyone.value == 100
    assert everyone.low < 80
    nobody = estimate(Statistic("histogram", 5, bins={-1_000_000: 5}), "median")
    assert nobody.value == 0
