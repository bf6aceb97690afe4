"""Quality of the scales: reliability of each, factors of all items, validity between them, in words of judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from servloop.charts import ChartSpec, Dot, DotChart, HeatChart, Reference
from servloop.charts.spec import State
from servloop.measure.scale_quality import (
    GOOD_KMO,
    GOOD_RELIABILITY,
    LOWEST_KMO,
)
from servloop_app.web.measure.models.figures import Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown, listed
from servloop_app.web.measure.values import joined, probability

VERDICTS: dict[str, Promise] = {
    "good": pgettext_lazy("quality of a scale", "fit for comparisons"),
    "watch": pgettext_lazy("quality of a scale", "usable, with care"),
    "bad": pgettext_lazy("quality of a scale", "not reliable"),
    "unknown": pgettext_lazy("quality of a scale", "not computable"),
}
REASONS: dict[str, Promise] = {
    "alpha_low": gettext_lazy("alpha below 0.60"),
    "alpha_questionable": gettext_lazy("alpha below 0.70"),
    "ave_low": gettext_lazy("AVE below 0.50: more error than scale in the items"),
    "item_against": gettext_lazy("an item runs against the others: reverse it?"),
    "too_short": gettext_lazy("one item is no scale"),
}
# Hu & Bentler (1999) and common practice: good, still acceptable.
_FIT = (
    ("cfi", "CFI", 0.95, 0.90, True),
    ("tli", "TLI", 0.95, 0.90, True),
    ("rmsea", "RMSEA", 0.06, 0.08, False),
    ("srmr", "SRMR", 0.08, 0.10, False),
)
_STRONG_LOADING = 0.4


@dataclass(frozen=True)
class ScaleRow:
    """One scale in the table."""

    name: str
    label: str
    items: int
    n: int
    alpha: Figure
    omega: str
    ave: str
    composite: str
    meaning: str
    word: str
    reasons: str


def _decimal(value: float | None, digits: int = 2) -> str:
    return "—" if value is None else f"{value:.{digits}f}".replace("-", "−")


def _rows(shown: Shown) -> list[ScaleRow]:
    rows = []
    for name, scale in shown.document["scales"].items():
        judged = shown.document["judgements"][name]
        verdict = judged["verdict"]
        rows.append(
            ScaleRow(
                name,
                shown.label(name),
                max(len(scale["item_rest"]), 1),
                scale["n"],
                Figure.of(scale["alpha_estimate"]),
                _decimal(scale["omega"].get("ml_sum_score")),
                _decimal(scale["ave"]),
                _decimal(scale["composite_reliability"]),
                "neutral" if verdict == "unknown" else verdict,
                str(VERDICTS[verdict]),
                joined(str(REASONS[reason]) for reason in judged["reasons"]),
            )
        )
    return rows


def said(shown: Shown) -> Said:
    """How many scales are fit for comparisons."""
    rows = _rows(shown)
    good = [row for row in rows if row.meaning == "good"]
    bad = [row for row in rows if row.meaning == "bad"]
    fitness = _adequacy(shown)
    lead = _("Cronbach’s alpha, McDonald’s omega, AVE; n = %(n)s.") % {"n": shown.document["n"]}
    if fitness:
        lead += " " + _("KMO of all items %(kmo)s.") % {"kmo": _decimal(fitness["kmo"])}
    if len(rows) == 1:
        one = rows[0]
        heading = {
            "good": _("“%(name)s” is reliable enough for comparisons"),
            "watch": _("“%(name)s” is usable, with care"),
            "bad": _("“%(name)s” is not reliable"),
            "neutral": _("The reliability of “%(name)s” is not computable"),
        }[one.meaning]
        return Said(heading % {"name": one.label}, lead)
    if len(good) == len(rows):
        return Said(_("All %(n)s scales are fit for comparisons") % {"n": len(rows)}, lead)
    if bad:
        names = listed(row.label for row in bad[:3])
        return Said(
            ngettext("Not reliable: %(names)s", "%(n)s scales are not reliable: %(names)s", len(bad))
            % {"names": names, "n": len(bad)},
            lead,
        )
    return Said(
        _("%(good)s of %(all)s scales are fit for comparisons, the others with care")
        % {"good": len(good), "all": len(rows)},
        lead,
    )


def _adequacy(shown: Shown) -> dict[str, Any] | None:
    explored = shown.document["exploratory"]
    return explored["adequacy"] if explored else None


def alphas(shown: Shown) -> ChartSpec:
    """Alpha of each scale with Feldt's interval, against 0.70."""
    states: dict[str, State] = {"good": "good", "watch": "watch", "bad": "bad"}
    return DotChart(
        title=said(shown).heading,
        subtitle=_("Cronbach’s alpha with Feldt’s 95% interval"),
        n=shown.document["n"],
        method="feldt",
        decimals=2,
        dots=tuple(
            Dot(
                row.label,
                row.alpha.value,
                row.alpha.low,
                row.alpha.high,
                row.n,
                states.get(row.meaning, "neutral"),
                row.alpha.reason,
            )
            for row in _rows(shown)
        ),
        references=(Reference(GOOD_RELIABILITY, f"{GOOD_RELIABILITY:.2f}"),),
    )


