"""Charts: every number reaches the table, nothing is drawn outside, texts are escaped, gaps stay gaps."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop.charts import (
    Bar,
    BarChart,
    ControlChart,
    ControlPoint,
    DistributionChart,
    Dot,
    DotChart,
    Dumbbell,
    DumbbellChart,
    HeatChart,
    Intervention,
    Line,
    LineChart,
    Point,
    QuadrantChart,
    QuadrantPoint,
    Reference,
    to_echarts,
    to_svg,
    to_table,
)
from servloop.charts.scales import date_ticks, number, tick_label, ticks

DAY = dt.date(2026, 1, 1)


def month(i: int) -> dt.date:
    return dt.date(2025 + i // 12, i % 12 + 1, 1)


CHARTS = {
    "line": LineChart(
        title="满意度三个月来下降",
        subtitle="CSAT（%）",
        unit="%",
        n=1234,
        lines=(
            Line("滨江支行", (*tuple(Point(month(i), 80 - i, 77 - i, 83 - i, 200) for i in range(8)), Point(month(8), None, note="no survey"), Point(month(9), 74.0, 70, 78, 90), Point(month(10), 75.0, 71, 79, 90)), "subject"),
            Line("其他 11 家", tuple(Point(month(i), 81 + i % 2, None, None, 2000) for i in range(11)), "context"),
        ),
        references=(Reference(85, "目标 85"), Reference(78, "行业 2025", "benchmark")),
        interventions=(Intervention(month(5), "礼仪培训"),),
    ),
    "bars": BarChart(title="Waiting is the main topic", bars=(Bar("等待时间", -42.0, -45, -39, 320, "bad"), Bar("Staff", 31.5, 28, 35, 210, "good"), Bar("Nothing said", None))),
    "dots": DotChart(title="两家支行低于全行", unit=" 分", dots=(*tuple(Dot(f"支行 {i}", 70 + i, 66 + i, 74 + i, 50, "bad" if i < 2 else "neutral") for i in range(12)), Dot("新支行", None, note="不足 10 份")), references=(Reference(75.0, "全行 75", "mean"),)),
    "heat": HeatChart(title="Mondays are slow", rows=("Mon", "Tue", "周三"), columns=tuple(str(h) for h in range(9, 18)), cells=tuple(tuple(float(i * h) if (i + h) % 7 else None for h in range(9)) for i in range(3))),
    "control": ControlChart(title="One point is out", baseline=8, points=tuple(ControlPoint(f"W{i}", 10 + (9 if i == 10 else i % 3), 11, 7, 15, ("R1",) if i == 10 else ()) for i in range(14))),
    "quadrant": QuadrantChart(title="Waiting first", x_name="表现 Performance", y_name="重要性 Importance", x_cross=4.2, y_cross=5, highlighted=0, names=("优先改进", "保持", "次要", "过度"), points=tuple(QuadrantPoint(f"项目 {i}", 3 + i / 3, 4 + (i * 7 % 5) / 2, 2.8 + i / 3, 3.2 + i / 3, hollow=i == 2) for i in range(8))),
    "kano": QuadrantChart(title="Without the list, people are angry", x_name="better", y_name="worse", x_cross=0.5, y_cross=0.5, extent=(0, 1), names=("必备", "期望", "无差异", "魅力"), points=tuple(QuadrantPoint(str(i), 0.3 + (i * 7 % 11) / 20, 0.3 + (i * 5 % 13) / 20, hollow=i % 3 == 0, role=("subject", "comparison", "other", "context")[i % 4]) for i in range(29))),
    "dumbbell": DumbbellChart(title="Responsiveness falls short most", first_name="期望", second_name="感知", difference_name="差距", rows=(Dumbbell("响应性", 6.38, 4.71, -1.67, -1.77, -1.57, 1124, "bad"), Dumbbell("有形性", 5.61, 5.44, -0.17, -0.24, -0.1, 1124, "neutral"), Dumbbell("未问", None, None, None, note="not asked"))),
    "distribution": DistributionChart(title="Half wait over 3 days", edges=(0, 4, 8, 12, 16), shares=(0.1, 0.2, 0.4, 0.3), name="Binjiang n = 200", compared=(0.4, 0.3, 0.2, 0.1), compared_name="others n = 1,004", x_name="wait (h)", median=9.5),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_chart_draws_inside_its_picture(name, language):
    svg = to_svg(CHARTS[name], width=720, language=language)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert CHARTS[name].title in root.get("aria-label", "")
    width, height = (float(v) for v in root.get("viewBox", "").split()[2:])
    for element in root.iter():
        for attribute, limit in (
            ("x", width),
            ("cx", width),
            ("x2", width),
            ("y", height),
            ("cy", height),
            ("y2", height),
        ):
            if element.get(attribute) is not None:
                assert -1 <= float(element.get(attribute, "")) <= limit + 1, ET.tostring(element)
    assert "style=" not in svg
    assert "nan" not in svg


@pytest.mark.parametrize("name", CHARTS)
def test_the_page_gets_json_with_tokens_only_and_safe_tooltips(name):
    options = to_echarts(CHARTS[name], "zh-CN")
    text = json.dumps(options, allow_nan=False, ensure_ascii=False)
    assert not re.search(r"#[0-9a-fA-F]{6}", text), "colours are tokens, so that themes can replace them"
    assert options["tooltip"]["renderMode"] == "richText"
    assert options["animation"] is False
    assert CHARTS[name].title in options["aria"]["label"]["description"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_table_holds_every_number(language):
    table = to_table(CHARTS["line"], language)
    assert len(table.rows) == 22
    assert ("滨江支行", "2025-01-01", 80, 77, 83, 200, "") in table.rows
    assert ("滨江支行", "2025-09-01", None, None, None, None, "no survey") in table.rows
    assert len(to_table(CHARTS["heat"], language).rows) == 27
    assert all(
        not heading.startswith("charts.")
        for chart in CHARTS.values()
        for heading in to_table(chart, language).headings
    )


def test_labels_of_a_crowded_quadrant_touch_neither_each_other_nor_marks():
    from servloop.charts.text_metrics import text_width

    root = ET.fromstring(to_svg(CHARTS["kano"], width=560))
    names = {point.label for point in CHARTS["kano"].points}
    boxes = [
        (x, y - 11, x + text_width(element.text, 12), y + 3)
        for element in root.iter("{http://www.w3.org/2000/svg}text")
        if element.text in names and element.get("aria-hidden")
        for x, y in [(float(element.get("x")), float(element.get("y")))]
    ]
    assert len(boxes) > 20
    for one, other in itertools.combinations(boxes, 2):
        assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_a_quadrant_runs_to_the_ends_of_its_scale():
    assert CHARTS["kano"].axis("x") == CHARTS["kano"].axis("y") == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    low, high = CHARTS["quadrant"].axis("x")[0], CHARTS["quadrant"].axis("x")[-1]
    assert low <= 2.8
    assert high >= 3.2 + 7 / 3


def test_a_missing_value_is_a_gap_and_never_a_zero():
    svg = to_svg(CHARTS["line"])
    main = list(re.findall(r'd="(M[^"Z]+)"', svg))
    assert len(main) == 3, "the subject's line is drawn in two pieces, the context in one"


def test_empty_charts_say_so():
    for chart in (
        LineChart(title="t", lines=()),
        BarChart(title="t", bars=()),
        DotChart(title="t", dots=(Dot("a", None, note="4 answers"),)),
        HeatChart(title="t", rows=("a",), columns=("b",), cells=((None,),)),
        ControlChart(title="t", points=()),
        QuadrantChart(title="t", x_name="x", y_name="y", points=(), x_cross=0, y_cross=0),
        DumbbellChart(title="t", first_name="e", second_name="p", difference_name="gap", rows=()),
        DistributionChart(title="t", edges=(0, 1), shares=(), name="a", x_name="x"),
    ):
        assert "没有可显示的内容" in to_svg(chart, language="zh-CN")
        json.dumps(to_echarts(chart), allow_nan=False)


def test_names_cannot_inject_markup():
    evil = '<script>alert(1)</script>"&'
    svg = to_svg(DotChart(title=evil, dots=(Dot(evil, 1.0, 0.5, 1.5),)))
    ET.fromstring(svg)
    assert "<script" not in svg


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6))
def test_ticks_are_round_rising_and_cover_the_values(low, span):
    marks = ticks(low, low + span)
    assert marks[0] <= low + 1e-6 * span
    assert marks[-1] >= low + span * (1 - 1e-6)
    assert all(a < b for a, b in itertools.pairwise(marks))
    assert 2 <= len(marks) <= 9
    assert len({tick_label(mark, marks) for mark in marks}) == len(marks)


def test_equal_values_still_get_an_axis():
    assert len(ticks(5, 5)) >= 2
    assert len(ticks(0, 0)) >= 2
    to_svg(BarChart(title="t", bars=(Bar("a", 0.0),)))


@given(st.dates(dt.date(1970, 1, 1), dt.date(2100, 1, 1)), st.integers(0, 20_000))
def test_date_ticks_lie_inside_and_are_few(first, days):
    last = min(first + dt.timedelta(days=days), dt.date(2150, 1, 1))
    marks = date_ticks(first, last)
    assert all(first <= mark <= last for mark in marks)
    assert len(marks) <= 15


def test_numbers_read_as_people_write_them():
    assert number(-1234.56) == "−1,234.6"
    assert number(None) == "—"


def test_bands_of_two_lines_of_one_name_do_not_stand_on_each_other():
    points = (Point(month(0), 98.0, 97.0, 99.0, 50), Point(month(1), 98.0, 97.0, 99.0, 50))
    chart = LineChart(
        title="Both", lines=(Line("All units", points, "subject"), Line("All units", points, "context"))
    )
    stacks = [one["stack"] for one in to_echarts(chart, "en")["series"] if "stack" in one]
    assert len(stacks) == 4
    assert len(set(stacks)) == 2


def test_a_run_of_signals_is_named_once_at_its_newest_point():
    rules = {
        20: ("beyond a limit",),
        47: ("8 on one side",),
        48: ("8 on one side", "4 of 5"),
        49: ("8 on one side",),
    }
    points = tuple(ControlPoint(f"W{i}", 11.0, 11, 7, 15, rules.get(i, ())) for i in range(50))
    main = to_echarts(ControlChart(title="A run", points=points), "en")["series"][-1]
    shown = {i: one["label"]["formatter"] for i, one in enumerate(main["data"]) if one["label"]["show"]}
    assert shown == {20: "beyond a limit", 49: "8 on one side"}
    assert sum(one["symbol"] == "diamond" for one in main["data"]) == 4
