"""Steps that got slower in one group: found where they are, and not where everybody slowed down."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.slowdowns import slowdowns
from servloop.errors import InputError, SpecError

DAY = 86_400_000_000
SECONDS = 1_000_000
MOMENT = 100 * DAY
STEPS = ("受理", "审核", "办结")


def table(seed=1, cases=900, groups=("east", "north", "west"), slow=None, factor=1.0, everybody=1.0):
    """Cases of three steps; before ``审核`` the group ``slow`` waits ``factor`` times as long from day 100 on."""
    random = np.random.default_rng(seed)
    group = random.integers(0, len(groups), cases)
    clock = (random.uniform(0, 200, cases) * DAY).astype(np.int64)
    rows = []
    for step in STEPS:
        wait = random.lognormal(8, 0.6, cases)
        later = clock >= MOMENT
        wait = np.where(later, wait * everybody, wait)
        if step == "审核" and slow is not None:
            wait = np.where(later & (group == groups.index(slow)), wait * factor, wait)
        if step != STEPS[0]:
            clock = clock + (wait * SECONDS).astype(np.int64)
        rows.append(
            pl.DataFrame(
                {
                    "case_id": [f"C{n}" for n in range(cases)],
                    "activity": step,
                    "time": pl.Series(clock).cast(pl.Datetime("us", "UTC")),
                    "unit_id": np.array(groups)[group],
                }
            )
        )
    return pl.concat(rows)


def look(frame, **options):
    return slowdowns(EventLog.from_frame(frame), "unit_id", MOMENT, **options)


def test_a_step_that_got_slower_in_one_group_is_found_with_its_factor():
    seen = look(table(slow="north", factor=2.0))
    assert [(one.group, one.source, one.target) for one in seen.found] == [("north", "受理", "审核")]
    one = seen.found[0]
    assert one.ratio.low < 2.0 < one.ratio.high
    assert one.median_after.value == pytest.approx(2 * one.median_before, rel=0.25)
    assert one.median_after.low < one.median_after.value < one.median_after.high
    assert one.beyond > 0.25
    assert one.p <= one.q < 0.05
    assert seen.tested == 6
    assert seen.to_frame().height == 1


def test_what_slows_everybody_down_is_no_finding_about_one_group():
    assert look(table(everybody=3.0)).found == ()


def test_a_group_that_got_faster_makes_nobody_else_slow_by_name_only():
    found = look(table(slow="north", factor=0.5)).found
    assert "north" not in [one.group for one in found]


def test_nothing_planted_nothing_found_in_nineteen_of_twenty_logs():
    logs = [look(table(seed=seed, cases=400)) for seed in range(100, 160)]
    assert sum(bool(one.found) for one in logs) <= 6, "of 60 at a false discovery rate of 5 %"


def test_one_group_or_too_few_times_have_nothing_to_compare_with():
    assert look(table(groups=("all",), cases=200)).tested == 0
    assert look(table(cases=12)).tested == 0
    assert look(table(cases=5).clear()).tested == 0


def test_equal_times_everywhere_are_no_slowdown():
    frame = pl.DataFrame(
        {
            "case_id": [f"C{n // 2}" for n in range(400)],
            "activity": ["a", "b"] * 200,
            "time": pl.Series(
                [(n // 2) % 200 * DAY + (n % 2) * 60 * SECONDS for n in range(400)], dtype=pl.Int64
            ).cast(pl.Datetime("us", "UTC")),
            "unit_id": ["east" if n // 2 % 3 else "west" for n in range(400)],
        }
    )
    seen = look(frame)
    assert seen.tested == 2
    assert seen.found == ()


def test_events_without_a_group_are_left_out():
    frame = table(slow="north", factor=2.0).with_columns(
        pl.when(pl.col("case_id") == "C1").then(None).otherwise(pl.col("unit_id")).alias("unit_id")
    )
    assert look(frame).n == look(table(slow="north", factor=2.0)).n - 2


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed):
    frame = table(cases=200, slow="west", factor=1.5)
    one, other = look(frame.sample(fraction=1.0, shuffle=True, seed=seed)), look(frame)
    assert (one.tested, one.n) == (other.tested, other.n)
    assert [(a.group, a.source, a.target) for a in one.found] == [
        (b.group, b.source, b.target) for b in other.found
    ]
    for a, b in zip(one.found, other.found, strict=True):
        assert a.ratio.value == pytest.approx(b.ratio.value, rel=1e-9)
        assert (a.median_before, a.median_after, a.beyond) == (b.median_before, b.median_after, b.beyond)


def test_wrong_questions_are_refused():
    with pytest.raises(InputError) as unknown:
        slowdowns(EventLog.from_frame(table(cases=30)), "branch", MOMENT)
    assert unknown.value.code == "process.no_such_column"
    with pytest.raises(SpecError) as level:
        look(table(cases=30), alpha=0.0)
    assert level.value.code == "process.level_out_of_range"
    with pytest.raises(SpecError) as fewest:
        look(table(cases=30), min_count=1)
    assert fewest.value.code == "process.compare_min_count"
