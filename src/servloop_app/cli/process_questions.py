"""`servloop process compare|slow-cases|live|key-steps|value-stream|journey|rework-cost`: what differs, why, and what now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from servloop_app.cli.process_frames import CALENDAR
from servloop_app.cli.process_log import LogRequest, log_command

if TYPE_CHECKING:
    from servloop.diagnose.process.event_log import EventLog


@click.command()
@log_command
@click.option(
    "--split",
    required=True,
    metavar="WHERE",
    help="time:2025-07-01 for before and after, or COLUMN:FIRST:SECOND for two groups.",
)
@click.option("--min-count", type=click.IntRange(min=5), default=10, show_default=True, metavar="N")
@CALENDAR
def compare(request: LogRequest, *, split: str, min_count: int, calendar: str | None) -> None:
    """What got slower or faster between two periods or groups, and how sure that is (对比)."""
    from servloop.diagnose.process.compare import compare as compute
    from servloop_app.cli.process_frames import judged, range_of, say, show_frame

    loaded = request.read()
    first, second = (judged(half, calendar) for half in _halves(loaded.log, split))
    found = compute(first, second, min_count=min_count)
    language = request.language

    def table() -> None:
        columns = ("source", "target", "first_median", "second_median", "difference_seconds", "superiority", "p_adjusted", "verdict")  # fmt: skip
        show_frame("compare", found.to_frame(), columns, language)
        facts = {"first": found.first_n, "second": found.second_n}
        say("compare_total", language, difference=range_of(found.throughput.difference, language), **facts)

    loaded.report(found, table)


def _halves(log: EventLog, split: str) -> tuple[EventLog, EventLog]:
    from servloop.diagnose.process.compare import split_at, split_by
    from servloop.errors import SpecError
    from servloop_app.cli.process_frames import moment

    column, _, rest = split.partition(":")
    if column == "time" and rest:
        return split_at(log, moment(rest))
    first, _, second = rest.partition(":")
    if not (column and first and second):
        raise SpecError("process.split_unreadable", received=split)
    return split_by(log, column, first, second)


@click.command("slow-cases")
@log_command
@click.option(
    "--by", "columns", multiple=True, metavar="COLUMN", help="Also compare this column; repeatable."
)
@click.option("--limit", type=float, metavar="S", help="Slow is longer than this; else the slowest quarter.")
@CALENDAR
def slow_cases(
    request: LogRequest, *, columns: tuple[str, ...], limit: float | None, calendar: str | None
) -> None:
    """What slow cases have in common (慢的原因)."""
    from servloop.diagnose.process.slow_cases import slow_cases as compute
    from servloop_app.cli.process_frames import judged, show_frame

    loaded = request.read()
    found = compute(judged(loaded.log, calendar), attributes=columns, limit_seconds=limit)
    shown = ("kind", "name", "value", "n", "slow", "slow_share", "lift", "p_adjusted")
    loaded.report(found, lambda: show_frame("slow_cases", found.to_frame(), shown, request.language))


@click.command()
@log_command
@click.option("--closing", multiple=True, required=True, metavar="ACTIVITY", help="Ends a case; repeatable.")
@click.option("--limit", type=float, required=True, metavar="S", help="Promised case time in seconds.")
@click.option("--now", metavar="MOMENT", help="The moment of the answer; the last event without it.")
def live(request: LogRequest, *, closing: tuple[str, ...], limit: float, now: str | None) -> None:
    """Running cases: age, time left, risk to break the promise (在办案例)."""
    from servloop.diagnose.process.live import live_cases
    from servloop_app.cli.process_frames import moment, say, show_frame

    loaded = request.read()
    at = moment(now) if now else int(loaded.log.end.max()) if loaded.log.events else 0
    found = live_cases(loaded.log, now=at, limit_seconds=limit, closing=closing)
    language = request.language

    def table() -> None:
        columns = ("case", "last_activity", "age_seconds", "idle_seconds", "overdue", "risk", "remaining_seconds")  # fmt: skip
        if found.cases:
            show_frame("live", found.to_frame(), columns, language)
        say(f"live_{found.used}", language, running=len(found.cases), finished=found.finished)

    loaded.report(found, table)


@click.command("key-steps")
@log_command
@click.option(
    "--scores",
    metavar="FILE.yaml",
    help="Further sources: {sources: {experts: {STEP: 4}}, weights: {process: 2, experts: 1}}.",
)
def key_steps(request: LogRequest, *, scores: str | None) -> None:
    """Which steps deserve attention, from the process and further sources, with the reason (关键环节)."""
    from servloop.diagnose.process.key_steps import key_steps as compute
    from servloop.diagnose.process.key_steps import process_marks, process_scores
    from servloop.errors import SpecError
    from servloop.messages import message
    from servloop_app.cli.process_frames import say, show_frame
    from servloop_app.cli.process_log import read_yaml

    spec = {} if scores is None else read_yaml(scores)
    if not isinstance(spec, Mapping) or not isinstance(spec.get("sources", {}), Mapping):
        raise SpecError("process.scores_malformed", file=scores)
    loaded = request.read()
    sources = {"process": process_scores(process_marks(loaded.log)), **spec.get("sources", {})}
    found = compute(sources, weights=spec.get("weights"), seed=request.seed)
    language = request.language

    def table() -> None:
        show_frame("key_steps", found.to_frame(), ("place", "activity", "score", "low", "high"), language)
        for step in found.steps[:3]:
            reason = step.reason
            if reason.params.get("source") == "process":
                named = message("process.source_process", language=language)
                reason = replace(reason, params={**reason.params, "source": named})
            say("key_step_reason", language, step=step.activity, reason=reason.message(language))

    loaded.report(found, table)


@click.command("value-stream")
@log_command
@click.option("--stages", required=True, metavar="FILE.yaml", help="{stages: [{name, activities: […]}]}.")
@click.option("--ratings", metavar="FILE", help="Table with ratings by customers.")
@click.option("--rating-case", default="case_id", show_default=True, metavar="COLUMN")
@click.option("--rating-column", default="rating", show_default=True, metavar="COLUMN")
def value_stream(
    request: LogRequest, *, stages: str, ratings: str | None, rating_case: str, rating_column: str
) -> None:
    """Stages with work, wait, inventory, first-pass quality and people (价值流)."""
    from servloop.diagnose.process.value_stream import value_stream as compute
    from servloop_app.cli.process_frames import ratings_from, say, show_frame, stages_from

    wanted, _ = stages_from(stages)
    rated = ratings_from(ratings, rating_case, rating_column)
    loaded = request.read()
    found = compute(loaded.log, wanted, ratings=rated)
    language = request.language

    def table() -> None:
        columns = [
            "stage",
            "cases",
            "wait",
            "process",
            "lead",
            "complete_accurate",
            "inventory",
            "people",
            "fte",
        ]
        if rated is not None:
            columns.append("rating")
        show_frame("value_stream", found.to_frame().rename({"name": "stage"}), columns, language)
        if found.rolled_complete_accurate is not None:
            say("stream_rolled", language, share=f"{found.rolled_complete_accurate:.1%}")

    loaded.report(found, table)


@click.command()
@log_command
@click.option(
    "--stages",
    required=True,
    metavar="FILE.yaml",
    help="{stages: [{name, activities: […], touchpoints: […]}], lanes: {ACTIVITY: front}}.",
)
def journey(request: LogRequest, *, stages: str) -> None:
    """The customer's stages: how many cases, how long, how many come back (客户旅程)."""
    from servloop.diagnose.journey import journey as compute
    from servloop_app.cli.process_frames import show_frame, stages_from

    wanted, lanes = stages_from(stages)
    loaded = request.read()
    found = compute(loaded.log, wanted, lanes=lanes)
    columns = ("stage", "cases", "median_seconds", "complete")
    loaded.report(found, lambda: show_frame("journey", found.to_frame(), columns, request.language))


@click.command("rework-cost")
@log_command
@click.option("--order", multiple=True, metavar="ACTIVITY", help="Designed order, one option per step.")
def rework_cost(request: LogRequest, *, order: tuple[str, ...]) -> None:
    """Time that repetitions take, and moves against the designed order (返工成本)."""
    from servloop.diagnose.process.rework_cost import rework_cost as compute
    from servloop_app.cli.process_frames import say, show_frame

    loaded = request.read()
    found = compute(loaded.log, order=order)
    language = request.language

    def table() -> None:
        columns = (
            "activity",
            "executions",
            "again",
            "cases",
            "service_seconds",
            "waiting_seconds",
            "repeat_share",
        )
        if found.activities:
            show_frame("rework_cost", found.to_frame(), columns, language)
        moves = sum(move.count for move in found.backward)
        say("rework_backward", language, moves=moves, cases=found.cases_backward)

    loaded.report(found, table)
