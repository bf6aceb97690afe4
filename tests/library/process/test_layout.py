"""No overlaps, no edge through a box, no label on a line, one straight spine: on real logs and on random graphs."""

from __future__ import annotations

import dataclasses
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servloop.diagnose.process.directly_follows import directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.layout import (
    END,
    FADED_SHARE,
    LABEL_MIN_CASES,
    START,
    MapEdge,
    MapGraph,
    MapLayout,
    MapNode,
    layout,
)
from servloop.diagnose.process.map_graph import main_path, map_graph
from servloop.diagnose.process.map_svg_shapes import rounded
from servloop.errors import InputError
from servloop.io import read_events

LOGS = {
    "receipt.csv": None,
    "running-example.xes": None,
    "teleclaims.xes.gz": None,
    "helpdesk.xes.gz": None,
    "bpic2012.xes.gz": None,
    "BPIC_2012_W.csv.gz": None,
    "ocel20_example.sqlite": "Purchase Order",
}


@pytest.fixture(scope="module", params=LOGS)
def real(request: pytest.FixtureRequest, reference: Path) -> MapGraph:
    path = reference / "data/process" / request.param
    log = EventLog.from_frame(read_events(path, object_type=LOGS[request.param]).frame)
    return map_graph(directly_follows(log), main_path(log))


def random_graph(n: int, degree: float, seed: int) -> MapGraph:
    """Activities with skewed counts, cycles, self-loops, several starts and ends, names of all kinds."""
    rng = np.random.default_rng(seed)
    kinds = (
        "材料审核与尽职调查{}",
        "Step {}",
        "W_Wijzigen_contractgegevens_{}",
        "🙂{}",
        "<b>{}</b> a b c d e f g h i j k l m n o p q",
    )
    names = [kinds[i % len(kinds)].format(i) for i in range(n)]
    cases = 1000

    def counts(size: int) -> list[int]:
        return [int(c) for c in np.minimum(cases, 1 + rng.pareto(0.6, size) * 3)]

    nodes = tuple(MapNode(name, c * 2, c) for name, c in zip(names, counts(n), strict=True))
    pairs = sorted(
        {(int(a), int(b)) for a, b in rng.integers(0, max(n, 1), (int(n * degree), 2))} if n else set()
    )
    edges = tuple(
        MapEdge(names[a], names[b], c, c) for (a, b), c in zip(pairs, counts(len(pairs)), strict=True)
    )
    some = [names[i] for i in rng.permutation(n)]
    ends = max(1, n // 4)
    start = dict(zip(some[:ends], counts(ends), strict=False))
    end = dict(zip(some[-ends:], counts(ends), strict=False))
    return MapGraph(nodes, edges, start, end, tuple(some[: int(rng.integers(0, n + 1))]), cases)


def samples(points: tuple[tuple[float, float], ...], radius: float) -> np.ndarray:
    """Points of the curve as drawn, at most 3 px apart."""
    out, here = [], points[0]

    def straight(a: tuple[float, float], b: tuple[float, float]) -> None:
        steps = max(2, int(np.hypot(b[0] - a[0], b[1] - a[1]) / 3))
        out.append(np.linspace(a, b, steps))

    for begin, bend, end in rounded(points, radius):
        straight(here, begin)
        t = np.linspace(0, 1, 12)[:, None]
        out.append((1 - t) ** 2 * np.array(begin) + 2 * t * (1 - t) * np.array(bend) + t**2 * np.array(end))
        here = end
    straight(here, points[-1])
    return np.vstack(out)


def inside(points: np.ndarray, rects: np.ndarray) -> np.ndarray:
    """Which point (row) lies within which rectangle (column)."""
    x, y = points[:, :1], points[:, 1:]
    return (x > rects[:, 0]) & (x < rects[:, 2]) & (y > rects[:, 1]) & (y < rects[:, 3])


def overlapping_pairs(rects: np.ndarray) -> list[tuple[int, int]]:
    a, b = rects[:, None], rects[None]
    hit = (
        (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2]) & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])
    )
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(hit, 1))]


