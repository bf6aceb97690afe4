"""Who works here: people, their sessions and their tokens."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop_app.core import guard
from servloop_app.core.localized import PinyinKeyField

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase


class PersonManager(BaseUserManager["Person"]):
    """Creates people with a normalised sign-in name and a usable or deliberately unusable password."""

    def create_person(self, username: str, password: str | None = None, **fields: object) -> Person:
        """Make and save a person; without a password nobody can sign in as them."""
        person: Person = self.model(username=self.model.normalize_username(username), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who signs in. What they may do follows from their assignments, never from flags here."""

    UNIT_PATH = "unit"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(_("sign-in name"), max_length=150, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    sort_key = PinyinKeyField(source="name")
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.PROTECT, null=True, related_name="people", verbose_name=_("home unit")
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_login = None  # signing in writes a session and a leaf, not this row

    objects = PersonManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar[list[str]] = ["sort_key", "username"]

    def __str__(self) -> str:
        return self.name or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Whether the password is right; an outdated hash is renewed on the way, which is no business write."""
        with guard.opening("core_person"):
            return super().check_password(raw_password)


class Session(AbstractBaseSession):
    """A signed-in browser; unlike Django's table it knows whose it is, so that people can see and end theirs."""

    public_id = models.UUIDField(unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(auto_now=True)
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """The store that reads and writes these rows."""
        from servloop_app.core.session_store import SessionStore  # noqa: PLC0415  # the store imports this model

        return SessionStore


class ApiToken(models.Model):
    """A key for programs. Only its SHA-256 is kept; it can do what its person may do, within its scopes."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name
