"""Figure cards: a value never alone, but with interval, n, change, target and how it moved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from servloop.inference import benjamini_hochberg
from servloop_app.measure.figures import Cells, Figure
from servloop_app.web.measure.charts import scale_for, trend_selection
from servloop_app.web.measure.drawings import sparkline
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.values import Scale, target_text, why_not

SPARK_MONTHS = 12


@dataclass(frozen=True)
class FigureCard:
    """What a card shows of a figure, ready to print."""

    figure: Figure
    scale: Scale
    spark: SafeString
    query: str

    @property
    def name(self) -> str:
        """The metric's name."""
        return str(self.figure.metric.name)

    @property
    def address(self) -> str:
        """Page of the metric, with the same selection."""
        return reverse("metric", args=[self.figure.metric.code]) + self.query

    @property
    def records(self) -> str:
        """Page of the records behind the figure."""
        return reverse("metric_records", args=[self.figure.metric.code]) + self.query

    @property
    def number(self) -> str:
        """The bare number."""
        return self.scale.number(self.figure.estimate.value)

    @property
    def value(self) -> str:
        """The number with its unit."""
        return self.scale.value(self.figure.estimate.value)

    @property
    def interval(self) -> str:
        """The interval of the value; empty where there is none."""
        return self.scale.interval(self.figure.estimate)

    @property
    def reason(self) -> str:
        """Why there is no value."""
        return why_not(self.figure.estimate)

    @property
    def meaning(self) -> str:
        """State against the target: good, watch or bad; empty without a target."""
        return self.figure.on_target

    @property
    def standing(self) -> str:
        """The state against the target, in a word."""
        words = {"good": _("on target"), "watch": _("near target"), "bad": _("off target")}
        return words.get(self.meaning, "")

    @property
    def change(self) -> str:
        """The difference to the period before."""
        return self.scale.change(self.figure.change.difference.value)

    @property
    def change_meaning(self) -> str:
        """Colour only for what is clear."""
        return self.figure.verdict

    @property
    def change_words(self) -> str:
        """How certain the difference is."""
        difference = self.figure.change.difference
        if difference.value is None:
            return _("no comparison: %(reason)s") % {"reason": why_not(difference)}
        interval = self.scale.interval(difference)
        if self.figure.change.clear:
            return _("interval %(interval)s") % {"interval": interval} if interval else _("clear difference")
        if interval:
            return _("%(interval)s: no clear difference") % {"interval": interval}
        return _("no clear difference")

    @property
    def target(self) -> str:
        """The target in words."""
        return target_text(self.figure.metric)


def figure_card(cells: Cells, filtered: Filter) -> FigureCard:
    """The card of a metric for a selection."""
    figure = cells.figure(filtered.selection, filtered.units)
    months = cells.months(trend_selection(filtered.selection), filtered.units)
    scale = scale_for(figure)
    return FigureCard(figure, scale, sparkline([one for _, one in months[-SPARK_MONTHS:]]), filtered.query())


def corrected(cards: list[FigureCard]) -> list[FigureCard]:
    """The same cards, their changes tested as the family of comparisons that they are."""
    qs = benjamini_hochberg([card.figure.change.p for card in cards])
    return [
        replace(card, figure=replace(card.figure, change=replace(card.figure.change, q=q)))
        for card, q in zip(cards, qs, strict=True)
    ]
