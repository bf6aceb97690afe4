"""Journey and blueprint as drawings: whole, escaped, within their frame, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.conftest import ROOT

from servloop.charts.text_metrics import text_width
from servloop.diagnose.journey_svg import (
    STYLES,
    BlueprintLane,
    JourneyWords,
    StageColumn,
    blueprint_svg,
    fold,
    journey_svg,
)

WORDS = JourneyWords("件数", "时间", "评分", "痛点", "原话", "客户旅程")


def stage(name: str, mood: float | None = None, **more: object) -> StageColumn:
    given = {"low": None, "high": None, "mood_text": "—", "bad": False, "pains": (), "quotes": ()} | more
    return StageColumn(name=name, volume="120 (50%)", time="2 h (1 h – 3 h)", mood=mood, **given)  # type: ignore[arg-type]


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode(), etree.XMLParser(resolve_entities=False))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("standalone", [True, False])
def test_a_journey_shows_all_that_it_was_given(language: str, standalone: bool) -> None:
    stages = [
        stage("申请 <b>", 4.2, low=3.9, high=4.5),
        stage("审核", 1.4, low=1.1, high=1.7, bad=True, pains=("等待 60%",), quotes=("等了三天 & 没人理",)),
        stage("办结"),
    ]
    svg = journey_svg(stages, WORDS, language=language, standalone=standalone)
    text = " ".join(parsed(svg).itertext())
    for shown in ("申请 <b>", "审核", "办结", "等待 60%", "“等了三天 & 没人理”", "120 (50%)"):
        assert shown in text
    assert len(re.findall(r"<circle", svg)) == 2
    assert ('fill="#' in svg) == standalone
    assert ('class="sl-jy-stage"' in svg) == (not standalone)
    # a higher rating stands higher
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', svg)]
    assert heights[0] < heights[1]


def test_the_line_of_visibility_lies_below_the_front_stage() -> None:
    lanes = [
        BlueprintLane("Customer", (("Ask",), ())),
        BlueprintLane("Front", (("Receive (3)",), ("Inform (2)",)), visible_below=True),
        BlueprintLane("Back", ((), ("Check (3)",))),
    ]
    svg = blueprint_svg(["One", "Two"], lanes, visibility="Line of visibility", title="x", language="en")
    drawn = parsed(svg)
    rules = [node for node in drawn.iter() if node.get("class") == "sl-jy-visible"]
    line = float(rules[0].get("d", "").removeprefix("M0 ").partition("H")[0])
    places = {
        "".join(node.itertext()): float(node.get("y", "0"))
        for node in drawn.iter()
        if node.tag.endswith("text")
    }
    assert places["Inform (2)"] < line < places["Check (3)"]


@given(st.text(max_size=120), st.integers(40, 300), st.integers(1, 4))
def test_folded_lines_fit_and_are_no_more_than_allowed(text: str, limit: int, most: int) -> None:
    lines = fold(text, 12, limit, most)
    assert len(lines) <= most
    assert all(text_width(line, 12) <= limit or len(line) <= 1 for line in lines)


def test_what_fits_is_not_cut() -> None:
    assert fold("Check the documents again", 12, 500, 1) == ("Check the documents again",)
    assert "".join(fold("客户在柜台等待审核结果", 12, 80, 5)) == "客户在柜台等待审核结果"
    assert fold("one two three four", 12, 60, 1)[0].endswith("…")


def test_the_page_styles_every_class_of_the_drawing() -> None:
    css = Path(ROOT / "frontend" / "src" / "styles" / "journey.css").read_text()
    assert all(f".{name} {{" in css for name in STYLES)
