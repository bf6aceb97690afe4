"""Sign-in rules."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from servloop_app.core.actions import Actor, ChangeOwnPassword, RecordSignIn, execute
from servloop_app.core.models import Person

AGENT_LENGTH = 200


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody registers by themselves: accounts are made by an administrator or by the command line."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Always closed."""
        return False

    def login(self, request: HttpRequest, user: Person) -> None:
        """Start the session, remember from where, and put it on record."""
        super().login(request, user)
        request.session["user_agent"] = request.headers.get("User-Agent", "")[:AGENT_LENGTH]
        request.session["address"] = request.META.get("REMOTE_ADDR") or None
        request.session["signed_in_at"] = timezone.now().isoformat()
        execute(RecordSignIn(user.public_id), Actor.of_person(user, "page"))

    def set_password(self, user: Person, password: str) -> None:
        """People change their password by an action, like everything else."""
        execute(ChangeOwnPassword(user.public_id, password), Actor.of_person(user, "page"))
        user.refresh_from_db(fields=["password"])
