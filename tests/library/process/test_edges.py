"""Odd logs: empty, tiny, huge in one direction, with ties, overlaps and missing values."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from tests.library.process.logs import BEGIN, frame, log, paths, with_starts

from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.directly_follows import directly_follows, trimmed_edge_means
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import handovers
from servloop.diagnose.process.rework import ping_pong, rework
from servloop.diagnose.process.simplify import simplify
from servloop.diagnose.process.summary import summary, throughput
from servloop.diagnose.process.times import flow_efficiency, step_times
from servloop.diagnose.process.variants import variants
from servloop.errors import InputError, SpecError


def codes(warnings: object) -> dict[str, int]:
    return {notice.code: notice.count for notice in warnings}


def test_an_empty_log_says_why_nothing_can_be_computed() -> None:
    empty = log([])
    document = summary(empty).to_dict()
    assert (document["cases"], document["events"], document["first"]) == (0, 0, None)
    assert document["throughput_seconds"] == {"median": None, "mean": None, "p90": None}
    assert throughput(empty, limit_seconds=1).within.reason.code == "process.no_cases"
    assert directly_follows(empty).to_dict() == {
        "nodes": [],
        "edges": [],
        "start": {},
        "end": {},
        "warnings": [],
    }
    assert variants(empty).variants == ()
    assert rework(empty).first_time_right.reason.code == "process.no_cases"
    assert bottlenecks(empty).steps == ()
    assert simplify(empty).cases_shown.reason.code == "process.no_cases"
    assert step_times(empty).steps == ()
    assert not flow_efficiency(empty).of_log.computable
    assert directly_follows(empty).to_frame().height == 0


def test_one_event_per_case() -> None:
    lone = log(paths("A", "A", "B"))
    assert directly_follows(lone).edges == ()
    assert directly_follows(lone).start == {"A": 2, "B": 1}
    assert throughput(lone).maximum.value == 0
    assert rework(lone).first_time_right.value == 1
    assert bottlenecks(lone).steps == ()


def test_one_activity_only() -> None:
    chart = directly_follows(log(paths("AAA", "A")))
    assert [(e.source, e.target, e.count, e.cases) for e in chart.edges] == [("A", "A", 2, 1)]
    assert rework(log(paths("AAA", "A"))).extra_executions == {"A": 2}


@pytest.mark.parametrize("count", [2_000, 2_001])
def test_many_activities(count: int) -> None:
    events = [(f"c{i // 4}", f"步骤 {i % count:04d}", float(i)) for i in range(2 * count)]
    chart = directly_follows(log(events))
    assert len(chart.nodes) == count
    expected: dict[tuple[str, str], int] = {}
    for before, after in pairwise(events):
        if before[0] == after[0]:
            expected[before[1], after[1]] = expected.get((before[1], after[1]), 0) + 1
    assert {(e.source, e.target): e.count for e in chart.edges} == expected


def test_a_loop_of_ten_thousand() -> None:
    loop = log([("c", "A", float(i)) for i in range(10_000)] + [("d", "A", 0.0)])
    assert rework(loop).self_loops == {"A": 9_999}
    assert [variant.cases for variant in variants(loop).variants] == [1, 1]
    assert directly_follows(loop).edges[0].median_seconds == 3_600


def test_na_and_question_mark_are_cases_like_others() -> None:
    chart = variants(log([("NA", "A", 0), ("NA", "B", 1), ("?", "A", 0), ("", "A", 2)]))
    assert chart.n == 3


def test_unsorted_rows_are_put_in_order() -> None:
    rows = frame(paths("ABC", "AC"))
    assert (
        directly_follows(EventLog.from_frame(rows[::-1])).edges
        == directly_follows(EventLog.from_frame(rows)).edges
    )


def test_ties_are_counted_and_follow_the_file() -> None:
    tied = [("c", "A", 0), ("c", "B", 1), ("c", "C", 1), ("c", "B", 1), ("d", "A", 0), ("d", "A", 0)]
    built = log(tied)
    assert codes(built.warnings) == {"process.tied_timestamps": 1}  # equal activities cannot be confused
    assert variants(built).variants[0].activities == ("A", "B", "C", "B")
    reverse = EventLog.from_frame(frame(tied, seq=[5, 4, 3, 2, 1, 0]), seq_supplied=True)
    assert reverse.warnings == ()
    assert variants(reverse).variants[0].activities == ("A", "B", "C", "B")
    other = EventLog.from_frame(frame(tied, seq=[0, 2, 1, 3, 4, 5]), seq_supplied=True)
    assert variants(other).variants[0].activities == ("A", "C", "B", "B")


def test_overlapping_intervals_wait_less_than_nothing() -> None:
    events = [("c", "A", 4.0), ("c", "B", 6.0), ("c", "C", 9.0)]
    built = log(events, start_time=with_starts([0, 3, 8]))
    chart = {(e.source, e.target): e.median_seconds for e in directly_follows(built).edges}
    assert chart == {("A", "B"): -3_600, ("B", "C"): 7_200}
    times = step_times(built)
    waits = {step.activity: step for step in times.steps}
    assert times.overlaps == 1
    assert (waits["B"].waiting_median, waits["B"].waiting_mean_clipped) == (-3_600, 0)
    assert waits["B"].waiting_latest_end_n == 0  # nothing had ended when B began
    assert waits["C"].waiting_latest_end_median == 7_200
    assert throughput(built).median.value == 9 * 3_600
    efficiency = flow_efficiency(built)
    assert efficiency.of_log.value == pytest.approx(7 / 9)
    assert efficiency.summed_of_log.value == pytest.approx(8 / 9)


def test_clocks_that_jump_are_noticed_and_change_no_other_case() -> None:
    events = [
        (f"c{case}", activity, 24.0 * case + step)
        for case in range(100)
        for step, activity in enumerate("ABC")
    ]
    century = 100 * 365 * 24.0
    jumped = [*events, ("odd", "A", 1.0), ("odd", "B", century), ("old", "A", -century), ("old", "B", 2.0)]
    built = log(jumped)
    codes = {notice.code: notice.count for notice in built.warnings}
    assert codes == {"process.times_far_off": 2}
    assert "process.times_far_off" not in {notice.code for notice in log(events).warnings}
    edges = {(edge.source, edge.target): edge for edge in directly_follows(built).edges}
    assert edges["A", "B"].median_seconds == 3_600
    assert edges["B", "C"] == next(e for e in directly_follows(log(events)).edges if e.target == "C")
    assert throughput(built).median.value == 7_200


def test_a_clock_set_back_within_a_case_gives_negative_times_that_are_counted() -> None:
    table = frame([("c", "A", 1), ("c", "B", 3)], start_time=with_starts([0, 3.5]))
    built = EventLog.from_frame(table)
    assert [(notice.code, notice.count) for notice in built.warnings] == [("process.ends_before_start", 1)]
    times = {step.activity: step for step in step_times(built).steps}
    assert (times["A"].service_median, times["B"].service_median) == (3_600, -1_800)
    assert flow_efficiency(built).of_log.value == pytest.approx(1 / 3)


def test_the_hour_that_the_clock_repeats_in_autumn_keeps_its_order() -> None:
    moments = ["2025-10-26T00:30:00+00:00", "2025-10-26T01:30:00+00:00"]  # both 02:30 in Berlin
    table = pl.DataFrame({"case_id": ["c", "c"], "activity": ["A", "B"], "time": moments})
    berlin = table.with_columns(
        pl.col("time").str.to_datetime(time_zone="UTC").dt.convert_time_zone("Europe/Berlin")
    )
    assert directly_follows(EventLog.from_frame(berlin)).edges[0].median_seconds == 3_600


def test_an_event_without_start_began_when_it_ended() -> None:
    built = log([("c", "A", 1.0), ("c", "B", 3.0)], start_time=[BEGIN, None])
    assert [step.service_median for step in step_times(built).steps] == [3_600, 0]


def test_lifecycle_rows() -> None:
    events = [("c", "A", 0.0), ("c", "A", 1.0), ("c", "B", 2.0)]
    rows = frame(events, lifecycle=["start", "complete", None])
    assert EventLog.from_frame(rows).events == 2
    assert EventLog.from_frame(rows, lifecycle="all").events == 3
    none = EventLog.from_frame(frame(events, lifecycle=["start", "start", "suspend"]))
    assert none.events == 3
    assert codes(none.warnings) == {"process.no_complete_rows": 3}


def test_rows_that_are_no_events_are_left_out_and_counted() -> None:
    rows = frame(paths("ABC")).with_columns(activity=pl.Series(["A", None, "C"]))
    built = EventLog.from_frame(rows)
    assert codes(built.warnings) == {"process.rows_without_key": 1}
    assert variants(built).variants[0].activities == ("A", "C")


def test_a_frame_that_is_no_log_is_refused() -> None:
    with pytest.raises(InputError, match="case_id"):
        EventLog.from_frame(frame(paths("A")).drop("case_id"))
    naive = frame(paths("A")).with_columns(pl.col("time").dt.replace_time_zone(None))
    with pytest.raises(InputError) as refused:
        EventLog.from_frame(naive)
    assert refused.value.code == "process.times_without_zone"


def test_times_of_any_zone_and_unit_are_the_same_moments() -> None:
    rows = frame(paths("ABC"))
    other = rows.with_columns(pl.col("time").dt.convert_time_zone("Asia/Shanghai").dt.cast_time_unit("ns"))
    assert summary(EventLog.from_frame(other)).to_dict() == summary(EventLog.from_frame(rows)).to_dict()


def test_events_without_a_resource_interrupt_the_chain() -> None:
    built = log(paths("ABCDE"), resource=["u", None, "v", "w", "w"])
    found = handovers(built)
    assert [(h.source, h.target, h.count) for h in found.handovers] == [("v", "w", 1)]
    assert (found.n, found.within, found.between) == (2, 1, 1)
    assert codes(found.warnings) == {"process.events_without_resource": 1}
    with pytest.raises(InputError) as refused:
        handovers(built, by="group")
    assert refused.value.code == "process.no_groups"


def test_ping_pong_counts_direct_returns() -> None:
    built = log(
        paths("ABABC", "ABA", "AAA"), resource=["u", "v", "u", "v", None, "u", "v", None, "u", "u", "u"]
    )
    found = ping_pong(built)
    assert [(r.activity, r.via, r.count, r.cases) for r in found.returns] == [
        ("A", "B", 2, 2),
        ("B", "A", 1, 1),
    ]
    assert found.cases_with_returns == 2
    people = ping_pong(built, by="resource")
    assert [(r.activity, r.via, r.count) for r in people.returns] == [("u", "v", 1), ("v", "u", 1)]


def test_a_repetition_by_the_same_person_is_told_from_one_by_another() -> None:
    built = log(paths("AAA"), resource=["u", "u", "v"])
    assert rework(built).self_loops == {"A": 2}
    assert rework(built).self_loops_same_resource == {"A": 1}


def test_bounds_of_the_median_are_order_statistics() -> None:
    # For 20 values the 95 % interval runs from the 6th smallest to the 6th largest (binomial table).
    events = [(f"c{i}", name, hours) for i in range(20) for name, hours in (("A", 0.0), ("B", float(i + 1)))]
    step = bottlenecks(log(events)).steps[0]
    assert (step.low, step.high) == (6 * 3_600, 15 * 3_600)
    assert step.median_seconds == 10.5 * 3_600
    few = bottlenecks(log(events[:10])).steps[0]
    assert (few.low, few.high) == (None, None)


def test_bottlenecks_refuse_what_the_log_does_not_have() -> None:
    with pytest.raises(SpecError, match="Clsed"):
        bottlenecks(log(paths("AB")), not_waiting=["Clsed"])
    with pytest.raises(SpecError):
        bottlenecks(log(paths("AB")), level=1.0)


def test_a_timer_is_noticed_and_dates_without_clock_are_not_taken_for_one() -> None:
    random = np.random.default_rng(1)
    waits = np.where(random.random(400) < 0.3, 24 * 7.0, random.uniform(2, 24 * 14, 400))
    events = [(f"c{i}", a, h) for i, w in enumerate(waits) for a, h in (("Solve", i * 1.0), ("Close", i + w))]
    notices = [n for n in bottlenecks(log(events)).warnings if n.code == "process.constant_delay"]
    assert [(n.params["target"], n.params["days"]) for n in notices] == [("Close", "7.00")]
    days = frame(events).with_columns(pl.col("time").dt.truncate("1d"))
    whole = bottlenecks(EventLog.from_frame(days))
    assert "process.constant_delay" not in codes(whole.warnings)


def test_edges_are_a_table_too() -> None:
    table = directly_follows(log(paths("ABC", "AC"))).to_frame()
    assert table.columns[:4] == ["source", "target", "count", "cases"]
    assert table["count"].sum() == 3
    assert isinstance(summary(log(paths("A"))).first, datetime)


def test_the_trimmed_mean_of_an_edge_leaves_odd_waits_out() -> None:
    events = [
        (str(case), activity, hours)
        for case in range(20)
        for activity, hours in (("A", 0.0), ("B", 1.0 + 99 * (case == 7)))
    ]
    assert trimmed_edge_means(log(events)) == {("A", "B"): 3_600.0}
    assert directly_follows(log(events)).edges[0].mean_seconds > 20_000
    with pytest.raises(SpecError):
        trimmed_edge_means(log(events), part=0.5)
