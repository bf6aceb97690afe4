"""The simulator: the same seed gives the same bank, and what was planted is there, and nothing in a world without."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from servloop_app.demo.simulator import (
    PLANTED,
    PROCESSES,
    World,
    events,
    feedback,
    quality_survey,
    survey,
)

SMALL = 0.2


@pytest.fixture(scope="module")
def records() -> pl.DataFrame:
    return feedback(World(scale=SMALL))


def since(code: str) -> pl.Expr:
    return pl.col("反馈时间") >= dt.datetime.combine(PLANTED[code].start, dt.time(), dt.UTC)


def test_the_same_seed_gives_the_same_bank_and_another_seed_another(records):
    assert feedback(World(scale=SMALL)).equals(records)
    assert not feedback(World(scale=SMALL, seed=1)).equals(records)


def test_scale_sets_how_much_there_is(records):
    assert records.height == pytest.approx(50_000 * SMALL, rel=0.05)
    assert survey(World(scale=SMALL)).height == 2_400
    rows = sum(events(World(scale=SMALL), process).height for process in PROCESSES)
    assert rows == pytest.approx(300_000 * SMALL, rel=0.15)


def test_records_read_as_an_export(records):
    assert records["编号"].is_unique().all()
    assert (
        records["反馈时间"]
        .is_between(dt.datetime(2024, 10, 31, tzinfo=dt.UTC), dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        .all()
    )
    assert records["反馈内容"].str.contains(r"[{}]").sum() == 0
    assert 0.08 < (records["语言"] == "en").mean() < 0.16
    assert records["评分"].drop_nulls().is_between(1, 5).all()
    assert (records["首次响应时间"] > records["反馈时间"]).all()


def test_training_lifts_ratings_where_it_was_given(records):
    where = pl.col("网点").is_in(PLANTED["courtesy_training"].units)
    means = [
        records.filter(here & when)["评分"].mean()
        for here in (where, ~where)
        for when in (~since("courtesy_training"), since("courtesy_training"))
    ]
    assert (means[1] - means[0]) - (means[3] - means[2]) > 0.15


def test_the_app_release_brings_a_wave_of_complaints(records):
    planted = PLANTED["app_release"]
    app = records.filter(
        pl.col("反馈内容").str.contains("手机银行|新版|转账页面|升级后|app|Login"), pl.col("类型") == "投诉"
    )
    days = app["反馈时间"].dt.date()
    inside = days.is_between(planted.start, planted.end)
    per_day = inside.sum() / 28, (~inside).sum() / 702
    assert per_day[0] > 3 * per_day[1]


def test_letters_bring_fewer_complaints_after_the_new_packaging(records):
    letters = records.filter(
        pl.col("标题").is_in(["信函寄送有问题", "Letter damaged"]), pl.col("类型") == "投诉"
    )
    after = letters.filter(since("letter_packaging")).height / 304
    before = letters.filter(~since("letter_packaging")).height / 426
    assert after / before == pytest.approx(0.4, abs=0.12)


def test_mondays_at_the_hotline_are_slow(records):
    wait = (records["首次响应时间"] - records["反馈时间"]).dt.total_seconds()
    weekday = records["反馈时间"].dt.convert_time_zone("Asia/Shanghai").dt.weekday()
    hotline = records["网点"] == "hotline"
    assert wait.filter(hotline & (weekday == 1)).median() > 2 * wait.filter(hotline & (weekday != 1)).median()


def test_due_diligence_waits_at_one_branch_in_certain_weeks():
    log = events(World(scale=SMALL), PROCESSES[0]).sort("案例编号", "开始时间")
    waits = log.with_columns(
        (pl.col("开始时间") - pl.col("完成时间").shift(1).over("案例编号")).dt.total_seconds().alias("等待")
    ).filter(pl.col("活动") == "尽职调查")
    planted = PLANTED["document_check_waits"]
    inside = pl.col("开始时间").dt.date().is_between(planted.start + dt.timedelta(days=5), planted.end)
    here = pl.col("网点") == "binjiang"
    assert waits.filter(here & inside)["等待"].median() > 2 * waits.filter(here & ~inside)["等待"].median()
    assert waits.filter(~here & inside)["等待"].median() == pytest.approx(
        waits.filter(~here & ~inside)["等待"].median(), rel=0.15
    )


def test_a_world_without_planted_effects_has_none_of_them():
    plain = feedback(World(scale=0.6, planted=False))
    where = pl.col("网点").is_in(PLANTED["courtesy_training"].units)
    change = [
        plain.filter(here & when)["评分"].mean()
        for here in (where, ~where)
        for when in (~since("courtesy_training"), since("courtesy_training"))
    ]
    assert abs((change[1] - change[0]) - (change[3] - change[2])) < 0.13, "three standard errors"
    hotline = plain.filter(pl.col("网点") == "hotline")
    wait = (hotline["首次响应时间"] - hotline["反馈时间"]).dt.total_seconds()
    monday = hotline["反馈时间"].dt.convert_time_zone("Asia/Shanghai").dt.weekday() == 1
    assert wait.filter(monday).median() == pytest.approx(wait.filter(~monday).median(), rel=0.15)


def test_every_planted_effect_lies_in_the_simulated_time():
    world = World()
    for planted in PLANTED.values():
        assert 0 <= world.day(planted.start) < world.days
        assert np.isfinite(planted.size)


def test_the_survey_of_quality_holds_what_was_planted_and_points_that_add_up():
    answers = quality_survey(World())
    assert answers.height == 1_600
    points = answers.select(pl.sum_horizontal(pl.col("^w_.*$")).alias("sum"))["sum"]
    assert points.unique().to_list() == [100]
    assert answers.select(pl.col("^[ep][0-9]+$")).width == 44
    slow = pl.mean_horizontal(pl.col("^p1[0-3]$"))
    where = pl.col("网点") == "binjiang"
    gap = answers.filter(where).select(slow.mean()).item() - answers.filter(~where).select(slow.mean()).item()
    assert gap == pytest.approx(-0.6, abs=0.2)
    even = quality_survey(World(planted=False))
    gap = even.filter(where).select(slow.mean()).item() - even.filter(~where).select(slow.mean()).item()
    assert gap == pytest.approx(0.0, abs=0.15)
