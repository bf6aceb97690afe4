"""The steps that end a case, as pages ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from servloop_app.web.process.frame import Opened

OFFERED = 40


def chosen(opened: Opened) -> list[int]:
    """The codes that the address names (``closing=3.5``); empty for the usual ones."""
    parts = opened.extra.get("closing", "").split(".")
    return sorted({int(part) for part in parts if part.isdecimal() and int(part) < len(opened.names)})


def offered(opened: Opened, held: Iterable[str]) -> list[dict[str, Any]]:
    """Steps to choose from, those that count now first; a click on one adds it or takes it away."""
    now = {opened.names.index(name) for name in held}
    ordered = sorted(range(len(opened.names)), key=lambda code: (code not in now, opened.names[code]))
    return [
        {
            "name": opened.names[code],
            "on": code in now,
            "query": opened.query(closing=".".join(map(str, sorted(now ^ {code}))), page=""),
        }
        for code in ordered[:OFFERED]
    ]
