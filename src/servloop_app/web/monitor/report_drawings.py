"""Drawings of a report: with literal colours, for a sheet that is always light and may be printed grey."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.safestring import SafeString, mark_safe

from servloop.charts import LineChart, to_svg
from servloop.results import Estimate

INK, LINE = "#475463", "#b3bec9"
COLOURS = {
    "good": "#0b6b5d",
    "watch": "#8a5a00",
    "bad": "#a3261c",
    "neutral": "#5f6c7a",
    "info": "#1f5a99",
}
_PAPER = "#ffffff"
_MARKS = {
    "good": '<circle cx="6" cy="6" r="5.5" fill="{c}"/><path d="M3.4 6.2l1.9 1.9 3.4-3.8" fill="none" stroke="{p}" stroke-width="1.5"/>',
    "watch": '<path d="M6 .8L11.7 11H.3z" fill="{c}"/><path d="M6 4.3v3M6 8.6v1" fill="none" stroke="{p}" stroke-width="1.4"/>',
    "bad": '<path d="M6 .2L11.8 6 6 11.8.2 6z" fill="{c}"/><path d="M4.2 4.2l3.6 3.6M7.8 4.2L4.2 7.8" fill="none" stroke="{p}" stroke-width="1.4"/>',
    "neutral": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="{c}" stroke-width="1.8"/>',
    "info": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="{c}" stroke-width="1.8"/><path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill="{c}"/>',
}
_WIDTH, _HEIGHT = 80.0, 18.0
TREND_WIDTH, TREND_HEIGHT = 690, 140


def mark(meaning: str) -> SafeString:
    """The shape of a meaning; it stays readable in grey."""
    inner = _MARKS[meaning].format(c=COLOURS[meaning], p=_PAPER)
    return mark_safe(  # noqa: S308  # our own constants
        f'<svg class="rp-mark" viewBox="0 0 12 12" width="11" height="11" aria-hidden="true">{inner}</svg>'
    )


def interval_bar(found: Estimate, low: float, high: float, whole: float | None, meaning: str) -> SafeString:
    """A dot with its interval between the ends of an axis, and a line where all together lie."""
    if found.value is None or high <= low:
        return SafeString("")

    def x(value: float) -> str:
        return f"{min(max((value - low) / (high - low), 0.0), 1.0) * (_WIDTH - 12) + 6:.1f}"

    colour = COLOURS.get(meaning, INK)
    middle = _HEIGHT / 2
    parts = []
    if whole is not None:
        parts.append(
            f'<line x1="{x(whole)}" x2="{x(whole)}" y1="0" y2="{_HEIGHT:g}" stroke="{LINE}" stroke-width="1"/>'
        )
    if found.low is not None and found.high is not None:
        parts.append(
            f'<line x1="{x(found.low)}" x2="{x(found.high)}" y1="{middle:g}" y2="{middle:g}" stroke="{colour}"'
            ' stroke-opacity=".35" stroke-width="5" stroke-linecap="round"/>'
        )
    parts.append(f'<circle cx="{x(found.value)}" cy="{middle:g}" r="4" fill="{colour}"/>')
    return mark_safe(  # noqa: S308  # numbers and our own colours
        f'<svg class="rp-bar" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" height="{_HEIGHT:g}"'
        f' aria-hidden="true">{"".join(parts)}</svg>'
    )


def axis(estimates: Iterable[Estimate]) -> tuple[float, float]:
    """The ends between which all intervals fit."""
    ends = [end for one in estimates for end in (one.value, one.low, one.high) if end is not None]
    if not ends:
        return 0.0, 0.0
    low, high = min(ends), max(ends)
    room = 0.03 * ((high - low) or 1.0)
    return low - room, high + room


def trend(spec: LineChart, language: str) -> SafeString:
    """The chart of the subject over a year."""
    drawn = to_svg(spec, width=TREND_WIDTH, height=TREND_HEIGHT, language=language)
    return mark_safe(drawn)  # noqa: S308  # our own, its texts escaped
