"""Signing in, languages, and pages that say no."""

from __future__ import annotations

import pytest
from tests.browser.visits import Visits

pytestmark = pytest.mark.browser

BOTH = ["zh-1440", "en-390"]
ALL = [
    pytest.param(f"{language}-{width}-{theme}", marks=pytest.mark.slow)
    for language in ("zh", "en")
    for width in (1440, 390)
    for theme in ("light", "dark")
    if f"{language}-{width}-{theme}" not in {"zh-1440-light", "en-390-light"}
]


@pytest.mark.parametrize("combination", [*BOTH, *ALL])
def test_sign_in(visits: Visits, combination: str) -> None:
    visit = visits.stranger(combination)
    page = visit.go("/")
    assert "/accounts/login/" in page.url
    visit.look("sign-in")
    page.fill("#id_login", "linwen")
    page.fill("#id_password", "wrong")
    page.locator("main form button").click()
    assert page.locator(".sl-note.bad").is_visible()
    visit.look("sign-in-wrong")
    visit.sign_in("linwen")
    assert page.locator(".sl-avatar").is_visible()
