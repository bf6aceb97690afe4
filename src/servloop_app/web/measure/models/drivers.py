"""Key drivers: what explains an outcome, how well it is done, and what low and high marks do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from servloop.charts import Bar, BarChart, ChartSpec, Dot, DotChart, QuadrantChart, QuadrantPoint
from servloop.charts.spec import State
from servloop_app.web.measure.models.figures import SHARE, Figure
from servloop_app.web.measure.models.importance import QUADRANTS
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown
from servloop_app.web.measure.values import probability

FACTORS: dict[str, Promise] = {
    "basic": pgettext_lazy("factor", "basic: punishes when bad"),
    "performance": pgettext_lazy("factor", "performance: counts both ways"),
    "excitement": pgettext_lazy("factor", "excitement: rewards when good"),
}
METHODS: dict[str, Promise] = {
    "lmg": pgettext_lazy("method of importance", "LMG (Shapley value of R²)"),
    "johnson": pgettext_lazy("method of importance", "Johnson’s relative weights"),
}


@dataclass(frozen=True)
class DriverRow:
    """One driver in the table."""

    name: str
    label: str
    share: Figure
    importance: Figure
    mean: Figure
    standardised: str
    correlation: str
    tolerance: float

    @property
    def collinear(self) -> bool:
        """Whether the others nearly repeat it (VIF above 10)."""
        return self.tolerance < 0.1


def _analysis(shown: Shown) -> dict[str, Any]:
    found: dict[str, Any] = shown.document["analysis"]
    return found


def rows(shown: Shown) -> list[DriverRow]:
    """The drivers, the most important first."""
    found = [
        DriverRow(
            driver["name"],
            shown.label(driver["name"]),
            Figure(
                driver["share"],
                driver["importance"]["n"],
                driver["share_low"],
                driver["share_high"],
                scale=SHARE,
            ),
            Figure.of(driver["importance"]),
            Figure.of(shown.document["means"].get(driver["name"])),
            f"{driver['standardised']:.2f}".replace("-", "−"),
            f"{driver['correlation']:.2f}".replace("-", "−"),
            driver["tolerance"],
        )
        for driver in _analysis(shown)["drivers"]
    ]
    return sorted(found, key=lambda row: -(row.importance.value or 0.0))


def _reason(shown: Shown) -> str:
    return str(((_analysis(shown)["r2_detail"] or {}).get("reason") or {}).get("message", ""))


def said(shown: Shown) -> Said:
    """The driver that explains most, if its interval stands clear of the next."""
    if _reason(shown):
        return Said(_("The drivers cannot be told"), _reason(shown))
    found = rows(shown)
    outcome = shown.label(shown.document["outcome"])
    r2 = Figure.of(_analysis(shown)["r2_detail"], SHARE)
    lead = _(
        "The drivers together explain %(r2)s (%(interval)s) of “%(outcome)s”; n = %(n)s; %(method)s. They go with it: that is no proof of cause."
    ) % {
        "r2": r2.number,
        "interval": r2.interval or "—",
        "outcome": outcome,
        "n": _analysis(shown)["n"],
        "method": METHODS[_analysis(shown)["method"]],
    }
    first = found[0]
    what = {"driver": first.label, "share": first.share.number, "outcome": outcome}
    second = found[1] if len(found) > 1 else None
    if second is not None and (
        first.share.low is None or second.share.high is None or first.share.low <= second.share.high
    ):
        what["second"] = second.label
        return Said(
            _("“%(driver)s” and “%(second)s” go most with “%(outcome)s”; which comes first is not certain")
            % what,
            lead,
        )
    return Said(_("“%(driver)s” goes most with “%(outcome)s”: %(share)s of what is explained") % what, lead)


def share_chart(shown: Shown) -> ChartSpec:
    """The parts of R²."""
    return DotChart(
        title=said(shown).heading,
        subtitle=_("Share of the explained variance in per cent; bar = 95% bootstrap interval"),
        unit="%",
        n=_analysis(shown)["n"],
        method=str(METHODS[_analysis(shown)["method"]]),
        decimals=1,
        dots=tuple(
            Dot(
                row.label,
                _percent(row.share.value),
                _percent(row.share.low),
                _percent(row.share.high),
                row.share.n,
            )
            for row in rows(shown)
        ),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def first_chart(shown: Shown) -> ChartSpec:
    """What to work on first: importance against the mean mark."""
    found = [row for row in rows(shown) if row.share.value is not None and row.mean.value is not None]
    shares = [100 * (row.share.value or 0.0) for row in found]
    marks = [row.mean.value or 0.0 for row in found]
    across, up = _mean(marks), _mean(shares)
    todo = [
        row.label
        for row in found
        if 100 * (row.share.value or 0.0) >= up and (row.mean.value or 0.0) < across
    ]
    title = (
        _("Work on “%(driver)s” first: it matters and is marked low") % {"driver": todo[0]}
        if todo
        else _("No driver that matters much is marked low")
    )
    return QuadrantChart(
        title=title,
        subtitle=_(
            "Share of the explained variance against the mean mark; crosshair at the means, bars are 95% intervals"
        ),
        n=_analysis(shown)["n"],
        decimals=1,
        x_name=_("Mean mark"),
        y_name=_("Share of the explained variance, %"),
        points=tuple(
            QuadrantPoint(
                row.label,
                row.mean.value or 0.0,
                100 * (row.share.value or 0.0),
                row.mean.low,
                row.mean.high,
                _percent(row.share.low),
                _percent(row.share.high),
                n=row.mean.n,
            )
            for row in found
        ),
        x_cross=across,
        y_cross=up,
        names=(
            str(QUADRANTS["concentrate"]),
            str(QUADRANTS["keep_up"]),
            str(QUADRANTS["low_priority"]),
            str(QUADRANTS["overkill"]),
        ),
        highlighted=0,
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def contrast_chart(shown: Shown) -> ChartSpec:
    """What low and high marks do against the middle ones."""
    contrast = shown.document["contrast"]
    bars = []
    for item in contrast["items"] if contrast else ():
        label = shown.label(item["name"])
        for which, words in (
            ("penalty", _("%(driver)s: low marks")),
            ("reward", _("%(driver)s: high marks")),
        ):
            figure = Figure.of(item[which])
            bars.append(
                Bar(
                    words % {"driver": label},
                    figure.value,
                    figure.low,
                    figure.high,
                    item["n_low" if which == "penalty" else "n_high"],
                    _effect_state(figure),
                )
            )
    basic = [
        shown.label(item["name"])
        for item in (contrast["items"] if contrast else ())
        if item["factor"] == "basic" and Figure.of(item["penalty"]).clear < 0
    ]
    title = (
        _("Low marks of “%(driver)s” cost more than high ones gain") % {"driver": basic[0]}
        if basic
        else _("What low and high marks do")
    )
    return BarChart(
        title=title,
        subtitle=_(
            "Change of the outcome against middle marks; bar with 95% interval, coloured where it excludes 0"
        ),
        n=contrast["n"] if contrast else None,
        method=_("least squares with two dummies each"),
        decimals=2,
        bars=tuple(bars),
    )


def _effect_state(figure: Figure) -> State:
    return "neutral" if figure.clear == 0 else "good" if figure.clear > 0 else "bad"


def context(shown: Shown) -> dict[str, Any]:
    """The tables."""
    contrast = shown.document["contrast"]
    found = rows(shown)
    return {
        "reason": _reason(shown),
        "rows": found,
        "collinear": [row.label for row in found if row.collinear],
        "outcome": shown.label(shown.document["outcome"]),
        "outcome_mean": Figure.of(shown.document["outcome_mean"]),
        "limits": (f"{shown.document['low']:.3g}", f"{shown.document['high']:.3g}") if contrast else None,
        "contrasts": [
            {
                "label": shown.label(item["name"]),
                "penalty": Figure.of(item["penalty"]),
                "reward": Figure.of(item["reward"]),
                "p_penalty": probability(item["p_penalty"]),
                "p_reward": probability(item["p_reward"]),
                "n_low": item["n_low"],
                "n_high": item["n_high"],
                "word": FACTORS.get(item["factor"] or "", "—"),
                "inconsistent": item["inconsistent"],
            }
            for item in (contrast["items"] if contrast else ())
        ],
    }


def measures(shown: Shown) -> list[Measure]:
    """R², then the parts of the drivers, in each group's own analysis."""
    if _reason(shown):
        return []
    found = [
        Measure("r2", _("Explained variance (R²)"), lambda d: Figure.of(d["analysis"]["r2_detail"]), better=0)
    ]
    found += [
        Measure(
            f"share:{row.name}",
            _("Part of “%(driver)s” in R²") % {"driver": row.label},
            lambda d, name=row.name: _part(d, name),  # type: ignore[misc]
            better=0,
        )
        for row in rows(shown)
    ]
    return found


def _part(document: Any, name: str) -> Figure:
    found = next((one for one in document["analysis"]["drivers"] if one["name"] == name), None)
    return Figure.of(found["importance"] if found else None)


PAGE = KindPage(
    "web/measure/models/drivers.html",
    said,
    context,
    {"shares": share_chart, "first": first_chart, "contrast": contrast_chart},
    measures,
)
