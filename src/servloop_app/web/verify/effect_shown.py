"""An effect check as its page shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from servloop.charts import Intervention, Line, LineChart, Point, Reference
from servloop.charts.effect import EffectChart, Values
from servloop.messages import message
from servloop.results import Estimate
from servloop.verify.evaluation import Evaluation, Mark
from servloop.verify.evaluation_methods import MethodEffect
from servloop_app.core.models import Unit
from servloop_app.verify.models import EffectCheck, EffectResult
from servloop_app.verify.series import ready_on
from servloop_app.web.figures import rounded
from servloop_app.web.measure.drawings import interval_bar
from servloop_app.web.measure.values import Scale, probability, scale_of
from servloop_app.web.verify.effect_words import (
    METHOD_NAMES,
    METHOD_NOTES,
    PILLS,
    method_words,
    outcome_of,
)

_PLAIN_STATES = {"good": "good", "bad": "bad"}


@dataclass(frozen=True)
class MethodRow:
    """One method in the forest."""

    name: str
    note: str
    primary: bool
    value: str
    interval: str
    p: str
    bar: SafeString
    state: str


@dataclass(frozen=True)
class MarkRow:
    """One assumption in words."""

    meaning: str
    sentence: str


@dataclass(frozen=True)
class ShownEffect:
    """What came of a check, in words and figures."""

    check: EffectCheck
    result: EffectResult
    found: Evaluation
    comparison_visible: bool

    @cached_property
    def scale(self) -> Scale:
        """One unit for all values."""
        return scale_of(self.check.metric, self.found.expected, self.found.seen)

    @property
    def estimate(self) -> Estimate:
        """The effect by the declared method."""
        return self.found.effect.estimate

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        low, high = self.estimate.low, self.estimate.high
        return low is not None and high is not None and not low <= 0 <= high

    @property
    def state(self) -> str:
        """``good`` or ``bad`` for a clear effect, else ``neutral``."""
        if not self.clear or self.estimate.value is None:
            return "neutral"
        wished = self.check.direction == EffectCheck.Direction.INCREASE
        return "good" if (self.estimate.value > 0) == wished else "bad"

    @property
    def heading(self) -> str:
        """The finding; "after", never "because of"."""
        said = {"project": self.check.project.title, "metric": self.check.metric.name}
        if self.estimate.value is None:
            return _("What came of “%(project)s” cannot be computed yet") % said
        if not self.clear:
            return _("After “%(project)s”, %(metric)s does not differ clearly from expectation") % said
        said["size"] = self.scale.change(abs(self.estimate.value)).lstrip("+")
        if self.estimate.value > 0:
            return _("After “%(project)s”, %(metric)s runs %(size)s above expectation") % said
        return _("After “%(project)s”, %(metric)s runs %(size)s below expectation") % said

    @property
    def lead(self) -> str:
        """Against what, and how sure."""
        if self.estimate.value is None:
            reason = self.estimate.reason
            return reason.message(get_language() or "en") if reason else ""
        n = len(self.check.comparison)
        against = (
            ngettext("Against %(n)s unit without the change", "Against %(n)s units without the change", n)
            % {"n": n}
            if n
            else _("Against its own course before")
        )
        said = {
            "against": against,
            "effect": self.scale.change(self.estimate.value),
            "level": round(100 * self.estimate.level),
            "interval": self.scale.interval(self.estimate),
        }
        return _("%(against)s: %(effect)s, %(level)s%% interval %(interval)s.") % said

    @property
    def hero(self) -> str:
        """The effect's number with its sign."""
        value = self.estimate.value or 0.0
        sign = "+" if round(value / self.scale.divisor, self.scale.decimals) > 0 else ""
        return sign + self.scale.number(value)

    @property
    def interval(self) -> str:
        """Of the effect."""
        return self.scale.interval(self.estimate)

    @property
    def level(self) -> int:
        """Coverage of all intervals, in per cent."""
        return round(100 * self.estimate.level)

    @property
    def smallest(self) -> str:
        """The smallest effect worth having, with its sign."""
        sign = 1.0 if self.check.direction == EffectCheck.Direction.INCREASE else -1.0
        return self.scale.change(sign * self.check.smallest)

    @property
    def relative(self) -> str:
        """The effect as a share of what would have been."""
        found = self.found.relative
        if found.value is None or found.low is None or found.high is None:
            return ""
        low, high = (rounded(100 * end, 0).replace("-", "−") for end in (found.low, found.high))
        return _("%(value)s%% against what would have been (%(low)s to %(high)s)") % {
            "value": ("+" if found.value > 0 else "") + rounded(100 * found.value, 0).replace("-", "−"),
            "low": low,
            "high": high,
        }

    @property
    def pill(self) -> tuple[str, str]:
        """Meaning and word of the outcome."""
        meaning, word = PILLS[outcome_of(self.found)]
        return meaning, str(word)

    @property
    def suggested(self) -> str:
        """The suggested verdict as a word; empty without one."""
        decision = self.found.verdict.decision
        return {
            "adopt": pgettext("verdict", "adopt"),
            "adjust": pgettext("verdict", "adjust"),
            "stop": pgettext("verdict", "stop"),
        }.get(decision or "", "")

    @property
    def why(self) -> str:
        """The rule behind the suggestion, in the unit of the page."""
        notice = self.found.verdict.reason
        params: dict[str, object] = dict(notice.params)
        for name in ("low", "high", "best", "smallest"):
            if name in params:
                params[name] = self.scale.change(float(str(params[name])))
        return message(notice.code, params, get_language() or "en")

    @property
    def marks(self) -> list[MarkRow]:
        """What it rests on."""
        return [_mark(one) for one in self.found.marks]

    @property
    def methods(self) -> list[MethodRow]:
        """All methods with bars on one axis; what other units did is for who may see them."""
        listed = [one for one in self.found.methods if self.comparison_visible or one.key != "others"]
        ends = [0.0]
        for one in listed:
            shown = one.effect.estimate
            ends += [end for end in (shown.low, shown.high, shown.value) if end is not None]
        return [self._method(one, min(ends), max(ends)) for one in listed]

    def _method(self, one: MethodEffect, low: float, high: float) -> MethodRow:
        shown = one.effect.estimate
        state = self.state if one.primary else "neutral"
        return MethodRow(
            str(METHOD_NAMES[one.key]),
            str(METHOD_NOTES[one.key]),
            one.primary,
            self.scale.change(shown.value),
            self.scale.interval(shown),
            probability(one.effect.p_value),
            interval_bar(shown, low, high, 0.0, state),
            state,
        )

    @property
    def methods_title(self) -> str:
        """Whether the other methods say the same."""
        main = self.estimate.value
        others = [
            one.effect.estimate.value
            for one in self.found.methods
            if not one.primary and one.key != "others" and one.effect.estimate.value is not None
        ]
        if main is None or not others:
            return _("There is one method only")
        if all((value > 0) == (main > 0) for value in others):
            return _("Other methods point the same way")
        return _("Other methods do not all point the same way")

    @property
    def period_words(self) -> str:
        """How many periods are in, of how many."""
        said = {"n": self.found.periods_after, "all": self.check.after}
        if self.check.grain == EffectCheck.Grain.WEEK:
            return _("%(n)s of %(all)s weeks after the start are in") % said
        return _("%(n)s of %(all)s months after the start are in") % said

    @property
    def method(self) -> str:
        """The primary method in words."""
        return method_words(self.check, self.found.method)

    @property
    def chart(self) -> EffectChart:
        """The series around the start."""
        found, scale = self.found, self.scale
        compared = self.check.method == EffectCheck.Method.COMPARISON
        fitted = _levels(found) if compared else found.fitted
        seen, expected = scale.value(found.seen), scale.value(found.expected)
        title = (
            _("%(seen)s after the start; %(expected)s expected without the change")
            % {"seen": seen, "expected": expected}
            if found.expected is not None
            else self.heading
        )
        said = {"metric": self.check.metric.name, "unit": scale.unit or pgettext("unit of a metric", "value")}
        subtitle = (
            _("%(metric)s by week (%(unit)s)")
            if self.check.grain == "week"
            else _("%(metric)s by month (%(unit)s)")
        )
        shows = compared and self.comparison_visible
        words = (_("expected"), _("observed"))
        return EffectChart(
            title=title,
            subtitle=subtitle % said,
            unit=scale.unit,
            n=found.rows_before + found.rows_after,
            method=found.method,
            decimals=scale.decimals,
            periods=found.periods,
            observed=self._scaled(found.observed),
            counterfactual=self._scaled(found.counterfactual),
            low=self._scaled(found.low),
            high=self._scaled(found.high),
            fitted=self._scaled(fitted),
            comparison=self._scaled(found.comparison) if shows else (),
            comparison_name=str(METHOD_NAMES["others"]),
            first_after=found.first_after,
            start=self.check.start,
            start_label=_("%(day)s: start") % {"day": short_day(self.check.start)},
            expected=scale.shown(found.expected),
            seen=scale.shown(found.seen),
            effect_label=self.hero if found.expected is not None else "",
            expected_label=f"{words[0]}\n{expected}" if found.expected is not None else "",
            seen_label=f"{words[1]}\n{seen}" if found.seen is not None else "",
            state="good" if self.state == "good" else "bad" if self.state == "bad" else "neutral",
            observed_name=str(_("observed")),
            counterfactual_name=str(_("without the change")),
            fitted_name=str(_("fitted")),
        )

    @property
    def differences(self) -> LineChart | None:
        """Changed less comparison units, period by period; None without comparison, or where it may not be seen."""
        found, scale = self.found, self.scale
        if not found.differences or not self.comparison_visible:
            return None
        points = tuple(
            Point(period, scale.shown(value))
            for period, value in zip(found.periods, found.differences, strict=True)
        )
        usual = scale.shown(found.usual)
        references = [Reference(0.0, "", "mean")]
        if usual is not None:
            references += [Reference(usual, "", "benchmark"), Reference(-usual, "", "benchmark")]
        parallel = next((m for m in found.marks if "parallel" in m.notice.code), None)
        title = parallel.notice.message(get_language() or "en") if parallel else _("Difference by period")
        title = title.rstrip(".。")
        return LineChart(
            title=title,
            subtitle=_(
                "%(metric)s, changed less comparison units, against their mean difference before (%(unit)s); dotted: where 95%% of single values lay before"
            )
            % {"metric": self.check.metric.name, "unit": scale.change_unit or scale.unit},
            unit=scale.change_unit,
            decimals=scale.decimals,
            lines=(Line(_("difference"), points),),
            references=tuple(references),
            interventions=(Intervention(self.check.start, _("start")),),
        )

    def _scaled(self, values: Values) -> Values:
        return tuple(self.scale.shown(value) for value in values)


