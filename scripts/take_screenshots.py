"""Take the documentation's pictures from a running sample organisation: ``servloop demo``, then this.

Usage: python scripts/take_screenshots.py [ADDRESS] [DATA FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from servloop_app.demo import passwords

ROOT = Path(__file__).resolve().parent.parent
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
HEIGHT = 1180


def take(browser: Browser, address: str, password: str, language: str) -> None:
    """One picture of the process page in one language, at the width of a laptop."""
    context = browser.new_context(
        locale=LOCALES[language],
        timezone_id="Asia/Shanghai",
        viewport={"width": 1440, "height": HEIGHT},
    )
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", "linwen")
    page.fill("#id_password", password)
    page.locator("main form button").click()
    page.goto(f"{address}/diagnose/process/")
    title = "客户服务请求" if language == "zh" else "Service requests"
    page.locator("a.name", has_text=title).click()
    page.goto(f"{page.url}?share=10")
    page.wait_for_selector("#rework")
    page.screenshot(path=ROOT / "docs" / "images" / f"process-{language}.png", animations="disabled")
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
