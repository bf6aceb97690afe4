"""What the figures say together: the title of home, and the sentence under it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from servloop_app.measure.figures import Cells
from servloop_app.web.measure.cards import FigureCard
from servloop_app.web.measure.charts import worst_unit
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.values import stated


@dataclass(frozen=True)
class Overview:
    """Title, sentence, and the figure that they are about."""

    title: str
    lead: str
    subject: FigureCard


def overview(
    cards: list[FigureCard], cells: dict[str, Cells], filtered: Filter, names: dict[str, str]
) -> Overview:
    """How good service is, what changed, and where.

    Args:
        cards: the figures, in order of importance for the person; at least one.
        cells: of these figures.
        filtered: the selection.
        names: unit code → name.
    """
    better = [card for card in cards if card.change_meaning == "good"]
    worse = [card for card in cards if card.change_meaning == "bad"]
    subject = (worse or [card for card in cards if card.meaning == "bad"] or better or cards)[0]
    return Overview(headline(better, worse, cards), _lead(subject, cells, filtered, names), subject)


def headline(better: list[FigureCard], worse: list[FigureCard], cards: list[FigureCard]) -> str:
    """What figures say together, as a sentence."""
    if better and worse:
        return _("%(better)s is getting better; %(worse)s is getting worse") % {
            "better": better[0].name,
            "worse": worse[0].name,
        }
    if worse:
        return _("%(worse)s is getting worse") % {"worse": worse[0].name}
    if better:
        return _("%(better)s is getting better") % {"better": better[0].name}
    off = sum(card.meaning == "bad" for card in cards)
    if off:
        said = ngettext(
            "No clear change; %(n)s figure is off target",
            "No clear change; %(n)s figures are off target",
            off,
        )
        return said % {"n": off}
    return _("Service is steady: no figure changed clearly")


def _lead(subject: FigureCard, cells: dict[str, Cells], filtered: Filter, names: dict[str, str]) -> str:
    found = subject.figure.estimate
    said = {
        "name": subject.name,
        "value": subject.scale.value(found.value),
        "interval": subject.interval or "—",
        "period": filtered.period,
        "before": filtered.before,
        "change": subject.change,
        "certainty": subject.change_words,
    }
    if subject.figure.change.difference.value is None:
        text = _("%(name)s is %(value)s in %(period)s (95%% interval %(interval)s).") % said
    else:
        text = _("%(name)s is %(value)s in %(period)s, %(change)s on %(before)s (%(certainty)s).") % said
    where = _where(subject, cells, filtered, names)
    return (
        pgettext("two sentences", "%(first)s %(second)s") % {"first": text, "second": where}
        if where
        else text
    )


def _where(subject: FigureCard, cells: dict[str, Cells], filtered: Filter, names: dict[str, str]) -> str:
    """Which unit stands out, once there is more than one to compare."""
    metric = subject.figure.metric
    rows = cells[metric.code].breakdown("unit_code", filtered.selection, filtered.units)
    worst = worst_unit(metric, rows)
    if worst is None:
        return ""
    return _("%(unit)s differs most from the other units: %(value)s, %(difference)s (%(q)s).") % {
        "unit": names.get(worst.key, worst.key),
        "value": subject.scale.value(worst.estimate.value),
        "difference": subject.scale.change(worst.change.difference.value),
        "q": stated("q", worst.change.q),
    }
