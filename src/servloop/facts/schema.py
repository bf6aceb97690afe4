"""The fact tables: names, types, keys and meaning of every column, as code.

Grain and common columns are the same for all tables, so that scope, revisions, undo and erasure work the same way
everywhere. Schemas only grow: a later version may add columns, never remove or change one. Types are those of Arrow;
times are microseconds in UTC (a naive column would silently make another kind of Delta table), there are no unsigned
integers (Delta has none) and no partition columns (their values would not be in the files).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1

# Arrow type names used below → DuckDB's, for typed views.
DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date32": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, and whether its extremes may stand in the table's log.

    Extremes speed up reading, but they are values: texts and ids of people must never be among them, or an erased
    value would live on in the log.
    """

    name: str
    type: str
    meaning: str
    in_statistics: bool = False
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One fact table: what a row is, which columns identify it, and all columns."""

    name: str
    grain: str
    own: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Common columns first, then the table's own."""
        return COMMON + self.own

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def arrow(self) -> pa.Schema:
        """The schema in Arrow's terms."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "int32": pa.int32(),
            "int64": pa.int64(),
            "double": pa.float64(),
            "bool": pa.bool_(),
            "date32": pa.date32(),
            "timestamp": pa.timestamp("us", "UTC"),
        }
        return pa.schema([pa.field(c.name, types[c.type], nullable=not c.required) for c in self.columns])


COMMON = (
    Column(
        "record_id",
        "string",
        "Id of the record: hash of table, source and its key or content",
        in_statistics=True,
        required=True,
    ),
    Column("import_id", "string", "Import that brought the row", in_statistics=True, required=True),
    Column(
        "seq",
        "int64",
        "Place of the row in its source, unique in its import; breaks ties in time",
        in_statistics=True,
        required=True,
    ),
    Column("source_key", "string", "Id of the row in its source; missing when its content identifies it"),
    Column("occurrence", "int32", "0, 1… among rows of one source with equal content"),
    Column(
        "content_hash",
        "int64",
        "Hash of the content, to tell a repeated row from a changed one",
        required=True,
    ),
    Column(
        "revision",
        "int32",
        "0 for the first version of a record; the highest is current",
        in_statistics=True,
        required=True,
    ),
    Column("replaces_import", "string", "Import of the revision this row replaces"),
    Column("replaces_seq", "int64", "Place, in that import, of the row this one replaces"),
    Column(
        "unit_id",
        "string",
        "Leaf unit of the organisation; the tree is joined when asked",
        in_statistics=True,
    ),
    Column("occurred_at", "timestamp", "When it happened, UTC", in_statistics=True),
    Column("local_date", "date32", "Date in the unit's zone", in_statistics=True),
    Column("local_hour", "int32", "Hour 0-23 in the unit's zone"),
    Column("tz", "string", "IANA zone of the unit at ingest"),
    Column("ingested_at", "timestamp", "When the row was stored, UTC", in_statistics=True, required=True),
    Column("schema_version", "int32", "Version of this schema at ingest", required=True),
    Column("attributes", "string", "Further columns of the source as one JSON object"),
)

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (
        TableSchema(
            "feedback",
            "one row per feedback record",
            (
                Column("channel", "string", "web, qr, email, phone, chat, counter, store, social, survey…"),
                Column("kind", "string", "complaint, praise, suggestion, question or other"),
                Column("person_key", "string", "Random surrogate of the customer"),
                Column("title", "string", "Subject, personal data masked"),
                Column("text", "string", "Words of the customer, personal data masked"),
                Column("language", "string", "Language of the text, BCP 47"),
                Column("rating", "double", "Rating as given"),
                Column("rating_low", "double", "Worst end of the rating's scale"),
                Column("rating_high", "double", "Best end of the rating's scale"),
                Column("status", "string", "State in the source system"),
                Column("answered_at", "timestamp", "First answer to the customer, UTC"),
                Column("resolved_at", "timestamp", "Resolution, UTC"),
                Column("due_at", "timestamp", "Promised time, UTC"),
            ),
        ),
        TableSchema(
            "responses",
            "one row per submitted questionnaire",
            (
                Column("survey", "string", "Questionnaire"),
                Column("survey_version", "string", "Version of the questionnaire"),
                Column("status", "string", "partial or complete"),
                Column("started_at", "timestamp", "First page shown, UTC"),
                Column("ended_at", "timestamp", "Last answer, UTC"),
                Column("language", "string", "Language of the questionnaire, BCP 47"),
                Column("channel", "string", "link, qr, email, sms, kiosk, embedded…"),
                Column("person_key", "string", "Random surrogate of the respondent"),
                Column("weight", "double", "Weight to the population; 1 when unweighted"),
            ),
        ),
        TableSchema(
            "answers",
            "one row per response, question and option",
            (
                Column("response_id", "string", "Record id of the response", required=True),
                Column("survey", "string", "Questionnaire"),
                Column("question", "string", "Question code", required=True),
                Column("option", "string", "Option of a multiple choice or row of a grid"),
                Column("value_number", "double", "Answer as a number"),
                Column("value_text_code", "string", "Answer as a code or masked text"),
                Column("shown", "bool", "Whether the question was shown"),
                Column("answered", "bool", "Whether it was answered"),
                Column("person_key", "string", "Random surrogate of the respondent"),
            ),
        ),
        TableSchema(
            "events",
            "one row per row of an event log",
            (
                Column(
                    "process_id", "string", "Process the event belongs to", in_statistics=True, required=True
                ),
                Column("case_id", "string", "Case of the process", required=True),
                Column("activity", "string", "What was done", required=True),
                Column("start_time", "timestamp", "Start, UTC; the completion is occurred_at"),
                Column("lifecycle", "string", "schedule, start, complete…, lower case"),
                Column("resource", "string", "Who or what did it"),
                Column("department", "string", "Where it was done"),
            ),
        ),
        TableSchema(
            "event_cases",
            "one row per process and case",
            (
                Column("process_id", "string", "Process", in_statistics=True, required=True),
                Column("case_id", "string", "Case", required=True),
                Column("person_key", "string", "Random surrogate of the customer"),
                Column("sla_seconds", "double", "Promised throughput, seconds"),
            ),
        ),
        TableSchema(
            "event_objects",
            "one row per relation of an event to an object (OCEL 2.0)",
            (
                Column("process_id", "string", "Process", in_statistics=True, required=True),
                Column("event_record_id", "string", "Record id of the event"),
                Column("object_id", "string", "Object", required=True),
                Column("object_type", "string", "Type of the object"),
                Column("qualifier", "string", "Role of the object in the event"),
            ),
        ),
        TableSchema(
            "measurements",
            "one row per metric, subject and time",
            (
                Column("metric", "string", "Metric code", in_statistics=True, required=True),
                Column("subject", "string", "System, device, team or item measured"),
                Column("value", "double", "Value"),
                Column("value_unit", "string", "Unit of the value"),
                Column("n", "int64", "Observations behind the value, when it is an aggregate"),
            ),
        ),
        TableSchema(
            "customers",
            "one row per person and import",
            (
                Column("person_key", "string", "Random surrogate of the customer", required=True),
                Column("segment", "string", "Segment"),
                Column("tier", "string", "Service tier"),
                Column("life_cycle", "string", "Stage of the life cycle"),
                Column("since", "date32", "Customer since"),
                Column("value", "double", "Value to the organisation, in its currency"),
            ),
        ),
        TableSchema(
            "transactions",
            "one row per transaction",
            (
                Column("person_key", "string", "Random surrogate of the customer"),
                Column("kind", "string", "Purchase, renewal, cancellation…"),
                Column("product", "string", "Product or service"),
                Column("amount", "double", "Amount"),
                Column("currency", "string", "ISO 4217"),
                Column("channel", "string", "Channel"),
            ),
        ),
        TableSchema(
            "benchmarks",
            "one row per published figure",
            (
                Column("metric", "string", "Metric code", in_statistics=True, required=True),
                Column("value", "double", "Value"),
                Column("low", "double", "Lower end, when a range was published"),
                Column("high", "double", "Upper end, when a range was published"),
                Column("value_unit", "string", "Unit of the value"),
                Column("industry", "string", "Industry or competitor"),
                Column("source", "string", "Where it was published"),
                Column("practice", "string", "Practice behind the figure"),
            ),
        ),
        TableSchema(
            "labels",
            "one row per record, model version and label; a person's correction is a row of its own",
            (
                Column("subject_id", "string", "Record that is labelled", required=True),
                Column(
                    "kind", "string", "sentiment, aspect, topic, category…", in_statistics=True, required=True
                ),
                Column("label", "string", "Label", required=True),
                Column("score", "double", "Score of the label, 0-1"),
                Column("model", "string", "Model and version, or `person`", in_statistics=True),
            ),
        ),
        TableSchema(
            "rejects",
            "one row per rejected source row and reason",
            (
                Column("line", "int64", "Line in the source file, 1 is the first"),
                Column("column", "string", "Column of the source"),
                Column("reason", "string", "Code of the reason", required=True),
                Column("raw", "string", "Encrypted raw text of the row"),
                Column("target", "string", "Fact table the row was meant for"),
            ),
        ),
    )
}
