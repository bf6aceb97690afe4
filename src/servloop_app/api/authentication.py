"""Who calls the API: a token of a person, or the page's own session."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from servloop_app.core import guard
from servloop_app.core.actions import token_digest
from servloop_app.core.models import ApiToken, Person
from servloop_app.core.policy import Policy
from servloop_app.core.routes import set_policy

_NOTE_USE_EVERY = timedelta(minutes=5)


class TokenAuth(HttpBearer):
    """``Authorization: Bearer slt_…``: the person's rights, narrowed to the token's scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        """The person behind a valid token."""
        now = timezone.now()
        found = (
            ApiToken.objects.select_related("person")
            .filter(digest=token_digest(token), revoked_at=None, expires_at__gt=now, person__is_active=True)
            .first()
        )
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at > _NOTE_USE_EVERY:
            with guard.opening("core_apitoken"):
                ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.user = found.person
        set_policy(request, Policy(found.person).within(permissions=found.scopes))
        return found.person


class PageAuth(SessionAuth):
    """The session of a signed-in browser, with Django's protection against cross-site requests."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:  # noqa: ARG002
        """The signed-in person."""
        return request.user if isinstance(request.user, Person) else None
