"""What is done to rows that were set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from servloop_app.collect import quarantine
from servloop_app.collect.actions.imports import STORE_JOB, find_import
from servloop_app.collect.models import Import, QuarantinedRow
from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError, Conflict
from servloop_app.jobs.runs import enqueue

MAX_REPAIRS = 10_000


@dataclass
class OpenQuarantined(Action[list[tuple[QuarantinedRow, dict[str, str | None]]]]):
    """Look at rows that were set aside, as they stood in the file."""

    name = "quarantine.open"
    permission = "imports.edit"
    source: UUID
    rows: list[UUID]

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> list[tuple[QuarantinedRow, dict[str, str | None]]]:  # noqa: ARG002
        rows = QuarantinedRow.objects.filter(source__public_id=self.source, id__in=self.rows)
        return [(row, quarantine.opened(row)) for row in rows]


@dataclass
class ReplayRows(Action[Import]):
    """Import rows that were repaired: each with the values that replace those of the file."""

    name = "quarantine.replay"
    permission = "imports.edit"
    source: UUID
    repairs: dict[UUID, dict[str, str]]
    replay: UUID

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.repairs:
            raise ActionError("collect.nothing_repaired")
        if len(self.repairs) > MAX_REPAIRS:
            raise ActionError("collect.too_many_repairs", limit=MAX_REPAIRS, received=len(self.repairs))
        open_rows = self._rows()
        if len(open_rows) != len(self.repairs):
            raise Conflict("collect.already_repaired")

    def _rows(self) -> list[QuarantinedRow]:
        return list(
            QuarantinedRow.objects.filter(
                source__public_id=self.source, id__in=list(self.repairs), state=QuarantinedRow.State.OPEN
            )
        )

    def perform(self, actor: Actor) -> Import:
        origin = find_import(self.source)
        rows = self._rows()
        repaired = {}
        for row in rows:
            values = quarantine.opened(row)
            given = {name: text for name, text in self.repairs[row.id].items() if name in values}
            repaired[row.place] = {**values, **given}
        size = quarantine.write_repaired(self.replay, repaired)
        replay = Import.objects.create(
            public_id=self.replay,
            unit=origin.unit,
            created_by=actor.person,
            file_name=origin.file_name,
            file_size=size,
            mapping=origin.mapping,
            replays=origin,
            state=Import.State.WORKING,
        )
        replay.run = enqueue(STORE_JOB, {"source": str(self.replay)}, f"import:{self.source}")
        replay.save()
        QuarantinedRow.objects.filter(id__in=[row.id for row in rows]).update(
            state=QuarantinedRow.State.REPLAYED, replayed_by=replay
        )
        return replay

    def recorded(self) -> dict[str, Any]:
        """Which rows, not what stands in them."""
        return {
            "source": str(self.source),
            "replay": str(self.replay),
            "rows": sorted(map(str, self.repairs)),
        }


@dataclass
class DismissRows(Action[int]):
    """Leave rows out for good; they stay on record as dismissed."""

    name = "quarantine.dismiss"
    permission = "imports.edit"
    source: UUID
    rows: list[UUID]

    def unit(self) -> int:
        return find_import(self.source).unit_id

    def object(self) -> str:
        return f"import:{self.source}"

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        return QuarantinedRow.objects.filter(
            source__public_id=self.source, id__in=self.rows, state=QuarantinedRow.State.OPEN
        ).update(state=QuarantinedRow.State.DISMISSED)
