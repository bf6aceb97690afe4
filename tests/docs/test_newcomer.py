"""What a newcomer does first: `make help`, the commands of the README, `servloop demo`."""

from __future__ import annotations

import http.cookiejar
import os
import re
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tests.docs.servers import running

ROOT = Path(__file__).resolve().parents[2]
SERVLOOP = [sys.executable, "-c", "from servloop_app.cli import main; main()"]


def targets() -> set[str]:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  ([a-z-]+) {2,}\S", shown, re.MULTILINE))


def test_make_lists_what_a_newcomer_needs():
    assert {"setup", "demo", "test", "test-slow", "check", "bench", "docs"} <= targets()


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/en/start.md", "docs/zh/start.md"]
)
def test_named_make_targets_exist(page: str):
    named = set(
        re.findall(r"\bmake ([a-z-]+)\b(?=`|$| +#)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named
    assert named <= targets()


def named_commands() -> set[tuple[str, ...]]:
    found = set()
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for words in re.findall(
            r"(?:^|`|bin/)servloop((?: [a-z][a-z-]+)+)", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            found.add(tuple(words.split()[:2]))
    return found


def test_every_command_that_a_page_names_exists():
    import click

    from servloop_app.cli import cli

    context = click.Context(cli)
    for words in named_commands():
        command = cli.get_command(context, words[0])
        assert command is not None, words
        if isinstance(command, click.Group) and len(words) > 1:
            assert command.get_command(context, words[1]) is not None, words


def environment(data: Path, **more: str) -> dict[str, str]:
    source = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return kept | {"SERVLOOP_DATA": str(data), "PYTHONPATH": source} | more


# Enough records for every page, little enough for a test.
LITTLE = ("--scale", "0.02")


def load(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVLOOP, "demo", "--no-serve", *LITTLE],
        env=environment(data),
        capture_output=True,
        text=True,
        check=False,
    )


def passwords_in(text: str) -> dict[str, str]:
    return dict(re.findall(r"^  ([a-z]+) +([\w-]{16})  ", text, re.MULTILINE))


def test_the_sample_organisation_is_made_once_and_stays(tmp_path: Path):
    data = tmp_path / "demo"
    first = load(data)
    assert first.returncode == 0, first.stderr
    shown = passwords_in(first.stdout)
    assert len(shown) == len(set(shown.values())) == 8
    kept = data / "sample-people.txt"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert dict(line.split() for line in kept.read_text().splitlines()) == shown

    second = load(data)
    assert second.returncode == 0, second.stderr
    assert "linwen" in second.stdout
    assert not passwords_in(second.stdout)
    assert not any(password in second.stdout for password in shown.values())

    with running([*SERVLOOP, "demo", *LITTLE], environment(data), wait_for="/healthz") as server:
        opener = sign_in(server, "linwen", shown["linwen"])
        page = opener.open(f"{server}/diagnose/process/").read().decode()
        for title in ("客户服务请求", "Service requests"):
            assert page.count(title) == 1  # the second run added nothing
        assert "青禾银行（示例）" in page
        log = re.search(r'href="(/diagnose/process/[0-9a-f-]{36}/)"', page)
        assert log is not None
        assert "<svg" in opener.open(server + log[1]).read().decode()


def sign_in(server: str, username: str, password: str) -> urllib.request.OpenerDirector:
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{server}/accounts/login/").close()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    form = {"login": username, "password": password, "csrfmiddlewaretoken": token}
    answer = opener.open(f"{server}/accounts/login/", urllib.parse.urlencode(form).encode())
    assert "/accounts/login/" not in answer.geturl()
    return opener


def test_sample_data_are_not_mixed_with_an_organisation_of_ones_own(tmp_path: Path):
    data = tmp_path / "own"
    own = subprocess.run(
        [*SERVLOOP, "person", "create", "chief", "--password-stdin"],
        env=environment(data),
        input="Correct-horse-7\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert own.returncode == 0, own.stderr
    refused = load(data)
    assert refused.returncode == 2
    assert "SERVLOOP_DATA" in refused.stderr
    assert not (data / "sample-people.txt").exists()
