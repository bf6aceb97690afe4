"""What goes up: core and lower packages tell and ask higher ones without importing them.

Events: an action calls `emit`; the event is written to the outbox in the same transaction, and for everyone
who subscribed a job is enqueued in that transaction too, so an event is delivered if and only if what it tells
was committed. Registries: lists that higher packages fill in their ``AppConfig.ready()``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from servloop_app.core.models import OutboxEvent

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Named entries, each added once, listed in the order of their names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._items: dict[str, Item] = {}

    def add(self, key: str, item: Item) -> None:
        """Register an entry.

        Raises:
            ValueError: the key is taken by another entry.
        """
        if self._items.get(key, item) is not item:
            msg = f"{key!r} is already registered in {self.name}"
            raise ValueError(msg)
        self._items[key] = item

    def __getitem__(self, key: str) -> Item:
        return self._items[key]

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def items(self) -> list[tuple[str, Item]]:
        """All entries by name."""
        return sorted(self._items.items())


class PersonalDataHandler(Protocol):
    """Finds, exports and erases what one package holds about a person known by blind indexes."""

    def export(self, indexes: Iterable[bytes]) -> list[dict[str, Any]]:
        """Everything held, as JSON-ready records."""
        ...

    def erase(self, indexes: Iterable[bytes]) -> int:
        """Erase it; how many records were touched."""
        ...


class BackupPart(Protocol):
    """Copies one kind of data into a backup folder and back."""

    def save(self, folder: str) -> dict[str, Any]:
        """Copy into the folder; what the manifest says about it."""
        ...

    def restore(self, folder: str, manifest: dict[str, Any]) -> None:
        """Copy back."""
        ...


SearchSource = Callable[..., list[dict[str, Any]]]
"""``(policy, text, limit)`` → hits as ``{"title", "kind", "address"}``, limited to what the policy may see."""
MetricSource = Callable[..., Any]
"""``(scope, period, filters)`` → the rows a metric is computed from."""
CloseCondition = Callable[..., Any]
"""``(subject)`` → None, or the notice that says why it cannot be closed yet."""

personal_data_handlers: Registry[PersonalDataHandler] = Registry("personal_data_handlers")
backup_parts: Registry[BackupPart] = Registry("backup_parts")
search_sources: Registry[SearchSource] = Registry("search_sources")
metric_sources: Registry[MetricSource] = Registry("metric_sources")
close_conditions: Registry[CloseCondition] = Registry("close_conditions")
REGISTRIES: tuple[Registry[Any], ...] = (
    personal_data_handlers,
    backup_parts,
    search_sources,
    metric_sources,
    close_conditions,
)


@dataclasses.dataclass(frozen=True)
class Event:
    """Base of domain events: a frozen dataclass of JSON-ready fields, named ``"<subject>.<past participle>"``."""

    name: ClassVar[str]


_subscribers: dict[str, list[str]] = {}
_enqueue: list[Callable[[str, dict[str, Any], str], object]] = []


def subscribe(event: type[Event], job_kind: str) -> None:
    """Have a job of ``job_kind`` run for every such event; it receives ``{"event": {…fields…}}``."""
    kinds = _subscribers.setdefault(event.name, [])
    if job_kind not in kinds:
        kinds.append(job_kind)


def subscribers() -> dict[str, tuple[str, ...]]:
    """Event → the job kinds that wait for it."""
    return {name: tuple(kinds) for name, kinds in sorted(_subscribers.items())}


def deliver_with(enqueue: Callable[[str, dict[str, Any], str], object]) -> None:
    """Set how jobs are enqueued: ``(kind, arguments, cause)``; the jobs package does this once."""
    _enqueue[:] = [enqueue]


def emit(event: Event) -> None:
    """Tell that something happened; only while an action is performed (the write guard sees to it)."""
    body = dataclasses.asdict(event)
    row = OutboxEvent.objects.create(name=event.name, body=body)
    for kind in _subscribers.get(event.name, ()):
        for enqueue in _enqueue:
            enqueue(kind, {"event": body}, f"event:{row.public_id}")
