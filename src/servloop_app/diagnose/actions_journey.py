"""What people say about the journey of a process: its stages, the touchpoints of each, who is seen by customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from servloop.diagnose.journey import LANES
from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.actions_process import Define
from servloop_app.diagnose.journeys import check_stages, read
from servloop_app.diagnose.models import ProcessDefinition

MAX_STAGES = 20
MAX_NAME = 80


@dataclass
class DefineJourney(Define):
    """Say which stages customers go through: ``[{name, activities, touchpoints}]``, and the lane of each activity."""

    name = "process_journey.define"
    kind = ProcessDefinition.Kind.JOURNEY
    log: UUID
    stages: list[dict[str, Any]] = field(default_factory=list)
    lanes: dict[str, str] = field(default_factory=dict)

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if len(self.stages) > MAX_STAGES:
            raise ActionError("diagnose.too_many_stages", limit=MAX_STAGES, received=len(self.stages))
        for stage in self.stages:
            if set(stage) != {"name", "activities", "touchpoints"} or not str(stage["name"]).strip():
                raise ActionError("diagnose.stage_without_name")
            if len(stage["name"]) > MAX_NAME:
                raise ActionError("core.text_too_long", limit=MAX_NAME, received=len(stage["name"]))
        unknown = sorted(set(self.lanes.values()) - set(LANES))
        if unknown:
            raise ActionError("core.choice_unknown", value=unknown[0], choices=list(LANES))
        check_stages(read(self.content())[0])

    def content(self) -> dict[str, Any]:
        return {"stages": self.stages, "lanes": self.lanes}

    def undo(self) -> Action[Any]:
        return self.restoring()
