"""Open cases, broken promises, cost of rework, value stream: against their definitions, on small logs worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight
from tests.library.process.logs import BEGIN, frame, log, paths, with_starts

from servloop.diagnose.journey import Stage
from servloop.diagnose.process.bottlenecks import bottlenecks, excess_waits
from servloop.diagnose.process.breaches import breaches, variant_outcomes
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.rework_cost import rework_cost
from servloop.diagnose.process.turnaround import turnaround
from servloop.diagnose.process.value_stream import value_stream
from servloop.errors import InputError, SpecError

HOUR = 3_600.0


def cases(rows: list[tuple[int, bool]]) -> EventLog:
    """Cases of so many hours, closed (Z) or still open."""
    events = []
    for number, (hours, ended) in enumerate(rows):
        events.append((f"c{number:03d}", "A", 0.0))
        if ended:
            events.append((f"c{number:03d}", "Z", float(hours)))
    return log(events)


def after(hours: float) -> int:
    return round((BEGIN + timedelta(hours=hours)).timestamp() * 1e6)


def test_open_cases_count_as_long_as_they_were_seen() -> None:
    found = turnaround(cases([(2, True), (4, True), (9, False), (10, True)]), closing=["Z"], now=after(20))
    assert (found.finished, found.running, found.oldest_seconds) == (3, 1, 20 * HOUR)
    assert found.finished_median.value == 4 * HOUR
    assert found.median.value == 4 * HOUR  # half of four are left
    assert turnaround(cases([(2, True), (4, True), (9, True)]), closing=["Z"]).median.value == 4 * HOUR
    none = turnaround(cases([(2, False)]), closing=["A"], now=after(3))
    assert none.finished == 1
    with pytest.raises(SpecError):
        turnaround(cases([(2, True)]), closing=["X"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=8, max_size=60), st.integers(1, 80))
def test_the_curve_is_that_of_statsmodels(rows: list[tuple[int, bool]], limit: int) -> None:
    rows = [*rows, (30, True)]
    table = cases(rows)
    found = turnaround(table, closing=["Z"], now=after(61), limit_seconds=limit * HOUR)
    ages = np.array([hours if ended else 61 for hours, ended in rows], dtype=np.float64)
    curve = SurvfuncRight(ages, np.array([ended for _, ended in rows]))
    place = np.searchsorted(curve.surv_times, limit, side="right") - 1
    assert found.within.value == pytest.approx(1 - (curve.surv_prob[place] if place >= 0 else 1.0))
    assert found.within.low - 1e-12 <= found.within.value <= found.within.high + 1e-12
    below = np.flatnonzero(curve.surv_prob <= 0.5 + 1e-12)
    if len(below):
        assert found.median.value == curve.surv_times[below[0]] * HOUR
        assert (found.median.low or 0) <= found.median.value <= (found.median.high or np.inf)
    else:
        assert found.median.reason.code == "process.turnaround_median_not_reached"


def test_the_interval_of_the_median_covers_the_truth() -> None:
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(120):
        hours = random.exponential(10, 80)
        seen = random.uniform(5, 40, 80)
        ended = hours <= seen
        table = log(
            [(f"{i}", "A", 40.0 - seen[i]) for i in range(80)]
            + [(f"{i}", "Z", 40.0 - seen[i] + hours[i]) for i in range(80) if ended[i]]
        )
        median = turnaround(table, closing=["Z"], now=after(40)).median
        hits += (median.low or 0) <= 10 * np.log(2) * HOUR <= (median.high or np.inf)
    assert hits >= 106  # 95 % of 120 less three standard errors


def test_breaches_by_segment() -> None:
    table = log(
        paths("AB", "ABB", "ABBB", "AB"), unit=["x", "x", None, "y", "y", "y", "y", "y", "y", None, None]
    )
    found = breaches(table, "unit", limit_seconds=1.5 * HOUR)
    assert [(s.value, s.n, s.late) for s in found.segments] == [("y", 2, 2), ("x", 1, 0), (None, 1, 0)]
    assert (found.overall.value, found.overall.n) == (0.5, 4)
    assert found.segments[0].share.low < 1 == found.segments[0].share.value
    assert found.to_frame().height == 3
    with pytest.raises(InputError):
        breaches(table, "nothing", limit_seconds=1)
    with pytest.raises(SpecError):
        breaches(table, "unit", limit_seconds=0)


def test_paths_with_promise_and_rating() -> None:
    table = log(paths("AB", "AB", "ABB", "AB"))
    ratings = {"c0": 5.0, "c1": 4.0, "c2": 1.0, "nobody": 3.0}
    found = variant_outcomes(table, limit_seconds=HOUR, ratings=ratings)
    first, second = found.variants
    assert (first.activities, first.cases, first.within.value, first.rating.value, first.rating.n) == (
        ("A", "B"),
        3,
        1.0,
        4.5,
        2,
    )
    assert (second.within.value, second.rating.value, second.rating.low) == (0.0, 1.0, None)
    assert (found.rated, [n.code for n in found.warnings]) == (3, ["process.ratings_unmatched"])
    plain = variant_outcomes(table, top=1).variants
    assert (len(plain), plain[0].within, plain[0].rating) == (1, None, None)
    assert variant_outcomes(table, ratings={}).variants[0].rating.reason.code == "process.no_ratings"


def test_rework_costs_its_own_time_and_its_own_wait() -> None:
    table = frame(
        [("c", "A", 1), ("c", "B", 3), ("c", "A", 6), ("c", "B", 7), ("d", "A", 1), ("d", "B", 2)],
        start_time=with_starts([0, 2, 4, 6.5, 0, 1.5]),
    )
    found = rework_cost(EventLog.from_frame(table), order=["A", "B"])
    by_name = {item.activity: item for item in found.activities}
    assert (by_name["A"].again, by_name["A"].service_seconds, by_name["A"].waiting_seconds) == (
        1,
        2 * HOUR,
        HOUR,
    )
    assert (by_name["B"].service_seconds, by_name["B"].waiting_seconds) == (0.5 * HOUR, 0.5 * HOUR)
    assert (found.service_seconds, found.waiting_seconds) == (2.5 * HOUR, 1.5 * HOUR)
    assert by_name["A"].repeat_share == 0.5
    assert (by_name["A"].flow_factor, by_name["A"].measured_factor) == (2.0, 1.5)
    assert [(m.source, m.target, m.count, m.cases) for m in found.backward] == [("B", "A", 1, 1)]
    assert found.cases_backward == 1
    with pytest.raises(SpecError):
        rework_cost(EventLog.from_frame(table), order=["A", "A"])


def test_the_flow_factor_is_what_independent_repetition_gives() -> None:
    random = np.random.default_rng(3)
    lengths = random.geometric(0.7, 4_000)
    found = rework_cost(log([(str(i), "A", float(k)) for i, n in enumerate(lengths) for k in range(n)]))
    assert found.activities[0].flow_factor == pytest.approx(found.activities[0].measured_factor, rel=0.03)
    assert found.service_seconds is None


def test_the_value_stream_by_hand() -> None:
    events = [
        ("c", "A", 1),
        ("c", "B", 4),
        ("c", "A", 6),
        ("c", "B", 8),
        ("d", "A", 1),
        ("d", "B", 3),
        ("d", "X", 4),
    ]
    table = frame(
        events,
        start_time=with_starts([0, 3, 5, 7, 0, 2, 4]),
        resource=["u", "v", "u", "w", "u", "v", None],
    )
    stages = [Stage("intake", ("A",)), Stage("work", ("B",)), Stage("never", ("Q",))]
    found = value_stream(EventLog.from_frame(table), stages, ratings={"c": 2.0, "d": 4.0})
    intake, work, never = found.stages
    assert (intake.cases, intake.complete_accurate.value, intake.people) == (2, 0.5, 1)
    assert (work.complete_accurate.value, work.people, work.rating.value) == (1.0, 2, 3.0)
    assert intake.process.value == pytest.approx(1.5 * HOUR)  # 2 h and 1 h
    assert intake.lead.value == pytest.approx(3.5 * HOUR)  # 6 h and 1 h
    assert work.wait.value == pytest.approx(1.5 * HOUR)  # 2 h and 1 h
    assert intake.fte == pytest.approx(3 / (8 / 168) / 40)
    assert work.inventory == pytest.approx((5 + 1 + 2 + 1) / 8)
    assert (never.cases, never.lead.reason.code) == (0, "journey.no_cases")
    assert (found.rolled_complete_accurate, found.unmapped) == (0.5, 1)
    assert found.lead_seconds == 6 * HOUR
    assert found.to_frame().height == 3
    with pytest.raises(SpecError):
        value_stream(EventLog.from_frame(table), [])


def test_waits_beyond_their_targets() -> None:
    found = bottlenecks(log(paths("ABC", "AC")))
    rows = excess_waits(found, {"C": 0.5 * HOUR})
    assert [(r.source, r.count, r.excess_seconds) for r in rows] == [
        ("A", 1, 0.5 * HOUR),
        ("B", 1, 0.5 * HOUR),
    ]
    with pytest.raises(SpecError):
        excess_waits(found, {"A": 1.0})


def test_empty_logs_have_reasons() -> None:
    empty = EventLog.from_frame(frame([]))
    assert turnaround(empty, closing=[], limit_seconds=1).within.reason is not None
    assert value_stream(empty, [Stage("s", ("A",))]).lead_seconds is None
    assert rework_cost(empty).activities == ()
    assert variant_outcomes(empty).variants == ()
    assert breaches(empty.keep_cases(np.zeros(0, np.bool_)), "case_id", limit_seconds=1).segments == ()
