"""What the commands on series and panels share: their options, their columns, their printing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from servloop.results import Estimate, Result
from servloop_app.cli.output import common_options, print_json, print_result, print_table

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from servloop.io import TableFile
    from servloop.verify.effects import Effect
    from servloop.verify.verdict import Verdict

Row = tuple[object, ...]
_COLUMNS = ("", "value", "low", "high", "p", "n")


@dataclass(frozen=True)
class Request:
    """The file and the wishes that every command takes."""

    file: str
    as_json: bool
    language: str

    def read(self, *columns: str | None) -> Data:
        """The file's table, after making sure that it has the columns that are asked for."""
        from servloop.errors import InputError
        from servloop.io import read_table

        table = read_table(self.file)
        for column in columns:
            if column is not None and column not in table.frame.columns:
                raise InputError("verify.column_missing", column=column, columns=table.frame.columns)
        return Data(self, table)


@dataclass(frozen=True)
class Data:
    """A table that was read for a request."""

    request: Request
    table: TableFile

    @property
    def frame(self) -> pl.DataFrame:
        """The rows."""
        return self.table.frame

    def answer(self, result: Result, table: Callable[[], None]) -> None:
        """Print the result with the warnings of the reader."""
        print_result(
            result,
            as_json=self.request.as_json,
            language=self.request.language,
            table=table,
            warnings=self.table.warnings,
        )

    def answer_effect(
        self, result: Result, title: str, rows: Sequence[Row], effect: Estimate, rule: Rule
    ) -> None:
        """Print effects, with the verdict when a smallest effect was given."""
        judged = rule.judge(effect)
        language = self.request.language
        if judged is not None and self.request.as_json:
            notices = (*self.table.warnings, *result.warnings)
            document = result.to_dict(language)
            document["warnings"] = [notice.to_dict(language) for notice in notices]
            print_json({**document, "verdict": judged}, language)
            return

        def table() -> None:
            print_table(title, _COLUMNS, rows)
            if judged is not None:
                click.echo(judged.reason.message(language))
            elif effect.reason is not None:
                click.echo(effect.reason.message(language), err=True)

        self.answer(result, table)


@dataclass(frozen=True)
class Rule:
    """What an effect must reach, when that was said."""

    smallest: float | None
    better: Literal["increase", "decrease"]

    def judge(self, effect: Estimate) -> Verdict | None:
        """The verdict, or None without a rule."""
        from servloop.verify.verdict import verdict

        return None if self.smallest is None else verdict(effect, self.smallest, self.better)


def verdict_options(function: Callable[..., None]) -> Callable[..., None]:
    """``--smallest`` and ``--better``, handed on as one `Rule`."""

    @functools.wraps(function)
    def wrapper(
        request: Request, *, smallest: float | None, better: Literal["increase", "decrease"], **options: Any
    ) -> None:
        function(request, rule=Rule(smallest, better), **options)

    direction = click.option(
        "--better",
        type=click.Choice(["increase", "decrease"]),
        default="increase",
        show_default=True,
        help="Which way is better.",
    )
    return click.option(
        "--smallest", type=float, metavar="X", help="Smallest effect that matters: adds the verdict."
    )(direction(wrapper))


def data_command(function: Callable[..., None]) -> Callable[..., None]:
    """A file argument and the common options, handed on as one `Request`."""

    @functools.wraps(function)
    def wrapper(file: str, *, as_json: bool, language: str, **options: Any) -> None:
        for unused in (
            "seed",
            "timezone",
        ):  # taken by all commands; nothing here is random or reads clock times
            del options[unused]
        function(Request(file, as_json, language), **options)

    return click.argument("file", type=click.Path())(common_options(wrapper))


def numbers(frame: pl.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column as floats, NaN where missing."""
    import polars as pl

    from servloop.errors import InputError

    if not (frame[column].dtype.is_numeric() or frame[column].dtype in {pl.Boolean, pl.Null}):
        raise InputError("verify.column_not_numbers", column=column)
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def first_row_from(frame: pl.DataFrame, column: str, start: str) -> int:
    """The first row whose time is not before ``start``; numbers compare as numbers, texts as texts."""
    import polars as pl

    from servloop.errors import InputError

    times = frame[column]
    try:
        later = times >= pl.Series([start]).cast(pl.Float64 if times.dtype.is_numeric() else times.dtype)[0]
    except pl.exceptions.PolarsError as error:
        raise InputError("verify.start_unknown", start=start, column=column) from error
    if not later.any():
        raise InputError("verify.start_unknown", start=start, column=column)
    return int(later.arg_max() or 0)


def effect_row(name: str, effect: Effect) -> Row:
    """A row of the table of effects."""
    return (*estimate_row(name, effect.estimate)[:4], effect.p_value, effect.estimate.n)


def estimate_row(name: str, estimate: Estimate) -> Row:
    """A row without p-value."""
    return (name, estimate.value, estimate.low, estimate.high, None, estimate.n)
