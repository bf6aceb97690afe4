"""The drawing: grammar of the map, safe text, the same positions in every mode, page and file alike."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from lxml import etree

from servloop.diagnose.process.layout import END, LABEL_MIN_CASES, START, MapEdge, MapGraph, MapNode, layout
from servloop.diagnose.process.map_svg import Bottleneck, MapComparison, Shown, render_map
from servloop.diagnose.process.map_svg_style import STYLES, TOKENS
from servloop.diagnose.process.map_svg_text import duration

STYLESHEET = Path(__file__).parents[3] / "frontend/src/styles/process_map.css"
HOUR = 3600.0
HOT = Bottleneck("材料审核", "尽职调查", 26.4 * HOUR, 0.516)


def bank() -> MapGraph:
    """Account opening at an invented bank."""
    nodes = {
        "提交申请": (214, 214),
        "材料审核": (302, 214),
        "补充材料": (97, 82),
        "尽职调查": (212, 200),
        "终止": (18, 18),
    }
    edges = [
        ("提交申请", "材料审核", 214, 1.8),
        ("材料审核", "补充材料", 97, 3.1),
        ("补充材料", "材料审核", 88, 21.6),
        ("材料审核", "尽职调查", 200, 26.4),
        ("补充材料", "终止", 9, 40.2),
        ("尽职调查", "材料审核", 4, 7.9),
        ("尽职调查", "尽职调查", 12, 0.0),
    ]
    return MapGraph(
        nodes=tuple(MapNode(name, *counts) for name, counts in nodes.items()),
        edges=tuple(MapEdge(a, b, n, n, h * HOUR, 2 * h * HOUR, n * h * HOUR) for a, b, n, h in edges),
        start={"提交申请": 214},
        end={"尽职调查": 196, "终止": 18},
        spine=("提交申请", "材料审核", "尽职调查"),
        cases=214,
    )


def parse(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode(), etree.XMLParser(resolve_entities=False))


def draw(graph: MapGraph | None = None, *, language: str = "zh-CN", **options: object) -> etree._Element:
    graph = graph or bank()
    return parse(render_map(layout(graph, language=language), graph, **options))


def texts(root: etree._Element) -> list[str]:
    return [element.text for element in root.iter("{*}text")]


def edge(root: etree._Element, source: str | None, target: str | None) -> etree._Element:
    found = [
        g
        for g in root.iter("{*}g")
        if "sl-pm-edge" in g.get("class", "").split()
        and (g.get("data-source"), g.get("data-target")) == (source, target)
    ]
    assert len(found) == 1
    return found[0]


def node(root: etree._Element, name: str) -> etree._Element:
    return next(g for g in root.iter("{*}g") if g.get("data-activity") == name)


def classes(element: etree._Element) -> set[str]:
    return {name for part in element.iter() for name in part.get("class", "").split()}


def line(element: etree._Element) -> etree._Element:
    return next(path for path in element.iter("{*}path") if "sl-pm-line" in path.get("class", "").split())


def test_nodes_say_executions_and_cases() -> None:
    shown = texts(draw())
    assert {"97 次 / 82 例", "214 例", "开始", "结束"} <= set(shown)
    assert {"97× / 82 cases", "214 cases", "START", "END"} <= set(texts(draw(language="en")))
    one = dataclasses.replace(bank(), nodes=(*bank().nodes, MapNode("x", 1, 1)))
    assert "1 case" in texts(draw(one, language="en"))


def test_frequency_mode_labels_cases_and_calls_nothing_out() -> None:
    root = draw(mode="frequency", bottlenecks=[HOT])
    assert texts(edge(root, "材料审核", "补充材料")) == ["97"]
    assert "sl-pm-hot" not in classes(root)


def test_median_mode_labels_waits_with_the_comparison_in_brackets() -> None:
    other = MapComparison("其他", {("提交申请", "材料审核"): 1.6 * HOUR})
    root = draw(mode="median", comparison=other)
    assert texts(edge(root, "提交申请", "材料审核")) == ["1.8 小时", "（1.6）"]
    assert texts(edge(root, None, "提交申请")) == []


def test_p90_mode_labels_the_ninetieth_percentile() -> None:
    root = draw(mode="p90", bottlenecks=[HOT])
    assert texts(edge(root, "提交申请", "材料审核")) == ["3.6 小时"]
    assert "等待 P90" in texts(root)
    assert "一成等待超过 26.4 小时" in root.get("aria-label")


def test_total_mode_labels_the_share_of_all_waiting() -> None:
    graph = bank()
    total = sum(e.total_seconds or 0 for e in graph.edges)
    share = 100 * 200 * 26.4 * HOUR / total
    assert texts(edge(draw(graph, mode="total"), "材料审核", "尽职调查")) == [f"{share:.1f}%"]


def test_width_grows_with_the_square_root_of_cases() -> None:
    root = draw()
    widths = {
        n: float(line(edge(root, *key)).get("stroke-width"))
        for key, n in {("提交申请", "材料审核"): 214, ("材料审核", "补充材料"): 97}.items()
    }
    assert widths[214] == 8.0
    assert widths[97] == pytest.approx(1.2 + 6.8 * (97 / 214) ** 0.5, abs=0.05)


def test_waits_are_coloured_by_the_root_of_their_share_of_the_longest() -> None:
    root = draw(mode="median")
    steps = {
        ("材料审核", "尽职调查"): 5,
        ("补充材料", "材料审核"): 5,
        ("材料审核", "补充材料"): 2,
        ("尽职调查", "尽职调查"): 1,
    }
    for key, step in steps.items():
        assert f"sl-pm-step-{step}" in classes(line(edge(root, *key)))
    # 40.2 h on 9 cases does not stretch the scale, and is shown as the longest.
    assert "sl-pm-step-5" in classes(edge(root, "补充材料", "终止"))
    assert any("26.4 小时" in text for text in texts(root) if "→" in text)


def test_rework_is_dashed_in_every_mode() -> None:
    for mode in ("frequency", "median", "total"):
        root = draw(mode=mode)
        dashed = {
            key
            for key in (("补充材料", "材料审核"), ("尽职调查", "材料审核"), ("尽职调查", "尽职调查"))
            if "sl-pm-dashed" in classes(edge(root, *key))
        }
        assert len(dashed) == 3
        assert "sl-pm-dashed" not in classes(edge(root, "材料审核", "补充材料"))
        assert edge(root, "补充材料", "材料审核").get("data-kind") == "rework"


def test_a_bottleneck_is_red_with_halo_and_one_call_out() -> None:
    other = MapComparison("其他", {HOT.key: 9.7 * HOUR})
    root = draw(mode="median", bottlenecks=[HOT], comparison=other)
    hot = edge(root, *HOT.key)
    assert {"sl-pm-halo", "sl-pm-hot"} <= classes(hot)
    assert texts(hot) == [], "the call-out says it once"
    assert "sl-pm-box-hot" in classes(node(root, "尽职调查"))
    calls = [g for g in root.iter("{*}g") if g.get("class") == "sl-pm-call-out"]
    assert [texts(call) for call in calls] == [["26.4 小时", "其他 9.7 小时", "占总等待 51.6%"]]
    assert "瓶颈：材料审核 到 尽职调查" in root.get("aria-label")


def test_at_most_three_call_outs_and_none_covers_a_box_or_a_label() -> None:
    graph = bank()
    hot = [Bottleneck(e.source, e.target, e.median_seconds or 0, 0.2) for e in graph.edges[:5]]
    root = draw(graph, mode="median", bottlenecks=hot)
    calls = [next(g.iter("{*}rect")) for g in root.iter("{*}g") if g.get("class") == "sl-pm-call-out"]
    assert len(calls) == 3

    def rect(element: etree._Element) -> tuple[float, ...]:
        x, y, w, h = (float(element.get(name)) for name in ("x", "y", "width", "height"))
        return x, y, x + w, y + h

    drawn = layout(graph, language="zh-CN")
    labels = [r.label for r in drawn.edges if r.label.free and r.key not in {b.key for b in hot[:3]}]
    others = [box.rect for box in drawn.nodes] + [rect(call) for call in calls]
    others += [(s.x, s.y, s.x + s.width, s.y + s.height) for s in labels]
    for call in map(rect, calls):
        overlaps = [
            o
            for o in others
            if o != call and call[0] < o[2] and o[0] < call[2] and call[1] < o[3] and o[1] < call[3]
        ]
        assert not overlaps


def test_few_cases_fade_and_their_label_shows_on_focus_only() -> None:
    root = draw(mode="median")
    rare = edge(root, "尽职调查", "材料审核")
    assert LABEL_MIN_CASES > 4
    assert {"sl-pm-faded", "sl-pm-quiet"} <= classes(rare)
    assert texts(rare) == ["7.9 小时"]
    assert rare.get("tabindex") == "-1"
    assert "sl-pm-faded" in node(root, "终止").get("class")
    assert "sl-pm-faded" not in classes(edge(root, "材料审核", "补充材料"))
    assert texts(edge(draw(mode="median", standalone=False), "尽职调查", "材料审核"))
    assert "7.9 小时" not in texts(draw(mode="median", standalone=True)), "a file has no focus"


def test_selection_fades_what_it_does_not_touch() -> None:
    root = draw(selected="补充材料")
    assert "sl-pm-faded" in classes(edge(root, "提交申请", "材料审核"))
    assert "sl-pm-faded" not in classes(edge(root, "补充材料", "终止"))
    assert "sl-pm-faded" in classes(node(root, "提交申请"))
    assert "sl-pm-faded" not in classes(node(root, "材料审核"))
    assert node(root, "补充材料").get("aria-pressed") == "true"
    by_edge = draw(selected=("材料审核", "尽职调查"))
    assert [g.get("data-target") for g in by_edge.iter("{*}g") if g.get("aria-pressed")] == ["尽职调查"]


def test_steps_that_are_not_waiting_stay_neutral_and_are_named() -> None:
    root = draw(mode="median", not_waiting=["尽职调查"])
    waited = edge(root, "材料审核", "尽职调查")
    assert texts(waited) == []
    assert "sl-pm-plain" in classes(waited)
    assert "不计等待：尽职调查" in texts(root)
    assert node(root, "尽职调查").get("data-not-waiting") == "true"


def test_shown_hides_the_rest_and_moves_nothing() -> None:
    graph = bank()
    shown = Shown(
        nodes=frozenset({"提交申请", "材料审核", "尽职调查"}),
        edges=frozenset(
            {
                (START, "提交申请"),
                ("提交申请", "材料审核"),
                ("材料审核", "尽职调查"),
                ("补充材料", "终止"),
                ("尽职调查", END),
            }
        ),
    )
    full, part = draw(graph), draw(graph, shown=shown)
    kept = [g for g in part.iter("{*}g") if "sl-pm-edge" in g.get("class", "")]
    assert len(kept) == 4, "an edge needs both its ends"
    assert not [g for g in part.iter("{*}g") if g.get("data-activity") == "补充材料"]
    assert line(edge(part, "材料审核", "尽职调查")).get("d") == line(edge(full, "材料审核", "尽职调查")).get(
        "d"
    )
    x, y, w, h = map(float, part.get("viewBox").split())
    _, top, width, height = map(float, full.get("viewBox").split())
    assert (x, w) == (0, width)
    assert y > top, "the empty side is cut"
    assert y + h == pytest.approx(top + height, abs=0.2), "the spine stays where it is"


def test_modes_filters_and_selection_move_nothing() -> None:
    graph = bank()
    places = layout(graph, language="zh-CN")
    half = dataclasses.replace(
        graph,
        nodes=tuple(dataclasses.replace(n, events=n.events // 2, cases=n.cases // 2) for n in graph.nodes),
        edges=tuple(dataclasses.replace(e, count=e.count // 2, cases=e.cases // 2) for e in graph.edges[:5]),
        cases=107,
    )

    def positions(svg: str) -> dict[str, tuple[str, ...]]:
        root = parse(svg)
        return {
            g.get("data-activity"): tuple(
                next(g.iter("{*}rect")).get(k) for k in ("x", "y", "width", "height")
            )
            for g in root.iter("{*}g")
            if g.get("data-activity")
        } | {"viewBox": (root.get("viewBox"),)}

    reference = positions(render_map(places, graph))
    assert positions(render_map(places, graph, mode="median", bottlenecks=[HOT])) == reference
    assert positions(render_map(places, graph, mode="total", selected="终止")) == reference
    filtered = positions(render_map(places, half, mode="median"))
    assert {name: filtered[name] for name in reference if name != "viewBox"} == {
        name: reference[name] for name in reference if name != "viewBox"
    }


def test_a_label_waits_for_focus_while_a_minor_edge_runs_through_it() -> None:
    graph = bank()
    places = layout(graph, language="zh-CN")
    crossed = frozenset({("尽职调查", "材料审核")})
    routes = tuple(
        dataclasses.replace(r, label=dataclasses.replace(r.label, crossed_by=crossed))
        if r.key == ("材料审核", "补充材料")
        else r
        for r in places.edges
    )
    places = dataclasses.replace(places, edges=routes)
    assert "sl-pm-quiet" in classes(edge(parse(render_map(places, graph)), "材料审核", "补充材料"))
    without = Shown(frozenset(n.name for n in graph.nodes), frozenset(set(graph.edge) - crossed))
    assert "sl-pm-quiet" not in classes(
        edge(parse(render_map(places, graph, shown=without)), "材料审核", "补充材料")
    )


HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "'&amp;]]>",
    "a\x00\x1b[31m\u202eb",
    "</svg><img src=x onerror=alert(1)>",
    "🙂 家庭👨‍👩‍👧",
]


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_every_text_of_the_log_is_escaped(name: str, *, standalone: bool) -> None:
    graph = MapGraph(
        (MapNode(name, 9, 9), MapNode("b", 9, 9)),
        (MapEdge(name, "b", 9, 9, 60.0, 60.0, 540.0),),
        {name: 9},
        {"b": 9},
        (name, "b"),
        9,
    )
    root = draw(
        graph,
        mode="median",
        standalone=standalone,
        not_waiting=[name],
        selected=name,
        bottlenecks=[Bottleneck(name, "b", 60.0, 1.0)],
        comparison=MapComparison(name, {(name, "b"): 1.0}),
    )
    assert {etree.QName(e).localname for e in root.iter()} <= {"svg", "g", "rect", "path", "text", "title"}
    assert not [
        key for e in root.iter() for key in e.attrib if key.startswith("on") or key in {"style", "href"}
    ]
    if name.isprintable():
        assert node(root, name) is not None


def test_a_page_needs_no_exception_in_its_content_security_policy() -> None:
    svg = render_map(layout(bank(), language="en"), bank(), mode="median", bottlenecks=[HOT])
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=|#[0-9a-f]{3,6}\b|url\(", svg)


def test_the_stylesheet_and_the_file_say_the_same() -> None:
    rules: dict[str, dict[str, str]] = {}
    for name, body in re.findall(
        r"^\.(sl-pm-[\w-]+) \{ ([^}]*)\}$", STYLESHEET.read_text(encoding="utf-8"), re.MULTILINE
    ):
        values = dict(part.split(": ", 1) for part in body.strip().rstrip(";").split("; "))
        rules.setdefault(name, {}).update(values)
    soft = "color-mix(in srgb, var(--sl-line-strong) 60%, var(--sl-surface))"
    for name, style in STYLES.items():
        for key, value in style.items():
            expected = (
                soft if value == "@line-soft" else f"var(--sl-{value[1:]})" if value[0] == "@" else value
            )
            assert rules[name][key].removesuffix("px") == expected, (name, key)


def test_every_class_of_a_page_has_a_style_or_is_a_handle() -> None:
    handles = {
        "sl-pm",
        "sl-pm-wide",
        "sl-pm-node",
        "sl-pm-edge",
        "sl-pm-tag",
        "sl-pm-quiet",
        "sl-pm-legend",
        "sl-pm-call-out",
        "sl-pm-activity",
        "sl-pm-start",
        "sl-pm-end",
    }
    used = set()
    for mode in ("frequency", "median", "total"):
        used |= classes(draw(mode=mode, bottlenecks=[HOT], selected="终止"))
    assert used <= set(STYLES) | handles


def test_a_file_carries_its_colours_itself() -> None:
    svg = render_map(
        layout(bank(), language="zh-CN"), bank(), mode="median", bottlenecks=[HOT], standalone=True
    )
    root = parse(svg)
    assert "var(" not in svg
    assert set(re.findall(r"#[0-9a-f]{6}", svg)) <= set(TOKENS.values())
    drawn = [e for e in root.iter("{*}path", "{*}rect", "{*}text") if not {"fill", "stroke"} & set(e.attrib)]
    assert not drawn, "nothing is left to the black default"
    assert float(root.get("width")) == float(root.get("viewBox").split()[2])


def test_keyboard_order_follows_the_spine_and_every_stop_has_a_name() -> None:
    root = draw(language="en", mode="median")
    stops = [e for e in root.iter() if e.get("tabindex") == "0"]
    assert all(e.get("role") == "button" and e.get("aria-label") for e in stops)
    spine = [e.get("data-activity") for e in stops if e.get("data-activity") in bank().spine]
    assert spine == list(bank().spine)
    assert edge(root, "补充材料", "材料审核").get("aria-label") == (
        "补充材料 to 材料审核: 88 times, 88 cases, median wait 21.6 h, rework"
    )


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("mode", ["frequency", "median", "total"])
def test_an_empty_log_and_unknown_times_draw_a_map(mode: str, *, standalone: bool) -> None:
    empty = MapGraph((), (), {}, {}, (), 0)
    assert len(texts(draw(empty, mode=mode, standalone=standalone))) >= 2
    timeless = MapGraph(
        (MapNode("a", 9, 9), MapNode("b", 9, 9)),
        (MapEdge("a", "b", 9, 9),),
        {"a": 9},
        {"b": 9},
        ("a", "b"),
        9,
    )
    drawn = edge(draw(timeless, mode=mode), "a", "b")
    assert texts(drawn) == (["9"] if mode == "frequency" else [])


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "0 秒", "0 s"),
        (41, "41.0 秒", "41.0 s"),
        (59.96, "1.0 分钟", "1.0 min"),
        (1800, "30.0 分钟", "30.0 min"),
        (3600, "1.0 小时", "1.0 h"),
        (40.2 * HOUR, "40.2 小时", "40.2 h"),
        (72 * HOUR, "3.0 天", "3.0 d"),
        (1234 * 24 * HOUR, "1,234 天", "1,234 d"),
        (-1.5 * HOUR, "−1.5 小时", "−1.5 h"),
    ],
)
def test_durations_in_human_units(seconds: float, chinese: str, english: str) -> None:
    assert duration(seconds, "zh-CN") == chinese
    assert duration(seconds, "en") == english


def test_a_file_prints_as_pdf() -> None:
    weasyprint = pytest.importorskip("weasyprint")
    svg = render_map(
        layout(bank(), language="zh-CN"), bank(), mode="median", bottlenecks=[HOT], standalone=True
    )
    document = weasyprint.HTML(string=f"<style>@page {{ size: A4 landscape }}</style>{svg}").render()
    assert len(document.pages) == 1
    assert document.write_pdf().startswith(b"%PDF")
