"""Signing in, languages, and pages that say no."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.combinations import EVERY
from tests.browser.visits import Visits

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("combination", EVERY)
def test_sign_in(visits: Visits, combination: str) -> None:
    visit = visits.stranger(combination)
    page = visit.go("/")
    assert "/accounts/login/" in page.url
    visit.look("sign-in")
    page.fill("#id_login", "linwen")
    page.fill("#id_password", "wrong")
    page.locator("main form button").click()
    expect(page.locator(".sl-note.bad")).to_be_visible()
    visit.look("sign-in-wrong")
    visit.sign_in("linwen")
    expect(page.locator(".sl-avatar")).to_be_visible()
