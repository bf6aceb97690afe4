"""What is done to feedback records."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action, Actor
from servloop_app.core.encryption import open_text
from servloop_app.core.errors import ActionError, NotFound


@dataclass
class OpenFeedbackText(Action[str]):
    """Read a feedback in clear: personal data that lists and searches mask."""

    name = "feedback.open"
    permission = "personal_data.open"
    record: UUID
    reason: str

    def _found(self) -> FeedbackRecord:
        record = FeedbackRecord.objects.filter(id=self.record).first()
        if record is None:
            raise NotFound("feedback", self.record)
        return record

    def unit(self) -> int | None:
        return self._found().unit_id

    def object(self) -> str:
        return f"feedback:{self.record}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.reason.strip():
            raise ActionError("collect.reason_missing")

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        record = self._found()
        if not record.sealed_text:
            return "\n\n".join(text for text in (record.masked_title, record.masked_text) if text)
        return open_text(record, "sealed_text")
