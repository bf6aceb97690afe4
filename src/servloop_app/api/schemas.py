"""What the API takes and gives. Unknown fields are refused, so that nothing is set by accident."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, model_validator

from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Assignment, LogLeaf, Person, Unit
from servloop_app.jobs.models import Run, Schedule

Item = TypeVar("Item")
Text = Annotated[str, Field(max_length=500)]
Code = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]{1,64}$")]


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _refuse_unstorable(value: Any) -> None:
    """NUL and lone surrogates are valid JSON and no text.

    Raises:
        ValueError: one of them is somewhere in the value.
    """
    if isinstance(value, str) and _UNSTORABLE.search(value):
        msg = "texts cannot contain NUL or lone surrogates"
        raise ValueError(msg)
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)


class Strict(Schema):
    """Base of what the API takes: known fields only, and texts that every database can store."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, given: Any) -> Any:
        _refuse_unstorable(given if isinstance(given, dict | list | str) else getattr(given, "_obj", None))
        return given


class Localized(Strict):
    """A text in Chinese and English; one of them may be empty."""

    zh: Text = Field("", alias="zh-CN")
    en: Text = ""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"example": {"zh-CN": "北京分行", "en": "Beijing branch"}},
    )

    def value(self) -> LocalizedText:
        """As the application holds it."""
        return LocalizedText(self.zh, self.en)


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    total: int = Field(examples=[1])


