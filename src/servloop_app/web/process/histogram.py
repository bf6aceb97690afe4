"""How long cases take, as bars: a drawing made here, so that page, print and no-script show the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from servloop_app.web.figures import duration, share

BINS = 12
_WIDTH, _HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 4, 26, 22
_CEILING = 0.95  # what lies beyond this quantile is counted in the last bar


def histogram(seconds: NDArray[np.float64]) -> SafeString:
    """Shares of cases per span of time, with the median marked; empty for fewer than two different values."""
    if len(seconds) == 0 or float(seconds.max()) <= 0:
        return SafeString("")
    ceiling = float(np.quantile(seconds, _CEILING)) or float(seconds.max())
    counts, edges = np.histogram(np.minimum(seconds, ceiling), bins=BINS, range=(0.0, ceiling))
    parts = counts / len(seconds)
    median = float(np.quantile(seconds, 0.5))
    room = _WIDTH - _LEFT - _RIGHT
    ground = _HEIGHT - _BOTTOM
    tallest = float(parts.max())
    bars = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (
                f"{_LEFT + room * i / BINS + 1:.1f}",
                f"{ground - (ground - _TOP) * part / tallest:.1f}",
                f"{room / BINS - 2:.1f}",
                f"{(ground - _TOP) * part / tallest:.1f}",
                _bar_title(edges, i, float(part)),
            )
            for i, part in enumerate(parts)
        ),
    )
    x = _LEFT + room * min(median / ceiling, 1.0)
    anchor = "start" if x < _WIDTH / 2 else "end"
    described = _("Median %(median)s; 95%% of the cases take no longer than %(ceiling)s") % {
        "median": duration(median),
        "ceiling": duration(ceiling),
    }
    return format_html(
        '<svg class="sl-bars" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<path class="ground" d="M{} {}H{}"/><path class="median" d="M{} 16V{}"/>'
        '<text class="median" x="{}" y="12" text-anchor="{}">{}</text>'
        '<text x="{}" y="{}">0</text><text x="{}" y="{}" text-anchor="end">{}+</text></svg>',
        _WIDTH, _HEIGHT, described, bars,
        _LEFT, ground, _WIDTH - _RIGHT, f"{x:.1f}", ground,
        f"{x:.1f}", anchor, _("median %(median)s") % {"median": duration(median)},
        _LEFT, _HEIGHT - 6, _WIDTH - _RIGHT, _HEIGHT - 6, duration(ceiling),
    )  # fmt: skip


def _bar_title(edges: NDArray[Any], i: int, part: float) -> str:
    span = f"{duration(float(edges[i]))} – {duration(float(edges[i + 1]))}"
    if i == BINS - 1:
        span = f"{duration(float(edges[i]))} +"
    return f"{span}: {share(part)}"
