"""Take the documentation's pictures from a running sample organisation: ``servloop demo``, then this.

Usage: python scripts/take_screenshots.py [ADDRESS] [DATA FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from servloop_app.demo import passwords

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
WIDTH, HEIGHT, PROCESS_HEIGHT = 1280, 860, 1180
Way = Callable[[Page, str], None]


def _process(page: Page, language: str) -> None:
    page.set_viewport_size({"width": 1440, "height": PROCESS_HEIGHT})
    title = "客户服务请求" if language == "zh" else "Service requests"
    page.locator("a.name", has_text=title).click()
    page.goto(f"{page.url}?share=10")
    page.wait_for_selector("#rework")


def _first(selector: str) -> Way:
    def follow(page: Page, _language: str) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return follow


def _titled(words: str) -> Way:
    def follow(page: Page, _language: str) -> None:
        page.locator("main a", has_text=words).first.click()
        page.wait_for_load_state()

    return follow


def _stay(_page: Page, _language: str) -> None:
    """The page itself."""


# name of the picture → where it is taken, and how to get from there to the page
WALK: dict[str, tuple[str, Way]] = {
    "process": ("/diagnose/process/", _process),
    "walk-home": ("/home/", _stay),
    "walk-ticket": (
        "/improve/tickets/?state=in_progress",
        _first('main a[href*="/improve/tickets/"][href$="/"]:not([href$="/open/"])'),
    ),
    "walk-findings": ("/diagnose/findings/", _stay),
    "walk-goal": ("/plan/goals/", _titled("Binjiang opens")),
    "walk-project": ("/improve/projects/", _titled("Faster scheduling")),
    "walk-effect": ("/verify/effects/?state=judged", _titled("Courtesy training")),
    "walk-alert": ("/monitor/alerts/", _first('main a[href^="/monitor/alerts/"]')),
    "walk-report": ("/monitor/reports/", _first('main a[href^="/monitor/reports/"]')),
}


def take(browser: Browser, address: str, password: str, language: str) -> None:
    """All pictures in one language."""
    context = browser.new_context(
        locale=LOCALES[language],
        timezone_id="Asia/Shanghai",
        viewport={"width": WIDTH, "height": HEIGHT},
    )
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", "linwen")
    page.fill("#id_password", password)
    page.locator("main form button").click()
    for name, (start, follow) in WALK.items():
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.goto(address + start)
        follow(page, language)
        page.wait_for_timeout(800)
        page.screenshot(path=IMAGES / f"{name}-{language}.png", animations="disabled")
    context.close()


def main() -> None:
    """Both languages."""
    address, folder = (*sys.argv[1:], *["http://127.0.0.1:8000", "var/demo"][len(sys.argv) - 1 :])
    password = passwords.read(Path(folder))["linwen"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for language in LOCALES:
            take(browser, address, password, language)
        browser.close()


if __name__ == "__main__":
    main()
