"""Every reference log gives its golden figures, through the commands, however its rows and names are changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.library.process.golden import LOGS, GoldenLog, check_all, close
from tests.library.process.logs import Command

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.times import flow_efficiency, step_times
from servloop.io import read_events

BY_NAME = {golden.name: golden for golden in LOGS}
pytestmark = pytest.mark.usefixtures("read_once")
# The large ones take their time: second tier.
SHUFFLED = [
    pytest.param(golden, marks=[pytest.mark.slow] if "bpic2012" in golden.name else [], id=golden.name)
    for golden in LOGS
]


def canonical(golden: GoldenLog, reference: Path) -> pl.DataFrame:
    """The canonical columns of a log; only those, so that nothing else is recognised when read again."""
    table = read_events(golden.path(reference), timezone="UTC")
    kept = ("case_id", "activity", "time", "start_time", "resource", "department", "lifecycle", "seq")
    return table.frame.select([name for name in kept if name in table.frame.columns])


@pytest.mark.parametrize("golden", LOGS, ids=lambda golden: golden.name)
def test_the_file_as_it_is(golden: GoldenLog, reference: Path, servloop: Command) -> None:
    def ask(*arguments: str) -> Any:
        command, *options = arguments
        outcome = servloop(
            "process",
            command,
            golden.path(reference),
            *options,
            *golden.options,
            "--json",
            "--timezone",
            "UTC",
        )
        assert outcome.code == 0, outcome.err
        return outcome.json

    check_all(golden.figures(reference), ask)
    codes = {warning["code"]: warning["count"] for warning in ask("summary")["warnings"]}
    assert codes.get("process.tied_timestamps", 0) == golden.ties


@pytest.mark.parametrize("golden", SHUFFLED)
def test_shuffled_rows_chinese_names_and_another_zone(
    golden: GoldenLog, reference: Path, tmp_path: Path, servloop: Command
) -> None:
    figures = golden.figures(reference)
    table = canonical(golden, reference)
    activities = table["activity"].unique().sort().to_list()
    # Names in the same order as the originals, so that ties in listings fall the same way.
    names = {activity: f"步骤{number:02d}·受理" for number, activity in enumerate(activities)}
    file = tmp_path / "事件.csv"
    (
        table.with_columns(
            pl.col("activity").replace_strict(names),
            pl.col(pl.Datetime).dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S%.f%:z"),
        )
        .rename({"case_id": "Vorgang", "activity": "Schritt", "time": "Ende", "seq": "Nummer"})
        .sample(fraction=1, shuffle=True, seed=7)
        .write_csv(file)
    )
    columns = ("--case", "Vorgang", "--activity", "Schritt", "--timestamp", "Ende", "--seq", "Nummer")
    if "start_time" in table.columns:
        columns += ("--start", "start_time")

    def ask(*arguments: str) -> Any:
        command, *options = arguments
        outcome = servloop("process", command, file, *options, *columns, *golden.options, "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    check_all(figures, ask, names)
    assert "process.tied_timestamps" not in {warning["code"] for warning in ask("summary")["warnings"]}


def test_times_of_the_interval_log(reference: Path) -> None:
    golden = BY_NAME["bpic2012_W_interval"]
    figures = golden.figures(reference)
    log = EventLog.from_frame(canonical(golden, reference))
    times = step_times(log)
    steps = {step.activity: step for step in times.steps}
    for activity, expected in figures["service_time_s"].items():
        assert steps[activity].n == expected["n"]
        assert steps[activity].service_median == close(expected["median"])
        assert steps[activity].service_mean == close(expected["mean"])
    for activity, expected in figures["waiting_before_s"].items():
        assert steps[activity].waiting_n == expected["n"]
        assert steps[activity].waiting_median == close(expected["median"])
        assert steps[activity].waiting_mean_clipped == close(expected["mean_clipped0"])
    assert times.overlaps == figures["negative_waits_overlaps"]
    efficiency = flow_efficiency(log)
    assert efficiency.summed_of_log.value == close(figures["flow_efficiency_total"])
    assert efficiency.summed_mean_of_cases.value == close(figures["flow_efficiency_mean_of_cases"])
    assert efficiency.of_log.value < efficiency.summed_of_log.value  # two intervals overlap


def test_the_closing_timer_of_the_helpdesk_is_noticed_and_can_be_marked(
    reference: Path, servloop: Command
) -> None:
    path = BY_NAME["helpdesk"].path(reference)
    first = servloop("process", "bottlenecks", path, "--json")
    assert first.json[0]["target"] == "Closed"
    assert '--not-waiting "Closed"' in first.err
    marked = servloop("process", "bottlenecks", path, "--json", "--not-waiting", "Closed")
    assert all(step["target"] != "Closed" for step in marked.json)
    assert sum(step["share"] for step in marked.json) == pytest.approx(1)
    assert "Closed" not in marked.err
