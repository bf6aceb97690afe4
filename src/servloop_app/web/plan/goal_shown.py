"""Goals as pages show them: values in one unit, progress in words, what history says, the trend with the target."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from servloop.charts import Intervention, LineChart, Reference
from servloop.messages import message
from servloop_app.core.policy import Policy
from servloop_app.measure import queries as measure
from servloop_app.plan.goal_figures import Progress, progress_of, thawed
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.goal_queries import goal_meaning
from servloop_app.web.figures import MISSING
from servloop_app.web.measure import charts
from servloop_app.web.measure.filters import Filter, month_name
from servloop_app.web.measure.metric import chart_card
from servloop_app.web.measure.values import Scale, scale_of, stated, why_not


@dataclass(frozen=True)
class ShownGoal:
    """A goal with where it stands."""

    goal: Goal
    progress: Progress

    @cached_property
    def scale(self) -> Scale:
        """One unit for all values of the goal."""
        now = self.progress.now.estimate.value
        return scale_of(self.goal.metric, self.goal.target, self.goal.baseline["value"], now)

    @property
    def target(self) -> str:
        """The target in words."""
        value = self.scale.value(self.goal.target)
        text = _("at least %(value)s") if self.goal.rising else _("at most %(value)s")
        return text % {"value": value}

    @property
    def baseline(self) -> str:
        """The frozen value."""
        return self.scale.value(self.goal.baseline["value"])

    @property
    def baseline_interval(self) -> str:
        """Its interval."""
        return self.scale.interval(thawed(self.goal.baseline)[0])

    @property
    def baseline_period(self) -> str:
        """The months of the baseline."""
        return _months(self.goal.baseline["first"], self.goal.baseline["last"])

    @property
    def now(self) -> str:
        """The figure of the newest months."""
        return self.scale.value(self.progress.now.estimate.value)

    @property
    def now_interval(self) -> str:
        """Its interval."""
        return self.scale.interval(self.progress.now.estimate)

    @property
    def now_n(self) -> int:
        """Rows behind it."""
        return self.progress.now.estimate.n

    @property
    def now_period(self) -> str:
        """Its months."""
        selection = self.progress.now.selection
        return _months(selection.first.isoformat(), selection.last.isoformat())

    @property
    def why_not(self) -> str:
        """Why there is no figure."""
        return why_not(self.progress.now.estimate)

    @property
    def change(self) -> str:
        """Since the baseline, with its interval and p; what is missing is said."""
        change = self.progress.change
        if change is None:
            return _("no month since the baseline yet") if self.progress.now.cells else MISSING
        parts = [self.scale.change(change.difference.value)]
        if interval := self.scale.interval(change.difference):
            parts[0] += f" ({interval})"
        if change.p is not None:
            parts.append(stated("p", change.p))
        return ", ".join(parts) if (get_language() or "en").startswith("en") else "，".join(parts)

    @property
    def share(self) -> int | None:
        """The way done, in per cent from 0 to 100, for the bar."""
        return None if self.progress.share is None else round(100 * min(max(self.progress.share, 0.0), 1.0))

    @property
    def standing(self) -> str:
        """Where it stands, as a word."""
        return {
            "met": _("on target"),
            "near": _("on target, not certain"),
            "better": _("on the way"),
            "worse": _("away from the target"),
            "same": _("no clear change"),
            "new": _("just set"),
        }.get(self.progress.standing, _("unknown"))

    @property
    def meaning(self) -> str:
        """What colours it: the outcome once it is closed."""
        return self.progress.meaning if self.goal.state == Goal.State.ACTIVE else goal_meaning(self.goal)

    @property
    def state(self) -> str:
        """The pill's word."""
        return self.standing if self.goal.state == Goal.State.ACTIVE else str(self.goal.state_label)

    @property
    def days_left(self) -> int:
        """Until the deadline; negative after it."""
        return (self.goal.deadline - dt.datetime.now(dt.UTC).date()).days

    @property
    def deadline_words(self) -> str:
        """The rest of the time in words."""
        if self.goal.state != Goal.State.ACTIVE:
            return ""
        if self.days_left < 0:
            return ngettext("%(n)s day over", "%(n)s days over", -self.days_left) % {"n": -self.days_left}
        return ngettext("%(n)s day left", "%(n)s days left", self.days_left) % {"n": self.days_left}

    @property
    def heading(self) -> str:
        """The finding about the goal."""
        said = {"metric": self.goal.metric.name, "now": self.now, "target": self.target}
        return {
            "met": _("%(metric)s has reached its goal: %(now)s, wanted %(target)s"),
            "near": _("%(metric)s stands at its goal: %(now)s, wanted %(target)s, not yet for certain"),
            "better": _("%(metric)s moves towards its goal: %(now)s, wanted %(target)s"),
            "worse": _("%(metric)s moves away from its goal: %(now)s, wanted %(target)s"),
            "same": _("%(metric)s has not clearly moved yet: %(now)s, wanted %(target)s"),
            "new": _("%(metric)s has no month since the baseline yet: %(now)s, wanted %(target)s"),
        }.get(self.progress.standing, _("%(metric)s: wanted %(target)s")) % said

    @property
    def feasibility(self) -> FeasibilityWords:
        """What history said when the target was last set."""
        return FeasibilityWords(self.goal.feasibility, self.scale)


