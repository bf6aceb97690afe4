"""Small drawings of the process pages, made here so that page, print and no-script show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH = 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 12, 26
# Activities with a colour of their own; the rest is drawn in grey.
COLOURS = 5


@dataclass(frozen=True)
class Bar:
    """A bar: its height as a share of the tallest, what it says, and the address of its cases, if any."""

    part: float
    title: str
    address: str


def bars(
    values: Sequence[Bar], *, labels: tuple[str, str], mark: tuple[float, str], described: str
) -> SafeString:
    """A distribution whose bars open their cases.

    Args:
        values: the bars.
        labels: below the first and the last one.
        mark: where a line stands, 0 to 1 across, and its words.
        described: the drawing in a sentence.
    """
    height, room = 190, _WIDTH - 2 * _RIGHT
    ground = height - _BOTTOM
    step = room / max(len(values), 1)
    drawn = format_html_join(
        "",
        "{}",
        ((_bar(bar, _RIGHT + step * i, step, ground),) for i, bar in enumerate(values)),
    )
    x = _RIGHT + room * min(max(mark[0], 0.0), 1.0)
    return format_html(
        '<svg class="sl-bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path class="ground" d="M{} {}H{}"/>'
        '<path class="median" d="M{} 18V{}"/><text class="median" x="{}" y="14" text-anchor="{}">{}</text>'
        '<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>',
        _WIDTH, height, described, drawn, _RIGHT, ground, _WIDTH - _RIGHT,
        f"{x:.1f}", ground, f"{x:.1f}", "start" if mark[0] < 0.5 else "end", mark[1],
        _RIGHT, height - 8, labels[0], _WIDTH - _RIGHT, height - 8, labels[1],
    )  # fmt: skip


def _bar(bar: Bar, left: float, width: float, ground: float) -> SafeString:
    top = _TOP + 14
    drawn = format_html(
        '<title>{}</title><rect class="hit" x="{}" y="{}" width="{}" height="{}"></rect>'
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"></rect>',
        bar.title,
        f"{left:.1f}",
        top,
        f"{width:.1f}",
        ground - top,
        f"{left + 1:.1f}",
        f"{ground - (ground - top) * bar.part:.1f}",
        f"{max(width - 2, 1):.1f}",
        f"{(ground - top) * bar.part:.1f}",
    )
    return (
        format_html('<a href="{}">{}</a>', bar.address, drawn)
        if bar.address
        else format_html("<g>{}</g>", drawn)
    )


def curve(points: Sequence[Sequence[float]], *, labels: tuple[str, str], described: str) -> SafeString:
    """A share that rises over time, with the band of its interval.

    Args:
        points: time, share, lower and upper bound.
        labels: of the first and the last time.
        described: the drawing in a sentence.
    """
    height = 190
    ground, last = height - _BOTTOM, points[-1][0] or 1.0

    def at(time: float, share: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / last
        return f"{x:.1f} {ground - (ground - _TOP) * share:.1f}"

    line = "L".join(at(time, share) for time, share, _low, _high in points)
    upper = "L".join(at(time, high) for time, _share, _low, high in points)
    lower = "L".join(at(time, low) for time, _share, low, _high in reversed(points))
    ticks = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="end">{}%</text><path class="ground" d="M{} {}H{}"/>',
        (
            (_LEFT - 6, f"{ground - (ground - _TOP) * part + 4:.1f}", round(100 * part), _LEFT,
             f"{ground - (ground - _TOP) * part:.1f}", _WIDTH - _RIGHT)
            for part in (0, 0.5, 1)
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="sl-bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path class="band" d="M{}L{}Z"/>'
        '<path class="line" d="M{}"/><text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>',
        _WIDTH, height, described, ticks, upper, lower, line,
        _LEFT, height - 8, labels[0], _WIDTH - _RIGHT, height - 8, labels[1],
    )  # fmt: skip


@dataclass(frozen=True)
class Event:
    """A dot: the row of its case, where it stands across (0 to 1), and the colour of its activity."""

    row: int
    across: float
    colour: int


def dotted(
    events: Sequence[Event], *, rows: int, labels: Sequence[tuple[float, str]], described: str
) -> SafeString:
    """Cases by rows, time across, a dot for each event.

    Args:
        events: the dots.
        rows: number of cases.
        labels: of the axis: where (0 to 1) and what.
        described: the drawing in a sentence.
    """
    width, line = 1120, max(1.8, min(8.0, 560 / max(rows, 1)))
    height = _TOP + rows * line + _BOTTOM
    room = width - _LEFT - _RIGHT
    size = max(1.7, min(3.2, line * 0.7))
    # One path for each colour: thousands of circles would make the page slow.
    paths: dict[int, list[str]] = {}
    for event in events:
        x, y = _LEFT + room * event.across, _TOP + (event.row + 0.5) * line
        paths.setdefault(event.colour, []).append(f"M{x:.1f} {y:.1f}h.01")
    drawn = format_html_join(
        "",
        '<path class="dots c{}" stroke-width="{}" d="{}"/>',
        ((colour, f"{2 * size:.1f}", "".join(parts)) for colour, parts in sorted(paths.items())),
    )
    axis = format_html_join(
        "",
        '<path class="grid" d="M{} {}V{}"/><text x="{}" y="{}" text-anchor="{}">{}</text>',
        (
            (f"{_LEFT + room * place:.1f}", _TOP, f"{height - _BOTTOM:.1f}", f"{_LEFT + room * place:.1f}",
             f"{height - 8:.1f}", "start" if place < 0.05 else "end" if place > 0.95 else "middle", label)
            for place, label in labels
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="sl-dotted" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        width, f"{height:.0f}", described, axis, drawn,
    )  # fmt: skip
