"""The audit log: search, verify, checkpoint."""

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Path, Query, Router, Schema

from servloop_app.api.changes import Window
from servloop_app.api.schemas import CheckpointOut, LeafOut, LogCheckOut, Page, Recorded
from servloop_app.core.actions import undo
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import actor_of, policy, signed_in
from servloop_app.trust import checkpoints, queries

router = Router()
Seq = Annotated[int, Field(ge=0, le=2**63 - 1)]


class LogFilter(Schema):
    """What is looked for: beginnings of actor, action and object, and a time span."""

    actor: str = Field("", max_length=80)
    action: str = Field("", max_length=80)
    object: str = Field("", max_length=200)
    since: datetime | None = None
    until: datetime | None = None


@router.get("", response=Page[LeafOut])
@policy("audit.view")
def list_leaves(request: HttpRequest, window: Query[Window], wanted: Query[LogFilter]) -> Page[LeafOut]:  # noqa: ARG001
    """Records, newest first."""
    leaves = queries.log_leaves(
        actor=wanted.actor,
        action=wanted.action,
        object_=wanted.object,
        since=_aware(wanted.since),
        until=_aware(wanted.until),
    )
    cut = leaves[window.offset : window.offset + window.limit]
    return Page[LeafOut](items=[LeafOut.of(leaf) for leaf in cut], total=leaves.count())


def _aware(moment: datetime | None) -> datetime | None:
    """A time in UTC; one without a zone is meant in the platform's.

    Databases take fewer offsets than Python does (PostgreSQL ends at 16 hours), so they get none but UTC.
    """
    if moment is None:
        return None
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and the last day that there is
        return moment.replace(tzinfo=UTC)


@router.get("/verification", response=LogCheckOut)
@policy("audit.verify")
def verify(request: HttpRequest) -> LogCheckOut:
    """Read the whole log again and hold it against its checkpoints."""
    return LogCheckOut.model_validate(queries.verify_log().to_dict(getattr(request, "LANGUAGE_CODE", "en")))


@router.get("/checkpoint", response=CheckpointOut)
@policy("audit.view")
def checkpoint(request: HttpRequest) -> CheckpointOut:  # noqa: ARG001
    """The newest signed state of the log, to be kept elsewhere."""
    found = checkpoints.newest()
    if found is None:
        raise NotFound("checkpoint", "newest")
    return CheckpointOut(
        note=found[0], published_at=found[1], verifier_key=checkpoints.verifier_key().to_text()
    )


@router.post("/{seq}/undo", response=Recorded)
@signed_in("taking back asks for the permission of the action that does it")
def take_back(request: HttpRequest, seq: Path[Seq]) -> Recorded:
    """Take an action back, by its number."""
    done = undo(seq, actor_of(request, "api"))
    return Recorded(seq=done.seq, undoable=done.undoable, id="")
