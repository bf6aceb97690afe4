"""What is asked for about people's data: to look up what is held, and to erase it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from servloop_app.collect.events import PersonalDataErased
from servloop_app.collect.people import index_of
from servloop_app.core.actions import Action, Actor, secret
from servloop_app.core.encryption import normalized
from servloop_app.core.errors import ActionError
from servloop_app.core.hooks import emit
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue

ERASE_JOB = "personal_data.erase"
PERMISSION = "personal_data.erase"
_TELLING = 4  # a shorter identifier may stand in a reason by chance


def indexes_of(identifiers: Iterable[str]) -> list[str]:
    """Blind indexes (hexadecimal, sorted, each once) of identifiers as files wrote them; empty ones are passed over."""
    return sorted({index_of(name).hex() for name in identifiers if normalized(name)})


def _check(identifiers: list[str], reason: str) -> None:
    """Refuse a request that names nobody, gives no reason, or gives somebody away in its reason."""
    if not reason.strip():
        raise ActionError("collect.request_reason_missing")
    named = {normalized(identifier) for identifier in identifiers} - {""}
    if not named:
        raise ActionError("collect.nobody_named")
    written = normalized(reason)  # the reason is kept in the log, where nothing of the people may stand
    if any(len(one) >= _TELLING and one in written for one in named):
        raise ActionError("collect.reason_names_person")


def _people(indexes: list[str]) -> str:
    return f"people:{len(indexes)}"


@dataclass
class LookUpPeople(Action[list[bytes]]):
    """Find what is held about people; it is put on record before anything is shown.

    Attributes:
        reason: why; it is recorded, the identifiers are not.
        identifiers: customer numbers, phone numbers… as files wrote them.
        handed_over: what is found leaves the platform as a file.

    Returns:
        The blind indexes to look with.
    """

    name = "personal_data.look_up"
    permission = PERMISSION
    reason: str
    identifiers: list[str] = secret()  # noqa: RUF009  # a field, as `dataclasses.field` makes it
    handed_over: bool = False
    indexes: list[str] = field(init=False, default_factory=list)

    def object(self) -> str:
        return _people(self.indexes)

    def validate(self, actor: Actor) -> None:
        if self.handed_over:
            actor.policy.require("data.export", actor.policy.tree.root)
        _check(self.identifiers, self.reason)

    def perform(self, actor: Actor) -> list[bytes]:  # noqa: ARG002
        self.indexes = indexes_of(self.identifiers)
        return [bytes.fromhex(index) for index in self.indexes]


@dataclass
class ErasePeople(Action[Run]):
    """Erase everything held about people, from every file; several at once cost little more than one.

    Attributes:
        reason: why; it is recorded, the identifiers are not.
        identifiers: customer numbers, phone numbers… as files wrote them.
    """

    name = "personal_data.erase"
    permission = PERMISSION
    reason: str
    identifiers: list[str] = secret()  # noqa: RUF009  # a field, as `dataclasses.field` makes it
    indexes: list[str] = field(init=False, default_factory=list)
    erasure: str = field(init=False, default="")

    def object(self) -> str:
        return f"erasure:{self.erasure}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check(self.identifiers, self.reason)

    def perform(self, actor: Actor) -> Run:  # noqa: ARG002
        self.indexes = indexes_of(self.identifiers)
        self.erasure = str(uuid.uuid4())
        arguments = {"indexes": self.indexes, "erasure": self.erasure}
        return enqueue(ERASE_JOB, arguments, "action:personal_data.erase")


@dataclass
class RecordErasure(Action[None]):
    """Put on record what was erased; by the blind indexes, so that a restored backup can erase it again.

    Attributes:
        indexes: of whom.
        records: part of the platform → how many records it lost.
        tables: fact tables that rows may have gone from.
        erasure: the erasure that `ErasePeople` began.
    """

    name = "personal_data.erased"
    permission = PERMISSION
    indexes: list[str]
    records: dict[str, int]
    tables: list[str] = field(default_factory=list)
    erasure: str = ""

    def object(self) -> str:
        return f"erasure:{self.erasure}" if self.erasure else _people(self.indexes)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        """Nothing is left to change here; whoever keeps figures of the facts is told to make them anew."""
        emit(PersonalDataErased(self.tables))
