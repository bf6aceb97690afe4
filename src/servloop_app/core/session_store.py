"""Sessions in the database that know whose they are."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from servloop_app.core.models.people import Session

_NAMESPACE = uuid.UUID("5f0c7f5e-6a52-4b8a-9a6d-1d5a4f3f0c11")


class SessionStore(DatabaseStore):
    """Django's database store over `core.Session`, with the person's id in a column of its own."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """A row for the data; a signed-in session carries its person.

        The store makes a new row object at every save: what stays the same follows from key and data.
        """
        session = super().create_model_instance(data)
        assert isinstance(session, Session)
        person = data.get(SESSION_KEY)
        session.person_id = int(person) if person else None
        session.public_id = uuid.uuid5(_NAMESPACE, session.session_key)
        signed_in_at = data.get("signed_in_at")
        session.signed_in_at = datetime.fromisoformat(signed_in_at) if signed_in_at else None
        session.user_agent = data.get("user_agent", "")
        session.address = data.get("address")
        return session
