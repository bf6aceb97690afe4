"""Figures of selections equal what the rows give; each sees her units only; small groups never come out."""

import datetime as dt
import itertools
import json

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.app.measure.conftest import FEEDBACK_CHANNELS, FEEDBACK_UNITS

from servloop.measure.loyalty import ces, csat, nps
from servloop_app.core.errors import ActionError
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.measure import queries
from servloop_app.measure.selection import Selection

pytestmark = pytest.mark.django_db

HALF = Selection(dt.date(2026, 1, 1), dt.date(2026, 6, 1))
SPRING = Selection(dt.date(2026, 4, 1), dt.date(2026, 6, 1))
ONCE = Selection(dt.date(2026, 3, 1), dt.date(2026, 3, 1))


def survey(answers: pl.DataFrame) -> str:
    """A file of answers, one row per response, all of one day."""
    return answers.with_columns(
        pl.int_range(pl.len()).alias("response id"), pl.lit("2026-03-05 09:00").alias("submitted at")
    ).write_csv()


def test_answers_of_a_survey_give_the_figures_that_the_file_gives(
    reference, bring_in, add_metric, cells_for, work_off
):
    kiosk = pl.read_csv(reference / "data/survey/kiosk_servqual_kano_ipa.csv", encoding="utf8-lossy")
    items = [f"sq{item}_2" for item in range(1, 22)]
    brought = bring_in(survey(kiosk.select(items)), "kiosk.csv", target="answers", timezone="UTC")
    assert brought.state == "done", brought.error_code
    mean = add_metric("answers", "mean(value_number)", code="mean", segment="question", unit="score")
    high = add_metric("answers", 'share(value_number >= 6, where=question == "sq3_2")', code="high")
    work_off()

    rows = {row.key: row.estimate for row in cells_for(mean).breakdown("segment", ONCE)}
    assert set(rows) == set(items)
    for item in items:
        values = kiosk[item].to_numpy()
        low, top = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        assert (rows[item].n, rows[item].method) == (len(values), "student")
        assert (rows[item].value, rows[item].low, rows[item].high) == pytest.approx((values.mean(), low, top))
    found = cells_for(high).figure(ONCE).estimate
    hits = int((kiosk["sq3_2"] >= 6).sum())
    interval = stats.binomtest(hits, kiosk.height).proportion_ci(method="wilson")
    expected = (100 * hits / kiosk.height, 100 * interval.low, 100 * interval.high)
    assert (found.value, found.low, found.high) == pytest.approx(expected)


def test_ratings_of_passengers_give_the_figures_that_the_file_gives(
    reference, bring_in, add_metric, cells_for, work_off
):
    airline = pl.read_csv(reference / "data/survey/airline_passenger_satisfaction_test.csv").head(2_000)
    ratings = ["Inflight wifi service", "Seat comfort", "Cleanliness"]
    bring_in(survey(airline.select(ratings)), "airline.csv", target="answers", timezone="UTC")
    share = add_metric(
        "answers", "share(value_number >= 4, where=value_number > 0)", code="share", segment="question"
    )
    work_off()
    rows = {row.key: row for row in cells_for(share).breakdown("segment", ONCE)}
    for rating in ratings:
        known = airline[rating].to_numpy()
        known = known[known > 0]  # 0 stands for "not applicable"
        assert rows[rating].estimate.n == len(known)
        assert rows[rating].estimate.value == pytest.approx(100 * (known >= 4).mean())
        others = np.concatenate([airline[other].to_numpy() for other in ratings if other != rating])
        others = others[others > 0]
        difference = 100 * ((known >= 4).mean() - (others >= 4).mean())
        assert rows[rating].change.difference.value == pytest.approx(difference)
        assert rows[rating].change.test == "z, pooled"


