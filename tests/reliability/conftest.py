"""The command-line option and Django for the tests of reliability."""

from __future__ import annotations

import pytest
from tests.app import platform


def pytest_configure(config: pytest.Config) -> None:
    platform.configure(config)
