"""Forms that ship: operational excellence and the five aspects, area by area."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from servloop.charts import ChartSpec, Dot, DotChart
from servloop_app.web.measure.models.figures import Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown
from servloop_app.web.measure.values import Scale

SCORE = Scale(1.0, "", "", 1)


def said(shown: Shown) -> Said:
    """The score, and the weakest area."""
    document = shown.document
    score = Figure.of(document["score"], SCORE)
    lead = _("Score %(score)s of 100 (%(interval)s), n = %(n)s.") % {
        "score": score.number,
        "interval": score.interval or "—",
        "n": document["n"],
    }
    if document["weakest"] is None:
        return Said(_("Nobody answered"), lead)
    return Said(_("“%(area)s” is the weakest area") % {"area": shown.label(document["weakest"])}, lead)


def chart(shown: Shown) -> ChartSpec:
    """The areas, the weakest first."""
    document = shown.document
    low, high = document["scale"]
    areas = sorted(document["areas"], key=lambda area: (area["score"] is None, area["score"] or 0.0))

    def points(value: float | None) -> float | None:
        return None if value is None else 100 * (value - low) / (high - low)

    return DotChart(
        title=said(shown).heading,
        subtitle=_("Score of the areas on 0 to 100; bar = 95% interval over respondents"),
        n=document["n"],
        method="mean_t",
        decimals=1,
        dots=tuple(
            Dot(
                shown.label(area["area"]),
                area["score"],
                points(area["mean"]["low"]),
                points(area["mean"]["high"]),
                area["mean"]["n"],
            )
            for area in areas
        ),
    )


def context(shown: Shown) -> dict[str, Any]:
    """The table."""
    return {
        "areas": [
            (
                shown.label(area["area"]),
                Figure.of(area["mean"]),
                "—" if area["score"] is None else f"{area['score']:.1f}",
                f"{100 * area['weight']:.0f}%",
            )
            for area in shown.document["areas"]
        ],
        "own": shown.document["form"],
    }


def measures(shown: Shown) -> list[Measure]:
    """The score, then the areas' means."""
    found = [Measure("score", _("Score"), lambda d: Figure.of(d["score"], SCORE))]
    found += [
        Measure(
            f"area:{area['area']}",
            shown.label(area["area"]),
            lambda d, name=area["area"]: _area(d, name),  # type: ignore[misc]
        )
        for area in shown.document["areas"]
    ]
    return found


def _area(document: Any, name: str) -> Figure:
    found = next((one for one in document["areas"] if one["area"] == name), None)
    return Figure.of(found["mean"] if found else None)


PAGE = KindPage("web/measure/models/form_areas.html", said, context, {"areas": chart}, measures)
