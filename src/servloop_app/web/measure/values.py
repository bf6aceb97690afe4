"""How the values of a metric are written: in one unit per card, with true minus signs and honest intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from servloop.measure.catalogue import UNITS
from servloop.measure.figures import AGGREGATES
from servloop.messages import normalize_language
from servloop.results import Estimate
from servloop_app.measure.models import Metric
from servloop_app.web.figures import MISSING, rounded

_SPANS = ((172_800.0, 86_400.0, "days"), (5_400.0, 3_600.0, "hours"), (90.0, 60.0, "minutes"))
_BARE = frozenset({"count", "points", "score", "ratio", "coefficient", "money", "units"})


@dataclass(frozen=True)
class Scale:
    """One unit for all values of a card.

    Attributes:
        divisor: what values are divided by before they are shown.
        unit: behind the number; empty for bare numbers.
        change_unit: behind a difference: percentage points for shares.
        decimals: digits after the point.
    """

    divisor: float
    unit: str
    change_unit: str
    decimals: int

    def number(self, value: float | None) -> str:
        """The bare number."""
        return MISSING if value is None else rounded(value / self.divisor, self.decimals).replace("-", "−")

    def value(self, value: float | None) -> str:
        """The number with its unit."""
        return MISSING if value is None else self._with(self.number(value), self.unit)

    def change(self, value: float | None) -> str:
        """A difference with its sign and unit."""
        if value is None:
            return MISSING
        sign = "+" if round(value / self.divisor, self.decimals) > 0 else ""
        return self._with(sign + self.number(value), self.change_unit)

    def interval(self, found: Estimate) -> str:
        """Both ends of an interval; empty where there is none."""
        if found.low is None or found.high is None:
            return ""
        low, high = self.number(found.low), self.number(found.high)
        if low.startswith("−"):
            return pgettext("interval", "%(low)s to %(high)s") % {"low": low, "high": high}
        return f"{low}–{high}"

    def shown(self, value: float | None) -> float | None:
        """A value for a chart, in the unit of the card."""
        return None if value is None else value / self.divisor

    @staticmethod
    def _with(number: str, unit: str) -> str:
        return f"{number}{unit}" if unit in {"", "%"} else f"{number} {unit}"


def scale_of(metric: Metric, *values: float | None) -> Scale:
    """The scale that suits a metric and the values to be shown together."""
    if metric.computable and AGGREGATES[metric.aggregate].unit == "percent":
        return Scale(1.0, "%", _("pp"), 1)  # whatever the catalogue's unit, a share is told in percent
    if metric.unit == "percent":
        return Scale(1.0, "%", _("pp"), 1)
    if metric.unit == "seconds":
        return _spans(max((abs(value) for value in values if value is not None), default=0.0))
    if metric.unit in _BARE:
        return Scale(1.0, "", "", {"count": 0, "units": 0, "points": 1}.get(metric.unit, 2))
    unit = UNITS[metric.unit][normalize_language(get_language() or "en")]
    return Scale(1.0, unit, unit, 1)


def _spans(longest: float) -> Scale:
    words = {
        "days": pgettext("time span", "d"),
        "hours": pgettext("time span", "h"),
        "minutes": pgettext("time span", "min"),
    }
    for least, length, name in _SPANS:
        if longest >= least:
            return Scale(length, words[name], words[name], 1)
    seconds = pgettext("time span", "s")
    return Scale(1.0, seconds, seconds, 1)


def joined(parts: Iterable[str]) -> str:
    """Parts of one statement behind each other, with the comma of the page's language."""
    return pgettext("between parts of a statement", ", ").join(parts)


def why_not(found: Estimate) -> str:
    """Why there is no value, as a sentence; empty when there is one."""
    return found.reason.message(get_language() or "en") if found.reason else ""


def probability(value: float | None) -> str:
    """A p or q as papers print it."""
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def stated(letter: str, value: float | None) -> str:
    """A p or q in a sentence: ``q = 0.013``, ``p < 0.001``."""
    text = probability(value)
    text = text if text.startswith("<") else f"= {text}"
    return f"{letter} {text}".replace(" ", "\u00a0")


def target_text(metric: Metric) -> str:
    """The target in words, in the unit that suits it; empty without one."""
    low, high = metric.target_min, metric.target_max
    scale = scale_of(metric, low, high)
    if low is not None and high is not None:
        return _("target %(low)s to %(high)s") % {"low": scale.value(low), "high": scale.value(high)}
    if low is not None:
        return _("target at least %(value)s") % {"value": scale.value(low)}
    if high is not None:
        return _("target at most %(value)s") % {"value": scale.value(high)}
    return ""
