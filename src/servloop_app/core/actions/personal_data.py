"""Opening clear text of personal data: allowed to few, for a purpose, and always on record."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.db import models

from servloop_app.core.actions.base import Action, Actor
from servloop_app.core.encryption import EncryptedTextField, open_text
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.policy import unit_path


@dataclass
class OpenClearText(Action[str]):
    """Open one sealed field of one row.

    Attributes:
        model: ``app.model`` of the row.
        row: its primary key.
        field: the sealed field.
        purpose: why; it is recorded.
    """

    name = "personal_data.open"
    permission = "personal_data.open"
    model: str
    row: int
    field: str
    purpose: str

    def _row(self) -> models.Model:
        try:
            model = apps.get_model(self.model)
            column = model._meta.get_field(self.field)
        except (LookupError, ValueError) as error:
            raise NotFound(self.model, self.row) from error
        found = model._default_manager.filter(pk=self.row).first()
        if found is None or not isinstance(column, EncryptedTextField):
            raise NotFound(self.model, self.row)
        row: models.Model = found
        return row

    def unit(self) -> int | None:
        row = self._row()
        values = type(row)._default_manager.filter(pk=row.pk).values_list(unit_path(type(row)), flat=True)
        unit: int | None = values.first()
        return unit

    def object(self) -> str:
        return f"{self.model}:{self.row}:{self.field}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not self.purpose.strip():
            raise ActionError("core.purpose_missing")

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        return open_text(self._row(), self.field)
