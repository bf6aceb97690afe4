"""Units and segments of a study side by side, and two of them against each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from servloop.charts import ChartSpec, Dot, DotChart, Reference
from servloop.inference import benjamini_hochberg
from servloop_app.core.policy import Policy
from servloop_app.measure.study_queries import GroupView, StudyView
from servloop_app.measure.study_sources import CHANNEL, LANGUAGE, UNIT
from servloop_app.web.measure.drawings import interval_bar
from servloop_app.web.measure.filters import unit_names
from servloop_app.web.measure.models.figures import Figure
from servloop_app.web.measure.models.parts import KindPage, Measure, Shown
from servloop_app.web.measure.values import probability

REST = "*"
_CLEAR = 0.05
_FIRST_PAIRS = 8  # dimensions and the first items; the others can be opened
COLUMNS: dict[str, Promise] = {
    UNIT: pgettext_lazy("breakdown", "by unit"),
    CHANNEL: pgettext_lazy("breakdown", "by channel"),
    LANGUAGE: pgettext_lazy("breakdown", "by language"),
}


@dataclass(frozen=True)
class Group:
    """One unit or segment with its words."""

    view: GroupView
    name: str

    @property
    def label(self) -> str:
        """Its value in the source."""
        return self.view.label


@dataclass(frozen=True)
class GroupRow:
    """A group in the table of one figure."""

    group: Group
    figure: Figure
    bar: SafeString
    reason: str


@dataclass(frozen=True)
class PairRow:
    """One figure in two groups."""

    label: str
    first: Figure
    second: Figure
    difference: Figure
    q: str
    state: str


@dataclass(frozen=True)
class Tested:
    """A difference with its test.

    Attributes:
        figure: second less first.
        p: of the pair.
        q: corrected over the pairs of groups of this figure.
        q_of_all: of one test of all groups, corrected over the figures; then there is no difference of the pair.
    """

    figure: Figure = field(default_factory=lambda: Figure(None, None))
    p: float | None = None
    q: float | None = None
    q_of_all: float | None = None


@dataclass(frozen=True)
class Breakdowns:
    """What a page shows of the groups of a study.

    Attributes:
        view: the study.
        by: the breakdown that is shown; empty when there is none.
        columns: (column, words) of all breakdowns.
        groups: of the one that is shown.
        hidden: groups that may not be told.
        failure: why the breakdown has no groups.
        measure: the figure that is compared.
        measures: all that can be.
        pair: labels of the two groups that are compared.
    """

    view: StudyView
    by: str
    columns: list[tuple[str, str]]
    groups: list[Group]
    measures: list[Measure]
    measure: Measure | None
    pair: tuple[str, str]

    @classmethod
    def of(cls, view: StudyView, page: KindPage, rights: Policy, query: dict[str, str]) -> Breakdowns:
        """As an address asks for: ``by``, ``measure``, ``a`` and ``b``."""
        columns = [(by, column_name(by, view)) for by in view.breakdowns]
        wanted = query.get("by", "")
        by = wanted if wanted in view.breakdowns else (columns[0][0] if columns else "")
        names = unit_names(rights) if by == UNIT else {}
        groups = [Group(one, group_name(one.label, names)) for one in (view.groups(by) if by else [])]
        measures = page.measures(Shown(view, view.document)) if view.document else []
        measure = next(
            (m for m in measures if m.key == query.get("measure")), measures[0] if measures else None
        )
        told = [group.label for group in groups if group.view.document is not None]
        pair = [query.get(name, "") for name in ("a", "b")]
        if pair[0] not in told or pair[1] not in told or pair[0] == pair[1]:
            pair = told[:2]
        return cls(
            view, by, columns, groups, measures, measure, (pair[0], pair[1]) if len(pair) == 2 else ("", "")
        )

    @property
    def told(self) -> list[Group]:
        """Groups with figures."""
        return [group for group in self.groups if group.view.document is not None]

    @property
    def hidden(self) -> int:
        """Groups too small to be told, and those that would follow from them."""
        return sum(group.view.n is None for group in self.groups)

    @property
    def failure(self) -> str:
        """Why there are no groups."""
        return str(self.view.breakdowns.get(self.by, {}).get("reason", ""))

    @property
    def column(self) -> str:
        """The breakdown in words."""
        return dict(self.columns).get(self.by, "")

    def rows(self) -> list[GroupRow]:
        """The figure of each group, the lowest first."""
        if self.measure is None:
            return []
        figures = [
            (
                group,
                self.measure.read(group.view.document)
                if group.view.document is not None
                else Figure(None, None),
            )
            for group in self.groups
        ]
        ends = [end for _group, f in figures for end in (f.value, f.low, f.high) if end is not None]
        low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)
        whole = self.measure.read(self.view.document).value
        figures.sort(key=lambda pair: (pair[1].value is None, pair[1].value or 0.0))
        return [
            GroupRow(
                group,
                figure,
                interval_bar(figure.estimate, low, high, whole, "plain"),
                figure.reason or group.view.reason,
            )
            for group, figure in figures
        ]

    def chart(self) -> ChartSpec:
        """The figure of each group with its interval, and a line for all together."""
        measure = self.measure
        assert measure is not None, "a breakdown without a figure has no chart"
        whole = measure.read(self.view.document)
        rows = self.rows()
        return DotChart(
            title=self.heading(rows),
            subtitle=_("%(figure)s, %(column)s; dots with 95%% intervals, the line is everyone")
            % {"figure": measure.label, "column": self.column},
            n=whole.n,
            decimals=0 if whole.scale.unit == "%" else 2,
            unit=whole.scale.unit,
            dots=tuple(
                Dot(
                    row.group.name,
                    row.figure.scale.shown(row.figure.value),
                    row.figure.scale.shown(row.figure.low),
                    row.figure.scale.shown(row.figure.high),
                    row.group.view.n,
                    note=row.reason,
                )
                for row in rows
            ),
            references=(Reference(whole.scale.shown(whole.value) or 0.0, _("everyone"), "mean"),)
            if whole.value is not None
            else (),
        )

    def heading(self, rows: list[GroupRow]) -> str:
        """Whether any two groups are clearly apart."""
        known = [row for row in rows if row.figure.value is not None]
        if len(known) < 2 or self.measure is None:
            return _("Too few groups can be told to compare them")
        tested = [
            self.difference(self.measure, a.label, b.label)
            for a in self.told
            for b in self.told
            if a.label < b.label
        ]
        if any(one.q is not None and one.q < _CLEAR and one.figure.clear for one in tested):
            return _("“%(name)s” is lowest, and some groups are clearly apart") % {
                "name": known[0].group.name
            }
        if any(one.q is not None or one.q_of_all is not None for one in tested):
            return _("No two groups are clearly apart")
        return _("“%(name)s” is lowest, “%(other)s” highest") % {
            "name": known[0].group.name,
            "other": known[-1].group.name,
        }

    def against(self) -> list[PairRow]:
        """Every figure in the two chosen groups; the tested differences corrected together, as the family that they are."""
        documents = {group.label: group.view.document for group in self.told}
        if self.pair[0] not in documents or self.pair[1] not in documents:
            return []
        read: list[tuple[Measure, Figure, Figure]] = []
        for measure in self.measures:
            first, second = (measure.read(documents[label]) for label in self.pair)
            if first.value is not None or second.value is not None:
                read.append((measure, first, second))
        found = [self.difference(measure, *self.pair) for measure, _first, _second in read]
        qs = benjamini_hochberg([one.p for one in found])
        rows = []
        for (measure, first, second), one, q in zip(read, found, qs, strict=True):
            certain = one.q_of_all if one.q_of_all is not None else q
            clear = certain is not None and certain < _CLEAR and one.figure.clear
            state = ("good" if one.figure.clear * measure.better > 0 else "bad") if clear else "neutral"
            rows.append(
                PairRow(
                    measure.label,
                    first,
                    second,
                    one.figure,
                    probability(certain),
                    state if measure.better else "neutral",
                )
            )
        return rows

    def pair_names(self) -> tuple[str, str]:
        """The two groups in words."""
        names = {group.label: group.name for group in self.groups}
        return names.get(self.pair[0], ""), names.get(self.pair[1], "")

    def difference(self, measure: Measure, first: str, second: str) -> Tested:
        """Second less first in one figure, with its test."""
        tests = (self.view.breakdowns.get(self.by) or {}).get("differences") or {}
        found = tests.get(measure.tests) if measure.tests else None
        if not found:
            return Tested()
        if isinstance(found, dict):  # one test of all groups, corrected over the figures already
            return Tested(q_of_all=found["p_adjusted"])
        scale = measure.read(self.view.document).scale
        for one in found:
            turned = {(first, second): 1, (second, first): -1}.get((one["first"], one["second"]))
            if turned is not None:
                return Tested(
                    Figure.of(one["estimate"], scale, sign=turned), one["p_value"], one["p_adjusted"]
                )
        return Tested()


def column_name(by: str, view: StudyView) -> str:
    """A breakdown in words."""
    return str(COLUMNS[by]) if by in COLUMNS else _("by “%(column)s”") % {"column": view.label(by)}


def group_name(label: str, units: dict[str, str]) -> str:
    """A group in words."""
    return units.get(label, label) or _("not stated")


def context_of(breakdowns: Breakdowns) -> dict[str, Any]:
    """What the template of the groups needs."""
    pairs = breakdowns.against()
    return {
        "groups": breakdowns,
        "group_rows": breakdowns.rows(),
        "pairs": pairs[:_FIRST_PAIRS],
        "more_pairs": pairs[_FIRST_PAIRS:],
    }
