"""Small drawings inside text and tables: sparklines and interval bars, coloured by the page's styles."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from servloop.results import Estimate

_WIDTH, _HEIGHT, _EDGE = 116.0, 44.0, 4.0
_BAR_WIDTH, _BAR_MIDDLE = 200.0, 10.0


def sparkline(values: Sequence[Estimate]) -> SafeString:
    """The last months of a figure with their band; the last one is marked. Nothing below two values."""
    known = [(place, one) for place, one in enumerate(values) if one.value is not None]
    if len(known) < 2:
        return SafeString("")
    ends = [end for _, one in known for end in (one.value, one.low, one.high) if end is not None]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    step = (_WIDTH - 2 * _EDGE) / (len(values) - 1)

    def point(place: int, value: float | None) -> str:
        top = _HEIGHT - _EDGE - ((value or 0.0) - low) / span * (_HEIGHT - 2 * _EDGE)
        return f"{_EDGE + place * step:.1f} {top:.1f}"

    banded = [(place, one) for place, one in known if one.low is not None and one.high is not None]
    upper = [point(place, one.high) for place, one in banded]
    lower = [point(place, one.low) for place, one in reversed(banded)]
    band = f'<path class="band" d="M{"L".join([*upper, *lower])}Z"/>' if len(banded) > 1 else ""
    line = "L".join(point(place, one.value) for place, one in known)
    x, y = point(known[-1][0], known[-1][1].value).split()
    return mark_safe(  # noqa: S308  # numbers only
        f'<svg class="sl-spark" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" aria-hidden="true">{band}'
        f'<path class="line" d="M{line}"/><circle class="last" cx="{x}" cy="{y}" r="3"/></svg>'
    )


def interval_bar(found: Estimate, low: float, high: float, zero: float | None, state: str) -> SafeString:
    """A dot with its interval between two ends of an axis, and a line where the reference lies."""
    if found.value is None or high <= low:
        return SafeString("")

    def x(value: float) -> str:
        return f"{min(max((value - low) / (high - low), 0.0), 1.0) * (_BAR_WIDTH - 12) + 6:.1f}"

    reference = (
        ""
        if zero is None
        else f'<line class="zero" x1="{x(zero)}" x2="{x(zero)}" y1="0" y2="{2 * _BAR_MIDDLE:g}"/>'
    )
    ends = (
        ""
        if found.low is None or found.high is None
        else f'<line class="range" x1="{x(found.low)}" x2="{x(found.high)}" y1="{_BAR_MIDDLE:g}" y2="{_BAR_MIDDLE:g}"/>'
    )
    inner = mark_safe(  # noqa: S308  # numbers only
        f'{reference}{ends}<circle class="point" cx="{x(found.value)}" cy="{_BAR_MIDDLE:g}" r="5.5"/>'
    )
    return format_html(
        '<svg class="sl-interval {}" viewBox="0 0 {} {}" preserveAspectRatio="xMinYMid meet" aria-hidden="true">{}</svg>',
        state,
        f"{_BAR_WIDTH:g}",
        f"{2 * _BAR_MIDDLE:g}",
        inner,
    )
