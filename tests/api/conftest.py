"""Fixtures of the API's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.app import platform

if TYPE_CHECKING:
    from tests.app.organisation import Organisation


def pytest_configure(config: pytest.Config) -> None:
    platform.configure(config)


@pytest.fixture
def organisation(db) -> Organisation:
    """A small organisation, gone after the test."""
    from tests.app.organisation import build

    return build()


@pytest.fixture
def lasting_organisation(transactional_db) -> Organisation:
    """The same, committed: for tests with several connections."""
    from tests.app.organisation import build

    return build()
