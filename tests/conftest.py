"""Fixtures that all tests share."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

# Tests run side by side and multiply small matrices: threads of the linear algebra only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = Path(os.environ.get("SERVLOOP_REFERENCE", ROOT.parent / "shared"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which database the application's tests run on."""
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """Messages are read from compiled catalogues: compile what changed, so that no test sees an old text."""
    runpy.run_path(str(ROOT / "scripts" / "compile_messages.py"))["compile_catalogues"](ROOT / "src")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on reference data run wherever the data are, and say why they are skipped where they are not."""
    if REFERENCE.is_dir():
        return
    absent = pytest.mark.skip(reason=f"the reference data are not at {REFERENCE}; set SERVLOOP_REFERENCE")
    for item in items:
        if "reference" in getattr(item, "fixturenames", ()) or item.get_closest_marker("data"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder with real data and golden numbers."""
    return REFERENCE