def test_loyalty_figures_equal_the_golden_ones(reference, bring_in, add_metric, cells_for, work_off):
    golden = json.loads((reference / "golden/measure/nps_csat_ces_cli.json").read_text())
    lines = ["response id,question,answer,time"]
    number = itertools.count()

    def answers(question: str, values: list[int]) -> None:
        lines.extend(f"R{next(number)},{question},{value},2026-03-01 09:00" for value in values)

    cases = [case for case in golden["cases"] if case["n"] >= 5 and case["var"] > 0]
    for index, case in enumerate(cases):
        parts = (("promoters", 10), ("passives", 7), ("detractors", 3))
        answers(f"nps{index}", [value for part, value in parts for _ in range(case[part])])
    shares = [case for case in golden["csat_wilson"] if case["n"] >= 5]
    for index, case in enumerate(shares):
        answers(f"csat{index}", [5] * case["x"] + [2] * (case["n"] - case["x"]))
    answers("five", golden["csat5"]["scores"])
    answers("ces2", golden["ces2"]["scores"])
    bring_in("\n".join(lines) + "\n", "golden.csv", target="answers-long", timezone="UTC")

    made = {
        name: add_metric("answers", formula, code=name, segment="question", unit="points")
        for name, formula in {
            "net": "nps(value_number)",
            "top2": "share(value_number >= 4)",
            "easy": "share(value_number >= 5)",
            "mean": "mean(value_number)",
        }.items()
    }
    work_off()
    found = {
        name: {row.key: row.estimate for row in cells_for(metric).breakdown("segment", ONCE)}
        for name, metric in made.items()
    }
    for index, case in enumerate(cases):
        got = found["net"][f"nps{index}"]
        low, high = (min(100.0, max(-100.0, end)) for end in case["ci95"])
        assert (got.n, got.method) == (case["n"], "normal")
        assert (got.value, got.low, got.high) == pytest.approx((case["nps"], low, high))
    for index, case in enumerate(shares):
        got = found["top2"][f"csat{index}"]
        assert (got.value, got.low, got.high) == pytest.approx(
            (100 * case["p"], *(100 * e for e in case["wilson"]))
        )
    assert found["top2"]["five"].value == pytest.approx(100 * golden["csat5"]["top2"])
    assert found["mean"]["five"].value == pytest.approx(golden["csat5"]["mean"])
    assert found["mean"]["ces2"].value == pytest.approx(golden["ces2"]["mean"])
    assert found["easy"]["ces2"].value == pytest.approx(100 * golden["ces2"]["pct_agree_5_7"])
    # and the loyalty models of the library give the same from the same answers
    scores = pl.DataFrame({"x": golden["csat5"]["scores"]})
    assert csat(scores, "x").estimate.value == pytest.approx(found["top2"]["five"].value / 100)
    effort = ces(pl.DataFrame({"x": golden["ces2"]["scores"]}), "x").estimate
    assert (effort.value, effort.low, effort.high) == pytest.approx(
        (found["mean"]["ces2"].value, found["mean"]["ces2"].low, found["mean"]["ces2"].high)
    )
    points = [10] * cases[0]["promoters"] + [7] * cases[0]["passives"] + [3] * cases[0]["detractors"]
    model = nps(pl.DataFrame({"x": points}), "x").estimate
    assert (model.low, model.high) == pytest.approx((found["net"]["nps0"].low, found["net"]["nps0"].high))


def known(feedback: pl.DataFrame, **chosen: object) -> pl.DataFrame:
    """Rows of the file with a rating, in the selection."""
    rows = feedback.filter(pl.col("rating").is_not_null())
    for name, values in chosen.items():
        rows = rows.filter(pl.col(name).is_in(values))
    return rows


def test_any_selection_equals_the_rows_of_the_file(feedback, add_metric, cells_for, work_off):
    metric = add_metric("feedback", "mean(rating)", unit="score")
    work_off()
    cells = cells_for(metric)
    months = pl.col("date").dt.month()
    for units, channels, (first, last) in itertools.product(
        (FEEDBACK_UNITS, ("beijing",), ("tianjin", "shanghai")),
        (FEEDBACK_CHANNELS, ("app",), ("微信", "app")),
        ((1, 6), (2, 4)),
    ):
        chosen = Selection(dt.date(2026, first, 1), dt.date(2026, last, 1), channels=channels)
        rows = known(feedback, branch=units, channel=channels).filter(months.is_between(first, last))
        figure = cells.figure(chosen, frozenset(units))
        assert figure.estimate.n + figure.left_out == rows.height
        if not figure.left_out:
            assert figure.estimate.value == pytest.approx(rows["rating"].mean())
            by_month = {month.month: found for month, found in figure.months if found.computable}
            for (month,), part in rows.group_by(months):
                if month in by_month and by_month[month].n == part.height:
                    assert by_month[month].value == pytest.approx(part["rating"].mean())
    everything = cells.figure(HALF)
    assert everything.left_out == 0
    assert everything.estimate.value == pytest.approx(known(feedback)["rating"].mean())


def test_the_change_is_against_the_months_before(feedback, add_metric, cells_for, work_off):
    metric = add_metric("feedback", "mean(rating)", unit="score")
    work_off()
    figure = cells_for(metric).figure(SPRING)
    after, before = (
        known(feedback).filter(pl.col("date").dt.month().is_between(*ends))["rating"].to_numpy()
        for ends in ((4, 6), (1, 3))
    )
    test = stats.ttest_ind(after, before, equal_var=False)
    assert figure.change.difference.value == pytest.approx(after.mean() - before.mean())
    assert (figure.change.p, figure.change.test) == (pytest.approx(test.pvalue), "welch")


