"""How endpoints change something, and where lists are cut."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from servloop_app.api.schemas import Recorded
from servloop_app.core.actions import Action, execute
from servloop_app.core.routes import actor_of

MAX_OFFSET = 10_000_000


class Window(Schema):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)


def carry_out(request: HttpRequest, action: Action[Any], public_id: str = "") -> Recorded:
    """Execute an action as the caller."""
    done = execute(action, actor_of(request, "api"))
    made = getattr(done.outcome, "public_id", None)
    return Recorded(seq=done.seq, undoable=done.undoable, id=public_id or (str(made) if made else ""))
