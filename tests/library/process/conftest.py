"""Fixtures of the process tests."""

from __future__ import annotations

import functools

import pytest
from tests.library.process.logs import Command

from servloop import io


@pytest.fixture
def servloop(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command: ``servloop("process", "summary", path, "--json")``."""
    return Command(monkeypatch, capsys)


_read_once = functools.lru_cache(maxsize=4)(io.read_events)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands on one file share what was read: these tests compare figures, not readers."""
    monkeypatch.setattr(io, "read_events", _read_once)
