"""Results of further questions as tables: a result's own frame under headings in the person's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servloop.errors import InputError, SpecError
from servloop.messages import message
from servloop_app.cli.output import print_table
from servloop_app.cli.process_tables import duration

if TYPE_CHECKING:
    import polars as pl

    from servloop.diagnose.journey import Stage
    from servloop.diagnose.process.event_log import EventLog
    from servloop.monitor.calendar import WorkingCalendar
    from servloop.results import Estimate

_ROWS = 20  # a person reads the top; scripts get everything
_SHARES = frozenset(
    {"share", "slow_share", "superiority", "risk", "complete", "complete_accurate", "repeat_share", "within"}
)
_TIMES = frozenset(
    {
        "service_median",
        "service_mean",
        "waiting_median",
        "waiting_mean_clipped",
        "elapsed_median",
        "working_median",
        "working_total",
        "first_median",
        "second_median",
        "batching",
        "contention",
        "prioritisation",
        "unavailability",
        "extraneous",
        "process",
        "lead",
        "wait",
    }
)


def show_frame(title: str, frame: pl.DataFrame, columns: Sequence[str], language: str) -> None:
    """Print some columns of a frame, the first rows.

    Title and headings are the codes ``process.title_…`` and ``process.column_…``; times, which a frame has in
    seconds, are shown in the unit that suits them, shares in per cent.
    """
    headings = [message(f"process.column_{column}", language=language) for column in columns]
    rows = [
        [_shown(column, value, language) for column, value in zip(columns, row, strict=True)]
        for row in frame.head(_ROWS).select(columns).iter_rows()
    ]
    print_table(message(f"process.title_{title}", language=language), headings, rows)
    if frame.height > _ROWS:
        click.echo(message("process.more_rows", {"count": frame.height - _ROWS}, language))


def _shown(column: str, value: Any, language: str) -> object:
    if column == "verdict":
        return message(f"process.verdict_{value}", language=language)
    if column == "kind":
        return message(f"process.feature_{value}", language=language)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return " → ".join(map(str, value))
    if isinstance(value, bool):
        return message(f"process.{'yes' if value else 'no'}", language=language)
    if column in _TIMES or column.endswith("_seconds"):
        return duration(float(value), language)
    if column in _SHARES:
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def say(code: str, language: str, **facts: object) -> None:
    """A sentence under a table."""
    click.echo(message(f"process.{code}", facts, language))


def range_of(figure: Estimate, language: str, *, share: bool = False) -> str:
    """A figure with its interval and n, or why there is none."""
    if figure.value is None:
        return figure.reason.message(language).rstrip("。.") if figure.reason else "—"

    def text(value: float) -> str:
        return f"{value:.1%}" if share else duration(value, language) or "—"

    bounds = (
        "" if figure.low is None or figure.high is None else f" ({text(figure.low)} – {text(figure.high)})"
    )
    return f"{text(figure.value)}{bounds}, n = {figure.n:,}"


def moment(text: str) -> int:
    """A moment with zone as microseconds since 1970 UTC.

    Raises:
        SpecError: ``process.moment_unreadable``.
    """
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SpecError("process.moment_unreadable", received=text) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(found.timestamp() * 1_000_000)


def calendar_from(text: str | None) -> WorkingCalendar | None:
    """``china`` (with holidays and make-up days), or a YAML file ``{zone, hours: {0: [["09:00", "18:00"]]}}``.

    Raises:
        SpecError: ``process.calendar_malformed``, and what `WorkingCalendar` raises.
    """
    from servloop.monitor.calendar import WorkingCalendar
    from servloop.monitor.holidays import china_holidays
    from servloop_app.cli.process_log import read_yaml

    if text is None:
        return None
    if text == "china":
        return WorkingCalendar.china()
    spec = read_yaml(text)
    if not isinstance(spec, Mapping) or not isinstance(spec.get("hours"), Mapping) or "zone" not in spec:
        raise SpecError("process.calendar_malformed", file=text)
    holidays = china_holidays() if spec.get("holidays") == "china" else None
    try:
        hours = {int(day): [(str(a), str(b)) for a, b in spans] for day, spans in spec["hours"].items()}
    except (TypeError, ValueError) as error:
        raise SpecError("process.calendar_malformed", file=text) from error
    return WorkingCalendar.from_hours(hours, str(spec["zone"]), holidays)


CALENDAR = click.option(
    "--calendar",
    metavar="china|FILE.yaml",
    help="When people work: china (with holidays and make-up days), or a file with zone and hours.",
)


def judged(log: EventLog, calendar: str | None) -> EventLog:
    """The log on the axis of working time, where a calendar was given."""
    from servloop.diagnose.process.calendar_times import in_working_time

    hours = calendar_from(calendar)
    return log if hours is None else in_working_time(log, hours)


def stages_from(path: str) -> tuple[tuple[Stage, ...], dict[str, Any]]:
    """Stages and lanes of a YAML file ``{stages: [{name, activities, touchpoints}], lanes: {activity: lane}}``.

    Raises:
        SpecError: ``process.stages_malformed``.
    """
    from servloop.diagnose.journey import Stage
    from servloop_app.cli.process_log import read_yaml

    spec = read_yaml(path)
    listed = spec.get("stages") if isinstance(spec, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(e, Mapping) and "name" in e for e in listed):
        raise SpecError("process.stages_malformed", file=path)
    stages = tuple(
        Stage(
            str(entry["name"]),
            tuple(map(str, entry.get("activities") or ())),
            tuple(map(str, entry.get("touchpoints") or ())),
        )
        for entry in listed
    )
    return stages, dict(spec.get("lanes") or {})


def ratings_from(path: str | None, case: str, rating: str) -> dict[str, float] | None:
    """Case → rating from a table.

    Raises:
        InputError: ``process.no_such_column``.
    """
    from servloop.io import read_table

    if path is None:
        return None
    frame = read_table(Path(path)).frame
    for column in (case, rating):
        if column not in frame.columns:
            raise InputError("process.no_such_column", column=column, found=frame.columns)
    import polars as pl

    rows = frame.select(pl.col(case).cast(pl.String), pl.col(rating).cast(pl.Float64, strict=False))
    return dict(rows.drop_nulls().group_by(case).agg(pl.col(rating).mean()).iter_rows())
