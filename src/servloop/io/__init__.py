"""Readers and writers: the only place of the library that opens files of users."""

from __future__ import annotations

from servloop.io.columns import recognise_columns
from servloop.io.events import EventTable, events_from_frame, read_events
from servloop.io.tables import TableFile, read_table

__all__ = ["EventTable", "TableFile", "events_from_frame", "read_events", "read_table", "recognise_columns"]