def check(graph: MapGraph, drawn: MapLayout) -> None:
    """All promises of the layout."""
    names = [node.name for node in drawn.nodes]
    assert sorted(names) == sorted([START, END, *(node.name for node in graph.nodes)])
    assert {route.key for route in drawn.edges} == set(graph.edge)
    boxes = np.array([box.rect for box in drawn.nodes])
    assert not overlapping_pairs(boxes + np.array([-4, -4, 4, 4])), "boxes keep a distance"
    curves = {route.key: samples(route.points, route.radius) for route in drawn.edges}
    whole = np.vstack([boxes.reshape(-1, 2), *curves.values()])
    assert whole.min() >= 0
    assert whole[:, 0].max() <= drawn.width
    assert whole[:, 1].max() <= drawn.legend_top

    core = boxes + np.array([1, 1, -1, -1])
    for key, curve in curves.items():
        assert not inside(curve, core).any(), f"{key} runs through a box"
    for route in drawn.edges:
        first, last = drawn.box[route.source].rect, drawn.box[route.target].rect
        for point, rect in ((route.points[0], first), (route.points[-1], last)):
            grown = np.array([rect]) + np.array([-0.5, -0.5, 0.5, 0.5])
            assert inside(np.array([point]), grown).all(), "an edge touches its own boxes"

    free = [route for route in drawn.edges if route.label.free]
    if free:
        slots = np.array([(s.x, s.y, s.x + s.width, s.y + s.height) for s in (route.label for route in free)])
        assert not overlapping_pairs(np.vstack([slots, boxes])), "a label covers a box or a label"
        assert slots.min() >= 0
        assert slots[:, 2].max() <= drawn.width
        assert slots[:, 3].max() <= drawn.legend_top
        margins = np.array([-1.5, -1.5, 1.5, 1.5])
        for route in drawn.edges:
            for i in np.flatnonzero(inside(curves[route.key], slots + margins).any(axis=0)):
                assert not route.main, f"the label of {free[i].key} lies on {route.key}"
                assert route.key in free[i].label.crossed_by

    axis, along = ("x", "y") if drawn.vertical else ("y", "x")
    spine = [drawn.box[name] for name in (START, *graph.spine, END)]
    assert len({round(getattr(box, axis), 6) for box in spine}) == 1, "the spine is straight"
    assert all(getattr(a, along) < getattr(b, along) for a, b in pairwise(spine))
    for key in graph.spine_edges & set(drawn.route):
        assert len(drawn.route[key].points) == 2


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_real_logs(real: MapGraph, language: str) -> None:
    drawn = layout(real, language=language)
    check(real, drawn)
    for key in real.spine_edges:
        if real.edge[key].cases >= LABEL_MIN_CASES:
            assert drawn.route[key].label.free, f"no room for the label of {key}"
    solid = [e for e in real.all_edges if e.cases >= max(FADED_SHARE * real.cases, LABEL_MIN_CASES)]
    labelled = sum(drawn.route[edge.key].label.free for edge in solid)
    assert labelled >= 0.8 * len(solid), "most edges that are not faded carry their label"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(n=st.integers(0, 60), degree=st.floats(0, 6), seed=st.integers(0, 2**32 - 1))
def test_random_graphs(n: int, degree: float, seed: int) -> None:
    graph = random_graph(n, degree, seed)
    check(graph, layout(graph, language="zh-CN" if seed % 2 else "en"))


def test_the_order_of_the_input_does_not_matter() -> None:
    graph = random_graph(25, 3, 7)
    shuffled = dataclasses.replace(
        graph,
        nodes=graph.nodes[::-1],
        edges=graph.edges[::-1],
        start=dict(reversed(graph.start.items())),
        end=dict(reversed(graph.end.items())),
    )
    assert layout(graph, language="en") == layout(shuffled, language="en")


def test_times_move_nothing() -> None:
    graph = random_graph(25, 3, 8)
    timed = dataclasses.replace(
        graph,
        edges=tuple(
            dataclasses.replace(edge, median_seconds=i * 1e5, p90_seconds=i * 2e5, total_seconds=i * 1e7)
            for i, edge in enumerate(graph.edges)
        ),
    )
    assert layout(graph, language="en") == layout(timed, language="en")


