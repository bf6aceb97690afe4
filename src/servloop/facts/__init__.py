"""Facts: open tables, the engines that read them, and who may see which rows."""

from servloop.facts.events import process_events
from servloop.facts.health import check
from servloop.facts.ingest import Ingested, ingest
from servloop.facts.schema import SCHEMA_VERSION, TABLES, Column, TableSchema
from servloop.facts.snapshot import FactsScope, Snapshot
from servloop.facts.store import FactStore, FactStoreError, TableState

__all__ = [
    "SCHEMA_VERSION",
    "TABLES",
    "Column",
    "FactStore",
    "FactStoreError",
    "FactsScope",
    "Ingested",
    "Snapshot",
    "TableSchema",
    "TableState",
    "check",
    "ingest",
    "process_events",
]
