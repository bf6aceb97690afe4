"""The path diagram: nothing lies on anything else, whatever the model and the names; page and file look alike."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from servloop.charts import PathDiagram, PathEdge, PathNode, path_svg, to_svg, to_table
from servloop.charts.path_diagram import lay_out
from servloop.charts.path_labels import crosses, touch
from servloop.charts.path_style import STYLES, TOKENS
from servloop.measure.pls_spec import READY_MODELS

STYLESHEET = Path(__file__).parents[3] / "frontend/src/styles/path_diagram.css"
LONG = "在营业厅和手机银行办理业务时客户对整个服务过程的总体感知质量"
NAMES = {
    "short": lambda name: name,
    "zh": lambda name: {"Image": "品牌形象", "Satisfaction": "客户满意"}.get(name, "感知质量" + name[:2]),
    "long": lambda name: name[:3] + LONG,
    "words": lambda name: f"{name} as customers remember it after several visits",
}


def diagram(arrows, *, intervals=True, names=lambda name: name, notes=("R² 0.68", "Index 72.5")):
    constructs = list(dict.fromkeys(end for arrow in arrows for end in arrow))
    values = [0.05 + 0.9 * (i * 0.37 % 1) for i in range(len(arrows))]
    return PathDiagram(
        title="Quality acts most",
        nodes=tuple(PathNode(names(name), notes, name == "Satisfaction") for name in constructs),
        edges=tuple(
            PathEdge(
                names(a), names(b), v, v - 0.2 if intervals else None, v + 0.2 if intervals else None, 250
            )
            for (a, b), v in zip(arrows, values, strict=True)
        ),
    )


def ready(model):
    return [(source, target) for target, sources in READY_MODELS[model].items() for source in sources]


def faults(layout):
    """What lies on what."""
    found = []
    for a, b in combinations(layout.boxes, 2):
        if touch(a.rect, b.rect):
            found.append(("boxes", a.node.name, b.node.name))
    for route in layout.routes:
        ends = (route.edge.source, route.edge.target)
        for box in layout.boxes:
            if box.node.name not in ends and crosses(box.rect, route.points, -0.5):
                found.append(("line on box", ends, box.node.name))
            if touch(route.label.rect, box.rect):
                found.append(("label on box", ends, box.node.name))
    for a, b in combinations(layout.routes, 2):
        if touch(a.label.rect, b.label.rect):
            found.append(("labels", a.edge, b.edge))
        if crosses(a.label.rect, b.points) or crosses(b.label.rect, a.points):
            found.append(("line through label", a.edge, b.edge))
    for left, top, right, bottom in [x.rect for x in layout.boxes] + [x.label.rect for x in layout.routes]:
        if left < 0 or top < 0 or right > layout.width or bottom > layout.height:
            found.append(("outside", left, top, right, bottom))
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("names", list(NAMES))
@pytest.mark.parametrize("model", ["ecsi", "acsi"])
def test_the_ready_models_are_drawn_without_overlap(model, names, language):
    layout = lay_out(diagram(ready(model), names=NAMES[names]), language)
    assert faults(layout) == []
    assert layout.width < 1400  # fits a page of full width


@st.composite
def models(draw):
    size = draw(st.integers(2, 7))
    pairs = list(combinations(range(size), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=12, unique=True))
    return [(f"C{a}", f"C{b}") for a, b in chosen]


@given(models())
@settings(max_examples=60, deadline=None)
def test_constructs_and_lines_of_any_model_keep_clear_of_each_other(arrows):
    layout = lay_out(diagram(arrows))
    hard = [fault for fault in faults(layout) if fault[0] != "line through label"]
    assert hard == []


def test_a_cause_stands_left_of_its_effect_or_in_its_column():
    layout = lay_out(diagram(ready("ecsi")))
    place = {box.node.name: box for box in layout.boxes}
    for route in layout.routes:
        assert place[route.edge.source].x <= place[route.edge.target].x


def test_a_path_whose_interval_holds_zero_has_no_colour():
    spec = diagram([("A", "B"), ("A", "C")])
    root = etree.fromstring(path_svg(spec).encode())
    for group, edge in zip(root.findall("g[@data-source]"), spec.edges, strict=True):
        assert ("sl-pd-clear" in group[0].get("class")) == edge.clear
    # without an interval nothing is clear
    plain = etree.fromstring(path_svg(diagram([("A", "B")], intervals=False)).encode())
    assert "sl-pd-unclear" in plain.find("g[@data-source]")[0].get("class")


def test_a_negative_path_is_dashed_and_the_legend_says_so():
    edge = PathEdge("A", "B", -0.4, -0.6, -0.2)
    spec = PathDiagram(title="t", nodes=(PathNode("A"), PathNode("B")), edges=(edge,))
    svg = path_svg(spec, language="zh-CN")
    assert "sl-pd-negative" in svg
    assert "虚线" in svg
    assert "−0.40" in svg
    assert "−0.60 至 −0.20" in svg


def test_a_file_stands_alone_and_a_page_has_classes_only():
    spec = diagram(ready("ecsi"))
    file = etree.fromstring(to_svg(spec, language="en").encode())
    assert not file.xpath("//*[@class != 'sl-pd']")
    page = path_svg(spec, language="en")
    assert "#" not in re.sub(r"&#\d+;", "", page)
    assert "style=" not in page


def test_hostile_names_are_escaped_and_whole_in_a_title():
    name = "<script>alert('x')</script>\x00" + LONG * 3
    spec = PathDiagram(title="<b>", nodes=(PathNode(name), PathNode("B")), edges=(PathEdge(name, "B", 0.5),))
    root = etree.fromstring(to_svg(spec).encode())
    assert not list(root.iter("{*}script"))
    assert root.find(".//{*}title").text.startswith("<script>")


def test_the_table_holds_every_number():
    table = to_table(diagram(ready("acsi")), "en")
    assert len(table.rows) == len(ready("acsi")) + 6
    assert table.rows[0][0] == "Expectation → Quality"


def test_the_stylesheet_says_what_files_say():
    css = STYLESHEET.read_text(encoding="utf-8").partition("@media")[0]
    rules = dict(re.findall(r"^\.([\w-]+) \{ (.*?) \}$", css, re.MULTILINE))
    for name, look in STYLES.items():
        declared = dict(part.split(": ") for part in rules[name].rstrip(";").split("; "))
        for key, value in look.items():
            expected = f"var(--sl-{value[1:]})" if value.startswith("@") else value
            assert declared[key].removesuffix("px") == expected, (name, key)
    tokens = (STYLESHEET.parent / "tokens.css").read_text(encoding="utf-8")
    for token, value in TOKENS.items():
        assert f"--sl-{token}: {value}" in tokens, token
