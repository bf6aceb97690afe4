"""A survey that nobody prepared: imported through the page, read on the model pages, its figures those of the golden files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.combinations import EVERY
from tests.browser.conftest import Server, installation
from tests.browser.test_imports import confirm, take_in
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

DIMENSIONS = {
    "tangible": (4, 5, 6, 22),
    "security": (19, 20, 21),
    "economy": (10, 11, 18),
    "convenience": (13, 14, 15, 16, 17),
    "reliability": (1, 2, 3),
    "control": (7, 8),
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation of its own."""
    with installation(tmp_path_factory.mktemp("models")) as running:
        yield running


@pytest.fixture(scope="module")
def surveyed(bank: Server, browser: Browser, reference: Path) -> Server:
    """The same after somebody imported the kiosk survey through the page and said which item belongs to which dimension."""
    visits = Visits(browser, bank.address)
    visit = visits.of("linwen", "zh-1440-light")
    visit.go("/measure/models/")
    visit.look("models-empty")
    take_in(visit, reference / "data" / "survey" / "kiosk_servqual_kano_ipa.csv")
    assert visit.page.locator("#id_target").input_value() == "answers"
    assert "194" in confirm(visit)
    page = visit.go("/measure/models/")  # it fetches itself anew while new answers are looked at
    page.wait_for_selector("text=Kano 需求分类", timeout=180_000)
    page.wait_for_function("() => !document.querySelector('[hx-trigger=\"every 2s\"]')", timeout=180_000)
    open_study(visit, "SERVQUAL 服务质量差距")
    page.locator("a", has_text="看看定义").click()
    of_item = {item: name for name, items in DIMENSIONS.items() for item in items}
    for place in range(24):
        page.locator("[name=row-dimension]").nth(place).fill(of_item.get(place + 1, ""))
    visit.look("model-form")
    page.fill("#reason", "按问卷说明补充维度")
    page.locator("form .sl-actions .btn-primary").click()
    page.wait_for_selector("[data-table=dimensions]", timeout=60_000)
    visits.close()
    return bank


@pytest.fixture
def visits(surveyed: Server, browser: Browser) -> Iterator[Visits]:
    """Windows on that installation; fails at the end for any error a browser reported meanwhile."""
    visits = Visits(browser, surveyed.address)
    yield visits
    visits.close()


@pytest.fixture(scope="module")
def golden(reference: Path):
    """The golden figures of a name."""
    return lambda name: json.loads(
        (reference / "golden" / "measure" / f"{name}.json").read_text(encoding="utf-8")
    )


def open_study(visit: Visit, name: str) -> Page:
    page = visit.go("/measure/models/")
    page.locator("tbody a.name", has_text=name).first.click()
    page.wait_for_selector(".sl-tabs a[aria-current=page]")
    return page


def table(page: Page, name: str) -> dict[str, list[str]]:
    """First cell → the numbers of its row, as they are read."""
    rows = page.locator(f"table[data-table={name}] tbody tr").all()
    found = {}
    for row in rows:
        head, *cells = [text.strip() for text in row.locator("th, td").all_inner_texts()]
        found[head.splitlines()[0]] = cells
    return found


def numbers(cell: str) -> list[float]:
    return [float(text.replace("−", "-")) for text in re.findall(r"[−-]?\d+(?:\.\d+)?", cell)]


def ended(browser_page: Page) -> None:
    browser_page.wait_for_selector(".sl-chart svg")


@pytest.mark.parametrize("combination", EVERY)
def test_gaps_by_dimension_and_item(visits: Visits, golden, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("SERVQUAL 服务质量差距", "SERVQUAL gaps"))
    ended(page)
    assert "security" in page.locator("h1").inner_text()
    wanted = golden("servqual_kiosk")
    dimensions = table(page, "dimensions")
    assert set(dimensions) == set(DIMENSIONS)
    for name, dimension in wanted["dims"].items():
        expectation, perception, gap, interval, _q, alpha, alpha_gap = dimensions[name]
        figures = [numbers(cell)[-1] for cell in (expectation, perception, gap, alpha, alpha_gap)]
        names = ("E", "P", "gap", "alpha_P", "alpha_gap")
        assert figures == pytest.approx([dimension[key] for key in names], abs=0.005001)
        low, high = numbers(interval)
        assert low <= dimension["gap"] <= high
    items = table(page, "items")
    for item in wanted["item"]:
        gap = items[visit.say(f"第 {item['item']} 项", f"Item {item['item']}")][2]
        assert numbers(gap)[-1] == pytest.approx(item["gap"], abs=0.005001)
    assert "−1.13" in page.locator(".sl-head p").inner_text()
    visit.look("model-servqual")
    # another group, by the keyboard's way: the address says what is shown
    page.select_option("select[name=of]", "sex=여")
    page.wait_for_url("**of=sex**")
    page.wait_for_selector(".sl-chip.on")
    assert "여" in page.locator(".sl-head p").inner_text()


