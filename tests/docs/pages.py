"""Pages with examples that run: the blocks of a page are carried out in order, in one folder.

A comment before a block says what it is:

    <!-- file: NAME -->   the block is written to a file
    <!-- run -->          the block is carried out: ``sh`` or ``python``
    <!-- output -->       what the block before printed

``python -m tests.docs.pages PAGE …`` carries pages out and writes what was printed into them.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from servloop_app.cli import cli

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"<!-- (?P<role>file: (?P<name>[\w.-]+)|run|output) -->\n+```(?P<language>\w+)\n(?P<text>.*?)```\n",
    re.DOTALL,
)
# Rich draws tables as wide as a page of the documentation.
ENVIRONMENT = {"COLUMNS": "100", "LC_ALL": "C.UTF-8"}
_SHELL = re.compile(r"[|<>&;$*`]")


@dataclass(frozen=True)
class Printed:
    """An output block of a page: what it says, and what was really printed."""

    line: int
    stated: str
    real: str
    span: tuple[int, int]


def carry_out(page: Path, folder: Path) -> Iterator[Printed]:
    """Carry a page out in a folder.

    Raises:
        AssertionError: an example failed.
    """
    text = page.read_text(encoding="utf-8")
    before = ""
    for block in BLOCK.finditer(text):
        role, body = block["role"], block["text"]
        if role == "run":
            before = _run(block["language"], body, folder)
        elif role == "output":
            line = text.count("\n", 0, block.start("text")) + 1
            yield Printed(line, _trim(body), _trim(before), block.span("text"))
        else:
            (folder / block["name"]).write_text(body, encoding="utf-8")


def _trim(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def _run(language: str, body: str, folder: Path) -> str:
    if language == "python":
        return _process([sys.executable, "-"], folder, body)
    assert language == "sh", language
    lines = body.replace("\\\n", " ").splitlines()
    return "".join(_line(line, folder) for line in lines if line.strip() and not line.startswith("#"))


def _line(line: str, folder: Path) -> str:
    """A command of ours alone runs in this process, which spares its start; anything else in a shell."""
    if not line.startswith("servloop ") or _SHELL.search(line):
        return _process(["bash", "-eu", "-c", line], folder)
    with chdir(folder):
        outcome = CliRunner(env=ENVIRONMENT).invoke(
            cli, shlex.split(line, comments=True)[1:], catch_exceptions=False
        )
    assert outcome.exit_code == 0, f"{line}\n{outcome.output}"
    return outcome.stdout


def _process(command: list[str], folder: Path, source: str | None = None) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | ENVIRONMENT | {"PATH": path, "SERVLOOP_DATA": str(folder / "var")}
    done = subprocess.run(
        command, cwd=folder, env=environment, input=source or "", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout.replace("\ufeff", "")  # no terminal shows the byte order mark


def update(page: Path) -> int:
    """Write into a page what its examples print; how many blocks changed."""
    with tempfile.TemporaryDirectory() as folder:
        printed = list(carry_out(page, Path(folder)))
    text = page.read_text(encoding="utf-8")
    for block in reversed(printed):
        text = text[: block.span[0]] + block.real + text[block.span[1] :]
    page.write_text(text, encoding="utf-8")
    return sum(block.stated != block.real for block in printed)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(argument, update(Path(argument)))
