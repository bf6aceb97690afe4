"""The chart of an effect: page, drawing and table tell the same numbers."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from servloop.charts import to_echarts, to_svg, to_table
from servloop.charts.effect import EffectChart

DAYS = tuple(dt.date(2026, 1, 5) + dt.timedelta(days=7 * place) for place in range(20))
CHART = EffectChart(
    title="Supplements run 10 points below expectation",
    subtitle="Supplement rate by week (%)",
    unit="%",
    n=4_633,
    periods=DAYS,
    observed=(*(38.0 for _ in range(13)), None, *(26.0 for _ in range(6))),
    counterfactual=(37.0,) * 20,
    low=(35.0,) * 20,
    high=(39.0,) * 20,
    fitted=(*(38.0,) * 14, *(26.0,) * 6),
    comparison=(36.5,) * 20,
    comparison_name="2 other branches",
    first_after=14,
    start=DAYS[14],
    start_label="13 Apr: start",
    observed_name="observed",
    counterfactual_name="without the change",
    fitted_name="fitted",
    expected=37.0,
    seen=26.0,
    effect_label="−11.0",
    expected_label="expected\n37.0%",
    seen_label="observed\n26.0%",
    state="good",
)


def test_the_table_holds_every_number():
    table = to_table(CHART, "en")
    assert table.headings == (
        "Date",
        "observed",
        "without the change",
        "Lower end (95%)",
        "Upper end (95%)",
        "2 other branches",
    )
    assert table.rows[0] == ("2026-01-05", 38.0, 37.0, 35.0, 39.0, 36.5)
    assert table.rows[13][1] is None
    assert len(to_table(replace(CHART, comparison=()), "zh-CN").headings) == 5


def test_the_page_shows_band_lines_points_start_and_arrow():
    options = to_echarts(CHART)
    series = options["series"]
    assert [one["type"] for one in series] == ["line"] * 6 + ["scatter"]
    assert series[1]["areaStyle"]["color"] == "--sl-band-neutral"
    assert [point[1] for point in series[1]["data"]] == [4.0] * 20
    assert series[3]["data"][0] == [DAYS[14].isoformat(), 37.0]
    start, arrow = series[-1]["markLine"]["data"]
    assert start["xAxis"] == DAYS[14].isoformat()
    assert (arrow[0]["coord"][1], arrow[1]["coord"][1]) == (37.0, 26.0)
    assert "10 points below" in options["aria"]["label"]["description"]
    unknown = to_echarts(replace(CHART, expected=None))
    assert len(unknown["series"][-1]["markLine"]["data"]) == 1


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_drawing_is_whole_and_inside(language):
    drawing = to_svg(CHART, language=language)
    ET.fromstring(drawing)  # our own text
    for text in ("13 Apr: start", "−11.0", "expected", "26.0%"):
        assert text in drawing
    assert drawing.count("<circle") == 19
    heights = [float(y) for y in re.findall(r' y="([-\d.]+)"', drawing)]
    assert all(0 <= y <= 300 for y in heights)
    empty = replace(
        CHART, observed=(), counterfactual=(), low=(), high=(), fitted=(), comparison=(), periods=()
    )
    assert "<svg" in to_svg(empty, language=language)
