"""SERVQUAL and SERVPERF: expectation against perception by dimension and item, with the gap's interval and test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from servloop.charts import ChartSpec, Dot, DotChart, Dumbbell, DumbbellChart
from servloop.charts.spec import State
from servloop_app.web.measure.models.figures import Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown
from servloop_app.web.measure.values import probability

_CLEAR = 0.05


@dataclass(frozen=True)
class GapRow:
    """A dimension or an item in the table."""

    name: str
    label: str
    dimension: str
    expectation: Figure
    perception: Figure
    gap: Figure
    q: str
    state: State
    quality: dict[str, str]


def _gaps(figures: dict[str, Any], shown: Shown, *, gapped: bool) -> list[GapRow]:
    rows = []
    clear = [
        figure["gap"]
        for figure in figures.values()
        if gapped and figure["gap"] is not None and Figure.of(figure, value="gap").clear < 0
    ]
    worst = min(clear, default=None)
    for name, figure in figures.items():
        gap = Figure.of(figure, value="gap")
        rows.append(
            GapRow(
                name,
                shown.label(name),
                shown.label(figure["dimension"]) if figure.get("dimension") else "",
                _mean(figure, "expectation"),
                _mean(figure, "perception"),
                gap,
                probability(figure["p_adjusted"]),
                _state(gap, worst, figure["p_adjusted"]),
                {key: _alpha(figure.get(key)) for key in ("alpha_perception", "alpha_gap")},
            )
        )
    return rows


def _mean(figure: dict[str, Any], which: str) -> Figure:
    low, high = figure.get(f"{which}_interval") or (None, None)
    return Figure(figure[which], figure["n"], low, high)


def _alpha(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _state(gap: Figure, worst: float | None, q: float | None) -> State:
    """Colour only what is clear; the strongest colour for what cannot be told from the largest gap."""
    if gap.clear == 0 or q is None or q >= _CLEAR:
        return "neutral"
    if gap.clear > 0:
        return "good"
    return "bad" if worst is not None and gap.low is not None and gap.low <= worst else "watch"


def _gapped(shown: Shown) -> bool:
    return any(figure["expectation"] is not None for figure in shown.document["items"].values())


def _main(shown: Shown) -> tuple[str, list[GapRow]]:
    """The dimensions; the items where the questionnaire has no dimensions."""
    which = "dimensions" if shown.document["dimensions"] else "items"
    return which, _gaps(shown.document[which], shown, gapped=_gapped(shown))


def overall(shown: Shown) -> Figure:
    """The one figure of the study: gap of the dimensions, else of the items, else mean perception."""
    estimates = shown.document["estimates"]
    names = ("gap", "item_mean_gap", "servperf") if _gapped(shown) else ("servperf",)
    return next((f for name in names if (f := Figure.of(estimates[name])).value is not None), Figure(None, 0))


def said(shown: Shown) -> Said:
    """The largest gap, if any is clear."""
    _which, rows = _main(shown)
    whole = overall(shown)
    figure = {"value": whole.number, "interval": whole.interval, "n": shown.document["respondents"]}
    if not _gapped(shown):
        lowest = min((row for row in rows if row.perception.value is not None), key=_perceived, default=None)
        heading = (
            _("“%(name)s” is rated lowest") % {"name": lowest.label} if lowest else _("Nothing was rated")
        )
        return Said(
            heading,
            _("Mean of all items %(value)s (%(interval)s), n = %(n)s; expectations were not asked.") % figure,
        )
    lead = _("Perception less expectation, all together %(value)s (%(interval)s), n = %(n)s.") % figure
    short = [row for row in rows if row.state in {"bad", "watch"}]
    if not short:
        return Said(_("Perceptions are nowhere clearly below expectations"), lead)
    worst = min(short, key=lambda row: row.gap.value or 0.0)
    equal = [row for row in short if row.state == "bad"]
    if len(equal) > 1:
        return Said(
            _("“%(name)s” falls furthest short of expectations, with %(n)s others hardly apart")
            % {"name": worst.label, "n": len(equal) - 1},
            lead,
        )
    return Said(_("“%(name)s” falls furthest short of expectations") % {"name": worst.label}, lead)


def _perceived(row: GapRow) -> float:
    return row.perception.value or 0.0


def _chart(shown: Shown, which: str) -> ChartSpec:
    rows = _gaps(shown.document[which], shown, gapped=_gapped(shown))
    document = shown.document
    if not _gapped(shown):
        dots = tuple(
            Dot(row.label, row.perception.value, row.perception.low, row.perception.high, row.perception.n)
            for row in rows
        )
        return DotChart(
            title=said(shown).heading,
            subtitle=_("Mean perception with its 95% interval"),
            n=document["respondents"],
            method="student",
            decimals=2,
            dots=dots,
        )
    return DumbbellChart(
        title=said(shown).heading if which == _main(shown)[0] else _("Gaps item by item"),
        subtitle=_(
            "Means on the scale of the questionnaire; the line is the gap, perception less expectation"
        ),
        n=document["respondents"],
        method="bootstrap_percentile",
        decimals=2,
        first_name=_("Expectation"),
        second_name=_("Perception"),
        difference_name=_("Gap"),
        rows=tuple(
            Dumbbell(
                row.label,
                row.expectation.value,
                row.perception.value,
                row.gap.value,
                row.gap.low,
                row.gap.high,
                row.gap.n,
                row.state,
                row.gap.reason,
            )
            for row in rows
        ),
    )


def context(shown: Shown) -> dict[str, Any]:
    """Both tables, the overall figures, and whether there are dimensions at all."""
    which, rows = _main(shown)
    estimates = shown.document["estimates"]
    names = [
        ("gap", _("Mean of the dimensions")),
        ("weighted_gap", _("Weighted with each customer’s own points")),
        ("item_mean_gap", _("Mean of the items")),
        ("servperf", _("Perceptions only (SERVPERF)")),
    ]
    return {
        "gapped": _gapped(shown),
        "main": which,
        "rows": rows,
        "items": _gaps(shown.document["items"], shown, gapped=_gapped(shown))
        if which == "dimensions"
        else [],
        "overall": [
            (label, figure)
            for name, label in names
            if (figure := Figure.of(estimates[name])).value is not None
        ],
        "with_quality": any(row.quality["alpha_perception"] != "—" for row in rows),
    }


def measures(shown: Shown) -> list[Measure]:
    """The overall gap, then dimensions, then items; perceptions where no expectations were asked."""
    gapped = _gapped(shown)
    return [
        Measure("overall", _("All together"), lambda d: overall(shown.of(d, "")), "overall"),
        *(
            Measure(
                f"{which}:{name}",
                shown.label(name),
                partial(_figure, which, name, gapped=gapped),
                name if which == "dimensions" else "",
            )
            for which in ("dimensions", "items")
            for name in shown.document[which]
        ),
    ]


def _figure(which: str, name: str, document: Any, *, gapped: bool) -> Figure:
    figure = document[which][name]
    return Figure.of(figure, value="gap") if gapped else _mean(figure, "perception")


PAGE = KindPage(
    "web/measure/models/servqual.html",
    said,
    context,
    {
        "gaps": lambda shown: _chart(shown, _main(shown)[0]),
        "items": lambda shown: _chart(shown, "items"),
    },
    measures,
)
