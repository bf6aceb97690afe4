"""One simulated bank in the shape of the facts, and what the platform's own detectors say about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.event_log import EventLog
from servloop.facts.cells import PEOPLE, compute_cells
from servloop.monitor.control_charts import p_chart
from servloop.monitor.control_charts.chart import Design
from servloop.verify.evaluation import Declaration, Evaluation, Observed, UnitSeries, evaluate
from servloop_app.demo.simulator import PLANTED, PROCESSES, World, events, feedback, survey
from servloop_app.demo.simulator.feedback import ratings
from servloop_app.demo.simulator.world import BRANCHES, UNITS, Planted
from servloop_app.diagnose import findings as look_for
from servloop_app.diagnose.findings_process import slower_steps
from servloop_app.measure.definitions import shipped_definitions
from servloop_app.measure.figures import SMALLEST_GROUP, Cells
from servloop_app.measure.models import Metric, MetricResult

ZONE = ZoneInfo("Asia/Shanghai")
LETTERS = ("信函寄送有问题", "Letter damaged")
IN_PROJECTS = (*PLANTED["courtesy_training"].units, *PLANTED["queue_screens"].units)
# The smallest effects that the projects declared to be worth having, in percentage points.
SMALLEST = {"courtesy_training": 3.0, "queue_screens": 5.0, "letter_packaging": 1.0}
# Weekly monitors learn from the first year and watch the second one.
LEARNED_WEEKS = 52


@dataclass(frozen=True)
class Signal:
    """A point of a weekly monitor beyond its limits."""

    unit: str
    week: dt.date


class Study:
    """What the detectors see in one world. Nothing here knows what was planted, except the declared effect checks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.feedback = _as_facts(feedback(world))

    @cached_property
    def logs(self) -> Mapping[str, EventLog]:
        """The process logs by name."""
        return {
            process.name: EventLog.from_frame(_as_events(events(self.world, process)))
            for process in PROCESSES
        }

    @cached_property
    def findings(self) -> list[look_for.Observed]:
        """Findings of the figures, as the nightly job makes them."""
        with _engine(self) as facts:
            cells, weekdays = [], []
            for code, definition in shipped_definitions().items():
                if not definition.formula:
                    continue
                metric = Metric(code=code, **definition.values())
                cells.append(_cells(facts, metric, metric.segment or None))
                if metric.kept == "histogram" and metric.source != "cases":
                    weekdays.append(_cells(facts, metric, "weekday"))
        return look_for.find(cells, UNITS, weekdays)

    @cached_property
    def slower(self) -> list[tuple[str, str]]:
        """(unit, activity before which cases wait longer), what adds most time first, over all processes."""
        found = [step for log in self.logs.values() for step in slower_steps(log)]
        found.sort(key=lambda step: -step.added_seconds)
        return [(step.group, step.target) for step in found]

    def worst_wait(self, process: str, unit: str, first: dt.date, last: dt.date) -> str:
        """The activity before which cases of a unit wait most in a period."""
        log = self.logs[process]
        codes, labels = log.codes_of("unit_id")
        begun = log.begin[log.offsets[:-1]]
        inside = (begun >= _micro(first)) & (begun < _micro(last + dt.timedelta(days=1)))
        mine = codes[log.offsets[:-1]] == labels.to_list().index(unit)
        return bottlenecks(log.keep_cases(inside & mine)).steps[0].target

    @cached_property
    def signals(self) -> list[Signal]:
        """Weekly p charts of the share of complaints, one for each unit: points beyond the limits after the first year."""
        weekly = (
            self.feedback.with_columns(
                pl.col("local_date").dt.truncate("1w").alias("week"), (pl.col("kind") == "投诉").alias("bad")
            )
            .group_by("unit_id", "week")
            .agg(pl.col("bad").sum().alias("bad"), pl.len().alias("n"))
            .sort("unit_id", "week")
        )
        found = []
        for unit in UNITS:
            rows = weekly.filter(pl.col("unit_id") == unit)
            design = Design(baseline=LEARNED_WEEKS, rules=("beyond_limits",))
            chart = p_chart(rows["bad"].to_numpy(), rows["n"].to_numpy(), design)
            weeks = rows["week"].to_list()
            found += [
                Signal(unit, weeks[signal.index]) for signal in chart.signals if signal.index >= LEARNED_WEEKS
            ]
        return found

    def satisfaction(self, code: str) -> Evaluation:
        """The declared check of a project in some branches: share of high ratings, against branches without any project."""
        planted = PLANTED[code]
        others = [unit for unit in BRANCHES if unit not in IN_PROJECTS]
        rows = self.feedback.filter(pl.col("rating").is_not_null())
        return self._check(rows, pl.col("rating") >= 4, planted, others, "increase")

    def letters(self) -> Evaluation:
        """The declared check of the letters' packaging: monthly share of letter complaints in all feedback."""
        hit = pl.col("title").is_in(LETTERS) & (pl.col("kind") == "投诉")
        return self._check(self.feedback, hit, PLANTED["letter_packaging"], [], "decrease")

    def _check(
        self,
        rows: pl.DataFrame,
        hit: pl.Expr,
        planted: Planted,
        others: list[str],
        direction: Literal["increase", "decrease"],
    ) -> Evaluation:
        """As the platform's check reads and judges its series."""
        cells = (
            rows.with_columns(pl.col("local_date").dt.truncate("1mo").alias("month"), hit.alias("hit"))
            .group_by("unit_id", "month")
            .agg(pl.col("hit").sum(), pl.len().alias("n"))
        )
        periods = tuple(cells["month"].unique().sort().to_list())
        series = {unit: _share(cells, [unit], periods) for unit in (*planted.units, *others)}
        observed = Observed(
            periods=periods,
            changed=_share(cells, list(planted.units), periods),
            comparison=_share(cells, others, periods) if others else (),
            rows=tuple(
                int(
                    cells.filter((pl.col("month") == month) & pl.col("unit_id").is_in(planted.units))[
                        "n"
                    ].sum()
                )
                for month in periods
            ),
            units=tuple(UnitSeries(unit, unit in planted.units, values) for unit, values in series.items())
            if others
            else (),
        )
        declaration = Declaration(planted.start, "month", bool(others), SMALLEST[planted.code], direction)
        return evaluate(observed, declaration)


