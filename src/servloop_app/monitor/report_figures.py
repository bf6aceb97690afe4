"""The figures of a report: which ones, and what each says about its month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from servloop.inference import benjamini_hochberg
from servloop_app.core.policy import Policy
from servloop_app.measure import queries
from servloop_app.measure.figures import Cells, Figure, Row
from servloop_app.measure.models import Metric
from servloop_app.measure.selection import Selection, add_months

# One of each stands on the first page: what customers feel, what they complain about, what is kept, how fast it is.
HEADS = (
    ("csat", "nps", "ces", "app_store_stars"),
    ("complaint_rate", "praise_rate"),
    ("in_time_resolution_rate", "on_time_rate", "resolution_rate", "first_contact_resolution"),
    ("first_response_time", "time_to_resolution", "turnaround"),
)
OTHERS = ("rework_rate", "complaint_response_time", "feedback_volume", "case_volume")
HEAD_FIGURES = 4
MOST_FIGURES = 14
TREND_MONTHS = 13


@dataclass(frozen=True)
class Measured:
    """What was measured in a month.

    Attributes:
        figures: those of the first page first; their changes are tested as one family.
        subject: the one that the report is about.
        trend: the subject over the months before, too.
        rows: the units of the subject; empty for a single one.
    """

    figures: tuple[Figure, ...]
    subject: Figure
    trend: Figure
    rows: tuple[Row, ...]


def measured(policy: Policy, month: dt.date, found_about: str = "") -> Measured | None:
    """The figures of a month; None when there are none.

    Args:
        policy: whose units count.
        month: its first day.
        found_about: code of the metric that the first finding is about; the report is about it when no figure
            of the month itself got worse.
    """
    if not policy.may(queries.PERMISSION):
        return None
    known = list(queries.metrics(computable=True))
    cells = queries.cells_of(policy, known)
    selection = Selection(month, month)
    found = {code: one.figure(selection) for code, one in cells.items()}
    present = {code: figure for code, figure in found.items() if figure.estimate.n}
    ordered = _in_order(present)
    if not ordered:
        return None
    figures = _corrected(ordered)
    subject = subject_of(figures, found_about)
    of_subject = cells[subject.metric.code]
    whole = Selection(add_months(month, 1 - TREND_MONTHS), month)
    return Measured(tuple(figures), subject, of_subject.figure(whole), _rows(of_subject, selection))


def _in_order(found: dict[str, Figure]) -> list[Figure]:
    """One of each head that can be computed, then the rest of the heads, then others and the organisation's own."""
    computable = [code for code, figure in found.items() if figure.estimate.computable]
    firsts = [next((code for code in group if code in computable), "") for group in HEADS]
    wanted = [
        *firsts,
        *(code for group in HEADS for code in group),
        *OTHERS,
        *(code for code in computable if not found[code].metric.shipped),
    ]
    codes = list(dict.fromkeys(code for code in wanted if code in computable))
    return [found[code] for code in codes[:MOST_FIGURES]]


def _corrected(figures: list[Figure]) -> list[Figure]:
    """Their changes tested as the family of comparisons that they are."""
    qs = benjamini_hochberg([figure.change.p for figure in figures])
    return [
        replace(figure, change=replace(figure.change, q=q)) for figure, q in zip(figures, qs, strict=True)
    ]


def subject_of(figures: list[Figure], found_about: str = "") -> Figure:
    """The figure that the report is about: one that got worse, else what was found, else one off target or better."""
    judged = [figure for figure in figures if not figure.metric.plain_count]
    worse = [figure for figure in judged if figure.verdict == "bad"]
    found = [figure for figure in judged if figure.metric.code == found_about]
    off = [figure for figure in judged if figure.on_target == "bad"]
    better = [figure for figure in judged if figure.verdict == "good"]
    return (worse or found or off or better or judged or figures)[0]


def _rows(cells: Cells, selection: Selection) -> tuple[Row, ...]:
    rows = cells.breakdown("unit_code", selection)
    return tuple(rows) if len(rows) > 1 else ()


def months_with_data(policy: Policy, limit: int = 24) -> list[dt.date]:
    """Months that a report can be made of, newest first."""
    known: list[Metric] = list(queries.metrics(computable=True))
    cells = queries.cells_of(policy, known)
    newest = [month for one in cells.values() if (month := one.newest_month)]
    oldest = [month for one in cells.values() if (month := one.oldest_month)]
    if not newest:
        return []
    last, first = max(newest), min(oldest)
    months = [add_months(last, -back) for back in range(limit)]
    return [month for month in months if month >= first]
