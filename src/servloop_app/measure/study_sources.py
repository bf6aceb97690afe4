"""Answers in the facts as a frame for models, and what is known of each survey's columns."""

# ruff: noqa: S608 - SQL is made of constants; values travel as parameters
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import polars as pl

UNIT, CHANNEL, LANGUAGE, WEIGHT = "@unit", "@channel", "@language", "@weight"
BREAKDOWNS = (UNIT, CHANNEL, LANGUAGE)
_MOST_VALUES = 12
_LEAST_TIMES = 5  # a value that fewer gave could tell of a person
_QUESTION = "CASE WHEN coalesce(option, '') = '' THEN question ELSE question || '/' || option END"


@dataclass(frozen=True)
class Reading:
    """What a kind reads from.

    Attributes:
        facts: a connection that shows only the rows of the scope.
        units: codes of the scope's units; None for everything.
        source: the study's source.
    """

    facts: duckdb.DuckDBPyConnection
    units: frozenset[str] | None
    source: Mapping[str, Any]


def read_survey(reading: Reading) -> pl.DataFrame:
    """The answers to ``source["survey"]``, one row a respondent, in the order in which they came.

    Columns: one a question (``question/option`` for options), as numbers where all answers are numbers, else as text;
    and ``@unit``, ``@channel``, ``@language`` (text), ``@weight`` (number) of the response, null where unknown.
    """
    import polars as pl  # noqa: PLC0415

    survey = {"survey": str(reading.source.get("survey", ""))}
    answers = reading.facts.sql(
        f"SELECT response_id, {_QUESTION} AS question, value_number, value_text_code, unit_id, import_id, seq"
        " FROM answers WHERE survey = $survey AND answered",
        params=survey,
    ).pl()
    responses = reading.facts.sql(
        "SELECT source_key AS response_id, any_value(channel) AS channel, any_value(language) AS language,"
        " any_value(weight) AS weight FROM responses WHERE survey = $survey GROUP BY ALL",
        params=survey,
    ).pl()
    respondents = (
        answers.group_by("response_id")
        .agg(pl.col("unit_id").drop_nulls().first(), pl.struct("import_id", "seq").min().alias("place"))
        .sort("place", "response_id")
        .join(responses, on="response_id", how="left", maintain_order="left")
    )
    columns = [respondents["response_id"]]
    ids = respondents.select("response_id")
    for (question,), rows in answers.group_by("question", maintain_order=False):
        one = ids.join(rows.unique("response_id"), on="response_id", how="left", maintain_order="left")
        columns.append(_values(one).alias(str(question)))
    frame = pl.DataFrame(columns).drop("response_id")
    return frame.select(sorted(frame.columns)).with_columns(
        respondents["unit_id"].alias(UNIT),
        respondents["channel"].cast(pl.String).alias(CHANNEL),
        respondents["language"].cast(pl.String).alias(LANGUAGE),
        respondents["weight"].cast(pl.Float64).alias(WEIGHT),
    )


def _values(rows: pl.DataFrame) -> pl.Series:
    """Numbers when nothing else was answered, else texts; a whole number is written without its fraction."""
    import polars as pl  # noqa: PLC0415

    if rows["value_text_code"].null_count() == len(rows):
        return rows["value_number"]
    number = pl.col("value_number")
    whole = number == number.floor()
    written = (
        pl.when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(number.cast(pl.String))
    )
    return rows.select(pl.coalesce("value_text_code", written)).to_series()


@dataclass(frozen=True)
class SurveyColumn:
    """What is known of one question.

    Attributes:
        name: code of the question, as a column of `read_survey`.
        n: answers.
        numeric: all of them are numbers.
        low, high: of the numbers.
        whole: all numbers are whole.
        distinct: different answers.
        values: the answers when there are at most twelve different ones, those of fewer than five people left out.
    """

    name: str
    n: int
    numeric: bool
    low: float | None
    high: float | None
    whole: bool
    distinct: int
    values: tuple[str, ...]

    @property
    def groups(self) -> bool:
        """Whether people can be told apart by it: two to twelve answers, not a scale of numbers."""
        return not self.numeric and 2 <= self.distinct <= _MOST_VALUES and len(self.values) >= 2


@dataclass(frozen=True)
class SurveyColumns:
    """A survey and its questions, in the order of the questionnaire."""

    survey: str
    responses: int
    first_date: dt.date | None
    last_date: dt.date | None
    columns: tuple[SurveyColumn, ...]

    @property
    def names(self) -> list[str]:
        """Codes of the questions."""
        return [column.name for column in self.columns]

    @property
    def segments(self) -> list[str]:
        """Questions that divide people into groups and are no model's own: answered in words, with few answers."""
        return [column.name for column in self.columns if column.groups]

    def stored(self) -> list[dict[str, Any]]:
        """The columns in JSON-ready form, read back by `column_of`."""
        return [asdict(column) for column in self.columns]


def column_of(stored: Mapping[str, Any]) -> SurveyColumn:
    """A column from its stored form."""
    return SurveyColumn(**{**stored, "values": tuple(stored["values"])})


def describe_surveys(facts: duckdb.DuckDBPyConnection) -> list[SurveyColumns]:
    """All surveys that have answers, with their questions in the order of the first file."""
    columns = facts.sql(
        f"SELECT survey, {_QUESTION} AS question, count(*) AS n, bool_and(value_text_code IS NULL) AS numeric,"
        " min(value_number) AS low, max(value_number) AS high, bool_and(value_number = floor(value_number)) AS whole,"
        " approx_count_distinct(coalesce(value_text_code, value_number::VARCHAR)) AS distinct_answers,"
        " min((seq, import_id)) AS place"
        " FROM answers WHERE survey IS NOT NULL AND answered GROUP BY ALL ORDER BY survey, place"
    ).pl()
    values: dict[tuple[str, str], list[tuple[str, int]]] = {}
    counted = (
        f"SELECT survey, {_QUESTION} AS question, value_text_code AS value, count(*) AS times FROM answers"
        " WHERE survey IS NOT NULL AND value_text_code IS NOT NULL GROUP BY ALL"
    )
    few = (
        f"SELECT survey, question, value, times FROM ({counted})"
        f" QUALIFY count(*) OVER (PARTITION BY survey, question) <= {_MOST_VALUES} ORDER BY ALL"
    )
    for survey, question, value, times in facts.sql(few).pl().rows():
        values.setdefault((survey, question), []).append((value, times))
    sizes = facts.sql(
        "SELECT survey, count(DISTINCT response_id), min(local_date), max(local_date)"
        " FROM answers WHERE survey IS NOT NULL GROUP BY ALL ORDER BY survey"
    ).pl()
    return [
        SurveyColumns(
            survey, responses, first, last, _columns(columns.filter(columns["survey"] == survey), values)
        )
        for survey, responses, first, last in sizes.rows()
    ]


def _columns(
    rows: pl.DataFrame, values: Mapping[tuple[str, str], Sequence[tuple[str, int]]]
) -> tuple[SurveyColumn, ...]:
    found = []
    for row in rows.iter_rows(named=True):
        counted = values.get((row["survey"], row["question"]), ())
        found.append(
            SurveyColumn(
                name=row["question"],
                n=row["n"],
                numeric=row["numeric"],
                low=row["low"],
                high=row["high"],
                whole=bool(row["whole"]),
                distinct=len(counted) or row["distinct_answers"],
                values=tuple(value for value, times in counted if times >= _LEAST_TIMES),
            )
        )
    return tuple(found)
