"""Charts of scorecards: attainment by indicator, the score over time, units against each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils.translation import gettext as _

from servloop.charts import ChartSpec, Dot, DotChart, Line, LineChart, Point, Reference
from servloop.charts.spec import State
from servloop.measure.scorecard import GREEN, YELLOW
from servloop_app.measure.scorecard_ranking import Ranking
from servloop_app.measure.scorecard_scoring import ScoredCard, ScoredIndicator
from servloop_app.web.figures import rounded
from servloop_app.web.measure.scorecard_words import LIGHT_WORDS, SCHEME_WORDS
from servloop_app.web.measure.values import why_not

_STATES: Mapping[str, State] = {"green": "good", "yellow": "watch", "red": "bad", "grey": "neutral"}


def attainment(scored: ScoredCard, period: str) -> DotChart | None:
    """How much of its target every indicator reached; None when none has a figure."""
    if scored.total is None or not scored.total.n:
        return None
    missed = [one for one in scored.indicators if one.light in {"yellow", "red"}]
    title = (
        _("%(n)s of %(all)s indicators miss their target") % {"n": len(missed), "all": scored.total.n}
        if missed
        else _("Every indicator with a figure meets its target")
    )
    dots = sorted(
        (dot for dot in map(_dot, scored.indicators) if dot is not None), key=lambda dot: dot.value or 0.0
    )
    return DotChart(
        title=title,
        subtitle=_("Attainment in per cent of the target, %(period)s; bar = 95%% interval of the figure")
        % {"period": period},
        unit="%",
        method=_("held between 0 and 120%"),
        decimals=1,
        dots=tuple(dots),
        references=(Reference(100 * GREEN, _("Target"), "target"),),
    )


def _dot(one: ScoredIndicator) -> Dot | None:
    node = one.node
    if node is None or node.attainment is None:
        return None
    low, high = one.ends or (None, None)
    return Dot(
        str(one.metric.name),
        100 * node.attainment,
        None if low is None else 100 * low,
        None if high is None else 100 * high,
        one.figure.n,
        # Colour only where the whole interval has one light.
        "neutral" if one.open else _STATES[one.light],
        str(LIGHT_WORDS[one.light]),
    )


def trend(name: str, months: list[tuple[dt.date, ScoredCard]]) -> LineChart | None:
    """The score month by month; None without two months."""
    points = tuple(
        Point(
            month,
            scored.score.value,
            scored.score.low,
            scored.score.high,
            scored.score.n if scored.score.value is not None else None,
            note=why_not(scored.score),
        )
        for month, scored in months
    )
    known = [point for point in points if point.value is not None]
    if len(known) < 2:
        return None
    first, last = known[0], known[-1]
    assert first.value is not None
    assert last.value is not None
    said = {"first": rounded(first.value, 1), "last": rounded(last.value, 1)}
    apart = (
        first.low is not None
        and last.low is not None
        and first.high is not None
        and last.high is not None
        and (first.high < last.low or last.high < first.low)
    )
    if not apart:
        title = _("No clear movement: %(first)s points at first, %(last)s at last") % said
    elif last.value > first.value:
        title = _("The score rose from %(first)s to %(last)s points") % said
    else:
        title = _("The score fell from %(first)s to %(last)s points") % said
    return LineChart(
        title=title,
        subtitle=_("Score by month, points; band = 95%% interval from those of the figures") % {},
        method=_("weights of missing indicators go to their siblings"),
        lines=(Line(name, points),),
        references=(
            Reference(100 * GREEN, _("Target met from %(points)s") % {"points": "100"}, "target"),
            Reference(100 * YELLOW, _("Near the target from %(points)s") % {"points": "90"}, "benchmark"),
        ),
    )


def units(ranking: Ranking, names: Mapping[str, str], period: str) -> ChartSpec:
    """Where the units stand, best first, with intervals; the table says how sure each rank is."""
    ordered = sorted(ranking.index.units, key=lambda unit: (unit.rank is None, unit.rank or 0))
    dots = tuple(
        Dot(
            names.get(unit.name, unit.name),
            unit.score.value,
            unit.score.low,
            unit.score.high,
            unit.score.n if unit.score.value is not None else None,
            note=why_not(unit.score),
        )
        for unit in ordered
    )
    return DotChart(
        title=ranking_title(ranking, names),
        subtitle=_("Index of attainments, %(period)s; bar = 95%% interval of 1,000 draws; %(weights)s")
        % {"period": period, "weights": SCHEME_WORDS[ranking.scheme]},
        n=ranking.index.n,
        method=_("weighted index; figures drawn within their errors, weights around those given"),
        dots=dots,
    )


def ranking_title(ranking: Ranking, names: Mapping[str, str]) -> str:
    """The finding about the ranks: who leads for sure, or that nobody does."""
    ranked = [unit for unit in ranking.index.units if unit.rank is not None]
    first = min(ranked, key=lambda unit: unit.rank or 0)
    said = {"unit": names.get(first.name, first.name), "share": f"{rounded(100 * (first.first or 0), 0)}%"}
    if first.first is None:
        return _("%(unit)s stands first") % said
    if first.rank_high == 1:
        return _("%(unit)s stands first, whatever the errors and weights") % said
    return _("%(unit)s stands first in %(share)s of the draws: the order is not certain") % said
