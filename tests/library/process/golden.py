"""Golden process logs: which file, read how, and the checks of every binding figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., Any]


@dataclass(frozen=True)
class GoldenLog:
    """A log file and the options that its golden figures need."""

    name: str
    file: str
    options: tuple[str, ...] = ()
    ties: int = 0

    def figures(self, reference: Path) -> dict[str, Any]:
        """The golden figures."""
        path = reference / "golden" / "process" / f"dev__{self.name}.json"
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return figures

    def path(self, reference: Path) -> Path:
        """The log itself."""
        return reference / "data" / "process" / self.file


LOGS = (
    GoldenLog("running_example", "running-example.xes"),
    GoldenLog("receipt", "receipt.csv"),
    GoldenLog("helpdesk", "helpdesk.xes.gz", ties=3),
    GoldenLog("teleclaims_complete", "teleclaims.xes.gz", ties=3_553),
    GoldenLog("bpic2012_W_interval", "BPIC_2012_W.csv.gz"),
    GoldenLog("bpic2012_complete", "bpic2012.xes.gz", ties=11_372),
    GoldenLog("bpic2012_all_lifecycle", "bpic2012.xes.gz", options=("--lifecycle", "all"), ties=11_374),
)


def close(value: float) -> Any:
    """Equality of times as the golden files define it."""
    return pytest.approx(value, abs=1e-6, rel=1e-9)


def check_all(figures: Mapping[str, Any], ask: Ask, names: Mapping[str, str] | None = None) -> None:
    """Compare every binding figure with what the commands print.

    Args:
        figures: the golden figures.
        ask: runs ``servloop process NAME OPTIONS… --json`` on the log and returns the document.
        names: golden activity → name in the log, where activities were renamed.
    """
    name = (lambda activity: activity) if names is None else names.__getitem__
    _summary(figures, ask("summary"))
    _map(figures, ask("map"), name)
    _variants(figures, ask("variants"), name)
    _rework(figures, ask("rework"), name)
    _bottlenecks(figures, ask("bottlenecks"), name)
    for by in ("resource", "group"):
        if f"handover_{by}_top10" in figures:
            _handovers(figures, ask("handovers", "--by", by), by)


def _summary(figures: Mapping[str, Any], found: Any) -> None:
    for key in ("cases", "events", "activities", "variants", "resources"):
        assert found[key] == figures[key], key
    for key in ("first", "last"):
        assert found[key].replace("T", " ") == figures[key]
    expected = dict(figures["throughput_s"])
    if "throughput_start_to_end_median_s" in figures:  # intervals: from the first start
        expected = {
            "median": figures["throughput_start_to_end_median_s"],
            "mean": figures["throughput_start_to_end_mean_s"],
            "p90": 1_956_126.8995,  # stated in the index of the golden files
        }
    for key in ("median", "mean", "p90"):
        assert found["throughput_seconds"][key] == close(expected[key]), key


def _map(figures: Mapping[str, Any], found: Any, name: Callable[[str], str]) -> None:
    edges = {(edge["source"], edge["target"]): edge for edge in found["edges"]}
    assert len(edges) == len(found["edges"]) == figures["dfg_edges"]
    assert sum(edge["count"] for edge in found["edges"]) == figures["dfg_total"]
    for expected in figures["dfg_top15"]:
        edge = edges[name(expected["a"]), name(expected["b"])]
        assert edge["count"] == expected["count"]
        assert edge["median_seconds"] == close(expected["median_s"])
        assert edge["mean_seconds"] == close(expected["mean_s"])
    assert [e["count"] for e in found["edges"][:15]] == [e["count"] for e in figures["dfg_top15"]]
    assert found["start"] == {name(key): n for key, n in figures["start_activities"].items()}
    assert found["end"] == {name(key): n for key, n in figures["end_activities"].items()}
    nodes = {node["activity"]: node["events"] for node in found["nodes"]}
    assert len(nodes) == figures["activities"]
    for activity, events in figures["activity_counts_top20"].items():
        assert nodes[name(activity)] == events


def _variants(figures: Mapping[str, Any], found: Any, name: Callable[[str], str]) -> None:
    assert len(found) == figures["variants"]
    top = [([name(activity) for activity in path], cases) for path, cases in figures["top5_variants"]]
    assert [(variant["activities"], variant["cases"]) for variant in found[:5]] == top
    shares = 0
    for needed, variant in enumerate(found, start=1):
        shares += variant["cases"]
        if shares >= 0.8 * figures["cases"]:
            assert needed == figures["variants_covering_80pct_cases"]
            break
    assert sum(variant["share"] for variant in found) == pytest.approx(1)


def _rework(figures: Mapping[str, Any], found: Any, name: Callable[[str], str]) -> None:
    assert found["cases_with_rework"] == figures["cases_with_any_rework"]
    for key, golden in (
        ("extra_executions", "rework_extra_executions"),
        ("rework_cases", "rework_cases_per_activity"),
        ("self_loops", "self_loops"),
    ):
        assert found[key] == {name(activity): n for activity, n in figures[golden].items()}, key
    assert found["first_time_right"] == pytest.approx(1 - figures["cases_with_any_rework"] / figures["cases"])


def _bottlenecks(figures: Mapping[str, Any], found: Any, name: Callable[[str], str]) -> None:
    for step, expected in zip(found, figures["top10_edges_by_total_waiting"], strict=False):
        assert (step["source"], step["target"]) == (name(expected["a"]), name(expected["b"]))
        assert step["count"] == expected["count"]
        assert step["total_seconds"] == close(expected["sum_s"])
        assert step["median_seconds"] == close(expected["median_s"])
        if step["low"] is not None:
            assert step["low"] <= step["median_seconds"] <= step["high"]


def _handovers(figures: Mapping[str, Any], found: Any, by: str) -> None:
    assert found["within"] == figures[f"handover_{by}_self_total"]
    assert found["between"] == figures[f"handover_{by}_nonself_total"]
    assert len(found["handovers"]) == figures[f"handover_{by}_distinct_pairs_nonself"]
    pairs = {(pair["source"], pair["target"]): pair["count"] for pair in found["handovers"]}
    for source, target, count in figures[f"handover_{by}_top10"]:
        assert pairs[source, target] == count
    ten = [pair["count"] for pair in found["handovers"][:10]]
    assert ten == [count for _, _, count in figures[f"handover_{by}_top10"]]
