"""`servloop text pii` prints places, never values."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from servloop_app.cli import cli


def run(*arguments: str) -> tuple[int, str, str, BaseException | None]:
    result = CliRunner().invoke(cli, ["text", "pii", *arguments])
    return result.exit_code, result.stdout, result.stderr, result.exception


def test_places_as_json(tmp_path: Path) -> None:
    file = tmp_path / "feedback.csv"
    file.write_text("id,comment\n1,很好😀13812345678\n2,\n3,13812345678\n", encoding="utf-8")
    code, out, _, _ = run(str(file), "--column", "comment", "--json")
    assert code == 0
    assert json.loads(out) == [
        {"row": 0, "kind": "mobile", "start": 3, "end": 14, "check": "structure"},
        {"row": 2, "kind": "mobile", "start": 0, "end": 11, "check": "structure"},
    ]


def test_the_table_for_people_does_not_print_the_value(tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("comment,n\n13812345678,1\n13912345678,2\n", encoding="utf-8")
    code, out, _, _ = run(str(file), "--column", "comment", "--lang", "zh")
    assert code == 0
    assert "mobile" in out
    assert "13812345678" not in out


def test_an_unknown_column_names_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "feedback.csv"
    file.write_text("id,comment\n1,好\n", encoding="utf-8")
    code, _, _, error = run(str(file), "--column", "text", "--json")
    assert code != 0
    assert "id, comment" in str(error)
