"""Sessions in the database that know whose they are."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from servloop_app.core.models.people import Session


class SessionStore(DatabaseStore):
    """Django's database store over `core.Session`, with the person's id in a column of its own."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """A row for the data; a signed-in session carries its person."""
        session = super().create_model_instance(data)
        assert isinstance(session, Session)
        person = data.get(SESSION_KEY)
        session.person_id = int(person) if person else None
        session.user_agent = data.get("user_agent", "")
        session.address = data.get("address")
        return session
