"""Files come in through the page: recognised, confirmed, checked, repaired, replayed, taken back; in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.visits import Visit, Visits

pytestmark = pytest.mark.browser

COMBINATIONS = [
    "zh-1440",
    "en-390",
    pytest.param("en-1440", marks=pytest.mark.slow),
    pytest.param("zh-390-dark", marks=pytest.mark.slow),
]
FEEDBACK = """id,date,rating,comment,branch,customer id
{run}-1,2026-03-01 09:00,2,"等了四十分钟，请回电 13812345678",binjiang,C-1
{run}-2,19/11/26 9h30,4,Quick and friendly,jiangnan,C-2
{run}-3,2026-03-03 10:00,-3,柜台没有人,binjiang,C-3
{run}-4,2026-03-04 11:00,5,很满意,滨江一支行,C-4
{run}-5,2026-03-05 12:00,1,,hotline,C-5
id,date,rating,comment,branch,customer id
"""


def take_in(visit: Visit, path: Path) -> None:
    page = visit.go("/collect/imports/")
    add = page.locator("details.sl-add")
    if add.count() and add.get_attribute("open") is None:
        add.locator("summary").click()
    page.set_input_files("input[name=file]", path)
    page.locator("form[enctype] .sl-actions button").click()
    page.wait_for_selector("#mapping")


def confirm(visit: Visit) -> str:
    """Confirm the columns and wait for the end; the title says what came of it."""
    page = visit.page
    page.locator("#mapping .btn-primary").click()
    page.wait_for_url(re.compile(r"/collect/imports/[0-9a-f-]+/$"))
    page.wait_for_selector("#working", state="detached", timeout=60_000)
    return page.locator("h1").inner_text()


def number(text: str) -> list[int]:
    return [int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*", text)]


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_three_rows_are_repaired_and_replayed(visits: Visits, tmp_path: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    page = visit.go("/collect/imports/")
    visit.look("imports-list")
    file = tmp_path / f"complaints-{combination}.csv"
    file.write_text(FEEDBACK.format(run=combination), encoding="utf-8")
    take_in(visit, file)
    assert page.locator("#id_target").input_value() == "feedback"
    assert page.locator("#id_column_text").input_value() == "comment"
    assert sorted(number(page.locator("#preview h2").inner_text())) == [4, 6], (
        "four of the first six rows are wrong"
    )
    visit.look("imports-mapping")
    page.select_option("#id_column_rating", "")
    page.wait_for_selector("#preview[data-wrong='3']")
    page.select_option("#id_column_rating", "rating")

    assert number(confirm(visit)) == [2, 4]
    rows = page.locator("#rows tbody tr")
    assert [int(t) for t in rows.locator("td:first-child").all_inner_texts()] == [3, 4, 5, 7]
    assert "19/11/26 9h30" in page.locator("#rows").inner_text()
    visit.look("imports-quarantine")

    page.locator("#rows .btn-primary").click()
    page.wait_for_selector("#rows [data-line='3']")
    visit.look("imports-repair")
    for line, value in (("3", "2026-11-19 09:30"), ("4", "3"), ("5", "jiangnan")):
        page.locator(f"#rows [data-line='{line}'] input.sl-input").fill(value)
    page.locator("#rows .sl-actions .btn-primary").click()
    page.wait_for_selector("#working", state="detached", timeout=60_000)
    page.wait_for_selector("h2")
    assert number(page.locator("h1").inner_text()) == [3]
    visit.look("imports-replayed")

    page.locator(".sl-note a").first.click()  # back to the file they came from
    expect(page.locator("#rows .sl-pill.good")).to_have_count(3)
    page.locator("#rows .btn-primary").click()
    page.locator("#rows [data-line='7'] button[name=dismiss]").click()
    page.wait_for_selector("#rows .sl-pill.neutral")

    page = visit.go(f"/collect/feedback/?text={combination}")
    page = visit.go("/collect/feedback/")
    visit.look("feedback-list")
    page.locator("a.name", has_text="等了四十分钟").first.click()
    expect(page.locator("#reason")).to_be_visible()
    assert "13812345678" not in page.content()
    page.fill("#reason", visit.say("给客户回电", "Call the customer back"))
    page.locator("form[action$='/open/'] button").click()
    page.wait_for_selector(".sl-words")
    assert "13812345678" in page.locator(".sl-words").inner_text()
    visit.look("feedback-record")


@pytest.mark.parametrize("combination", ["zh-1440", pytest.param("en-390", marks=pytest.mark.slow)])
def test_an_import_is_taken_back_and_again_changes_nothing(
    visits: Visits, tmp_path: Path, combination: str
) -> None:
    visit = visits.of("linwen", combination)
    file = tmp_path / f"sensors-{combination}.csv"
    file.write_text(
        "metric,time,value,device\ncpu,2026-03-01 09:00,0.5,web-1\ncpu,2026-03-01 09:01,0.7,web-1\n"
    )
    take_in(visit, file)
    assert number(confirm(visit)) == [2]
    take_in(visit, file)
    confirm(visit)
    stored = visit.page.locator("tr", has=visit.page.locator(".mono", has_text="measurements"))
    assert number(" ".join(stored.locator("td.num").all_inner_texts())) == [0, 0, 2]
    visit.page.locator("[data-opens=undo-import]").click()
    visit.look("imports-undo")
    visit.page.locator("#undo-import .btn-danger").click()
    visit.page.wait_for_selector("#working", state="detached", timeout=60_000)
    visit.page.wait_for_selector(".sl-note.info")
    visit.go("/collect/data/")
    visit.look("data-dictionary")


SPOILT = {3: ("TotalCharges", "many"), 5: ("customerID", ""), 8: ("TotalCharges", "1.2.3")}


def spoil(path: Path, place: Path) -> dict[int, str]:
    """The file with three wrong values, one in each of the lines above; what stood there, by line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    right = {}
    for line, (name, wrong) in SPOILT.items():
        values = lines[line - 1].split(",")
        right[line], values[names.index(name)] = values[names.index(name)], wrong
        lines[line - 1] = ",".join(values)
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return right