@dataclass(frozen=True)
class FeasibilityWords:
    """What history says of a target, from what is kept with the goal."""

    kept: dict[str, Any]
    scale: Scale

    @property
    def sentence(self) -> str:
        """The judgement."""
        if not self.kept:
            return ""
        return message(self.kept["code"], self.kept.get("params") or {}, get_language() or "en")

    @property
    def meaning(self) -> str:
        """What marks it."""
        return {"seen": "good", "rare": "watch", "never": "bad"}.get(
            self.kept.get("judgement", ""), "neutral"
        )

    @property
    def word(self) -> str:
        """The judgement as a word."""
        return {
            "seen": _("seen before"),
            "rare": _("ambitious"),
            "never": _("never seen"),
        }.get(self.kept.get("judgement", ""), _("not computable"))

    @property
    def best(self) -> str:
        """The best value so far, and when."""
        if self.kept.get("best") is None or not self.kept.get("best_at"):
            return ""
        at = month_name(dt.date.fromisoformat(self.kept["best_at"]))
        return _("Best so far: %(value)s (months up to %(at)s)") % {
            "value": self.scale.value(self.kept["best"]),
            "at": at,
        }

    @property
    def best_move(self) -> str:
        """The furthest move so far."""
        if self.kept.get("best_move") is None:
            return ""
        return _("Furthest move in that time: %(change)s; wanted: %(wanted)s") % {
            "change": self.scale.change(self.kept["best_move"]),
            "wanted": self.scale.change(self.kept["change"]),
        }


def shown(policy: Policy, goal: Goal) -> ShownGoal:
    """A goal as the person may see it."""
    return ShownGoal(goal, progress_of(policy, goal))


def _months(first: str, last: str) -> str:
    names = [month_name(dt.date.fromisoformat(day)) for day in (first, last)]
    return names[0] if first == last else _("%(first)s to %(last)s") % {"first": names[0], "last": names[1]}


def trend_card(policy: Policy, one: ShownGoal, filtered: Filter) -> charts.ChartCard | None:
    """How the metric moved, with baseline, target, and the day on which the goal was set; None without figures."""
    cells = measure.cells_of(policy, [one.goal.metric]).get(one.goal.metric.code)
    if cells is None:
        return None
    selection = one.progress.now.selection
    units = measure.selected_units(policy, selection)
    figure = cells.figure(selection, units)
    spec = charts.trend(cells, figure, units, selection)
    scale = charts.scale_for(figure)
    references = (
        Reference(
            scale.shown(one.goal.target) or 0.0,
            _("Target %(value)s") % {"value": scale.value(one.goal.target)},
        ),
        Reference(
            scale.shown(one.goal.baseline["value"]) or 0.0,
            _("Baseline %(value)s") % {"value": scale.value(one.goal.baseline["value"])},
            "benchmark",
        ),
    )
    made = one.goal.made_at.date()
    known = [point for point in spec.lines[0].points if point.value is not None]
    begun = Intervention(made, _("goal set")) if known and made <= _end(known[-1].at) else None
    chart: LineChart = replace(
        spec,
        title=one.heading,
        references=references,
        interventions=(begun,) if begun else (),
    )
    return chart_card(policy, cells, filtered, "trend", chart)


def _end(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def day(at: dt.date) -> str:
    """A day as people write it."""
    return date_format(at, "SHORT_DATE_FORMAT")
