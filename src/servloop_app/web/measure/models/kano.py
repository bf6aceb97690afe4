"""Kano: what must never be missing, what pays the more the better, what delights, what nobody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from servloop.charts import ChartSpec, QuadrantChart, QuadrantPoint
from servloop.charts.spec import Role
from servloop_app.web.figures import share
from servloop_app.web.measure.models.figures import SHARE, Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown

CATEGORIES: dict[str, Promise] = {
    "M": pgettext_lazy("Kano category", "Must-be"),
    "O": pgettext_lazy("Kano category", "One-dimensional"),
    "A": pgettext_lazy("Kano category", "Attractive"),
    "I": pgettext_lazy("Kano category", "Indifferent"),
    "R": pgettext_lazy("Kano category", "Reverse"),
    "Q": pgettext_lazy("Kano category", "Questionable"),
}
_ROLES: dict[str, Role] = {"M": "comparison", "O": "subject", "A": "other"}


@dataclass(frozen=True)
class FeatureRow:
    """One feature in the table."""

    name: str
    label: str
    n: int
    category: str
    word: str
    sure: bool
    remark: str
    better: Figure
    worse: Figure
    total_strength: str
    category_strength: str
    counts: dict[str, int]


def _rows(shown: Shown) -> list[FeatureRow]:
    return [
        FeatureRow(
            feature["name"],
            shown.label(feature["name"]),
            feature["n"],
            feature["category"] or "",
            str(CATEGORIES.get(feature["category"] or "", "—")),
            bool(feature["fong_significant"]),
            _remark(feature),
            Figure.of(feature["estimates"]["better"], SHARE),
            Figure.of(feature["estimates"]["worse"], SHARE, sign=-1),
            share(feature["total_strength"], 0),
            share(feature["category_strength"], 0),
            feature["counts"],
        )
        for feature in shown.document["features"]
    ]


def _remark(feature: dict[str, Any]) -> str:
    if not feature["n"]:
        return _("no answers")
    if feature["tie"]:
        return _("two categories equally often")
    if not feature["fong_significant"]:
        return _("category not certain (Fong)")
    return _("mixed: no category clearly leads") if feature["mixed"] else ""


def said(shown: Shown) -> Said:
    """The feature whose absence hurts most."""
    rows = _rows(shown)
    certain = [row for row in rows if row.sure]
    lead = _("%(sure)s of %(all)s categories are certain (Fong’s test, α = 0.10), n = %(n)s.") % {
        "sure": len(certain),
        "all": len(rows),
        "n": max((row.n for row in rows), default=0),
    }
    musts = [row for row in certain if row.category in {"M", "O"} and row.worse.value is not None]
    if musts:
        worst = max(musts, key=lambda row: row.worse.value or 0.0)
        return Said(
            _("Without “%(name)s”, %(share)s are dissatisfied")
            % {"name": worst.label, "share": worst.worse.number},
            lead,
        )
    delights = [row for row in certain if row.category == "A"]
    if delights:
        best = max(delights, key=lambda row: row.better.value or 0.0)
        return Said(_("“%(name)s” delights most; nothing must be there") % {"name": best.label}, lead)
    return Said(_("No feature has a certain category yet"), lead)


def chart(shown: Shown) -> ChartSpec:
    """The better–worse plot."""
    points = tuple(
        QuadrantPoint(
            shown.short(row.name),
            row.better.value,
            row.worse.value,
            row.better.low,
            row.better.high,
            row.worse.low,
            row.worse.high,
            hollow=not row.sure,
            n=row.n,
            role=_ROLES.get(row.category, "context"),
            note=row.word,
        )
        for row in _rows(shown)
        if row.better.value is not None and row.worse.value is not None
    )
    # Error bars of thirty features would hide the features: the table has them.
    bare = tuple(
        QuadrantPoint(p.label, p.x, p.y, hollow=p.hollow, n=p.n, role=p.role, note=p.note) for p in points
    )
    return QuadrantChart(
        title=said(shown).heading,
        subtitle=_("Further right: having it satisfies more. Further up: missing it dissatisfies more"),
        n=max((row.n for row in _rows(shown)), default=0),
        method="better_worse",
        decimals=2,
        x_name=_("better: share satisfied by having it"),
        y_name=_("worse: share dissatisfied without it"),
        points=bare if len(points) > 12 else points,
        x_cross=0.5,
        y_cross=0.5,
        extent=(0.0, 1.0),
        names=(
            pgettext("Kano quadrant", "Never fail"),
            pgettext("Kano quadrant", "Invest"),
            pgettext("Kano quadrant", "Save"),
            pgettext("Kano quadrant", "Surprise"),
        ),
        highlighted=1,
    )


def context(shown: Shown) -> dict[str, Any]:
    """The table, the strongest effects first."""
    rows = sorted(_rows(shown), key=lambda row: -(row.worse.value or 0.0) - (row.better.value or 0.0))
    counts = {code: sum(row.category == code for row in rows) for code in CATEGORIES}
    return {
        "rows": rows,
        "categories": [(code, word, counts[code]) for code, word in CATEGORIES.items() if counts[code]],
        "codes": list(CATEGORIES),
        "table": shown.document["table"],
        "rule": shown.document["rule"],
    }


def measures(shown: Shown) -> list[Measure]:
    """Worse and better of each feature."""
    found = []
    for row in context(shown)["rows"]:
        name = row.name
        for which, sign, text in (
            ("worse", -1, _("%(name)s: dissatisfied without it")),
            ("better", 1, _("%(name)s: satisfied with it")),
        ):
            found.append(
                Measure(
                    f"{which}:{name}",
                    text % {"name": row.label},
                    lambda d, name=name, which=which, sign=sign: _estimate(d, name, which, sign),  # type: ignore[misc]
                    name,
                    better=0,
                )
            )
    return found


def _estimate(document: Any, name: str, which: str, sign: int) -> Figure:
    feature = next((one for one in document["features"] if one["name"] == name), None)
    return Figure.of(feature["estimates"][which] if feature else None, SHARE, sign=sign)


PAGE = KindPage("web/measure/models/kano.html", said, context, {"plot": chart}, measures)