def test_a_person_sees_her_units_only(organisation, feedback, add_metric, cells_for, work_off):
    metric = add_metric("feedback", "mean(rating)", unit="score")
    work_off()
    north = Policy(organisation.person(("analyst", "north")))
    cells = cells_for(metric, north)
    assert {row.key for row in cells.breakdown("unit_code", HALF)} == {"beijing", "tianjin"}
    rows = known(feedback, branch=("beijing", "tianjin"))
    assert cells.figure(HALF).estimate.n == rows.height
    assert cells.figure(HALF, frozenset({"shanghai"})).estimate.n == 0
    asked = Selection(HALF.first, HALF.last, units=("shanghai",))
    assert queries.selected_units(north, asked) == frozenset()
    assert queries.selected_units(north, Selection(HALF.first, HALF.last, units=("north",))) == {
        "north", "beijing", "tianjin", "counter",
    }  # fmt: skip
    page = queries.records(north, metric, HALF)
    assert set(page["unit_id"]) == {"beijing", "tianjin"}
    assert not queries.records(north, metric, asked).height
    nobody = cells_for(metric, Policy(organisation.person()))
    assert nobody.figure(HALF).estimate.value is None
    assert nobody.newest_month is None


def test_records_are_those_of_the_selection_without_small_groups(feedback, add_metric, cells_for, work_off):
    metric = add_metric("feedback", "share(rating >= 4)")
    work_off()
    chosen = Selection(dt.date(2026, 2, 1), dt.date(2026, 2, 1), channels=("app",))
    policy = EverythingPolicy()
    pages = [queries.records(policy, metric, chosen, page) for page in range(3)]
    size = queries.RECORDS_PER_PAGE
    got = pl.concat([page.head(size) for page in pages])
    expected = known(feedback, channel=["app"]).filter(pl.col("date").dt.month() == 2)
    figure = cells_for(metric).figure(chosen)
    assert got.height == got["source_key"].n_unique() == figure.estimate.n
    assert figure.estimate.n + figure.left_out == expected.height
    assert set(got["source_key"]) <= set(expected["id"])
    assert "person_key" not in got.columns
    tiny = Selection(dt.date(2025, 2, 1), dt.date(2025, 2, 1))
    assert queries.records(policy, metric, tiny).is_empty()


def test_small_groups_are_neither_in_figures_nor_in_records(bring_in, add_metric, cells_for, work_off):
    lines = ["id,date,channel,rating,branch,phone"]
    lines += [f"A{n},2026-03-0{n % 9 + 1},app,4,beijing,1380013800{n % 10}" for n in range(40)]
    lines += [f"P{n},2026-03-0{n % 9 + 1},phone,1,beijing,13900139000" for n in range(2)]
    bring_in("\n".join(lines) + "\n", "f.csv", target="feedback", timezone="UTC", columns={"unit": "branch"})
    metric = add_metric("feedback", "mean(rating)", unit="score")
    count = add_metric("feedback", "count()", code="volume", unit="count")
    work_off()
    cells = cells_for(metric)
    assert cells.figure(ONCE).estimate.n == 42
    shown = cells.breakdown("channel", ONCE)
    assert [(row.key, row.estimate.value, row.left_out) for row in shown] == [
        ("app", None, 40),
        ("phone", None, 2),
    ]
    assert {row.estimate.reason.code for row in shown} == {"measure_app.small_group"}
    # How much there was is no secret.
    assert {r.key: r.estimate.value for r in cells_for(count).breakdown("channel", ONCE)} == {
        "app": 40,
        "phone": 2,
    }
    few = Selection(ONCE.first, ONCE.last, channels=("phone",))
    with pytest.raises(ActionError, match="Fewer than 5"):
        queries.records(EverythingPolicy(), metric, few)


def test_a_figure_is_held_against_benchmarks(organisation, bring_in, work_off, cells_for):
    from tests.app.organisation import SYSTEM

    from servloop_app.core.actions import execute
    from servloop_app.measure.actions import InstallCatalogue
    from servloop_app.measure.models import Metric

    lines = ["response id,question,answer,time"]
    lines += [f"R{n},NPS,{10 if n % 10 < 8 else 3},2026-03-01 09:00" for n in range(200)]
    bring_in("\n".join(lines) + "\n", "nps.csv", target="answers-long", timezone="UTC")
    execute(InstallCatalogue(), SYSTEM)
    work_off()
    figure = cells_for(Metric.objects.get(code="nps")).figure(ONCE)
    assert figure.estimate.value == pytest.approx(60)
    for compared in figure.benchmarks:
        assert compared.difference.value == pytest.approx(60 - compared.benchmark.value)
        assert compared.warnings
    assert cells_for(Metric.objects.get(code="csat")).figure(ONCE).estimate.reason is not None


def test_a_formula_that_could_not_be_computed_gives_its_reason(bring_in, add_metric, cells_for, work_off):
    from servloop_app.core import guard
    from servloop_app.measure.models import Metric

    metric = add_metric("feedback", "mean(rating)", unit="score")
    with guard.maintaining():
        Metric.objects.update(formula="mean(mood)")
    work_off()
    cells = cells_for(Metric.objects.get(pk=metric.pk))
    assert cells.figure(ONCE).estimate.reason.code == "figures.unknown_column"
    with pytest.raises(ActionError, match="not been computed"):
        queries.records(EverythingPolicy(), metric, ONCE)
