"""What all measure commands share: which table, which specification, and how the outcome is reported."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servloop.errors import SpecError
from servloop.messages import message
from servloop.results import Estimate, Result
from servloop_app.cli.output import common_options, print_result, print_table

if TYPE_CHECKING:
    from servloop.io import TableFile


@dataclass(frozen=True)
class TableRequest:
    """The table a person asked for, and how they want the answer."""

    path: str
    sheet: str | None
    missing: tuple[str, ...]
    seed: int
    language: str
    as_json: bool

    def read(self, path: str | None = None) -> TableFile:
        """Read the file of the command, or another one with the same options.

        Raises:
            InputError: what the reader raises.
        """
        from servloop.io import read_table

        return read_table(path or self.path, sheet=self.sheet, missing=("", *self.missing))

    def report(self, result: Result, file: TableFile, table: Callable[[], None]) -> None:
        """Print the result as JSON, or as tables for people, with the reader's warnings before its own."""
        print_result(
            result, as_json=self.as_json, language=self.language, table=table, warnings=file.warnings
        )

    def text(self, code: str) -> str:
        """A word of the tables in the person's language."""
        return message(f"measure.{code}", language=self.language)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        more: Sequence[str] = (),
    ) -> None:
        """A table for people.

        Args:
            title: code ``measure.title_…``.
            columns: codes ``measure.column_…``.
            rows: cells.
            more: headings that need no translation, after the columns.
        """
        headings = [self.text(f"column_{column}") for column in columns]
        print_table(self.text(f"title_{title}"), [*headings, *more], rows)

    def reason(self, estimate: Estimate) -> str | None:
        """Why an estimate has no value, as a sentence; None when it has one."""
        return estimate.reason.message(self.language) if estimate.reason else None


def table_command(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the argument FILE and the options of all tables; it receives a `TableRequest`."""

    @common_options
    @click.option("--sheet", metavar="NAME", help="Sheet of a spreadsheet (default: the first).")
    @click.option(
        "--missing",
        multiple=True,
        metavar="TEXT",
        help="A code that means no answer, such as 99. Repeatable.",
    )
    @click.argument("file", metavar="FILE")
    @functools.wraps(command)
    def wrapped(
        *,
        file: str,
        sheet: str | None,
        missing: tuple[str, ...],
        seed: int,
        language: str,
        as_json: bool,
        timezone: str | None,  # noqa: ARG001  # an option of every command; answers have no times
        **options: Any,
    ) -> None:
        command(TableRequest(file, sheet, missing, seed, language, as_json), **options)

    return wrapped


def spec_option(command: Callable[..., None]) -> Callable[..., None]:
    """``--spec FILE``: a YAML file; the command receives the document that it holds."""
    return click.option(
        "--spec",
        required=True,
        metavar="FILE",
        callback=lambda context, parameter, value: read_spec(value),  # noqa: ARG005
        help="YAML file that names the columns; `servloop schema` prints what it may hold.",
    )(command)


def by_option(command: Callable[..., None]) -> Callable[..., None]:
    """``--by COLUMN``."""
    return click.option("--by", metavar="COLUMN", help="Also for each group of this column.")(command)


def read_spec(path: str) -> Any:
    """The document in a YAML (or JSON) file.

    Raises:
        SpecError: ``measure.spec_unreadable``: the file is absent or no YAML; the sentence says where.
    """
    import yaml

    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SpecError("measure.spec_absent", file=path, problem=error.strerror or "") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError("measure.spec_unreadable", file=path, problem=" ".join(str(error).split())) from error


def column_list(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:  # noqa: ARG001
    """``a,b,c`` as column names; also with Chinese commas."""
    return tuple(part.strip() for part in (value or "").replace("，", ",").split(",") if part.strip())


def share(value: float | None) -> str | None:
    """A share as people read it."""
    return None if value is None else f"{value:.1%}"