def test_sixty_activities_are_laid_out_in_150_ms() -> None:
    graph = random_graph(60, 6, 1)
    layout(graph, language="en")

    def once() -> float:
        begin = time.process_time()
        layout(graph, language="en")
        return time.process_time() - begin

    assert min(once() for _ in range(5)) <= 0.15


def chain(*names: str, cases: int = 100) -> list[MapEdge]:
    return [MapEdge(a, b, cases, cases) for a, b in pairwise(names)]


def graph_of(spine: tuple[str, ...], *extra: MapEdge) -> MapGraph:
    edges = (*chain(*spine), *extra)
    names = dict.fromkeys([*spine, *(name for edge in edges for name in edge.key)])
    nodes = tuple(MapNode(name, 100, 100) for name in names)
    return MapGraph(nodes, edges, {spine[0]: 100}, {spine[-1]: 100}, spine, 100)


def test_rework_stands_over_its_host_and_returns_run_below() -> None:
    graph = graph_of(
        ("a", "b", "c", "d"),
        MapEdge("b", "fix", 40, 40),
        MapEdge("fix", "b", 38, 38),
        MapEdge("c", "b", 30, 30),
        MapEdge("c", "c", 12, 12),
    )
    drawn = layout(graph, language="en")
    assert not drawn.vertical
    assert drawn.box["fix"].x == drawn.box["b"].x
    assert drawn.box["fix"].y < drawn.box["b"].y
    assert [len(drawn.route[key].points) for key in (("b", "fix"), ("fix", "b"))] == [2, 2]
    assert [
        drawn.route[key].returns for key in (("b", "fix"), ("fix", "b"), ("c", "b"), ("c", "c"), ("a", "b"))
    ] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert max(y for _, y in drawn.route["c", "b"].points) > drawn.box["c"].rect[3]


def test_an_optional_step_stands_above_the_spine_and_needs_no_rank_of_its_own() -> None:
    spine = ("a", "b", "c", "d")
    plain = layout(graph_of(spine), language="en")
    drawn = layout(
        graph_of(spine, MapEdge("b", "maybe", 20, 20), MapEdge("maybe", "c", 20, 20)), language="en"
    )
    assert drawn.box["maybe"].y < drawn.box["b"].y
    assert drawn.width <= plain.width + 1


def test_long_processes_run_from_top_to_bottom() -> None:
    eight, nine = (layout(graph_of(tuple(f"s{i}" for i in range(n))), language="en") for n in (8, 9))
    assert not eight.vertical
    assert nine.vertical
    assert nine.box[START].y < nine.box["s0"].y < nine.box[END].y


def test_long_names_break_into_two_lines_and_say_when_they_are_cut() -> None:
    short, long = "审核", "对公客户开户申请材料完整性与合规性双人复核及补充材料通知（含邮件与短信）"
    drawn = layout(graph_of((short, long)), language="zh-CN")
    assert drawn.box[short].lines == (short,)
    assert len(drawn.box[long].lines) == 2
    assert drawn.box[long].shortened
    assert drawn.box[long].lines[1].endswith("…")
    assert drawn.box[long].width <= 192


@pytest.mark.parametrize("cases", [1, LABEL_MIN_CASES - 1, LABEL_MIN_CASES])
def test_labels_on_few_cases_wait_for_focus(cases: int) -> None:
    drawn = layout(graph_of(("a", "b", "c"), MapEdge("a", "c", cases, cases)), language="en")
    assert drawn.route["a", "c"].label.free == (cases >= LABEL_MIN_CASES)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"edges": (MapEdge("a", "ghost", 1, 1),)}, "map.unknown_activity"),
        ({"start": {"ghost": 1}}, "map.unknown_activity"),
        ({"spine": ("a", "a")}, "map.repeated"),
        ({"edges": (MapEdge("a", "b", 1, 1), MapEdge("a", "b", 2, 2))}, "map.repeated"),
    ],
)
def test_graphs_that_contradict_themselves_are_refused(change: dict, code: str) -> None:
    with pytest.raises(InputError) as refused:
        dataclasses.replace(graph_of(("a", "b")), **change)
    assert refused.value.code == code
    assert all(refused.value.message(language) != code for language in ("en", "zh-CN"))
