"""The series behind a check, read from the facts through their one door."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from servloop.facts import FactsScope, Snapshot
from servloop.facts.cells import PEOPLE, columns_of, compute_periods, newest_day
from servloop.measure.figures import AGGREGATES, Statistic, estimate, merge, parse_formula
from servloop.verify.evaluation import Declaration, Observed, UnitSeries
from servloop_app.core.units import UnitTree
from servloop_app.measure.figures import SMALLEST_GROUP
from servloop_app.verify.models import EffectCheck

MOST_BEFORE = 260  # five years of weeks: what is older says little about today
_ADDED_UP = frozenset({"count", "sum"})


def declaration_for(check: EffectCheck) -> Declaration:
    """What the evaluation needs of a check."""
    return Declaration(
        start=check.start,
        grain="week" if check.grain == EffectCheck.Grain.WEEK else "month",
        compared=check.method == EffectCheck.Method.COMPARISON,
        smallest=check.smallest,
        direction="increase" if check.direction == EffectCheck.Direction.INCREASE else "decrease",
        alpha=check.alpha,
        declared=check.declared_at is not None,
    )


def observe(check: EffectCheck, snapshot: Snapshot, tree: UnitTree) -> Observed:
    """The series of a check as the facts are now, up to the last period that is complete and was declared.

    Raises:
        SpecError: the formula no longer fits the facts.
    """
    changed, compared = _below(tree, check.units), _below(tree, check.comparison)
    scope = FactsScope(frozenset().union(*changed.values(), *compared.values()))
    grain = declaration_for(check).grain
    with snapshot.connect(scope) as facts:
        rows = compute_periods(facts, check.source, check.formula, grain)
        newest = newest_day(facts, check.source)
    series = _Series(rows, check)
    periods = _periods(rows, check, newest)
    mix = series.mix(changed.values(), periods, check.start)
    return Observed(
        periods=periods,
        changed=series.values(changed.values(), periods),
        comparison=series.values(compared.values(), periods) if compared else (),
        rows=tuple(series.of(changed.values(), period).n for period in periods),
        units=tuple(
            UnitSeries(code, code in changed, series.values([units], periods))
            for code, units in {**compared, **changed}.items()
        )
        if compared
        else (),
        mix=mix,
    )


def _below(tree: UnitTree, codes: Sequence[str]) -> dict[str, frozenset[str]]:
    """Each named unit with all below it; one that left the tree stands for itself."""
    ids = {code: unit for unit, code in tree.codes.items()}
    return {
        code: frozenset(tree.codes[one] for one in tree.subtree(ids[code]))
        if code in ids
        else frozenset({code})
        for code in codes
    }


class _Series:
    """Statistics by unit and period, and the figures made of them."""

    def __init__(self, rows: pl.DataFrame, check: EffectCheck) -> None:
        formula = parse_formula(check.formula, columns_of(check.source))
        self._kept = AGGREGATES[formula.aggregate].kept
        self._aggregate = formula.aggregate
        self._smallest = SMALLEST_GROUP if check.source in PEOPLE else 2
        self._cells: defaultdict[tuple[str, dt.date], list[Statistic]] = defaultdict(list)
        self._rows = rows
        for row in rows.iter_rows(named=True):
            bins = {int(one["place"]): int(one["rows"]) for one in row["bins"] or ()}
            numbers = (int(row["n"]), int(row["hits"]), int(row["against"]))
            found = Statistic(self._kept, *numbers, float(row["total"]), float(row["squares"]), bins)
            self._cells[row["unit_id"], row["month"]].append(found)

    def of(self, groups: Iterable[frozenset[str]], period: dt.date) -> Statistic:
        """Everything of some units in a period."""
        units = frozenset().union(*groups)
        return merge(self._kept, (one for unit in units for one in self._cells.get((unit, period), ())))

    def values(
        self, groups: Iterable[frozenset[str]], periods: Sequence[dt.date]
    ) -> tuple[float | None, ...]:
        """The figure of some units together, period by period; what adds up is told per unit.

        There is none from too few rows: it would be noise, and could tell of single people.
        """
        listed = list(groups)
        found: list[float | None] = []
        for period in periods:
            statistic = self.of(listed, period)
            if self._aggregate in _ADDED_UP:
                total = estimate(statistic, self._aggregate).value if statistic.n else 0.0
                found.append((total or 0.0) / len(listed))
            elif statistic.n < self._smallest:
                found.append(None)
            else:
                found.append(estimate(statistic, self._aggregate).value)
        return tuple(found)

    def mix(
        self, groups: Iterable[frozenset[str]], periods: Sequence[dt.date], start: dt.date
    ) -> tuple[tuple[int, int], ...]:
        """Rows by channel before and after the start."""
        units = frozenset().union(*groups)
        own = self._rows.filter(
            pl.col("unit_id").is_in(sorted(units)) & pl.col("month").is_in(list(periods))
        ).with_columns(pl.col("channel").cast(pl.String).fill_null(""))
        counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for channel, period, n in own.select("channel", "month", "n").iter_rows():
            counts[channel][period >= start] += int(n)
        return tuple((before, after) for _channel, (before, after) in sorted(counts.items()))


def _periods(rows: pl.DataFrame, check: EffectCheck, newest: dt.date | None) -> tuple[dt.date, ...]:
    """Every period from the first with rows to the last that is complete, no more after the start than declared."""
    known = rows["month"].drop_nulls()
    if not len(known) or newest is None:
        return ()
    first: dt.date = known.min()  # type: ignore[assignment]
    found = []
    period = first
    while following(period, check.grain) - dt.timedelta(days=1) <= newest:
        found.append(period)
        period = following(period, check.grain)
    before = [one for one in found if one < check.start][-MOST_BEFORE:]
    after = [one for one in found if one >= check.start][: check.after]
    return (*before, *after)


def following(period: dt.date, grain: str) -> dt.date:
    """First day of the next period."""
    if grain == EffectCheck.Grain.WEEK:
        return period + dt.timedelta(days=7)
    return dt.date(period.year + period.month // 12, period.month % 12 + 1, 1)


def ready_on(check: EffectCheck) -> dt.date:
    """The day after the last declared period: with facts up to then the check can be judged."""
    period = (
        check.start + dt.timedelta(days=-check.start.weekday() % 7)
        if check.grain == EffectCheck.Grain.WEEK
        else check.start
        if check.start.day == 1
        else following(check.start.replace(day=1), check.grain)
    )
    for _each in range(check.after):
        period = following(period, check.grain)
    return period


def units_named(check: EffectCheck) -> Mapping[str, bool]:
    """All units of a check, and whether each had the change."""
    return dict.fromkeys(check.units, True) | dict.fromkeys(check.comparison, False)
