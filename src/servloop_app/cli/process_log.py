"""What all process commands share: which log, which columns, and how the outcome is reported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from servloop.errors import InputError
from servloop.results import Notice, Result
from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_result

if TYPE_CHECKING:
    from servloop.diagnose.process.event_log import EventLog

_LINES_NAMED = 5


@dataclass(frozen=True)
class LogRequest:
    """The log a person asked for, and how they want the answer."""

    path: str
    columns: dict[str, str | None]
    reading: dict[str, str | None]
    lifecycle: Literal["complete", "all"]
    missing: tuple[str, ...]
    timezone: str | None
    seed: int
    language: str
    as_json: bool

    def read(self) -> LoadedLog:
        """Read the file; rows that are no event are set aside.

        Raises:
            InputError: what the reader raises; ``process.no_usable_rows`` when every row was set aside.
        """
        from servloop.diagnose.process.event_log import EventLog
        from servloop.io import read_events

        table = read_events(
            self.path,
            **self.columns,
            **self.reading,
            timezone=self.timezone,
            missing=("", *self.missing),
            on_error="quarantine",
        )
        rejected = table.rejects["line"].unique().sort().to_list()
        if table.frame.height == 0:
            raise InputError("process.no_usable_rows", file=self.path, rejected=len(rejected))
        log = EventLog.from_frame(table.frame, lifecycle=self.lifecycle, seq_supplied="seq" in table.columns)
        return LoadedLog(self, log, table.warnings, tuple(rejected))


@dataclass(frozen=True)
class LoadedLog:
    """A log as read, with the reader's warnings and the lines that it set aside."""

    request: LogRequest
    log: EventLog
    warnings: tuple[Notice, ...]
    rejected_lines: tuple[int, ...]

    def report(self, result: Result, table: Callable[[], None], *, listing: Any = None) -> None:
        """Print the result and end the command with its exit code.

        Args:
            result: what was computed.
            table: prints it for people.
            listing: what to print for scripts instead of the whole result; its warnings then go to standard
                error, since the document is a list.
        """
        request = self.request
        if request.as_json and listing is not None:
            print_json(listing, request.language)
            for notice in (*self.warnings, *result.warnings):
                click.echo(f"! {notice.message(request.language)}", err=True)
        else:
            print_result(
                result,
                as_json=request.as_json,
                language=request.language,
                table=table,
                warnings=self.warnings,
            )
        if self.rejected_lines:
            lines = ", ".join(str(line) for line in self.rejected_lines[:_LINES_NAMED])
            more = "…" if len(self.rejected_lines) > _LINES_NAMED else ""
            notice = Notice("process.rows_set_aside", len(self.rejected_lines), {"lines": lines + more})
            click.echo(f"! {notice.message(request.language)}", err=True)
            click.get_current_context().exit(EXIT_REJECTS)


_COLUMNS = {
    "case": "Column of the case.",
    "activity": "Column of the activity.",
    "timestamp": "Column of the completion (or only) time.",
    "start": "Column of the start time.",
    "resource": "Column of the person or system.",
    "group": "Column of the department or team.",
    "seq": "Column with the place of the row in the source.",
}
_READING = {
    "time_format": ("--time-format", "FORMAT", "Notation of times, such as '%d/%m/%Y %H:%M'."),
    "encoding": ("--encoding", "NAME", "Encoding of a text table, such as gb18030."),
    "object_type": ("--object-type", "TYPE", "Object-centric logs: the type whose objects are the cases."),
}


def log_command(function: Callable[..., None]) -> Callable[..., None]:
    """Add the log, its columns and the common options; the function receives a `LogRequest` first."""

    @functools.wraps(function)
    def call(  # noqa: PLR0917  # click passes all by name
        path: str,
        lifecycle: Literal["complete", "all"],
        missing: tuple[str, ...],
        timezone: str | None,
        seed: int,
        language: str,
        as_json: bool,
        **options: Any,
    ) -> None:
        columns = {role: options.pop(role) for role in _COLUMNS}
        reading = {name: options.pop(name) for name in _READING}
        request = LogRequest(path, columns, reading, lifecycle, missing, timezone, seed, language, as_json)
        function(request, **options)

    command: Callable[..., None] = common_options(call)
    command = click.option(
        "--missing",
        multiple=True,
        metavar="TEXT",
        help="Text that means 'no value', such as '?'; repeatable.",
    )(command)
    command = click.option(
        "--lifecycle",
        type=click.Choice(["complete", "all"]),
        default="complete",
        show_default=True,
        help="Which rows count: completions, or every transition.",
    )(command)
    for name, (flag, metavar, text) in reversed(_READING.items()):
        command = click.option(flag, name, metavar=metavar, help=text)(command)
    for role, text in reversed(_COLUMNS.items()):
        command = click.option(f"--{role}", metavar="COLUMN", help=text)(command)
    return click.argument("path", metavar="LOG", type=click.Path())(command)


def read_bytes(path: str) -> bytes:
    """The content of a file that a person named.

    Raises:
        InputError: ``process.file_unreadable``.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError("process.file_unreadable", file=path, reason=error.strerror) from error


def read_yaml(path: str) -> Any:
    """The document of a YAML file.

    Raises:
        InputError: ``process.file_unreadable``, ``process.not_yaml``.
    """
    import yaml

    try:
        return yaml.safe_load(read_bytes(path))
    except yaml.YAMLError as error:
        raise InputError("process.not_yaml", file=path, reason=str(error).splitlines()[0]) from error
