"""A frozen report as a page or a file shows it, in the language that is active. Nothing is computed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from servloop.messages import normalize_language
from servloop_app.measure.figures import Figure, Row
from servloop_app.measure.selection import Selection, add_months
from servloop_app.monitor.report_codec import figure_of, row_of
from servloop_app.monitor.report_models import Report
from servloop_app.web.figures import rounded
from servloop_app.web.measure.cards import FigureCard
from servloop_app.web.measure.charts import line_chart, moved, scale_for, state_of, worst_unit
from servloop_app.web.measure.filters import period_name
from servloop_app.web.measure.findings import headline
from servloop_app.web.measure.values import joined, stated
from servloop_app.web.measure.words import METHOD_LABELS, VALUE_LABELS
from servloop_app.web.monitor import report_drawings as drawings
from servloop_app.web.monitor.report_matters import ShownChange, ShownFinding, change_of, finding_row, item_of

Kept = Mapping[str, Any]


def said(texts: Mapping[str, str]) -> str:
    """A frozen text in the active language, else in the other."""
    tag = normalize_language(get_language() or "en")
    return texts.get(tag) or next((text for text in texts.values() if text), "")


@dataclass(frozen=True)
class ShownUnit:
    """A unit in the comparison."""

    name: str
    value: str
    interval: str
    n: str
    rank: str
    bar: SafeString
    meaning: str
    reason: str


@dataclass(frozen=True)
class Document:
    """Everything that a template asks of a report."""

    report: Report
    kept: Kept

    @property
    def language(self) -> str:
        """Language of the text, for the document's ``lang``."""
        return normalize_language(get_language() or "en")

    @property
    def address(self) -> str:
        """Where the objects that a file names can be opened."""
        return str(settings.BASE_URL)

    @property
    def month(self) -> dt.date:
        """First day of the month."""
        return dt.date.fromisoformat(self.kept["month"])

    @property
    def month_name(self) -> str:
        """The month as a title says it."""
        if self.language == "zh-CN":
            return f"{self.month.year} 年 {self.month.month} 月"
        return date_format(self.month, "F Y")

    @property
    def before_name(self) -> str:
        """The month before, in a sentence."""
        before = add_months(self.month, -1)
        return f"{before.month} 月" if self.language == "zh-CN" else date_format(before, "F")

    @property
    def organisation(self) -> str:
        """Name of the organisation."""
        return said(self.kept["organisation"])

    @property
    def recipient(self) -> str:
        """For whom it is."""
        return str(self.kept["recipient"]["name"])

    @property
    def scope(self) -> str:
        """Of which units it speaks."""
        scope = self.kept["scope"]
        if scope["whole"]:
            count = scope["leaves"]
            return ngettext(
                "the whole organisation, %(n)s unit", "the whole organisation, %(n)s units", count
            ) % {"n": count}
        return pgettext("between names", ", ").join(said(name) for name in scope["tops"])

    @property
    def made_at(self) -> dt.datetime | None:
        """When it was frozen."""
        return parse_datetime(self.kept["made_at"])

    @property
    def as_of(self) -> dt.datetime | None:
        """State of the facts behind the figures."""
        return self.subject.result.as_of if self.subject else None

    @property
    def epoch(self) -> str:
        """Short name of that state."""
        return self.subject.result.epoch[:12] if self.subject else ""

    @property
    def figures(self) -> list[FigureCard]:
        """All figures, those of the first page first."""
        query = f"?from={self.month:%Y-%m}&to={self.month:%Y-%m}"
        found = [figure_of(kept) for kept in self.kept["figures"]]
        return [FigureCard(figure, scale_for(figure), SafeString(""), query) for figure in found]

    @property
    def heads(self) -> list[FigureCard]:
        """Those of the first page."""
        return self.figures[: self.kept["heads"]]

    @property
    def subject(self) -> Figure | None:
        """The figure that it is about."""
        return figure_of(self.kept["subject"]) if self.kept["subject"] else None

    @property
    def title(self) -> str:
        """The finding, as a sentence."""
        cards = self.figures
        if not cards:
            return _("No figures for this month")
        better = [card for card in cards if card.change_meaning == "good"]
        worse = [card for card in cards if card.change_meaning == "bad"]
        open_matters = [change for change in self.changes if change.evidence]
        if not better and not worse and open_matters:
            return _("Steady against %(before)s; still open: %(finding)s") % {
                "before": self.before_name,
                "finding": open_matters[0].title,
            }
        return headline(better, worse, cards)

    @property
    def lead(self) -> str:
        """The figure behind the title, where it stands out, and how much was found."""
        if self.subject is None:
            return _("There are no records of this month in the units of this report.")
        parts = [self._subject_sentence(), self._unit_sentence(), self._finding_sentence()]
        text = ""
        for part in filter(None, parts):
            text = (
                pgettext("two sentences", "%(first)s %(second)s") % {"first": text, "second": part}
                if text
                else part
            )
        return text

    def _subject_sentence(self) -> str:
        card = self._subject_card
        facts = {
            "name": card.name,
            "value": card.scale.value(card.figure.estimate.value),
            "interval": card.interval or "—",
            "period": self.month_name,
            "before": self.before_name,
            "change": card.change,
            "certainty": card.change_words,
        }
        if card.figure.change.difference.value is None:
            return _("%(name)s is %(value)s in %(period)s (95%% interval %(interval)s).") % facts
        text = pgettext(
            "report", "%(name)s is %(value)s in %(period)s, %(change)s on %(before)s (%(certainty)s)."
        )
        return text % facts

    def _unit_sentence(self) -> str:
        assert self.subject is not None
        worst = worst_unit(self.subject.metric, self._rows)
        if worst is None:
            return ""
        scale = scale_for(self.subject)
        return _("%(unit)s differs most from the other units: %(value)s, %(difference)s (%(q)s).") % {
            "unit": self.unit_name(worst.key),
            "value": scale.value(worst.estimate.value),
            "difference": scale.change(worst.change.difference.value),
            "q": stated("q", worst.change.q),
        }

    def _finding_sentence(self) -> str:
        total = self.kept["findings_total"]
        if not total:
            return _("Nothing else is clearly worse than it should be.")
        return ngettext("%(n)s finding speaks of the month.", "%(n)s findings speak of the month.", total) % {
            "n": rounded(total, 0)
        }

    @property
    def _subject_card(self) -> FigureCard:
        assert self.subject is not None
        return FigureCard(self.subject, scale_for(self.subject), SafeString(""), "")

    @property
    def trend_title(self) -> str:
        """The finding about the subject over time."""
        return moved(self.subject, scale_for(self.subject)) if self.subject else ""

    @property
    def trend(self) -> dict[str, Any] | None:
        """The subject over a year: drawing, the line under its title, n and method."""
        if not self.kept["trend"] or self.subject is None:
            return None
        whole = figure_of(self.kept["trend"])
        spec = line_chart(self.subject, whole)
        return {
            "svg": drawings.trend(spec, self.language),
            "subtitle": spec.subtitle,
            "period": period_name(Selection(whole.months[0][0], whole.months[-1][0])) if whole.months else "",
            "n": rounded(whole.estimate.n, 0),
            "method": METHOD_LABELS.get(whole.estimate.method, whole.estimate.method),
        }

    @property
    def _rows(self) -> list[Row]:
        return [row_of(kept) for kept in self.kept["rows"]]

    def unit_name(self, code: str) -> str:
        """The name of a unit, as it was then."""
        return said(self.kept["units"].get(code, {})) or code

    @property
    def unit_title(self) -> str:
        """The finding about the units."""
        if self.subject is None:
            return ""
        worst = worst_unit(self.subject.metric, self._rows)
        if worst is not None:
            return _("%(group)s is clearly worse than the others") % {"group": self.unit_name(worst.key)}
        return _("No unit differs clearly from the others")

    @property
    def unit_rows(self) -> list[ShownUnit]:
        """The units, best first, with the ranks that their intervals allow."""
        if self.subject is None:
            return []
        metric, scale = self.subject.metric, scale_for(self.subject)
        rows = sorted(
            self._rows,
            key=lambda row: (
                row.estimate.value is None,
                (row.estimate.value or 0.0) * (1 if metric.direction == "lower" else -1),
            ),
        )
        low, high = drawings.axis(row.estimate for row in rows)
        return [
            ShownUnit(
                self.unit_name(row.key),
                scale.value(row.estimate.value),
                scale.interval(row.estimate),
                rounded(row.estimate.n, 0),
                _rank(row, rows, lower_is_better=metric.direction == "lower"),
                drawings.interval_bar(
                    row.estimate, low, high, self.subject.estimate.value, state_of(metric, row)
                ),
                state_of(metric, row),
                row.estimate.reason.message(self.language) if row.estimate.reason else "",
            )
            for row in rows
        ]

    @property
    def unit_axis(self) -> tuple[str, str]:
        """What the ends of the bars mean."""
        if self.subject is None:
            return "", ""
        low, high = drawings.axis(row.estimate for row in self._rows)
        scale = scale_for(self.subject)
        return scale.number(low), scale.number(high)

    @property
    def whole_value(self) -> str:
        """The subject over all units together."""
        return (
            self._subject_card.scale.value(self._subject_card.figure.estimate.value) if self.subject else ""
        )

    @property
    def changes(self) -> list[ShownChange]:
        """What changed, what goes with it, what is done and by whom."""
        figures = {card.figure.metric.code: card for card in self.figures}
        return [change_of(kept, figures, said) for kept in self.kept["changes"]]

    @property
    def findings(self) -> list[ShownFinding]:
        """The findings that speak of the month."""
        return [finding_row(kept, said) for kept in self.kept["findings"]]

    @property
    def quotes(self) -> list[dict[str, Any]]:
        """Customers' words with where they were said; of those that were erased only that they were there."""
        return [
            {"erased": True}
            if one.get("erased")
            else {
                "text": one["text"],
                "from": joined(
                    filter(
                        None,
                        (
                            self.unit_name(one["unit"]) if one["unit"] else "",
                            str(VALUE_LABELS.get(one["channel"], one["channel"])),
                            _rated(one),
                        ),
                    )
                ),
                "address": reverse("feedback_record", args=[one["record"]]) if one["record"] else "",
            }
            for one in self.kept["quotes"]
        ]

    @property
    def tickets(self) -> dict[str, Any] | None:
        """Tickets that were due, and those that were settled in time."""
        kept = self.kept["promises"]["tickets"]
        if not kept:
            return None
        return {
            **kept,
            "share": f"{rounded(100 * kept['kept'] / kept['due'], 0)}%",
            "meaning": "good" if kept["kept"] == kept["due"] else "watch",
        }

    @property
    def promises_title(self) -> str:
        """Whether what was promised was kept."""
        tickets, steps = self.tickets, self.steps
        if steps:
            done = sum(one["done"] for one in steps)
            return ngettext(
                "%(done)s of %(n)s step due is done", "%(done)s of %(n)s steps due are done", len(steps)
            ) % {"done": done, "n": len(steps)}
        if tickets:
            return _("%(kept)s of %(due)s tickets due were settled in time") % tickets
        return _("Nothing was due in this month")

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Steps of projects that were due in the month."""
        return [
            one | {"meaning": "good" if one["done"] else "bad", "due": dt.date.fromisoformat(one["due"])}
            for one in self.kept["promises"].get("steps", [])
        ]

    @property
    def decision(self) -> str:
        """What the reader is asked to decide: the verdict on a check that has come in, else an opportunity."""
        check = self._unjudged
        if check:
            return _(
                "which verdict on “%(project)s”: adopt, adjust or stop. Its check %(number)s has come in."
            ) % {
                "project": check["project"],
                "number": check["number"],
            }
        kept = self.kept["decision"]
        if not kept:
            return ""
        facts = {
            "title": said(kept["title"]),
            "number": kept["number"],
            "loss": rounded(kept["loss"], 0) if kept["loss"] is not None else "",
            "effort": kept["effort"],
        }
        if kept["loss"] is None:
            return _("whether to take on: %(title)s (%(number)s). Effort: %(effort)s of 5.") % facts
        return (
            _(
                "whether to take on: %(title)s (%(number)s). Behind it stand about %(loss)s dissatisfied customers a month; effort: %(effort)s of 5."
            )
            % facts
        )

    @property
    def _unjudged(self) -> Kept | None:
        return next((check for check in self.kept["checks"] if not check["decision"]), None)

    @property
    def decision_address(self) -> str:
        """Where it is decided."""
        if self._unjudged:
            return reverse(self._unjudged["route"], args=self._unjudged["arguments"])
        kept = self.kept["decision"]
        return reverse("opportunity", args=[kept["id"]]) if kept else ""

    @property
    def opportunities(self) -> list[dict[str, Any]]:
        """What waits for a decision."""
        return [
            {
                "number": one["number"],
                "title": said(one["title"]),
                "loss": "—" if one["loss"] is None else rounded(one["loss"], 1),
                "score": "—" if one["score"] is None else rounded(one["score"], 1),
                "effort": one["effort"],
                "address": reverse("opportunity", args=[one["id"]]),
            }
            for one in self.kept["opportunities"]
        ]

    def _items(self, name: str) -> list[dict[str, Any]]:
        return [item_of(one, said) for one in self.kept[name]]

    @property
    def goals(self) -> list[dict[str, Any]]:
        """Goals that are pursued."""
        return self._items("goals")

    @property
    def projects(self) -> list[dict[str, Any]]:
        """Projects that ran in the month."""
        return self._items("projects")

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Checks of effect with a verdict of the month."""
        return self._items("checks")

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that were raised."""
        return self._items("alerts")

    @property
    def work(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """Goals, projects, checks and alerts under their names, where there are any."""
        groups = [
            (_("Goals"), self.goals),
            (_("Projects"), self.projects),
            (_("Effect checks"), self.checks),
            (_("Alerts"), self.alerts),
        ]
        return [(label, items) for label, items in groups if items]


def _rated(one: Kept) -> str:
    if one["rating"] is None:
        return ""
    rating = rounded(one["rating"], 0)
    if one["rating_high"] is None:
        return _("rating %(rating)s") % {"rating": rating}
    return _("rating %(rating)s of %(most)s") % {"rating": rating, "most": rounded(one["rating_high"], 0)}


def _rank(row: Row, rows: list[Row], *, lower_is_better: bool) -> str:
    """The ranks that a unit may have: others count as better or worse only where their intervals do not overlap."""
    mine = row.estimate
    if mine.low is None or mine.high is None:
        return ""
    above = below = 0
    known = [other.estimate for other in rows if other.estimate.low is not None]
    for other in known:
        assert other.low is not None
        assert other.high is not None
        above += other.high < mine.low if lower_is_better else other.low > mine.high
        below += other.low > mine.high if lower_is_better else other.high < mine.low
    first, last = above + 1, len(known) - below
    return str(first) if first == last else f"{first}–{last}"


def document(report: Report) -> Document:
    """A report ready for a template."""
    return Document(report, report.content)
