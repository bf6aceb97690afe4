"""Everything held about one person in the collect stage: found, handed over, erased from every file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from servloop.facts import TABLES, FactsScope
from servloop_app.collect import files
from servloop_app.collect.models import FeedbackRecord, PersonKey
from servloop_app.core.hooks import personal_data_handlers

_TABLES = tuple(name for name, table in TABLES.items() if "person_key" in table.names)
_AT_ONCE = 500


class CollectedData:
    """Feedback and facts of a person; an identifier leads to its key, the key to all the rest."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """Feedback records (masked) and fact rows under the person's keys."""
        keys = _keys(indexes)
        records = FeedbackRecord.objects.filter(person_key__in=keys)
        held: list[dict[str, Any]] = [
            {
                "kind": "feedback",
                "time": r.occurred_at.isoformat(),
                "title": r.masked_title,
                "text": r.masked_text,
            }
            for r in records
        ]
        for table, rows in _fact_rows(keys).items():
            held.extend({"kind": table, "record_id": record_id} for record_id in rows)
        return held

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Erase them: the rows, the files that held them, and the way from identifier to key."""
        wanted = list(indexes)
        keys = _keys(wanted)
        touched, _ = FeedbackRecord.objects.filter(person_key__in=keys).delete()
        store = files.fact_store()
        for table, record_ids in _fact_rows(keys).items():
            touched += store.delete_records(table, record_ids)
            store.vacuum(table)
        PersonKey.objects.filter(index__in=wanted).delete()
        return touched


def _keys(indexes: Iterable[bytes]) -> list[str]:
    return list(PersonKey.objects.filter(index__in=list(indexes)).values_list("key", flat=True))


def _fact_rows(keys: list[str]) -> dict[str, list[str]]:
    """Fact table → record ids under the keys, for tables that hold any."""
    found: dict[str, list[str]] = {}
    if not keys:
        return found
    with files.fact_store().snapshot(_TABLES) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        for table in _TABLES:
            rows = facts.sql(
                f'SELECT DISTINCT record_id FROM "{table}" WHERE list_contains(?, person_key)',  # noqa: S608
                params=[keys],
            ).fetchall()
            if rows:
                found[table] = [row[0] for row in rows]
    return found


def register() -> None:
    """Make the handler known."""
    personal_data_handlers.add("collect", CollectedData())