def _levels(found: Evaluation) -> Values:
    """The mean of what was seen, before and after."""
    before = [value for value in found.observed[: found.first_after] if value is not None]
    level = sum(before) / len(before) if before else None
    return tuple(level if place < found.first_after else found.seen for place in range(len(found.periods)))


def _mark(one: Mark) -> MarkRow:
    return MarkRow(one.meaning, one.notice.message(get_language() or "en"))


def short_day(day: dt.date) -> str:
    """A day in a chart: 11-19 or 19 Nov."""
    return day.strftime("%m-%d") if (get_language() or "en").startswith("zh") else date_format(day, "j M")


@dataclass(frozen=True)
class DesignRow:
    """One line of what is declared."""

    name: str
    value: str


def design_rows(check: EffectCheck, names: dict[str, str]) -> list[DesignRow]:
    """What a check says, in words.

    Args:
        check: the check.
        names: code → name of units; codes stand for units that the person may not see.
    """
    scale = scale_of(check.metric, check.power.get("level"), check.smallest)
    listed = pgettext("between names", ", ")
    weeks = check.grain == EffectCheck.Grain.WEEK
    after = (
        ngettext("%(n)s week after the start", "%(n)s weeks after the start", check.after)
        if weeks
        else ngettext("%(n)s month after the start", "%(n)s months after the start", check.after)
    ) % {"n": check.after}
    sign = 1.0 if check.direction == EffectCheck.Direction.INCREASE else -1.0
    rows = [
        DesignRow(_("Metric"), f"{check.metric.name} (v{check.metric_version})"),
        DesignRow(_("Units that get the change"), listed.join(names.get(code, code) for code in check.units)),
        DesignRow(_("Held against"), str(EffectCheck.Method(check.method).label)),
    ]
    if check.comparison:
        rows.append(
            DesignRow(
                _("Units without the change"), listed.join(names.get(code, code) for code in check.comparison)
            )
        )
    rows += [
        DesignRow(_("First day of the change"), date_format(check.start, "SHORT_DATE_FORMAT")),
        DesignRow(
            _("Judged"),
            _("%(after)s, on %(day)s")
            % {"after": after, "day": date_format(ready_on(check), "SHORT_DATE_FORMAT")},
        ),
        DesignRow(_("Smallest effect worth having"), scale.change(sign * check.smallest)),
        DesignRow(_("Level of the test"), f"{100 * check.alpha:g}%"),
    ]
    if check.gain is not None:
        each = (
            _("Worth of each %(unit)s a month") % {"unit": scale.change_unit}
            if scale.change_unit
            else _("Worth of one unit a month")
        )
        rows.append(DesignRow(each, rounded(check.gain * scale.divisor, 0)))
    return rows


