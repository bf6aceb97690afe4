"""Further process commands: tables in both languages, documents for scripts, wrong requests in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.library.process.logs import Command

from servloop.diagnose.process.generator import BOTTLENECK_STAGE, STAGES, generate_log

STREAM = "\n".join(
    [
        "stages:",
        *(f"  - {{name: S{n}, activities: [{', '.join(names)}]}}" for n, names in enumerate(STAGES)),
        "lanes: {Receive request: front}",
    ]
)
ASKED = {
    "times": [],
    "times-china": ["--calendar", "china", "--limit", "36000"],
    "turnaround": ["--closing", "Close request", "--closing", "Archive", "--limit", "86400"],
    "breaches": ["--by", "channel", "--limit", "36000"],
    "breaches-china": ["--by", "channel", "--limit", "36000", "--calendar", "china"],
    "compare-china": ["--split", "time:2025-07-01", "--calendar", "china"],
    "slow-cases-china": ["--calendar", "calendar.yaml"],
    "waiting-causes": [],
    "queues": [],
    "temporal-profile": ["--zeta", "3"],
    "compare": ["--split", "time:2025-07-01"],
    "compare-groups": ["--split", "channel:web:phone"],
    "slow-cases": ["--by", "channel"],
    "live": ["--closing", "Close request", "--limit", "172800"],
    "key-steps": [],
    "value-stream": ["--stages", "stages.yaml", "--ratings", "ratings.csv"],
    "journey": ["--stages", "stages.yaml"],
    "rework-cost": ["--order", "Receive request", "--order", "Investigate"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of some 400 cases with begins, stages and ratings."""
    place = tmp_path_factory.mktemp("log")
    table = generate_log(3_000, intervals=True, resources=20)
    table.write_csv(place / "log.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    (place / "stages.yaml").write_text(STREAM, encoding="utf-8")
    (place / "calendar.yaml").write_text(
        'zone: Asia/Shanghai\nholidays: china\nhours: {0: [["09:00", "18:00"]], 1: [["09:00", "18:00"]]}\n',
        encoding="utf-8",
    )
    cases = table["case_id"].unique(maintain_order=True).to_list()
    rows = [f"{case},{number % 5 + 1}" for number, case in enumerate(cases)]
    (place / "ratings.csv").write_text("\n".join(["case_id,rating", *rows]), encoding="utf-8")
    return place


def ask(servloop: Command, folder: Path, name: str, *more: str):
    options = [str(folder / text) if text.endswith((".yaml", ".csv")) else text for text in ASKED[name]]
    command = name.removesuffix("-china").removesuffix("-groups")
    return servloop("process", command, folder / "log.csv", *options, *more)


@pytest.mark.parametrize("name", ASKED)
def test_tables_in_both_languages_and_a_document(name: str, folder: Path, servloop: Command) -> None:
    for language in ("zh", "en"):
        shown = ask(servloop, folder, name, "--lang", language)
        assert shown.code == 0, shown.err
        for domain in ("process.", "journey.", "live_"):
            assert domain not in shown.out, shown.out
    assert ask(servloop, folder, name, "--json").json


def test_in_working_time_fewer_are_late(folder: Path, servloop: Command) -> None:
    elapsed, working = (ask(servloop, folder, name, "--json").json for name in ("breaches", "breaches-china"))
    assert working["overall"]["value"] < elapsed["overall"]["value"]
    assert working["n"] == elapsed["n"]


def test_the_planted_bottleneck_is_the_stage_that_waits_most(folder: Path, servloop: Command) -> None:
    stages = ask(servloop, folder, "value-stream", "--json").json["stages"]
    slowest = max(stages[1:], key=lambda stage: stage["wait"]["value"])
    assert slowest["name"] == f"S{BOTTLENECK_STAGE}"
    assert all(0 < stage["complete_accurate"]["value"] <= 1 for stage in stages)


@pytest.mark.parametrize(
    ("command", "options", "code"),
    [
        ("compare", ["--split", "yesterday"], "yesterday"),
        ("compare", ["--split", "time:soon"], "soon"),
        ("times", ["--calendar", "stages.yaml"], "stages.yaml"),
        ("journey", ["--stages", "wrong.yaml"], "wrong.yaml"),
        ("key-steps", ["--scores", "wrong.yaml"], "wrong.yaml"),
        ("breaches", ["--by", "nothing", "--limit", "1"], "nothing"),
        ("value-stream", ["--stages", "stages.yaml", "--ratings", "log.csv"], "rating"),
    ],
)
def test_wrong_requests_are_one_sentence(
    command: str, options: list[str], code: str, folder: Path, servloop: Command
) -> None:
    (folder / "wrong.yaml").write_text("- 1\n", encoding="utf-8")
    given = [str(folder / text) if text.endswith((".yaml", ".csv")) else text for text in options]
    for language in ("zh", "en"):
        refused = servloop("process", command, folder / "log.csv", *given, "--lang", language)
        assert refused.code == 2, refused.out
        assert code in refused.err
        assert len(refused.err.strip().splitlines()) == 1