def loadings(shown: Shown) -> ChartSpec:
    """Loadings of all items on the factors."""
    explored = shown.document["exploratory"] or {"loadings": {}, "n": 0}
    rows = explored["loadings"]
    count = len(next(iter(rows.values()), ()))
    return HeatChart(
        title=ngettext("%(n)s factor behind the items", "%(n)s factors behind the items", count)
        % {"n": count},
        subtitle=_("Loadings after rotation; strong ones tell which items belong together"),
        n=explored["n"],
        method="factor_analysis",
        decimals=2,
        rows=tuple(shown.label(name) for name in rows),
        columns=tuple(f"F{place}" for place in range(1, count + 1)),
        cells=tuple(tuple(values) for values in rows.values()),
    )


def context(shown: Shown) -> dict[str, Any]:
    """Scales, their items, the factors, the confirmatory fit, the ratios between scales."""
    document = shown.document
    return {
        "rows": _rows(shown),
        "items": _items(shown),
        "factors": _factors(shown),
        "fit": _fit(document["confirmatory"]),
        "ratios": _ratios(shown),
        "warnings": [
            notice["message"]
            for part in (
                *document["scales"].values(),
                *filter(None, (document["exploratory"], document["confirmatory"])),
            )
            for notice in part["warnings"]
        ],
    }


def _items(shown: Shown) -> list[dict[str, Any]]:
    found = []
    for name, scale in shown.document["scales"].items():
        alpha = scale["alpha"]
        for item, rest in scale["item_rest"].items():
            dropped = scale["alpha_if_dropped"].get(item)
            found.append(
                {
                    "scale": shown.label(name),
                    "label": shown.label(item),
                    "rest": _decimal(rest),
                    "dropped": _decimal(dropped),
                    "better_without": alpha is not None and dropped is not None and dropped > alpha + 0.005,
                    "loading": _decimal(scale["loadings"].get(item)),
                }
            )
    return found


def _factors(shown: Shown) -> dict[str, Any] | None:
    explored = shown.document["exploratory"]
    if not explored:
        return None
    if explored["reason"]:
        return {"reason": explored["reason"]["message"]}
    fitness = explored["adequacy"]
    kmo = fitness["kmo"]
    meaning = "good" if kmo >= GOOD_KMO else "watch" if kmo >= LOWEST_KMO else "bad"
    words = {"good": _("well suited"), "watch": _("suited, with care"), "bad": _("not suited")}
    return {
        "n": explored["n"],
        "count": explored["factors"],
        "kmo": _decimal(kmo),
        "meaning": meaning,
        "word": words[meaning],
        "bartlett": f"{fitness['bartlett_chi2']:,.1f}",
        "df": fitness["bartlett_df"],
        "p": probability(fitness["bartlett_p_value"]),
        "eigenvalues": [_decimal(value) for value in fitness["eigenvalues"][:10]],
        "above_one": fitness["eigenvalues_above_one"],
        "parallel": fitness["parallel_factors"],
        "extraction": explored["extraction"],
        "rotation": explored["rotation"],
        "rows": [
            {
                "label": shown.label(name),
                "communality": _decimal(explored["communalities"][name]),
                "values": [(_decimal(value), abs(value) >= _STRONG_LOADING) for value in values],
            }
            for name, values in explored["loadings"].items()
        ],
        "names": [f"F{place}" for place in range(1, explored["factors"] + 1)],
    }


def _fit(confirmed: dict[str, Any] | None) -> dict[str, Any] | None:
    if not confirmed:
        return None
    if confirmed["reason"] or not confirmed["fit"]:
        return {"reason": (confirmed["reason"] or {}).get("message", "")}
    fit = confirmed["fit"]
    rows = []
    for name, label, good, fair, larger in _FIT:
        value = fit[name]
        if value is None:
            continue
        signed = 1 if larger else -1
        meaning = (
            "good"
            if signed * value >= signed * good
            else "watch"
            if signed * value >= signed * fair
            else "bad"
        )
        words = {"good": _("good"), "watch": _("acceptable"), "bad": _("poor")}
        limit = f"≥ {good}" if larger else f"≤ {good}"
        rows.append((label, _decimal(value, 3), limit, meaning, words[meaning]))
    chi2 = None if fit["chi2"] is None else f"{fit['chi2']:,.1f}"
    return {
        "rows": rows,
        "chi2": chi2,
        "df": fit["degrees_of_freedom"],
        "p": probability(fit["p_value"]),
        "n": confirmed["n"],
    }


def _ratios(shown: Shown) -> dict[str, Any] | None:
    ratios = shown.document["htmt"]
    names = list(ratios)
    if len(names) < 2:
        return None
    return {
        "names": [shown.label(name) for name in names],
        "rows": [
            (
                shown.label(first),
                [
                    (_decimal(ratios[first][second]), (ratios[first][second] or 0) > 0.9)
                    if place < row
                    else ("", False)
                    for place, second in enumerate(names)
                ],
            )
            for row, first in enumerate(names)
        ],
    }


def measures(shown: Shown) -> list[Measure]:
    """Alpha of each scale."""
    return [
        Measure(
            f"alpha:{name}",
            _("%(name)s: alpha") % {"name": shown.label(name)},
            lambda d, name=name: Figure.of(d["scales"][name]["alpha_estimate"]),  # type: ignore[misc]
        )
        for name in shown.document["scales"]
    ]


PAGE = KindPage(
    "web/measure/models/quality.html", said, context, {"alphas": alphas, "loadings": loadings}, measures
)