class Recorded(Schema):
    """What came of a change: its number in the audit log, and whether it can be taken back."""

    seq: int = Field(examples=[42])
    undoable: bool = Field(examples=[True])
    id: str = Field(default="", examples=["7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])


class MeOut(Schema):
    """Who calls, and what they may do."""

    id: UUID
    username: str = Field(examples=["li.na"])
    name: str = Field(examples=["李娜"])
    language: str = Field(examples=["zh-CN"])
    unit: str | None = Field(examples=["beijing"])
    permissions: list[str] = Field(examples=[["home.view", "tickets.view"]])


class PersonIn(Strict):
    """A person to be added."""

    username: str = Field(max_length=150, examples=["li.na"])
    unit: Code = Field(examples=["beijing"])
    name: Annotated[str, Field(max_length=150)] = Field("", examples=["李娜"])
    email: Annotated[str, Field(max_length=254)] = Field("", examples=["li.na@example.com"])
    language: str = Field("", examples=["zh-CN"])


class PersonChange(Strict):
    """All that can be changed about a person."""

    name: Annotated[str, Field(max_length=150)] = Field(examples=["李娜"])
    email: Annotated[str, Field(max_length=254)] = Field(examples=["li.na@example.com"])
    language: str = Field(examples=["zh-CN"])
    unit: Code = Field(examples=["beijing"])


class PersonOut(Schema):
    """A person."""

    id: UUID
    username: str = Field(examples=["li.na"])
    name: str = Field(examples=["李娜"])
    email: str = Field(examples=["li.na@example.com"])
    language: str = Field(examples=["zh-CN"])
    unit: str | None = Field(examples=["beijing"])
    active: bool = Field(examples=[True])

    @classmethod
    def of(cls, person: Person) -> "PersonOut":
        """From the row, with its unit selected."""
        return cls(
            id=person.public_id,
            username=person.username,
            name=person.name,
            email=person.email,
            language=person.language,
            unit=person.unit.code if person.unit else None,
            active=person.is_active,
        )


class Activation(Strict):
    """Whether somebody may sign in."""

    active: bool


class AssignmentIn(Strict):
    """A role to be given or denied."""

    role: str = Field(examples=["analyst"])
    unit: Code = Field(examples=["beijing"])
    effect: str = Field("allow", examples=["allow"])
    valid_to: date | None = None


class AssignmentOut(Schema):
    """A role that somebody has, or is denied, in a unit and below."""

    id: UUID
    person: UUID
    role: str = Field(examples=["analyst"])
    unit: str = Field(examples=["beijing"])
    effect: str = Field(examples=["allow"])
    valid_from: date
    valid_to: date | None

    @classmethod
    def of(cls, row: Assignment) -> "AssignmentOut":
        """From the row, with person and unit selected."""
        return cls(
            id=row.public_id,
            person=row.person.public_id,
            role=row.role,
            unit=row.unit.code,
            effect=row.effect,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


class RoleOut(Schema):
    """A role and what it permits."""

    role: str = Field(examples=["auditor"])
    permissions: list[str] = Field(examples=[["audit.view", "audit.verify"]])


class UnitIn(Strict):
    """A unit to be added."""

    code: Code = Field(examples=["beijing"])
    name: Localized
    kind: str = Field(examples=["branch"])
    parent: Code = Field(examples=["head-office"])
    valid_from: date | None = None
    time_zone: str = Field("", max_length=64, examples=["Asia/Shanghai"])


class UnitChange(Strict):
    """All that can be changed about a unit, but its place."""

    name: Localized
    kind: str = Field(examples=["branch"])
    time_zone: str = Field("", max_length=64, examples=["Asia/Shanghai"])


class UnitMove(Strict):
    """Where a unit goes, from a day on."""

    parent: Code = Field(examples=["north"])
    on: date | None = None


class UnitOut(Schema):
    """A unit in the tree."""

    code: str = Field(examples=["beijing"])
    name: dict[str, str] = Field(examples=[{"zh-CN": "北京分行", "en": "Beijing branch"}])
    kind: str = Field(examples=["branch"])
    parent: str | None = Field(examples=["head-office"])
    depth: int = Field(examples=[1])
    time_zone: str = Field(examples=["Asia/Shanghai"])

    @classmethod
    def of(cls, unit: Unit, parent: str | None, depth: int) -> "UnitOut":
        """From the row and its place in the tree."""
        return cls(
            code=unit.code,
            name=unit.name.to_dict(),
            kind=unit.kind,
            parent=parent,
            depth=depth,
            time_zone=unit.time_zone,
        )


class LeafOut(Schema):
    """A record of the audit log."""

    seq: int = Field(examples=[42])
    time: datetime
    actor: str = Field(examples=["person:7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])
    action: str = Field(examples=["unit.create"])
    object: str = Field(examples=["unit:beijing"])
    hash: str = Field(examples=["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"])

    @classmethod
    def of(cls, leaf: LogLeaf) -> "LeafOut":
        """From the row."""
        return cls(
            seq=leaf.seq,
            time=leaf.time,
            actor=leaf.actor,
            action=leaf.action,
            object=leaf.object,
            hash=bytes(leaf.hash).hex(),
        )


class NoticeOut(Schema):
    """A warning or a finding, in the caller's language."""

    code: str = Field(examples=["trust.leaf_changed"])
    count: int = Field(examples=[1])
    message: str


class LogCheckOut(Schema):
    """The outcome of reading the whole audit log again."""

    size: int = Field(examples=[1200])
    root: str
    intact: bool
    verified_size: int = Field(examples=[1195])
    problems: list[NoticeOut]
    warnings: list[NoticeOut]


class CheckpointOut(Schema):
    """The newest signed checkpoint and the key that checks it."""

    note: str
    published_at: datetime
    verifier_key: str


class RunOut(Schema):
    """A background job."""

    id: UUID
    kind: str = Field(examples=["trust.publish_checkpoint"])
    state: str = Field(examples=["running"])
    done: int = Field(examples=[1200])
    total: int | None = Field(examples=[5000])
    unit: str = Field(examples=["rows"])
    message: str
    attempt: int = Field(examples=[1])
    cancel_requested: bool
    cause: str = Field(examples=["schedule:audit-checkpoint"])
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: Run, message: str) -> "RunOut":
        """From the row and its message in the caller's language."""
        return cls(
            id=run.public_id,
            kind=run.kind,
            state=run.state,
            done=run.done,
            total=run.total,
            unit=run.unit,
            message=message,
            attempt=run.attempt,
            cancel_requested=run.cancel_requested,
            cause=run.cause,
            queued_at=run.queued_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
        )


class ScheduleIn(Strict):
    """A schedule as it shall be; the same request twice changes nothing."""

    name: Localized
    kind: str = Field(max_length=80, examples=["jobs.tidy"])
    cron: str = Field(max_length=100, examples=["17 3 * * *"])
    arguments: dict[str, Any] = Field(default_factory=dict)
    time_zone: str = Field("", max_length=64, examples=["Asia/Shanghai"])
    days: str = Field("all", examples=["working"])
    enabled: bool = True


class ScheduleOut(Schema):
    """A schedule."""

    code: str = Field(examples=["jobs-tidy"])
    name: dict[str, str] = Field(examples=[{"zh-CN": "北京分行", "en": "Beijing branch"}])
    kind: str
    cron: str
    arguments: dict[str, Any]
    time_zone: str
    days: str
    enabled: bool
    next_at: datetime | None

    @classmethod
    def of(cls, schedule: Schedule) -> "ScheduleOut":
        """From the row."""
        return cls(
            code=schedule.code,
            name=schedule.name.to_dict(),
            kind=schedule.kind,
            cron=schedule.cron,
            arguments=schedule.arguments,
            time_zone=schedule.time_zone,
            days=schedule.days,
            enabled=schedule.enabled,
            next_at=schedule.next_at,
        )


class SessionOut(Schema):
    """A browser in which one is signed in."""

    id: UUID
    current: bool
    signed_in_at: datetime | None
    last_seen_at: datetime
    user_agent: str
    address: str | None


class TokenIn(Strict):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=100, examples=["nightly export"])
    scopes: list[str] = Field(min_length=1, examples=[["units.view"]])
    days: int = Field(90, ge=1, le=366)


class TokenMade(Recorded):
    """A new token; this is the only time that it is shown."""

    token: str = Field(examples=["slt_…"])


class TokenOut(Schema):
    """A token, without its secret."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked: bool
