"""Sampling quality: who answered, what weights cost, who answered carelessly, and what all that does to the figures."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from servloop.charts import Bar, BarChart, ChartSpec, Dumbbell, DumbbellChart
from servloop_app.web.measure.models.figures import SHARE, Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown
from servloop_app.web.measure.values import Scale, probability

FINE = Scale(1.0, "", "", 3)
PERCENT = Scale(0.01, "%", "%", 1)
FLAGS: dict[str, Promise] = {
    "longstring": pgettext_lazy("careless answers", "The same answer in a long row"),
    "irv": pgettext_lazy("careless answers", "No variation at all"),
    "mahad": pgettext_lazy("careless answers", "Unusual pattern (Mahalanobis distance)"),
    "evenodd": pgettext_lazy("careless answers", "Halves of the scales disagree (even–odd)"),
    "psychsyn": pgettext_lazy("careless answers", "Alike questions answered unlike"),
    "psychant": pgettext_lazy("careless answers", "Opposite questions answered alike"),
    "person_total": pgettext_lazy("careless answers", "Against the order of all others"),
    "speeding": pgettext_lazy("careless answers", "Too fast"),
    "attention": pgettext_lazy("careless answers", "Failed an attention check"),
}
_INDEX_OF_FLAG = {"mahad": "mahad_sq"}
_OVERALL = "mean"


def said(shown: Shown) -> Said:
    """How many look careless, and whether it matters."""
    document = shown.document
    careless = Figure.of(document["careless"], PERCENT)
    lead = _("%(n)s respondents; a share of one half is known to ± %(margin)s percentage points.") % {
        "n": document["n"],
        "margin": "—" if document["margin_of_error"] is None else f"{document['margin_of_error']:.1f}",
    }
    if careless.value is None:
        return Said(_("Nobody answered"), lead)
    overall = document["figures"][-1]
    moved = overall["difference"]
    what = {"share": careless.number, "moved": "—" if moved is None else f"{abs(moved):.2f}"}
    if not careless.value:
        return Said(_("Nobody answered carelessly by these signs"), lead)
    if moved is None:
        return Said(_("%(share)s look careless; without them nobody is left") % what, lead)
    return Said(_("%(share)s look careless; without them the mean moves by %(moved)s") % what, lead)


def flags_chart(shown: Shown) -> ChartSpec:
    """How many respondents every sign concerns."""
    document = shown.document
    return BarChart(
        title=said(shown).heading,
        subtitle=_("Respondents by sign; careless are those with at least %(n)s signs. Nothing is deleted")
        % {"n": document["at_least"]},
        n=document["n"],
        decimals=0,
        bars=tuple(
            Bar(str(FLAGS.get(name, name)), float(count), n=document["n"]) for name, count in _told(shown)
        ),
    )


def _told(shown: Shown) -> list[tuple[str, int]]:
    """Signs that could be computed."""
    gaps = shown.document["not_computable"]
    return [
        (name, count)
        for name, count in shown.document["flags"].items()
        if _INDEX_OF_FLAG.get(name, name) not in gaps
    ]


def figures_chart(shown: Shown) -> ChartSpec:
    """Means of everybody and of those without signs."""
    figures = shown.document["figures"]
    largest = max(
        (one for one in figures if one["difference"] is not None),
        key=lambda one: abs(one["difference"]),
        default=None,
    )
    title = (
        _("“%(item)s” moves most, by %(moved)s")
        % {"item": _label(shown, largest["name"]), "moved": f"{largest['difference']:+.2f}".replace("-", "−")}
        if largest
        else _("With and without careless answers")
    )
    return DumbbellChart(
        title=title,
        subtitle=_("Mean of everybody and of those not flagged, question by question"),
        n=shown.document["n"],
        method="mean_t",
        decimals=2,
        first_name=_("Everybody"),
        second_name=_("Without the flagged"),
        difference_name=_("Difference"),
        rows=tuple(
            Dumbbell(
                _label(shown, one["name"]),
                one["everybody"]["value"],
                one["unflagged"]["value"],
                one["difference"],
                n=one["everybody"]["n"],
                state="neutral",
            )
            for one in figures
        ),
    )


def _label(shown: Shown, name: str) -> str:
    return _("Mean of all questions") if name == _OVERALL else shown.label(name)


def margins_chart(shown: Shown) -> ChartSpec:
    """The sample against the population."""
    rows = [
        Dumbbell(
            f"{shown.label(column)}: {group['group']}",
            100 * group["population_share"],
            None if group["sample_share"]["value"] is None else 100 * group["sample_share"]["value"],
            100 * group["difference"],
            _moved(group["sample_share"]["low"], group["population_share"]),
            _moved(group["sample_share"]["high"], group["population_share"]),
            group["sample_share"]["n"],
            "watch" if _off(group) else "neutral",
        )
        for column, margin in shown.document["margins"].items()
        for group in margin["groups"]
    ]
    off = [row for row in rows if row.state == "watch"]
    title = (
        _("“%(group)s” answered out of proportion")
        % {"group": max(off, key=lambda row: abs(row.difference or 0.0)).label}
        if off
        else _("The sample is like the population")
    )
    return DumbbellChart(
        title=title,
        subtitle=_("Share in the population and among the answers, per cent"),
        unit="%",
        decimals=1,
        first_name=_("Population"),
        second_name=_("Answers"),
        difference_name=_("Difference"),
        rows=tuple(rows),
    )


def _moved(end: float | None, share: float) -> float | None:
    return None if end is None else 100 * (end - share)


def _off(group: dict[str, Any]) -> bool:
    low, high = group["sample_share"]["low"], group["sample_share"]["high"]
    return low is not None and high is not None and not low <= group["population_share"] <= high


def context(shown: Shown) -> dict[str, Any]:
    """The tables."""
    document = shown.document
    weights = document["weights"]
    failed = document["weighting_failed"]
    return {
        "response": Figure.of(document["response"], PERCENT) if document["response"] else None,
        "margin": "—" if document["margin_of_error"] is None else f"{document['margin_of_error']:.1f}",
        "careless": Figure.of(document["careless"], PERCENT),
        "flags": [(FLAGS.get(name, name), count) for name, count in _told(shown)],
        "gaps": [
            (FLAGS.get({"mahad_sq": "mahad"}.get(name, name), name), gap["message"])
            for name, gap in document["not_computable"].items()
        ],
        "figures": [
            (
                _label(shown, one["name"]),
                Figure.of(one["everybody"]),
                Figure.of(one["unflagged"]),
                Figure(one["difference"], None),
            )
            for one in document["figures"]
        ],
        "weights": {
            "source": weights["source"],
            "deff": f"{weights['kish_deff']:.3f}",
            "effective": f"{weights['n_effective']:.0f}",
            "range": f"{weights['smallest']:.3g}–{weights['largest']:.3g}",
            "iterations": weights["iterations"],
            "converged": weights["converged"],
        }
        if weights
        else None,
        "weighting_failed": failed["message"] if failed else "",
        "weighted": [
            (
                shown.label(one["name"]),
                Figure.of(one["plain"]),
                Figure.of(one["weighted"]),
                "—" if one["design_effect"] is None else f"{one['design_effect']:.2f}",
            )
            for one in document["weighted"]
        ],
        "margins": [
            (shown.label(column), probability(margin["p_value"]), margin["effect_size"])
            for column, margin in document["margins"].items()
        ],
    }


def measures(shown: Shown) -> list[Measure]:
    """Share of careless answers."""
    label = _("Share that looks careless")
    return (
        [Measure("careless", label, lambda d: Figure.of(d["careless"], SHARE), better=-1)]
        if shown.document
        else []
    )


PAGE = KindPage(
    "web/measure/models/sample.html",
    said,
    context,
    {"flags": flags_chart, "figures": figures_chart, "margins": margins_chart},
    measures,
)
