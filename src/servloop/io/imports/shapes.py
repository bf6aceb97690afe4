"""From checked columns to rows of the fact tables, for tidy tables and for wide ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from servloop.facts.schema import TABLES
from servloop.io.imports.distinct import by_distinct
from servloop.io.imports.mapping import Mapping
from servloop.io.imports.targets import Target
from servloop.io.raw_table import RawTable, infer_numbers
from servloop.io.zones import to_local

if TYPE_CHECKING:
    from servloop.io.imports.checks import UnitIndex
    from servloop.io.imports.staging import Surroundings

_ARROW_TO_POLARS: dict[str, pl.DataType | type[pl.DataType]] = {
    "string": pl.String,
    "int32": pl.Int32,
    "int64": pl.Int64,
    "double": pl.Float64,
    "bool": pl.Boolean,
    "date32": pl.Date,
    "timestamp": pl.Datetime("us", "UTC"),
}


def to_facts(
    raw: RawTable,
    fields: pl.DataFrame,
    right: pl.Series,
    *,
    mapping: Mapping,
    target: Target,
    surroundings: Surroundings,
) -> dict[str, pl.DataFrame]:
    """Rows of one batch for each fact table.

    Args:
        raw: the batch as written.
        fields: the checked fields of the rows to keep; ``seq`` is each row's place in the file, so that rows set
            aside leave gaps, which they fill once they are repaired.
        right: their places in the batch.
        mapping: what the columns mean.
        target: the kind of data.
        surroundings: units, people, masking.
    """
    if right.is_empty():
        return {}
    unmapped = mapping.rest(raw.frame.columns)
    rest = raw.frame.select(unmapped).gather(right) if unmapped else pl.DataFrame()
    rows = _people(_local_time(fields, surroundings), surroundings)
    rows = _masked(rows, [f.name for f in target.fields if f.free and f.name in rows.columns], surroundings)
    if target.rest == "attributes":
        rows = rows.with_columns(_attributes(rest, surroundings))
    if target.rest == "metrics":
        return {"measurements": _conform(_metrics(rows, rest), "measurements")}
    if target.rest == "questions":
        return _questionnaires(rows, rest, mapping, surroundings)
    if target.name == "answers-long":
        rows = _long_answers(rows, mapping)
    rows = rows.with_columns(_given(target, mapping))
    return {target.table: _conform(rows, target.table)}


def _given(target: Target, mapping: Mapping) -> list[pl.Expr]:
    """Columns that the mapping itself gives."""
    if target.name == "events":
        return [pl.lit(mapping.name).alias("process_id")]
    if target.name == "feedback" and mapping.rating_scale:
        low, high = mapping.rating_scale
        return [pl.lit(low).alias("rating_low"), pl.lit(high).alias("rating_high")]
    return []


def _conform(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Known columns only, in the types of the schema, so that every batch has the same form."""
    types = {c.name: _ARROW_TO_POLARS[c.type] for c in TABLES[table].columns}
    return rows.select(pl.col(name).cast(types[name]) for name in rows.columns if name in types)


