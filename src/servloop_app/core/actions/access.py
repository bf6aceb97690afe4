"""What people do to their own access: password, language, sessions, tokens; and how signing in is put on record."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from servloop.messages import LANGUAGES
from servloop_app.core.actions.base import Action, Actor, secret
from servloop_app.core.actions.people import find_person
from servloop_app.core.errors import ActionError, NotAllowed, NotFound
from servloop_app.core.models import ApiToken, Person, Session
from servloop_app.core.permissions import PERMISSIONS

TOKEN_PREFIX = "slt_"  # noqa: S105  # marks what it is, for secret scanners; the secret follows
MAX_TOKEN_DAYS = 366


def token_digest(token: str) -> bytes:
    """What is kept of a token. Tokens carry 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).digest()


def _self(actor: Actor) -> Person:
    if actor.person is None:
        raise NotAllowed("home.view")
    return actor.person


@dataclass
class RecordSignIn(Action[None]):
    """Put a sign-in on record."""

    name = "session.start"
    permission = ""
    person: UUID

    def object(self) -> str:
        return f"person:{self.person}"

    def perform(self, actor: Actor) -> None:
        """Nothing but the leaf: the session itself is the machinery's."""


@dataclass
class EndSession(Action[None]):
    """End one of one's own sessions (a lost phone), or somebody else's with the right to edit people."""

    name = "session.end"
    permission = ""
    session: UUID

    def object(self) -> str:
        return f"session:{self.session}"

    def _find(self) -> Session:
        found = Session.objects.select_related("person").filter(public_id=self.session).first()
        if found is None:
            raise NotFound("session", self.session)
        return found

    def validate(self, actor: Actor) -> None:
        owner = self._find().person
        own = owner is not None and owner == actor.person
        if not own and (owner is None or not actor.policy.may("people.edit", owner.unit_id)):
            raise NotFound("session", self.session)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        self._find().delete()


@dataclass
class ChangeOwnPassword(Action[Person]):
    """Change one's own password; the caller keeps the present session alive."""

    name = "person.change_own_password"
    permission = ""
    person: UUID
    password: str = secret()

    def object(self) -> str:
        return f"person:{self.person}"

    def validate(self, actor: Actor) -> None:
        if _self(actor).public_id != self.person:
            raise NotAllowed("people.edit")

    def perform(self, actor: Actor) -> Person:  # noqa: ARG002
        person = find_person(self.person)
        person.set_password(self.password)
        person.save()
        return person


@dataclass
class ChangeOwnLanguage(Action[Person]):
    """Choose the language in which the platform speaks to oneself."""

    name = "person.change_own_language"
    permission = ""
    language: str

    def object(self) -> str:
        return f"person:{self._person.public_id}"

    def validate(self, actor: Actor) -> None:
        _self(actor)
        if self.language not in LANGUAGES:
            raise ActionError("core.choice_unknown", value=self.language, choices=list(LANGUAGES))

    def perform(self, actor: Actor) -> Person:
        self._person = find_person(_self(actor).public_id)
        self._person.language = self.language
        self._person.save()
        return self._person


@dataclass
class IssueToken(Action[str]):
    """Make an API token for oneself; the outcome is the token, shown this once."""

    name = "token.issue"
    permission = ""
    title: str
    scopes: list[str] = field(default_factory=list)
    days: int = 90

    def object(self) -> str:
        return f"token:{self._token.public_id}"

    def validate(self, actor: Actor) -> None:
        _self(actor)
        if not self.title.strip() or len(self.title) > 100:
            raise ActionError("core.name_missing")
        unknown = sorted(set(self.scopes) - PERMISSIONS)
        if unknown or not self.scopes:
            raise ActionError("core.scopes_unknown", scopes=unknown)
        if not 1 <= self.days <= MAX_TOKEN_DAYS:
            raise ActionError("core.out_of_range", low=1, high=MAX_TOKEN_DAYS, received=self.days)

    def perform(self, actor: Actor) -> str:
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        self._token = ApiToken.objects.create(
            person=_self(actor),
            name=self.title,
            digest=token_digest(token),
            scopes=sorted(set(self.scopes)),
            expires_at=timezone.now() + timedelta(days=self.days),
        )
        return token


@dataclass
class RevokeToken(Action[None]):
    """Make one of one's own tokens worthless, or somebody else's with the right to edit people."""

    name = "token.revoke"
    permission = ""
    token: UUID

    def object(self) -> str:
        return f"token:{self.token}"

    def _find(self) -> ApiToken:
        found = ApiToken.objects.select_related("person").filter(public_id=self.token).first()
        if found is None:
            raise NotFound("token", self.token)
        return found

    def validate(self, actor: Actor) -> None:
        owner = self._find().person
        if owner != actor.person and not actor.policy.may("people.edit", owner.unit_id):
            raise NotFound("token", self.token)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        found = self._find()
        found.revoked_at = timezone.now()
        found.save()