def _share(cells: pl.DataFrame, units: list[str], periods: tuple[dt.date, ...]) -> tuple[float | None, ...]:
    rows = cells.filter(pl.col("unit_id").is_in(units)).group_by("month").agg(pl.col("hit", "n").sum())
    known = {month: 100 * hit / n for month, hit, n in rows.select("month", "hit", "n").iter_rows()}
    return tuple(known.get(month) for month in periods)


def _as_facts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.col("网点").alias("unit_id"),
        pl.col("反馈时间").alias("occurred_at"),
        pl.col("首次响应时间").alias("answered_at"),
        pl.col("解决时间").alias("resolved_at"),
        pl.col("承诺时间").alias("due_at"),
        pl.col("反馈时间").dt.convert_time_zone(str(ZONE)).dt.date().alias("local_date"),
        pl.col("渠道").alias("channel"),
        pl.col("类型").alias("kind"),
        pl.col("标题").alias("title"),
        pl.col("评分").alias("rating"),
        pl.lit(1.0).alias("rating_low"),
        pl.lit(5.0).alias("rating_high"),
    )


def _as_events(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.col("案例编号").alias("case_id"),
        pl.col("活动").alias("activity"),
        pl.col("完成时间").alias("time"),
        pl.col("开始时间").alias("start_time"),
        pl.col("经办人").alias("resource"),
        pl.col("部门").alias("department"),
        pl.col("网点").alias("unit_id"),
    )


def _as_answers(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.unpivot(
        ["NPS", "CES", "CSAT"],
        index=["提交时间", "网点", "渠道"],
        variable_name="question",
        value_name="value_number",
    ).select(
        "question",
        "value_number",
        pl.col("网点").alias("unit_id"),
        pl.col("渠道").alias("channel"),
        pl.col("提交时间").dt.convert_time_zone(str(ZONE)).dt.date().alias("local_date"),
    )


class _engine:  # noqa: N801  # used as a function
    """A DuckDB with the fact tables of a world."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def __enter__(self) -> Any:
        import duckdb

        self._facts = duckdb.connect()
        every = [
            log.frame.with_columns(pl.lit(name).alias("process_id")) for name, log in self._study.logs.items()
        ]
        told = pl.concat(every).with_row_index("seq").with_columns(
            pl.col("time").alias("occurred_at"),
            pl.col("time").dt.convert_time_zone(str(ZONE)).dt.date().alias("local_date"),
            pl.lit(None, pl.String).alias("lifecycle"),
        )  # fmt: skip
        cases = pl.DataFrame(
            schema={"process_id": pl.String, "case_id": pl.String, "sla_seconds": pl.Float64}
        )
        tables = {
            "feedback": self._study.feedback,
            "events": told,
            "event_cases": cases,
            "answers": _as_answers(survey(self._study.world)),
        }
        for name, frame in tables.items():
            self._facts.register(name, frame.to_arrow())
        return self._facts

    def __exit__(self, *_error: object) -> None:
        self._facts.close()


def _cells(facts: Any, metric: Metric, segment: str | None) -> Cells:
    table = compute_cells(facts, metric.source, metric.formula, segment=segment)
    safe = table.protected(SMALLEST_GROUP) if metric.source in PEOPLE else table
    return Cells(metric, MetricResult(metric=metric, version=1, epoch="study"), safe)


def _micro(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), ZONE).timestamp() * 1_000_000)


def true_satisfaction(strength: float, *, scale: float = 20.0) -> float:
    """What the training really does to the share of high ratings, in percentage points.

    Ratings are clipped and rounded, so that the size on the hidden scale says little; two large banks that differ in
    nothing but the training tell it.
    """
    planted = PLANTED["courtesy_training"]
    places = [UNITS.index(unit) for unit in planted.units]
    shares = []
    for without in (frozenset[str](), frozenset({planted.code})):
        world = World(seed=7, scale=scale, strength=strength, without=without)
        rows, rating = ratings(world)
        there = np.isin(rows.units, places) & (rows.days >= world.day(planted.start)) & ~np.isnan(rating)
        shares.append(100 * float((rating[there] >= 4).mean()))
    return shares[0] - shares[1]


def hotline_weeks() -> Iterator[dt.date]:
    """Mondays of the weeks of the planted wave."""
    planted = PLANTED["app_release"]
    day = planted.start - dt.timedelta(days=planted.start.weekday())
    while planted.end is not None and day <= planted.end:
        yield day
        day += dt.timedelta(days=7)