@pytest.mark.data
@pytest.mark.parametrize("combination", ["zh-1440", "en-390"])
def test_three_rows_of_a_real_export_are_repaired_and_the_whole_file_changes_nothing(
    visits: Visits, reference: Path, tmp_path: Path, combination: str
) -> None:
    visit = visits.of("linwen", combination)
    page = visit.page
    page.set_default_timeout(30_000)
    whole = reference / "data/survey/telco_churn_ibm.csv"
    spoilt = tmp_path / "telco_churn_ibm.csv"
    right = spoil(whole, spoilt)
    take_in(visit, spoilt)
    assert number(confirm(visit)) == [3, 7_040] or number(page.locator("h1").inner_text()) == [7_040, 3]
    rows = page.locator("#rows tbody tr")
    assert [int(t) for t in rows.locator("td:first-child").all_inner_texts()] == list(SPOILT)
    visit.look("imports-real-quarantine")
    page.locator("#rows .btn-primary").click()
    for line, value in right.items():
        page.locator(f"#rows [data-line='{line}'] input.sl-input").first.fill(value)
    visit.look("imports-real-repair")
    page.locator("#rows .sl-actions .btn-primary").click()
    page.wait_for_selector("#working", state="detached", timeout=60_000)
    page.wait_for_selector("h2")
    assert number(page.locator("h1").inner_text()) == [3]

    take_in(visit, whole)
    assert number(confirm(visit)) == [7_043]
    stored = page.locator("tr", has=page.locator(".mono", has_text="customers"))
    assert number(" ".join(stored.locator("td.num").all_inner_texts())) == [0, 0, 7_043]


@pytest.mark.data
@pytest.mark.parametrize("combination", ["zh-1440", "en-390"])
def test_real_exports_come_in_with_their_counts(visits: Visits, reference: Path, combination: str) -> None:
    visit = visits.of("linwen", combination)
    visit.page.set_default_timeout(60_000)  # the largest file has 26,000 rows of 24 answers
    for path, target, rows in (
        ("formats/wenjuanxing/wjx_800_800_0.xls", "answers", 800),
        ("formats/wenjuanxing/wjx_800_800_2.xls", "answers", 800),
        ("survey/airline_passenger_satisfaction_test.csv", "answers", 25_976),
        ("survey/telco_churn_ibm.csv", "customers", 7_043),
        ("survey/kiosk_servqual_kano_ipa.csv", "answers", 194),
    ):
        take_in(visit, reference / "data" / path)
        assert visit.page.locator("#id_target").input_value() == target, path
        assert number(confirm(visit)) == [rows], path
    visit.look("imports-airline")
    visit.go("/collect/imports/")
    visit.look("imports-real")
