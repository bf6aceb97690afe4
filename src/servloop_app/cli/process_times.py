"""`servloop process times|turnaround|breaches|waiting-causes|queues`: where time goes, and whether promises are kept."""

from __future__ import annotations

import click

from servloop_app.cli.process_frames import CALENDAR
from servloop_app.cli.process_log import LogRequest, log_command

_LIMIT = click.option("--limit", type=float, metavar="S", help="Promised case time in seconds.")


@click.command()
@log_command
@CALENDAR
@_LIMIT
def times(request: LogRequest, *, calendar: str | None, limit: float | None) -> None:
    """Service and waiting time of each step; with --calendar, in working time (时间)."""
    from servloop_app.cli.process_frames import calendar_from, range_of, say, show_frame

    language = request.language
    hours = calendar_from(calendar)
    loaded = request.read()
    if hours is not None:
        from servloop.diagnose.process.calendar_times import calendar_times

        found = calendar_times(loaded.log, hours, limit_seconds=limit)

        def table() -> None:
            columns = ("source", "target", "n", "elapsed_median", "working_median", "working_total")
            show_frame("working_time", found.to_frame(), columns, language)
            say("times_working", language, median=range_of(found.median, language))

        loaded.report(found, table)
        return
    from servloop.diagnose.process.times import flow_efficiency, step_times

    steps, flow = step_times(loaded.log), flow_efficiency(loaded.log)

    def plain_table() -> None:
        columns = (
            "activity",
            "n",
            "service_median",
            "service_mean",
            "waiting_median",
            "waiting_mean_clipped",
        )
        show_frame("times", steps.to_frame(), columns, language)
        say("times_flow", language, of_log=range_of(flow.of_log, language, share=True),
            of_cases=range_of(flow.mean_of_cases, language, share=True))  # fmt: skip

    loaded.report(steps, plain_table)


@click.command()
@log_command
@click.option("--closing", multiple=True, required=True, metavar="ACTIVITY", help="Ends a case; repeatable.")
@click.option("--now", metavar="MOMENT", help="When the log was taken; its last event without it.")
@_LIMIT
def turnaround(
    request: LogRequest, *, closing: tuple[str, ...], now: str | None, limit: float | None
) -> None:
    """Case times when some cases are still open: finished and open apart, Kaplan–Meier (办理时长)."""
    from servloop.diagnose.process.turnaround import turnaround as compute
    from servloop_app.cli.process_frames import moment, range_of, say

    at = None if now is None else moment(now)
    loaded = request.read()
    found = compute(loaded.log, closing=closing, now=at, limit_seconds=limit)
    language = request.language

    def table() -> None:
        say("turnaround_cases", language, finished=found.finished, running=found.running)
        say("turnaround_median", language, median=range_of(found.median, language))
        say("turnaround_finished", language, median=range_of(found.finished_median, language))
        if found.within is not None:
            say("turnaround_within", language, share=range_of(found.within, language, share=True))

    loaded.report(found, table)


@click.command()
@log_command
@click.option("--by", required=True, metavar="COLUMN", help="Column that tells the segments apart.")
@click.option("--limit", type=float, required=True, metavar="S", help="Promised case time in seconds.")
@CALENDAR
def breaches(request: LogRequest, *, by: str, limit: float, calendar: str | None) -> None:
    """The share of cases that took longer than promised, by segment (超时)."""
    import polars as pl

    from servloop.diagnose.process.breaches import breaches as compute
    from servloop_app.cli.process_frames import judged, range_of, say, show_frame

    loaded = request.read()
    found = compute(judged(loaded.log, calendar), by, limit_seconds=limit)

    def table() -> None:
        bounds = [f"{s.share.low or 0:.1%} – {s.share.high or 0:.1%}" for s in found.segments]
        frame = found.to_frame().with_columns(share_interval=pl.Series(bounds, dtype=pl.String))
        columns = ("value", "cases", "late", "share", "share_interval")
        show_frame("breaches", frame, columns, request.language)
        say("breaches_total", request.language, share=range_of(found.overall, request.language, share=True))

    loaded.report(found, table)


@click.command("waiting-causes")
@log_command
@CALENDAR
def waiting_causes(request: LogRequest, *, calendar: str | None) -> None:
    """Waits taken apart: batching, contention, prioritisation, unavailability, the rest (等待原因)."""
    from servloop.diagnose.process.waiting_causes import waiting_causes as compute
    from servloop_app.cli.process_frames import calendar_from, range_of, say, show_frame

    hours = calendar_from(calendar)
    loaded = request.read()
    found = compute(loaded.log, calendar=hours)
    language = request.language

    def table() -> None:
        columns = ("activity", "n", "total_seconds", "batching", "contention", "prioritisation", "unavailability", "extraneous")  # fmt: skip
        show_frame("waiting_causes", found.to_frame(), columns, language)
        for cause, share in found.shares.items():
            say(f"cause_{cause}", language, share=range_of(share, language, share=True))

    loaded.report(found, table)


@click.command("temporal-profile")
@log_command
@click.option(
    "--zeta",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Standard deviations from the mean that are still usual.",
)
def temporal_profile(request: LogRequest, *, zeta: float) -> None:
    """Usual times between activities, and cases that depart from them (时间特征)."""
    from servloop.diagnose.process.temporal_profile import temporal_profile as compute
    from servloop_app.cli.process_frames import say, show_frame

    loaded = request.read()
    found = compute(loaded.log, zeta=zeta)
    language = request.language

    def table() -> None:
        frame = found.to_frame()
        if frame.height:
            columns = ("source", "target", "n", "mean_seconds", "sd_seconds")
            show_frame("temporal_profile", frame.sort("n", descending=True), columns, language)
        facts = {"deviations": len(found.deviations), "cases": found.cases_with_deviation, "zeta": zeta}
        say("temporal_total", language, **facts)

    loaded.report(found, table)


@click.command()
@log_command
def queues(request: LogRequest) -> None:
    """Mean and greatest length of the queue before each activity (排队)."""
    from servloop.diagnose.process.queues import queues as compute
    from servloop_app.cli.process_frames import show_frame

    loaded = request.read()
    found = compute(loaded.log)
    columns = ("activity", "n", "mean_length", "max_length")
    loaded.report(found, lambda: show_frame("queues", found.to_frame(), columns, request.language))
