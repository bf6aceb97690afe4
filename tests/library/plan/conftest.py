"""Fixtures of the planning tests."""

from __future__ import annotations

import pytest
from tests.library.process.logs import Command


@pytest.fixture
def servloop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Call ``servloop …``; the answer is its exit code, output and errors."""
    return Command(monkeypatch, capsys)
