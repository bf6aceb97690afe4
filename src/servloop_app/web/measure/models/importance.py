"""Importance–performance: what matters much and is done badly comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from servloop.charts import ChartSpec, QuadrantChart, QuadrantPoint
from servloop_app.web.measure.models.figures import Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown, listed

QUADRANTS: dict[str, Promise] = {
    "concentrate": pgettext_lazy("quadrant", "Concentrate here"),
    "keep_up": pgettext_lazy("quadrant", "Keep up the good work"),
    "low_priority": pgettext_lazy("quadrant", "Low priority"),
    "overkill": pgettext_lazy("quadrant", "Possibly too much"),
}
DERIVED: dict[str, Promise] = {
    "stated": pgettext_lazy("importance", "stated by the respondents"),
    "pearson": pgettext_lazy("importance", "correlation with overall satisfaction (Pearson)"),
    "spearman": pgettext_lazy("importance", "correlation with overall satisfaction (Spearman)"),
    "partial": pgettext_lazy("importance", "partial correlation, given the other items"),
    "standardised": pgettext_lazy("importance", "standardised regression weight"),
    "johnson": pgettext_lazy("importance", "share of R² (Johnson’s relative weights)"),
    "lmg": pgettext_lazy("importance", "share of R² (LMG)"),
}
CROSSHAIRS: dict[str, Promise] = {
    "means": pgettext_lazy("crosshair", "at the means of the items"),
    "medians": pgettext_lazy("crosshair", "at the medians of the items"),
    "midpoint": pgettext_lazy("crosshair", "at the middle of the scale"),
}
_MOST_NAMED = 3
_ORDER = tuple(QUADRANTS)


@dataclass(frozen=True)
class ItemRow:
    """One item in the table."""

    name: str
    label: str
    importance: Figure
    performance: Figure
    gap: Figure
    quadrant: str
    word: str
    sure: bool


def _rows(shown: Shown) -> list[ItemRow]:
    cross = shown.document["cross"]
    return [
        ItemRow(
            item["name"],
            shown.label(item["name"]),
            importance := Figure.of(item["detail"]["importance"]),
            performance := Figure.of(item["detail"]["performance"]),
            Figure.of(item["detail"]["gap"]),
            item["quadrant"] or "",
            str(QUADRANTS.get(item["quadrant"] or "", "—")),
            _off(importance, cross["importance"]) and _off(performance, cross["performance"]),
        )
        for item in shown.document["items"]
    ]


def _off(figure: Figure, line: float | None) -> bool:
    """Whether the interval lies on one side of a line of the crosshair."""
    if line is None or figure.low is None or figure.high is None:
        return False
    return not figure.low <= line <= figure.high


def said(shown: Shown) -> Said:
    """The items to concentrate on, the most important first."""
    rows = _rows(shown)
    lead = _("Importance: %(method)s; crosshair %(crosshair)s; n = %(n)s.") % {
        "method": DERIVED.get(shown.document["method"], shown.document["method"]),
        "crosshair": CROSSHAIRS.get(shown.document["cross"]["rule"], ""),
        "n": shown.document["n"],
    }
    first = sorted(
        (row for row in rows if row.quadrant == "concentrate"), key=lambda row: -(row.importance.value or 0.0)
    )
    if not first:
        return Said(_("Nothing that matters much is done badly"), lead)
    names = listed(row.label for row in first[:_MOST_NAMED])
    if len(first) > _MOST_NAMED:
        return Said(
            _("Improve first: %(names)s and %(n)s more") % {"names": names, "n": len(first) - _MOST_NAMED},
            lead,
        )
    return Said(_("Improve first: %(names)s") % {"names": names}, lead)


def chart(shown: Shown) -> ChartSpec:
    """The grid with its crosshair."""
    document = shown.document
    known = [
        row for row in _rows(shown) if row.importance.value is not None and row.performance.value is not None
    ]
    return QuadrantChart(
        title=said(shown).heading,
        subtitle=_(
            "Bars are 95% intervals; hollow: the interval crosses a line, the quadrant is not certain"
        ),
        n=document["n"],
        method="mean_t",
        decimals=2,
        x_name=_("Performance"),
        y_name=_("Importance"),
        points=tuple(
            QuadrantPoint(
                shown.short(row.name),
                row.performance.value or 0.0,
                row.importance.value or 0.0,
                row.performance.low,
                row.performance.high,
                row.importance.low,
                row.importance.high,
                hollow=not row.sure,
                n=row.performance.n,
                role="subject" if row.quadrant == "concentrate" else "context",
                note=row.word,
            )
            for row in known
        ),
        x_cross=document["cross"]["performance"] or 0.0,
        y_cross=document["cross"]["importance"] or 0.0,
        names=(
            str(QUADRANTS["concentrate"]),
            str(QUADRANTS["keep_up"]),
            str(QUADRANTS["low_priority"]),
            str(QUADRANTS["overkill"]),
        ),
        highlighted=0,
    )


def context(shown: Shown) -> dict[str, Any]:
    """The table, by quadrant and importance."""
    rows = sorted(
        _rows(shown),
        key=lambda row: (
            _ORDER.index(row.quadrant) if row.quadrant in _ORDER else len(_ORDER),
            -(row.importance.value or 0.0),
        ),
    )
    return {
        "rows": rows,
        "quadrants": [(word, shown.document["quadrants"][code]) for code, word in QUADRANTS.items()],
        "stated": shown.document["method"] == "stated",
        "cross": {
            name: Figure(shown.document["cross"][name], None) for name in ("importance", "performance")
        },
    }


def measures(shown: Shown) -> list[Measure]:
    """Performance of each item, in the order of the table."""
    return [
        Measure(
            f"performance:{row.name}",
            row.label,
            lambda d, name=row.name: _performance(d, name),  # type: ignore[misc]
            row.name,
        )
        for row in context(shown)["rows"]
    ]


def _performance(document: Any, name: str) -> Figure:
    item = next((one for one in document["items"] if one["name"] == name), None)
    return Figure.of(item["detail"]["performance"] if item else None)


PAGE = KindPage("web/measure/models/importance.html", said, context, {"grid": chart}, measures)
