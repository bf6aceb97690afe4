"""`servloop plan`: one JSON document, tables in both languages, one sentence for what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.library.process.logs import Command

from servloop.diagnose.process.generator import generate_log

SHIFTS = """
period_minutes: 60
demand: [[0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 3, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]]
shifts:
  - {name: 早班, start: ["08:00"], hours: 4, cost: 200}
  - {name: late, start: ["12:00", "09:00"], hours: 4, cost: 220}
"""


def test_erlang(servloop: Command) -> None:
    found = servloop("plan", "erlang", "--calls", 360, "--handling", 240, "--json")
    assert found.code == 0
    assert (found.json["method"], found.json["agents"]) == ("erlang_c", 54)
    given = servloop("plan", "erlang", "--calls", 100, "--handling", 180, "--agents", 14, "--json").json
    assert given["service_level"] == pytest.approx(0.888350019179467)
    impatient = servloop("plan", "erlang", "--calls", 100, "--handling", 180, "--patience", 60, "--json").json
    assert (impatient["method"], impatient["agents"] < 14) == ("erlang_a", True)
    lost = servloop(
        "plan", "erlang", "--calls", 100, "--handling", 180, "--agents", 10, "--loss", "--json"
    ).json
    assert lost["abandonment"] == lost["wait_probability"] > 0


def test_erlang_for_people_and_wrong_use(servloop: Command) -> None:
    shown = servloop("plan", "erlang", "--calls", 360, "--handling", 240, "--agents", 10, "--lang", "zh")
    assert shown.code == 0
    assert "服务水平" in shown.out
    assert "排队会无限增长" in shown.err
    assert servloop("plan", "erlang", "--calls", -1, "--handling", 240).code == 2
    assert servloop("plan", "erlang", "--calls", 1, "--handling", 240, "--loss").code == 2


def test_shifts(servloop: Command, tmp_path: Path) -> None:
    path = tmp_path / "排班.yaml"
    path.write_text(SHIFTS, encoding="utf-8")
    found = servloop("plan", "shifts", path, "--json")
    assert (found.code, found.json["cost"]) == (0, 3 * 200 + 220)
    shown = servloop("plan", "shifts", path, "--lang", "en")
    assert "早班" in shown.out
    assert "08:00" in shown.out
    path.write_text(SHIFTS + "service: {handling: 1800, level: 0.8}\n", encoding="utf-8")
    assert servloop("plan", "shifts", path, "--json").json["shifts"] > 4


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "demand: [[1]]",
        "demand: x\nshifts: []",
        "demand: [[1]]\nshifts: [{name: a}]",
        "period_minutes: 7\n" + SHIFTS[20:],
    ],
)
def test_an_unreadable_file_is_one_sentence(servloop: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    found = servloop("plan", "shifts", path)
    assert (found.code, found.out) == (2, "")
    assert "\n" not in found.err.strip()


def test_simulate_answers_or_says_why_not(servloop: Command, tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    generate_log(4_000, seed=1, resources=20, intervals=True).write_csv(path)
    asked = ("plan", "simulate", path, "--change", "staff:Service:+1", "--weeks", 0.5, "--replications", 3)
    found = servloop(*asked, "--bound", 2, "--price", "Service=30", "--limit", 86_400, "--json")
    assert found.code == 0
    names = {item["name"] for item in found.json["figures"]}
    assert {"mean_seconds", "within_limit", "cost_per_week"} <= names
    assert found.json["validation"]["distance"]["value"] <= 2
    shown = servloop(*asked, "--bound", 2, "--lang", "zh")
    assert "假设分析" in shown.out
    refused = servloop(*asked, "--bound", 0, "--lang", "zh")
    assert (refused.code, refused.out) == (0, "")
    assert "模型未能重现" in refused.err
    assert servloop(*asked, "--price", "Service=much").code == 2
