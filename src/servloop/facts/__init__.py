"""Facts: open tables, the engines that read them, and who may see which rows."""

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
    "Snapshot",
    "TableSchema",
    "TableState",
]
