"""Pairing of rows, the temporal profile, workload, Little's law and queues."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.library.process.golden import close
from tests.library.process.logs import Command, frame, log, paths, with_starts

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.instances import pair_instances
from servloop.diagnose.process.queues import queues
from servloop.diagnose.process.temporal_profile import temporal_profile
from servloop.diagnose.process.workload import busy_seconds, little_check, workload
from servloop.errors import InputError, SpecError
from servloop.io import read_events

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["u", None]),
        st.sampled_from(["start", "complete", None, "suspend"]),
    ),
    max_size=40,
)


def lifecycle_frame(rows: Any) -> pl.DataFrame:
    return frame(
        [(case, activity, float(place)) for place, (case, activity, _, _) in enumerate(rows)],
        resource=pl.Series([row[2] for row in rows], dtype=pl.String),
        lifecycle=pl.Series([row[3] for row in rows], dtype=pl.String),
        seq=pl.Series(range(len(rows)), dtype=pl.Int64),
    )


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_pairing_is_first_in_first_out(rows: Any) -> None:
    open_starts: dict[Any, list[int]] = defaultdict(list)
    expected: list[tuple[int, int]] = []
    for place, (*item, transition) in enumerate(rows):
        if transition == "start":
            open_starts[tuple(item)].append(place)
        elif transition in {"complete", None}:
            queue = open_starts[tuple(item)]
            expected.append((queue.pop(0) if queue else place, place))
    found = pair_instances(lifecycle_frame(rows))
    hours = lambda column: (
        (found.frame[column] - frame([("", "", 0)])["time"][0]).dt.total_hours()
    ).to_list()
    assert list(zip(hours("start_time"), hours("time"), strict=True)) == expected
    assert sorted(found.running["seq"]) == sorted(place for queue in open_starts.values() for place in queue)
    assert found.n == found.paired + found.instant
    assert found.n + found.paired + found.running.height + found.ignored == len(rows)


def test_pairing_says_what_is_left_over_and_gives_a_log_with_intervals() -> None:
    rows = [
        ("c", "A", None, "start"),
        ("c", "A", None, "complete"),
        ("c", "B", None, "complete"),
        ("c", "A", None, "start"),
    ]
    found = pair_instances(lifecycle_frame(rows))
    assert {notice.code: notice.count for notice in found.warnings} == {
        "process.running_instances": 1,
        "process.instant_instances": 1,
    }
    built = EventLog.from_frame(found.to_frame())
    assert (built.end - built.start).tolist() == [3_600_000_000, 0]
    with pytest.raises(InputError):
        pair_instances(frame(paths("AB")))


def test_pairing_a_real_log_keeps_every_completion(reference: Path) -> None:
    table = read_events(reference / "data" / "process" / "bpic2012.xes.gz").frame
    found = pair_instances(table)
    assert found.n == (table["lifecycle"] == "complete").sum()
    assert found.paired + found.running.height == (table["lifecycle"] == "start").sum()
    assert (found.frame["start_time"] <= found.frame["time"]).all()


@pytest.mark.parametrize(
    ("name", "file"), [("running_example", "running-example.xes"), ("receipt", "receipt.csv")]
)
def test_the_temporal_profile_is_golden(name: str, file: str, reference: Path) -> None:
    golden = json.loads((reference / "golden" / "process" / "conformance.json").read_text(encoding="utf-8"))[
        name
    ]
    built = EventLog.from_frame(read_events(reference / "data" / "process" / file).frame)
    profile = temporal_profile(built, zeta=2)
    assert len(profile.pairs) == golden["temporal_profile_pairs"]
    pairs = {(pair.source, pair.target): pair for pair in profile.pairs}
    for source, target, mean, sd in golden["temporal_profile_sample"]:
        assert pairs[source, target].mean_seconds == close(mean)
        assert pairs[source, target].sd_seconds == close(sd)
    assert len(profile.deviations) == golden["temporal_deviations_zeta2"]
    assert profile.cases_with_deviation == golden["cases_with_deviation_zeta2"]


def test_a_deviation_names_its_case_and_events() -> None:
    events = [
        (f"c{i}", name, h)
        for i in range(20)
        for name, h in (("A", 0.0), ("B", 50.0 if i == 7 else 1.0 + i / 100))
    ]
    built = log(events)
    (found,) = temporal_profile(built, zeta=3).deviations
    assert (found.case, found.source, found.target) == ("c7", "A", "B")
    assert [built.frame["time"][row] for row in (found.source_row, found.target_row)] == built.frame["time"][
        14:16
    ].to_list()
    assert found.z > 3
    with pytest.raises(SpecError):
        temporal_profile(built, zeta=0)


def test_busy_time_is_the_union_of_intervals() -> None:
    built = log(
        [("c", "A", 2.0), ("d", "A", 3.0), ("c", "B", 10.0)],
        start_time=with_starts([0, 1, 9]),
        resource=["u", "u", "v"],
    )
    loads = {load.name: load for load in workload(built, available_seconds={"u": 6 * 3_600}).loads}
    assert loads["u"].busy_seconds == 3 * 3_600
    assert loads["u"].service_seconds == 4 * 3_600
    assert loads["u"].multitasking == pytest.approx(4 / 3)
    assert loads["u"].utilisation == 0.5
    assert loads["v"].utilisation == pytest.approx(0.1)
    assert (loads["u"].events, loads["u"].cases) == (2, 2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 9)), max_size=30))
def test_busy_time_agrees_with_counting(rows: Any) -> None:
    group = np.array([r[0] for r in rows], dtype=np.int32)
    start = np.array([r[1] for r in rows], dtype=np.int64) * 1_000_000
    length = np.array([r[2] for r in rows], dtype=np.int64) * 1_000_000
    for code, seconds in enumerate(busy_seconds(group, start, start + length, 3)):
        assert seconds == len({s for g, begin, n in rows if g == code for s in range(begin, begin + n)})


def test_hours_of_the_week_are_local() -> None:
    built = log(paths("A"), resource=["u"])  # Monday 08:00 UTC
    assert workload(built).week[0][8] == 1
    assert workload(built, timezone="Asia/Shanghai").week[0][16] == 1


def test_littles_law_holds_for_a_stable_process_and_not_for_a_growing_backlog() -> None:
    stable = [(f"c{i}", name, i + h) for i in range(400) for name, h in (("A", 0.0), ("B", 6.0))]
    found = little_check(log(stable))
    assert found.holds
    assert found.in_progress == pytest.approx(6, abs=0.1)
    growing = [(f"c{i}", name, h) for i in range(400) for name, h in (("A", float(i)), ("B", 2.5 * i + 1))]
    broken = little_check(log(growing))
    assert broken.holds is False
    assert broken.warnings[0].code == "process.little_violated"
    assert little_check(log([])).holds is None


def test_queue_lengths() -> None:
    events = [(c, a, h) for c, e in (("c", 4.0), ("d", 5.0), ("e", 6.0)) for a, h in (("A", 1.0), ("B", e))]
    built = log(events, start_time=with_starts([0, 3, 0, 4, 0, 5]))
    (queue,) = queues(built).queues
    assert (queue.activity, queue.n, queue.max_length) == ("B", 3, 3)
    assert queue.mean_length == pytest.approx((2 + 3 + 4) / 6)
    assert queues(built).method == "latest_end_to_start"
    assert queues(log([])).queues == ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workload_command(language: str, tmp_path: Path, servloop: Command) -> None:
    path = tmp_path / "log.csv"
    frame(paths("ABC", "AC"), resource=list("uvuuv")).write_csv(path)
    shown = servloop("process", "workload", path, "--lang", language)
    assert (shown.code, "process." in shown.out) == (0, False)
    document = servloop("process", "workload", path, "--json").json
    assert [load["name"] for load in document["loads"]] == ["u", "v"]
    assert document["loads"][0]["utilisation"] is None  # nobody knows when work began
    assert sum(map(sum, document["week"])) == 5
