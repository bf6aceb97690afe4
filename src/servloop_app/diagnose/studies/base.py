"""What a study is: its register, what it works on, what it hands back."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

    from servloop.diagnose.process.event_log import EventLog
    from servloop.monitor.calendar import WorkingCalendar
    from servloop_app.diagnose.models import ProcessLog

# Kind → its module; imported when a job works on it, so that pages do without what it computes with.
_PACKAGE = "servloop_app.diagnose.studies"
KINDS = {
    kind: f"{_PACKAGE}.{kind}"
    for kind in (
        "conformance",
        "work",
        "compare",
        "key_steps",
        "journey",
        "times",
        "live",
        "what_if",
        "staffing",
    )
}
_COMPUTE: dict[str, Compute] = {}


@dataclass(frozen=True)
class Asked:
    """What a study works on.

    Attributes:
        record: the log as people know it.
        whole: all its events.
        log: the selected cases.
        parameters: what was asked; JSON-ready.
        calendar: working hours of the log's unit.
        zone: IANA zone of hours and days.
    """

    record: ProcessLog
    whole: EventLog
    log: EventLog
    parameters: Mapping[str, Any]
    calendar: WorkingCalendar
    zone: str


@dataclass(frozen=True)
class Found:
    """What a study found.

    Attributes:
        result: its figures, as `stored` makes them.
        rows: a list too long for the database; it lies in a file.
    """

    result: dict[str, Any]
    rows: pl.DataFrame | None = None


Compute = Callable[[Asked], Found]


def study(kind: str) -> Callable[[Compute], Compute]:
    """Declare the function that works out a kind of study."""

    def register(compute: Compute) -> Compute:
        _COMPUTE[kind] = compute
        return compute

    return register


def kind_of(kind: str) -> Compute:
    """The function of a kind.

    Raises:
        KeyError: there is no such kind.
    """
    if kind not in _COMPUTE:
        importlib.import_module(KINDS[kind])
    return _COMPUTE[kind]


def key_of(log: ProcessLog, kind: str, parameters: Mapping[str, Any]) -> str:
    """Name of one analysis: the same log, version, kind and parameters have the same one."""
    asked = [str(log.public_id), log.version, kind, parameters]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def stored(value: Any) -> Any:
    """A result as JSON that knows no language: notices and reasons stay codes with their parameters."""
    if isinstance(value, Notice):
        return {"code": value.code, "count": value.count, "params": plain(value.params)}
    if isinstance(value, Estimate | Result) or (
        dataclasses.is_dataclass(value) and not isinstance(value, type)
    ):
        return {field.name: stored(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [stored(item) for item in value]
    return plain(value)
