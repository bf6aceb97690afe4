"""Erasing what is held about people."""

from __future__ import annotations

from dataclasses import dataclass, field

from servloop_app.collect.events import PersonalDataErased
from servloop_app.collect.people import index_of
from servloop_app.core.actions import Action, Actor, secret
from servloop_app.core.errors import ActionError
from servloop_app.core.hooks import emit
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue

ERASE_JOB = "personal_data.erase"


@dataclass
class ErasePeople(Action[Run]):
    """Erase everything held about people, from every file; several at once cost little more than one.

    Attributes:
        reason: why; it is recorded, the identifiers are not.
        identifiers: customer numbers, phone numbers… as files wrote them.
    """

    name = "personal_data.erase"
    permission = "personal_data.erase"
    reason: str
    identifiers: list[str] = secret()  # noqa: RUF009  # a field, as `dataclasses.field` makes it
    indexes: list[str] = field(init=False, default_factory=list)

    def object(self) -> str:
        return f"people:{len(self.indexes)}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.reason.strip():
            raise ActionError("collect.reason_missing")
        if not any(identifier.strip() for identifier in self.identifiers):
            raise ActionError("collect.nobody_named")

    def perform(self, actor: Actor) -> Run:  # noqa: ARG002
        self.indexes = sorted({index_of(name).hex() for name in self.identifiers if name.strip()})
        return enqueue(ERASE_JOB, {"indexes": self.indexes}, "action:personal_data.erase")


@dataclass
class RecordErasure(Action[None]):
    """Put on record what was erased; by the blind indexes, so that a restored backup can erase it again."""

    name = "personal_data.erased"
    permission = "personal_data.erase"
    indexes: list[str]
    records: dict[str, int]
    tables: list[str] = field(default_factory=list)

    def object(self) -> str:
        return f"people:{len(self.indexes)}"

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        """Nothing is left to change here; whoever keeps figures of the facts is told to make them anew."""
        emit(PersonalDataErased(self.tables))
