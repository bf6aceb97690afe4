"""The wheel in an empty environment: it starts, reads a log and serves its pages without Node or the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
from tests.docs.servers import running

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("src", "frontend", "scripts", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is under version control, so that nothing in the checkout changes."""
    copy = tmp_path_factory.mktemp("source")
    kept = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SOURCES],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, kept):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    (copy / "frontend" / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(copy)],
        capture_output=True, check=True,
    )  # fmt: skip
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; the dependencies are seen where the tests' own environment has them."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place / "bin/python"), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
    )  # fmt: skip
    # A plain path line: the editable install of the checkout, a .pth of that folder, is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Neither the checkout nor Node is in sight."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": "/nonexistent",
        "SERVLOOP_DATA": str(tmp_path_factory.mktemp("data")),
        "LC_ALL": "C.UTF-8",
    }


def test_it_carries_pages_and_texts_and_no_sources(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(re.search(r"web/static/dist/.*\.js$", name) for name in names)
    assert any(re.search(r"web/static/dist/.*\.css$", name) for name in names)
    assert sum(name.endswith(".mo") for name in names) >= 20
    assert "servloop/measure/schemas/kano.json" in names
    assert not any("node_modules" in name or name.endswith((".ts", ".log")) for name in names)


def test_commands_run(installed: Path, environment: dict[str, str], tmp_path: Path):
    def servloop(*words: str) -> str:
        return subprocess.run(
            [str(installed / "bin/servloop"), *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    assert servloop("--version").startswith("servloop, version ")
    where = [str(installed / "bin/python"), "-c", "import servloop; print(servloop.__file__)"]
    found = subprocess.run(
        where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert Path(found.strip()).is_relative_to(installed)
    servloop("demo", "--files", ".", "--lang", "zh")
    assert '"cases": 2500' in servloop("process", "summary", "requests.csv", "--json")
    assert "案例数" in servloop("process", "summary", "requests.csv", "--lang", "zh")


def test_the_platform_serves_its_sign_in_page(installed: Path, environment: dict[str, str]):
    with running([str(installed / "bin/servloop"), "up"], environment, wait_for="/healthz") as server:
        page = urllib.request.urlopen(f"{server}/accounts/login/").read().decode()
        assert "登录" in page
        bundles = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
        assert {Path(bundle).suffix for bundle in bundles} == {".css", ".js"}
        for bundle in bundles:
            with urllib.request.urlopen(server + bundle) as answer:
                assert answer.status == 200
                assert len(answer.read()) > 100
