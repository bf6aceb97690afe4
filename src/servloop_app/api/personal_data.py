"""Requests about personal data: what is held about people, and erasing it. Identifiers travel in bodies alone."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from servloop_app.api.changes import Window
from servloop_app.api.schemas import Page, Strict, Text
from servloop_app.collect import personal_data
from servloop_app.collect.actions import ErasePeople, LookUpPeople
from servloop_app.collect.personal_data import Erasure
from servloop_app.core.actions import execute
from servloop_app.core.routes import actor_of, policy, policy_of

router = Router()
_MOST = 5_000


class RequestIn(Strict):
    """Whom a request is about, and why it is made; the reason is put on record, the identifiers are not."""

    identifiers: Annotated[list[Text], Field(min_length=1, max_length=_MOST)] = Field(
        examples=[["KH-778899", "138 0013 8000"]]
    )
    reason: Text = Field(examples=["客户来信要求"])


class LookupIn(RequestIn):
    """What to look for; with ``hand_over`` the records come along, which also needs ``data.export``."""

    hand_over: bool = Field(default=False, examples=[False])


class LookupOut(Schema):
    """What is held about the people."""

    seq: int = Field(examples=[42], description="number of the look-up in the audit log")
    total: int = Field(examples=[3])
    counts: dict[str, dict[str, int]] = Field(
        examples=[{"collect": {"feedback": 2}, "tickets": {"ticket": 1}}]
    )
    held: dict[str, list[dict[str, Any]]] | None = Field(
        description="part of the platform → its records, texts masked; null unless they are handed over",
        examples=[{"tickets": [{"kind": "ticket", "number": "TK-2026-000001"}]}],
    )


class ErasureOut(Schema):
    """An erasure on record."""

    id: UUID | None = Field(description="null for one of an earlier release")
    seq: int = Field(examples=[42], description="number of the request in the audit log")
    run: UUID | None = Field(description="its newest job, as long as that is kept")
    asked_at: datetime
    actor: str = Field(examples=["person:7c3b7cf4-0b9c-4a53-9a4e-6a8d0c1d2e3f"])
    reason: str = Field(examples=["客户来信要求"])
    people: int = Field(examples=[2], description="how many identifiers it is about")
    state: str = Field(examples=["done"], description="state of the job; lost if it is gone without a result")
    records: dict[str, int] | None = Field(
        description="part of the platform → how many records it lost; null until it is done",
        examples=[{"collect": 4, "process_logs": 0, "reports": 0, "tickets": 1}],
    )
    finished_at: datetime | None

    @classmethod
    def of(cls, found: Erasure) -> "ErasureOut":
        """From what the log says."""
        return cls(
            id=found.public_id,
            seq=found.seq,
            run=found.run.public_id if found.run else None,
            asked_at=found.asked_at,
            actor=found.actor,
            reason=found.reason,
            people=found.people,
            state=found.state,
            records=None if found.records is None else dict(found.records),
            finished_at=found.finished_at,
        )


@router.post("/lookups", response=LookupOut)
@policy("personal_data.erase")
def look_up(request: HttpRequest, given: LookupIn) -> LookupOut:
    """What is held about people, part by part; that it was looked up is put on record."""
    asked = LookUpPeople(given.reason, given.identifiers, handed_over=given.hand_over)
    done = execute(asked, actor_of(request, "api"))
    found = personal_data.held_about(done.outcome)
    return LookupOut(
        seq=done.seq,
        total=found.total,
        counts=found.counts(),
        held=found.parts if given.hand_over else None,
    )


@router.get("/erasures", response=Page[ErasureOut])
@policy("personal_data.erase")
def list_erasures(request: HttpRequest, window: Query[Window]) -> Page[ErasureOut]:
    """Erasures on record, newest first."""
    leaves = personal_data.erasures(policy_of(request))
    cut = leaves[window.offset : window.offset + window.limit]
    found = [ErasureOut.of(one) for one in personal_data.erasures_of(cut)]
    return Page[ErasureOut](items=found, total=leaves.count())


@router.post("/erasures", response={202: ErasureOut})
@policy("personal_data.erase")
def erase(request: HttpRequest, given: RequestIn) -> Status[ErasureOut]:
    """Erase people from everything that holds something about them. A job does it; it cannot be taken back."""
    action = ErasePeople(given.reason, given.identifiers)
    execute(action, actor_of(request, "api"))
    found = personal_data.one_erasure(policy_of(request), UUID(action.erasure))
    return Status(202, ErasureOut.of(found))


@router.get("/erasures/{erasure}", response=ErasureOut)
@policy("personal_data.erase")
def read_erasure(request: HttpRequest, erasure: UUID) -> ErasureOut:
    """One erasure: how far it is, and what each part lost."""
    return ErasureOut.of(personal_data.one_erasure(policy_of(request), erasure))