def _local_time(rows: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    """Date and hour in the zone of each row's unit, computed here so that no engine does zone arithmetic."""
    units = surroundings.units
    if "unit" in rows.columns:
        rows = rows.rename({"unit": "unit_id"})
    elif units.default:
        rows = rows.with_columns(pl.lit(units.default).alias("unit_id"))
    zones = {units.default_zone, *units.zones.values()}
    if "unit_id" not in rows.columns or len(zones) == 1:
        zones = {units.default_zone}
        rows = rows.with_columns(pl.lit(units.default_zone).alias("tz"))
    else:
        of_unit = by_distinct(rows["unit_id"], lambda ids: _zones_of(ids, units))
        rows = rows.with_columns(of_unit.fill_null(units.default_zone).alias("tz"))
        zones = set(rows["tz"].unique())
    if "occurred_at" not in rows.columns:
        return rows
    times = rows["occurred_at"]
    if len(zones) == 1:
        local = pl.lit(to_local(times, zones.pop()))
    else:
        local = pl.coalesce(
            pl.when(pl.col("tz") == name).then(pl.lit(to_local(times, name))) for name in zones
        )
    return rows.with_columns(
        local.dt.date().alias("local_date"), local.dt.hour().cast(pl.Int32).alias("local_hour")
    )


def _zones_of(ids: pl.Series, units: UnitIndex) -> pl.Series:
    return ids.replace_strict(dict(units.zones), default=units.default_zone, return_dtype=pl.String)


def _people(rows: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    if "person" not in rows.columns:
        return rows
    if surroundings.person_keys is None:
        return rows.drop("person")
    return rows.with_columns(surroundings.person_keys(rows["person"]).alias("person_key")).drop("person")


def _masked(rows: pl.DataFrame, names: list[str], surroundings: Surroundings) -> pl.DataFrame:
    if surroundings.mask is None:
        return rows
    texts = [name for name in names if rows[name].dtype == pl.String]
    return rows.with_columns(surroundings.mask(rows[name]).alias(name) for name in texts)


def _attributes(rest: pl.DataFrame, surroundings: Surroundings) -> pl.Expr:
    """Columns without a field as one JSON object per row."""
    if rest.width == 0:
        return pl.lit(None, pl.String).alias("attributes")
    masked = _masked(rest, rest.columns, surroundings)
    plain = masked.with_columns(
        pl.col(pl.Datetime).dt.to_string("iso:strict"), pl.col(pl.Binary).cast(pl.String)
    )
    return pl.lit(plain.select(pl.struct(pl.all()).struct.json_encode()).to_series()).alias("attributes")


def _metrics(rows: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """One row per row and numeric column; ``seq`` is made unique from both places."""
    numbers = infer_numbers(rest)
    names = [name for name, kind in numbers.schema.items() if kind.is_numeric()]
    width = max(len(names), 1)
    long = (
        rows.hstack(numbers.select(pl.col(names).cast(pl.Float64)))
        .unpivot(names, index=rows.columns, variable_name="metric", value_name="value")
        .filter(pl.col("value").is_not_null())
    )
    place = pl.col("metric").replace_strict(
        {n: i for i, n in enumerate(names)}, default=0, return_dtype=pl.Int64
    )
    return long.with_columns((pl.col("seq") * width + place).alias("seq")).sort("seq")


def _questionnaires(
    rows: pl.DataFrame, rest: pl.DataFrame, mapping: Mapping, surroundings: Surroundings
) -> dict[str, pl.DataFrame]:
    """Responses and answers of a table with one row per respondent and one column per question."""
    responses = rows.with_columns(_response_id(rows, mapping).alias("source_key")).with_columns(
        pl.col("source_key").alias("response_id"),
        pl.lit(mapping.name).alias("survey"),
        pl.lit("complete").alias("status"),
        *([pl.col("occurred_at").alias("ended_at")] if "occurred_at" in rows.columns else []),
    )
    questions = rest.columns
    width = max(len(questions), 1)
    index = ["seq", "response_id", *(n for n in _CARRIED if n in responses.columns)]
    answers = (
        responses.select(index)
        .hstack(rest.select(pl.all().cast(pl.String)))
        .unpivot(questions, index=index, variable_name="question", value_name="written")
        .filter(pl.col("written").is_not_null())
    )
    place = pl.col("question").replace_strict(
        {n: i for i, n in enumerate(questions)}, default=0, return_dtype=pl.Int64
    )
    number = pl.col("written").str.strip_chars().cast(pl.Float64, strict=False)
    answers = _masked(
        answers.with_columns(number.alias("value_number")), ["written"], surroundings
    ).with_columns(
        (pl.col("seq") * width + place).alias("seq"),
        pl.format("{}/{}", "response_id", "question").alias("source_key"),
        pl.lit(mapping.name).alias("survey"),
        pl.when(pl.col("value_number").is_null()).then(pl.col("written")).alias("value_text_code"),
        pl.lit(value=True).alias("shown"),
        pl.lit(value=True).alias("answered"),
    )
    return {
        "responses": _conform(responses, "responses"),
        "answers": _conform(answers.sort("seq"), "answers"),
    }


_CARRIED = ("unit_id", "occurred_at", "local_date", "local_hour", "tz", "person_key")


def _response_id(rows: pl.DataFrame, mapping: Mapping) -> pl.Expr:
    """The respondent's own id, or the place in the file where the file has none."""
    own = pl.col("source_key") if "source_key" in rows.columns else pl.lit(None, pl.String)
    return pl.format("{}/{}", pl.lit(mapping.name), pl.coalesce(own, pl.format("row-{}", "seq")))


def _long_answers(rows: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    number = pl.col("value").str.strip_chars().cast(pl.Float64, strict=False)
    parts = [pl.col("response_key"), pl.col("question")]
    if "option" in rows.columns:
        parts.append(pl.col("option").fill_null(""))
    return rows.with_columns(
        pl.format("{}/{}", pl.lit(mapping.name), "response_key").alias("response_id"),
        pl.concat_str(parts, separator="/").alias("source_key"),
        pl.lit(mapping.name).alias("survey"),
        number.alias("value_number"),
        pl.when(number.is_null()).then(pl.col("value")).alias("value_text_code"),
        pl.lit(value=True).alias("shown"),
        pl.col("value").is_not_null().alias("answered"),
    )
