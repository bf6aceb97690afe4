"""Our own drawings: icons on a 24-px grid, and the marks that carry a meaning together with a word."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICONS = {
    "alert": "M12 4l9 15.5H3zM12 10v4M12 17v.01",
    "arrow": "M5 12h14M13 6l6 6-6 6",
    "bell": "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 20.5h4",
    "bulb": "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9c.6.5.9 1.1 1 2.1h5c.1-1 .4-1.6 1-2.1A6 6 0 0 0 12 3z",
    "chat": "M4 5h16v11H9.5L5 20v-4H4z",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "chev": "M7 10l5 5 5-5",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V12l3 2",
    "close": "M6 6l12 12M18 6L6 18",
    "doc": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    "down": "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14",
    "eye": "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "filter": "M4 5h16l-6.5 8v6l-3-1.5V13z",
    "flow": "M4 6h5v4H4zM15 14h5v4h-5zM15 4h5v4h-5zM9 8h3v8h3M12 6h3",
    "gear": "M4 7h10M18 7h2M4 12h2M10 12h10M4 17h8M16 17h4M16 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z"
    "M8 14.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM14 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
    "home": "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-5h4v5",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "moon": "M19 14.5A7.5 7.5 0 1 1 10 5a6 6 0 0 0 9 9.5z",
    "out": "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
    "phone": "M7 3h10v18H7zM11 18h2",
    "plus": "M12 5v14M5 12h14",
    "right": "M9 6l6 6-6 6",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM20 20l-4.8-4.8",
    "send": "M4 12l16-8-5 16-3.5-6.5zM11.5 13.5L20 4",
    "shield": "M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6zM9 12l2.2 2.2L15.5 10",
    "sun": "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4"
    "M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "swap": "M4 8h15M15.5 4.5L19 8l-3.5 3.5M20 16H5M8.5 12.5L5 16l3.5 3.5",
    "table": "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
    "trash": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
    "up": "M12 19V6M6.5 11L12 5.5 17.5 11",
    "user": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-4 3.8-6 7.5-6s6.7 2 7.5 6",
}

_SURFACE = 'fill="none" stroke="var(--sl-surface)"'
MARKS = {
    "good": '<circle cx="6" cy="6" r="5.5" fill="currentColor"/>'
    f'<path d="M3.4 6.2l1.9 1.9 3.4-3.8" {_SURFACE} stroke-width="1.5"/>',
    "watch": '<path d="M6 .8L11.7 11H.3z" fill="currentColor"/>'
    f'<path d="M6 4.3v3M6 8.6v1" {_SURFACE} stroke-width="1.4"/>',
    "bad": '<path d="M6 .2L11.8 6 6 11.8.2 6z" fill="currentColor"/>'
    f'<path d="M4.2 4.2l3.6 3.6M7.8 4.2L4.2 7.8" {_SURFACE} stroke-width="1.4"/>',
    "neutral": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "info": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="currentColor"/>',
}


def icon(name: str, classes: str = "") -> SafeString:
    """The icon as SVG; decoration only, the word beside it speaks."""
    return format_html(
        '<svg class="ico {}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        classes,
        ICONS[name],
    )


def mark(meaning: str, classes: str = "") -> SafeString:
    """The shape of a meaning (good, watch, bad, neutral, info) in its colour."""
    drawing = mark_safe(MARKS[meaning])  # noqa: S308  # our own constant
    return format_html(
        '<span class="sl-mark t-{} {}"><svg viewBox="0 0 12 12" aria-hidden="true">{}</svg></span>',
        meaning,
        classes,
        drawing,
    )