@pytest.mark.parametrize("combination", EVERY)
def test_categories_of_features(visits: Visits, golden, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("Kano 需求分类", "Kano categories"))
    ended(page)
    words = {
        "M": visit.say("必备", "Must-be"),
        "O": visit.say("期望", "One-dimensional"),
        "A": visit.say("魅力", "Attractive"),
        "I": visit.say("无差异", "Indifferent"),
    }
    features = table(page, "features")
    assert len(features) == 29
    for name, item in golden("kano_kiosk")["items"].items():
        number = name.removeprefix("kano")
        category, n, worse, better, *_rest = features[visit.say(f"第 {number} 项", f"Item {number}")]
        assert category.splitlines()[0] == words[item["mode"]]
        assert int(n) == item["n"]
        assert numbers(worse)[0] == pytest.approx(-100 * item["worse"], abs=0.5001)
        assert numbers(better)[0] == pytest.approx(100 * item["better"], abs=0.5001)
    assert "23" in page.locator(".sl-head p").inner_text()
    visit.look("model-kano")


@pytest.mark.parametrize("combination", EVERY)
def test_what_to_improve_first(visits: Visits, golden, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("重要性—表现", "Importance–performance"))
    ended(page)
    wanted = golden("ipa_kiosk")
    places = table(page, "places")
    for item in wanted["items"]:
        importance, performance, gap = places[visit.say(f"第 {item['item']} 项", f"Item {item['item']}")]
        for cell, key in ((importance, "importance"), (performance, "performance"), (gap, "gap")):
            assert numbers(cell)[0] == pytest.approx(item[key], abs=0.005001)
    assert re.findall(r"\d+", page.locator("#places h2").inner_text()) == ["5", "12", "7", "0"]
    visit.look("model-importance")


@pytest.mark.parametrize("combination", EVERY)
def test_quality_of_the_scale(visits: Visits, golden, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = open_study(visit, visit.say("量表质量", "Scale quality"))
    ended(page)
    wanted = golden("efa_kiosk")
    factors = page.locator("#factors").inner_text()
    assert "0.82" in factors
    assert f"{wanted['bartlett']['chisq']:,.1f}" in factors
    assert "276" in factors
    assert "7.04" in factors
    visit.look("model-quality")


def test_groups_side_by_side_and_files_to_take_away(visits: Visits) -> None:
    visit = visits.of("linwen", "en-1440-light")
    page = open_study(visit, "SERVQUAL gaps")
    page.select_option("#groups select[name=by]", "sex")
    page.wait_for_url("**by=sex**")
    assert set(table(page, "groups")) == {"남", "여"}
    pair = table(page, "pair")
    assert numbers(pair["security"][2])
    assert pair["security"][3] != "—"
    visit.look("model-groups")
    page.locator("#gaps details.sl-menu summary").click()
    with page.expect_download() as waiting:
        page.locator("#gaps a.item", has_text="CSV").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["Item"] for row in rows} == set(DIMENSIONS)
    page.locator("#gaps details.sl-menu summary").click() if not page.locator(
        "#gaps a.item", has_text="SVG"
    ).is_visible() else None
    with page.expect_download() as waiting:
        page.locator("#gaps a.item", has_text="PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def test_an_analyst_of_a_branch_sees_her_units_only(visits: Visits) -> None:
    visit = visits.of("zhouqian", "zh-1440-light")
    page = open_study(visit, "SERVQUAL 服务质量差距")
    page.wait_for_selector(".sl-empty", timeout=60_000)
    assert "还没有答卷" in page.locator(".sl-empty").inner_text()


def test_a_study_of_ones_own(visits: Visits) -> None:
    visit = visits.of("linwen", "en-1440-light")
    page = visit.go("/measure/models/")
    page.locator(".sl-head .btn-primary").click()
    page.select_option("#kind", "importance")
    page.locator("form .btn-primary").click()
    page.wait_for_selector("[name=row-performance]")
    page.fill("#name_en", "Drivers of satisfaction")
    for place in range(page.locator("[name=row-importance]").count()):
        page.locator("[name=row-importance]").nth(place).fill("")
    page.fill("#outcome", "total1")
    page.select_option("#derive", "pearson")
    page.locator("form .sl-actions .btn-primary").click()
    page.wait_for_selector("[data-table=places]", timeout=60_000)
    assert numbers(table(page, "places")["Item 10"][0])[0] == pytest.approx(0.60, abs=0.005)
    visit.look("model-own")
