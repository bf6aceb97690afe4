"""One person's browser: language, width and theme; what it complained about; pictures of what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from tests.browser.organisation import PASSWORD
from tests.conftest import ROOT

ARTIFACTS = ROOT / "tests" / "artifacts"
HEIGHTS = {1440: 900, 390: 844, 360: 740}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}

# Elements wider than their box or than the window, apart from what is meant to scroll.
OVERFLOWS = """() => {
  const wide = document.documentElement.clientWidth;
  const meant = '.scroll-x, .sl-canvas, .sl-filter, .sl-chain, .visually-hidden, .sl-live, .sl-skip, dialog:not([open]), details:not([open]) > :not(summary), .clip, .org, svg';
  const hidden = (e) => getComputedStyle(e).visibility === 'hidden' || e.getClientRects().length === 0;
  const names = [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest(meant) || hidden(e)) continue;
    const box = e.getBoundingClientRect();
    const inner = e.clientWidth > 0 && getComputedStyle(e).display !== 'inline' && e.scrollWidth > e.clientWidth + 1
      && !['INPUT', 'SELECT', 'TEXTAREA'].includes(e.tagName);
    if (box.right > wide + 1 || box.left < -1 || inner) {
      names.push(`${e.tagName}.${e.className} [${Math.round(box.left)}–${Math.round(box.right)}] ${(e.textContent || '').trim().slice(0, 40)}`);
    }
  }
  return names;
}"""


@dataclass
class Visit:
    """A browser window of one person."""

    page: Page
    address: str
    language: str
    width: int
    theme: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @property
    def phone(self) -> bool:
        """Whether the window is a phone's."""
        return self.width < 800

    def go(self, path: str) -> Page:
        """Open an address of the installation."""
        self.page.goto(self.address + path)
        return self.page

    def say(self, zh: str, en: str) -> str:
        """The text in the language of this visit."""
        return zh if self.language == "zh" else en

    def sign_in(self, username: str) -> None:
        """Through the form, as people do."""
        page = self.go("/accounts/login/")
        page.fill("#id_login", username)
        page.fill("#id_password", PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url(lambda address: "/accounts/login/" not in address)

    def expect_complaint(self, pattern: str) -> None:
        """A message of the browser that belongs to what is tested (a page that is not found)."""
        self.expected.append(pattern)

    def look(self, name: str) -> Path:
        """Take a picture of the whole page and fail when something is wider than its place."""
        # A click returns once the next page has begun to arrive: before its first element is there.
        self.page.wait_for_load_state()
        wide = self.page.evaluate(OVERFLOWS)
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        picture = ARTIFACTS / f"{name}-{self.language}-{self.width}-{self.theme}.png"
        self.page.screenshot(path=picture, full_page=True, animations="disabled")
        assert not wide, f"{name}: wider than its place: {wide[:8]}"
        title = self.page.locator("h1")
        assert title.count() == 1, f"{name}: {title.count()} headings of the first level"
        return picture

    def check(self) -> None:
        """Fail for everything the browser complained about."""
        unexpected = [
            line for line in self.complaints if not any(re.search(pattern, line) for pattern in self.expected)
        ]
        assert not unexpected, unexpected


class Visits:
    """Makes visits and checks them all at the end."""

    _signed_in: ClassVar[dict[tuple[str, str], Any]] = {}

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._open: list[tuple[BrowserContext, Visit]] = []

    def of(self, username: str, combination: str) -> Visit:
        """A signed-in person's window for a combination such as ``zh-1440`` or ``en-390-dark``."""
        visit = self.stranger(combination)
        key = (self._address, username)
        if key in self._signed_in:
            visit.page.context.add_cookies(self._signed_in[key])
        else:
            visit.sign_in(username)
            cookies = visit.page.context.cookies()
            self._signed_in[key] = [cookie for cookie in cookies if cookie["name"] == "sessionid"]
        return visit

    def stranger(self, combination: str) -> Visit:
        """The window of someone who has not signed in."""
        language, width, theme = (*combination.split("-"), "light")[:3]
        context = self._browser.new_context(
            locale=LOCALES[language],
            timezone_id="Asia/Shanghai",
            viewport={"width": int(width), "height": HEIGHTS[int(width)]},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=int(width) < 800,
            accept_downloads=True,
        )
        context.set_default_timeout(10_000)
        visit = Visit(context.new_page(), self._address, language, int(width), theme)
        _listen(visit)
        self._open.append((context, visit))
        return visit

    def close(self) -> None:
        """Close all windows, then fail for what any of them complained about."""
        for context, _visit in self._open:
            context.close()
        for _context, visit in self._open:
            visit.check()


def _listen(visit: Visit) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(f"console {message.type}: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            visit.complaints.append(f"{response.status} {response.request.method} {response.url}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((visit.address, "data:", "blob:")):
            visit.complaints.append(f"asks another host: {request.url}")

    visit.page.on("console", on_console)
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"script: {error}"))
    visit.page.on("response", on_response)
    visit.page.on("request", on_request)