def unit_names_all(check: EffectCheck, visible: frozenset[int]) -> dict[str, str]:
    """Names of the units of a check that a person may see."""
    rows = Unit.objects.filter(code__in=[*check.units, *check.comparison], pk__in=visible)
    return {unit.code: str(unit) for unit in rows}


@dataclass(frozen=True)
class PowerWords:
    """What the data can see of a planned check."""

    check: EffectCheck

    @property
    def known(self) -> dict[str, Any]:
        """What was computed; empty while it is not."""
        kept: dict[str, Any] = self.check.power
        return kept

    @property
    def scale(self) -> Scale:
        """The unit of the metric."""
        return scale_of(self.check.metric, self.known.get("level"))

    @property
    def heading(self) -> str:
        """The finding."""
        if not self.known:
            return _("Working out what the data can see")
        if self.known.get("power") is None:
            return _("What the data can see is not computable yet")
        if self.known["enough"]:
            return _("The data can see the smallest effect")
        return _("The data will probably not see the smallest effect")

    @property
    def meaning(self) -> str:
        """Its mark."""
        if self.known.get("power") is None:
            return "neutral"
        return "good" if self.known["enough"] else "watch"

    @property
    def sentence(self) -> str:
        """The power in words."""
        known = self.known
        if not known:
            return ""
        if known.get("power") is None:
            return message(known["error"], known.get("params") or {}, get_language() or "en")
        said = {
            "power": rounded(100 * known["power"], 0),
            "smallest": self.scale.change(self.check.smallest).lstrip("+"),
            "detectable": self.scale.change(known["detectable"]).lstrip("+"),
        }
        return (
            _(
                "An effect of %(smallest)s would come out clear with a chance of %(power)s%%. With 80%% it would have to be %(detectable)s."
            )
            % said
        )

    @property
    def advice(self) -> str:
        """What would help."""
        known = self.known
        if known.get("power") is None or known["enough"]:
            return ""
        needed = known.get("needed_after")
        if needed:
            return _("%(n)s steps after the start instead of %(now)s would do.") % {
                "n": needed,
                "now": self.check.after,
            }
        return _("More steps alone do not help: change more units, or name units for comparison.")

    @property
    def basis(self) -> str:
        """What it rests on."""
        if self.known.get("power") is None:
            return ""
        return _("from %(n)s steps before the start; their spread %(spread)s, memory %(memory)s") % {
            "n": self.known["n_before"],
            "spread": self.scale.change(self.known["spread"]).lstrip("+"),
            "memory": rounded(self.known["autocorrelation"], 2),
        }
