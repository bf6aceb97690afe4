"""An opportunity that somebody makes of what a process page shows: a step, or the way from one to another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError
from servloop_app.diagnose import queries_process
from servloop_app.diagnose.actions import find_log
from servloop_app.plan.models import Opportunity

# Opportunities that people made have keys of their own, so that ranking by findings leaves them alone.
RAISED = "raised:"
KINDS = ("wait", "slower", "key_step", "deviation", "rework")


@dataclass
class RaiseFromProcess(Action[Opportunity]):
    """Put a step of a process among the opportunities; one that is there already is not made twice.

    Attributes:
        log: the process log.
        kind: why: it holds waiting, got slower, is a key step, deviates, or is done again.
        step: the step, or the one at which a way ends.
        source: where the way begins; empty for a step alone.
    """

    name = "process_opportunity.raise"
    permission = "opportunities.edit"
    log: UUID
    kind: str
    step: str
    source: str = ""

    def unit(self) -> int:
        return find_log(self.log).unit_id

    def object(self) -> str:
        return f"process_log:{self.log}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if self.kind not in KINDS:
            raise ActionError("core.choice_unknown", value=self.kind, choices=list(KINDS))
        known = queries_process.activities(find_log(self.log))
        if self.step not in known or (self.source and self.source not in known):
            raise ActionError("diagnose.nothing_to_raise")

    def perform(self, actor: Actor) -> Opportunity:  # noqa: ARG002
        found = find_log(self.log)
        subject: dict[str, Any] = {"log": str(self.log), "step": self.step, "raised": self.kind}
        if self.source:
            subject["source"] = self.source
        named = f"{self.source}\x1f{self.step}"
        key = f"{RAISED}{self.log}:{hashlib.sha256(named.encode()).hexdigest()[:32]}"
        made, _new = Opportunity.objects.get_or_create(
            key=key, defaults={"subject": subject, "unit": found.unit}
        )
        return made
