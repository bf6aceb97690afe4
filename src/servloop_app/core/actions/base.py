"""Actions: the one way to change something.

An action is a dataclass whose fields are what was asked for, in JSON-ready types, so that a page's form, the
API and a command build the same object and the log can record it. `execute` checks the permission, validates,
performs and appends one leaf to the audit log, all in one transaction: either everything happened and is on
record, or nothing did. A bulk change is one action and one leaf.

    @dataclass
    class RenameUnit(Action[Unit]):
        name = "unit.rename"
        permission = "units.edit"
        code: str
        to: LocalizedText

        def unit(self) -> int: ...              # where the permission must hold
        def object(self) -> str: ...            # what the leaf names
        def validate(self, actor) -> None: ...  # raise ActionError
        def perform(self, actor) -> Unit: ...
        def undo(self) -> Action | None: ...    # after perform: what takes it back
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from django.db import connection, transaction
from pydantic import TypeAdapter

from servloop_app.core import audit_log, guard
from servloop_app.core.errors import ActionError
from servloop_app.core.models import Person
from servloop_app.core.policy import EverythingPolicy, Policy

Outcome = TypeVar("Outcome")

_performing: ContextVar[str] = ContextVar("servloop_action", default="")
_ACTIONS: dict[str, type[Action[Any]]] = {}
_NEVER_LOGGED = "never_logged"
_one_writer = threading.Lock()


@dataclass(frozen=True)
class Actor:
    """Who acts, with which rights, and by which door.

    Attributes:
        policy: the rights; for requests the request's own, with its narrowing by token or preview.
        channel: ``"page"``, ``"api"``, ``"command"`` or ``"job"``.
        reference: how the log names the actor: an identifier, never a name.
        preview: someone looks through another person's eyes and may not change anything.
    """

    policy: Policy
    channel: str
    reference: str
    preview: bool = False

    @classmethod
    def of_person(
        cls, person: Person, channel: str, policy: Policy | None = None, *, preview: bool = False
    ) -> Actor:
        """A signed-in person."""
        return cls(policy or Policy(person), channel, f"person:{person.public_id}", preview)

    @classmethod
    def system(cls, part: str, channel: str = "job") -> Actor:
        """The platform itself, for example ``Actor.system("jobs")`` or whoever owns the machine."""
        return cls(EverythingPolicy(), channel, f"system:{part}")

    @property
    def person(self) -> Person | None:
        """The person behind the rights, if there is one."""
        return self.policy.person


def secret(**options: Any) -> Any:
    """A field whose value must never reach the log (a password)."""
    return field(metadata={_NEVER_LOGGED: True}, **options)


class Action(ABC, Generic[Outcome]):
    """Base of all actions; see the module's text. Subclasses are dataclasses.

    Attributes:
        name: ``"<subject>.<verb>"``, stable: the log refers to it.
        permission: what the actor needs, in `unit`; empty only for what everybody may do to their own things.
    """

    name: ClassVar[str]
    permission: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" in cls.__dict__:
            taken = _ACTIONS.setdefault(cls.name, cls)
            if taken.__qualname__ != cls.__qualname__ or taken.__module__ != cls.__module__:
                msg = f"action {cls.name!r} exists twice: {taken!r} and {cls!r}"
                raise TypeError(msg)
            _ACTIONS[cls.name] = cls  # a dataclass with slots is made twice

    def unit(self) -> int | None:
        """Id of the unit in which the permission must hold; None asks for the organisation or "anywhere"."""
        return None

    @abstractmethod
    def object(self) -> str:
        """What the leaf says was acted on, ``"<kind>:<public id>"``; asked after `perform`."""

    def validate(self, actor: Actor) -> None:  # many actions have nothing to check
        """Refuse what cannot be done.

        Raises:
            ActionError: what is wrong, what was expected, what to do.
        """

    @abstractmethod
    def perform(self, actor: Actor) -> Outcome:
        """Change the database; called inside the transaction, after permission and validation."""

    def undo(self) -> Action[Any] | None:
        """The action that takes this one back, where that makes sense; asked after `perform`."""
        return None

    def recorded(self) -> dict[str, Any]:
        """The fields as JSON-ready values, without secrets."""
        hidden = {item.name for item in fields(self) if item.metadata.get(_NEVER_LOGGED)}  # type: ignore[arg-type]  # subclasses are dataclasses
        shown: dict[str, Any] = _adapter(type(self)).dump_python(self, mode="json")
        return {key: value for key, value in shown.items() if key not in hidden}


@dataclass(frozen=True)
class Done(Generic[Outcome]):
    """What came of an action: its outcome, its place in the log, and whether it can be taken back."""

    outcome: Outcome
    seq: int
    undoable: bool


@cache
def _adapter(action: type[Action[Any]]) -> TypeAdapter[Any]:
    return TypeAdapter(action)


def actions() -> dict[str, type[Action[Any]]]:
    """Every action of the application's packages, by name."""
    own = {name: action for name, action in _ACTIONS.items() if action.__module__.startswith("servloop_app.")}
    return dict(sorted(own.items()))


def build(name: str, arguments: Mapping[str, Any]) -> Action[Any]:
    """The action of a name with its recorded arguments.

    Raises:
        ActionError: there is no such action.
    """
    if name not in _ACTIONS:
        raise ActionError("core.unknown_action", action=name)
    action: Action[Any] = _adapter(_ACTIONS[name]).validate_python(dict(arguments))
    return action


def _turn() -> AbstractContextManager[Any]:
    """Whoever writes to SQLite next: it has one writer, and those who wait in its own queue wait without order.

    Inside a transaction the database's lock is held already; to wait here too could wait for oneself.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        return _one_writer
    return nullcontext()


def execute(action: Action[Outcome], actor: Actor) -> Done[Outcome]:
    """Carry out an action, or raise and leave everything as it was.

    Raises:
        NotAllowed: the actor lacks the permission in the action's unit.
        ActionError: the action cannot be carried out as asked.
        RuntimeError: an action executes another one (it should call its `perform`): they would be two leaves.
    """
    if _performing.get():
        msg = f"{action.name} executed inside {_performing.get()}"
        raise RuntimeError(msg)
    if actor.preview:
        raise ActionError("core.preview_is_read_only")
    token = _performing.set(action.name)
    try:
        with _turn(), transaction.atomic(), guard.acting():
            if action.permission:
                actor.policy.require(action.permission, action.unit())
            action.validate(actor)
            outcome = action.perform(actor)
            back = action.undo()
            payload: dict[str, Any] = {"arguments": action.recorded(), "channel": actor.channel}
            if back is not None:
                payload["undo"] = {"action": back.name, "arguments": back.recorded()}
            seq = audit_log.append(
                actor=actor.reference, action=action.name, object_=action.object(), payload=payload
            )
    finally:
        _performing.reset(token)
        actor.policy.refresh()
    return Done(outcome, seq, back is not None)


def undo(seq: int, actor: Actor) -> Done[Any]:
    """Take an action back by its number in the log: a new action, with its own permission and leaf.

    Raises:
        ActionError: there is no such leaf, its details were erased, or it cannot be taken back.
    """
    recorded = audit_log.read_payload(seq)
    if recorded is None or "undo" not in recorded:
        raise ActionError("core.cannot_undo", seq=seq)
    back = recorded["undo"]
    return execute(build(back["action"], back["arguments"]), actor)
