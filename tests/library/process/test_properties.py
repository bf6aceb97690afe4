"""What must hold for every log: order of rows, names of cases, adding up, bounds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import trim_mean
from tests.library.process.logs import BEGIN, frame

from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.directly_follows import directly_follows
from servloop.diagnose.process.durations import GroupedDurations
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import handovers
from servloop.diagnose.process.ordering import encode, encode_ids, number_hashes, order_rows, stable_argsort
from servloop.diagnose.process.rework import rework
from servloop.diagnose.process.simplify import simplify
from servloop.diagnose.process.summary import summary, throughput
from servloop.diagnose.process.times import flow_efficiency, service_union, waits_after_latest_end
from servloop.diagnose.process.variants import variants

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "NA", "?", "案例"]),
        st.sampled_from(["A", "B", "受理", "D"]),
        st.integers(0, 12),
        st.sampled_from(["u", "v", None]),
    ),
    min_size=1,
    max_size=40,
)
QUICK = settings(max_examples=60, deadline=None)


def table(events: list[tuple[str, str, int, str | None]]) -> pl.DataFrame:
    return frame(
        [(case, activity, float(hours)) for case, activity, hours, _ in events],
        resource=pl.Series([person for *_, person in events], dtype=pl.String),
        seq=range(len(events)),
    )


def answers(events_table: pl.DataFrame) -> list[Any]:
    log = EventLog.from_frame(events_table, seq_supplied=True)
    results = [summary(log), directly_follows(log), variants(log), rework(log), bottlenecks(log)]
    if log.has_column("resource"):
        results.append(handovers(log))
    return [result.to_dict() for result in results]


@QUICK
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_when_seq_travels(events: Any, random: Any) -> None:
    rows = table(events)
    shuffled = list(range(len(events)))
    random.shuffle(shuffled)
    assert answers(rows[shuffled]) == answers(rows)


@QUICK
@given(EVENTS)
def test_names_of_cases_do_not_matter(events: Any) -> None:
    renamed = {"c1": "z", "c2": "é", "NA": "1", "?": "", "案例": "😀"}
    rows = table(events)
    other = rows.with_columns(pl.col("case_id").replace_strict(renamed))
    for before, after in zip(answers(rows), answers(other), strict=True):
        if "variants" in before and isinstance(before["variants"], list):
            listed = lambda document: sorted(map(str, document["variants"]))
            assert listed(before) == listed(after)  # only ties are listed by the names of cases
        else:
            assert before == after


@QUICK
@given(EVENTS)
def test_counts_of_disjoint_cases_add_up(events: Any) -> None:
    rows = table(events)
    parts = [
        rows.filter(pl.col("case_id").is_in(["c1", "NA"])),
        rows.filter(~pl.col("case_id").is_in(["c1", "NA"])),
    ]
    whole, *halves = [EventLog.from_frame(part) for part in (rows, *parts)]

    def edges(log: EventLog) -> Counter[tuple[str, str]]:
        return Counter({(e.source, e.target): e.count for e in directly_follows(log).edges})

    def paths(log: EventLog) -> Counter[tuple[str, ...]]:
        return Counter({v.activities: v.cases for v in variants(log).variants})

    assert edges(halves[0]) + edges(halves[1]) == edges(whole)
    assert paths(halves[0]) + paths(halves[1]) == paths(whole)
    again = [Counter(rework(log).extra_executions) for log in (whole, *halves)]
    assert again[1] + again[2] == again[0]
    # A part made by filtering is the same log as one built from those rows.
    kept = whole.keep_cases(np.isin(whole.case_ids(), ["c1", "NA"]))
    assert directly_follows(kept).to_dict() == directly_follows(halves[0]).to_dict()
    assert variants(kept).to_dict() == variants(halves[0]).to_dict()


@QUICK
@given(EVENTS)
def test_bounds(events: Any) -> None:
    log = EventLog.from_frame(table(events))
    chart, again = directly_follows(log), rework(log)
    assert sum(chart.start.values()) == sum(chart.end.values()) == log.cases
    assert sum(edge.count for edge in chart.edges) == log.events - log.cases
    for edge in chart.edges:
        assert 1 <= edge.cases <= min(edge.count, log.cases)
        assert edge.median_seconds >= 0
        assert edge.mean_seconds * edge.count == pytest.approx(edge.total_seconds)
    for node in chart.nodes:
        assert node.cases <= min(node.events, log.cases)
    assert 0 <= again.first_time_right.value <= 1
    assert again.cases_with_rework >= max(again.rework_cases.values(), default=0)
    steps = bottlenecks(log).steps
    if any(step.total_seconds for step in steps):
        assert sum(step.share for step in steps) == pytest.approx(1)
    times = throughput(log, limit_seconds=3_600)
    assert times.minimum.value <= times.median.value <= times.p90.value <= times.maximum.value
    assert 0 <= times.within.value <= 1


@QUICK
@given(EVENTS, st.floats(0, 1), st.floats(0, 1))
def test_a_simplified_map_stays_connected_and_counts_its_cases(
    events: Any, activities: float, paths: float
) -> None:
    log = EventLog.from_frame(table(events))
    shown = simplify(log, activities=activities, paths=paths)
    names = {node.activity for node in shown.nodes}
    arcs = {(edge.source, edge.target) for edge in shown.edges}
    assert {name for arc in arcs for name in arc} <= names

    def reached(seeds: set[str], steps: set[tuple[str, str]]) -> set[str]:
        found = set(seeds)
        while new := {target for source, target in steps if source in found} - found:
            found |= new
        return found

    assert reached(set(shown.start), arcs) == names
    assert reached(set(shown.end), {(target, source) for source, target in arcs}) == names
    inside = sum(
        variant.cases
        for variant in variants(log).variants
        if variant.activities[0] in shown.start
        and variant.activities[-1] in shown.end
        and set(variant.activities) <= names
        and set(zip(variant.activities, variant.activities[1:], strict=False)) <= arcs
    )
    assert shown.cases_shown_count == inside


@QUICK
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(10**6), 10**6)), max_size=50))
def test_grouped_quantiles_are_those_of_numpy(pairs: Any) -> None:
    group = np.array([g for g, _ in pairs], dtype=np.int32)
    values = np.array([v for _, v in pairs], dtype=np.int64)
    grouped = GroupedDurations.of(group, values, 4)
    for code in range(4):
        own = values[group == code]
        assert grouped.counts[code] == len(own)
        for q in (0.0, 0.25, 0.5, 0.9, 1.0):
            if len(own):
                assert grouped.quantile(q)[code] == pytest.approx(np.quantile(own, q) / 1e6)
            else:
                assert np.isnan(grouped.quantile(q)[code])
        assert grouped.totals()[code] == pytest.approx(own.sum() / 1e6)
        for part in (0.0, 0.05, 0.2):
            expected = trim_mean(own, part) / 1e6 if len(own) else np.nan
            assert grouped.trimmed_means(part)[code] == pytest.approx(expected, nan_ok=True)


@QUICK
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)), max_size=60))
def test_rows_are_ordered_as_a_stable_sort_orders_them(keys: Any) -> None:
    group, first, second = (np.array([key[i] for key in keys], dtype=np.int64) for i in range(3))
    expected = np.lexsort((np.arange(len(keys)), second, first, group))
    order = order_rows(group, first, second)
    assert np.array_equal(expected, np.arange(len(keys)) if order is None else order)


def test_sorting_works_where_key_and_place_do_not_fit_one_integer() -> None:
    wide = np.array([2**62, -(2**62), 5, 2**62, 5, -(2**62)], dtype=np.int64)
    assert stable_argsort(wide).tolist() == [1, 5, 2, 4, 0, 3]
    spread = GroupedDurations.of(np.array([1, 0, 1]), np.array([2**62, 7, -(2**62)]), 2)
    assert spread.values.tolist() == [7, -(2**62), 2**62]


@QUICK
@given(st.lists(st.sampled_from(["", "NA", "a", "工单", "😀", None]), max_size=30))
def test_codes_stand_for_their_labels(values: Any) -> None:
    column = pl.Series("x", values, dtype=pl.String)
    for coded, labels in (encode(column), encode_ids(column)):
        assert [None if code < 0 else labels[int(code)] for code in coded] == values
    present = [value for value in values if value is not None]
    assert encode(column)[1].to_list() == sorted(set(present))


@QUICK
@given(st.lists(st.sampled_from([0, 1, 2, 2**63, 2**63 + 1, 2**64 - 1]), max_size=30))
def test_hashes_that_share_their_leading_bits_are_told_apart(hashes: Any) -> None:
    numbers: dict[int, int] = {}
    expected = [numbers.setdefault(value, len(numbers)) for value in hashes]
    codes, first = number_hashes(np.array(hashes, dtype=np.uint64))
    assert codes.tolist() == expected
    assert first.tolist() == [hashes.index(value) for value in numbers]


@QUICK
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=20)
)
def test_intervals_agree_with_their_definitions(rows: Any) -> None:
    events = [(case, "x", float(start + length)) for case, start, length in rows]
    starts = [BEGIN + (frame([(c, "x", float(s))])["time"][0] - BEGIN) for c, s, _ in rows]
    log = EventLog.from_frame(frame(events, start_time=starts))
    wait, known = waits_after_latest_end(log)
    hour = 3_600 * 1_000_000
    for case in range(log.cases):
        places = range(log.offsets[case], log.offsets[case + 1])
        busy = {h for i in places for h in range(int(log.start[i] // hour), int(log.end[i] // hour))}
        assert service_union(log)[case] == len(busy) * hour
        for i in places:
            before = [log.end[j] for j in places if j != i and log.end[j] <= log.start[i]]
            assert known[i] == bool(before)
            assert wait[i] == (log.start[i] - max(before) if before else 0)
    efficiency = flow_efficiency(log)
    if efficiency.of_log.computable:
        assert 0 <= efficiency.of_log.value <= 1
        assert efficiency.summed_of_log.value >= efficiency.of_log.value - 1e-12
