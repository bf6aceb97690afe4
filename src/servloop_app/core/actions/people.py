"""What is done to people and to their roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from servloop.messages import LANGUAGES
from servloop_app.core.actions.base import Action, Actor, secret
from servloop_app.core.actions.units import find_unit
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.models import Assignment, Person, Session
from servloop_app.core.permissions import ROLES


def find_person(public_id: UUID | str) -> Person:
    """The person of a public id.

    Raises:
        NotFound: there is none.
    """
    person = Person.objects.filter(public_id=public_id).first()
    if person is None:
        raise NotFound("person", public_id)
    return person


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise ActionError("core.password_weak", problems=[str(item) for item in error.messages]) from error


def _check_profile(name: str, email: str, language: str) -> None:
    if len(name) > 150:
        raise ActionError("core.text_too_long", limit=150, received=len(name))
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise ActionError("core.email_invalid", email=email) from error
    if language and language not in LANGUAGES:
        raise ActionError("core.choice_unknown", value=language, choices=list(LANGUAGES))


@dataclass
class CreatePerson(Action[Person]):
    """Add somebody who may sign in; without a password they cannot until one is set."""

    name = "person.create"
    permission = "people.edit"
    username: str
    unit_code: str
    full_name: str = ""
    email: str = ""
    language: str = ""
    password: str = secret(default="")

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"person:{self._person.public_id}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        username = Person.normalize_username(self.username)
        if not username or len(username) > 150 or any(character.isspace() for character in username):
            raise ActionError("core.username_invalid", username=self.username)
        if Person.objects.filter(username=username).exists():
            raise Conflict("core.username_taken", username=username)
        _check_profile(self.full_name, self.email, self.language)
        if self.password:
            _check_password(self.password, Person(username=username, name=self.full_name))

    def perform(self, actor: Actor) -> Person:  # noqa: ARG002
        self._person = Person.objects.create_person(
            self.username,
            self.password or None,
            name=self.full_name,
            email=self.email,
            language=self.language,
            unit=find_unit(self.unit_code),
        )
        return self._person

    def undo(self) -> Action[Person]:
        return SetPersonActive(self._person.public_id, active=False)


@dataclass
class UpdatePerson(Action[Person]):
    """Change name, e-mail, language and home unit of a person."""

    name = "person.update"
    permission = "people.edit"
    person: UUID
    full_name: str
    email: str
    language: str
    unit_code: str

    def unit(self) -> int | None:
        return find_person(self.person).unit_id

    def object(self) -> str:
        return f"person:{self.person}"

    def validate(self, actor: Actor) -> None:
        _check_profile(self.full_name, self.email, self.language)
        actor.policy.require(self.permission, find_unit(self.unit_code).pk)

    def perform(self, actor: Actor) -> Person:  # noqa: ARG002
        person = find_person(self.person)
        home = person.unit
        self._before = (
            UpdatePerson(person.public_id, person.name, person.email, person.language, home.code)
            if home is not None
            else None
        )
        person.name, person.email, person.language = self.full_name, self.email, self.language
        person.unit = find_unit(self.unit_code)
        person.save()
        return person

    def undo(self) -> Action[Person] | None:
        return self._before


@dataclass
class SetPersonActive(Action[Person]):
    """Lock somebody out, ending all their sessions, or let them in again."""

    name = "person.set_active"
    permission = "people.edit"
    person: UUID
    active: bool

    def unit(self) -> int | None:
        return find_person(self.person).unit_id

    def object(self) -> str:
        return f"person:{self.person}"

    def validate(self, actor: Actor) -> None:
        if not self.active and actor.person is not None and actor.person.public_id == self.person:
            raise ActionError("core.not_yourself")

    def perform(self, actor: Actor) -> Person:  # noqa: ARG002
        person = find_person(self.person)
        person.is_active = self.active
        person.save()
        if not self.active:
            Session.objects.filter(person=person).delete()
        return person

    def undo(self) -> Action[Person]:
        return SetPersonActive(self.person, active=not self.active)


@dataclass
class SetPassword(Action[Person]):
    """Give somebody a new password; all their sessions end."""

    name = "person.set_password"
    permission = "people.edit"
    person: UUID
    password: str = secret()

    def unit(self) -> int | None:
        return find_person(self.person).unit_id

    def object(self) -> str:
        return f"person:{self.person}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        _check_password(self.password, find_person(self.person))

    def perform(self, actor: Actor) -> Person:  # noqa: ARG002
        person = find_person(self.person)
        person.set_password(self.password)
        person.save()
        Session.objects.filter(person=person).delete()
        return person


@dataclass
class AssignRole(Action[Assignment]):
    """Give somebody a role in a unit and below it, or deny it there."""

    name = "role.assign"
    permission = "roles.assign"
    person: UUID
    role: str
    unit_code: str
    effect: str = Assignment.Effect.ALLOW.value
    valid_from: date = field(default_factory=timezone.localdate)
    valid_to: date | None = None

    def unit(self) -> int:
        return find_unit(self.unit_code).pk

    def object(self) -> str:
        return f"assignment:{self._assignment.public_id}"

    def validate(self, actor: Actor) -> None:
        if self.role not in ROLES:
            raise ActionError("core.choice_unknown", value=self.role, choices=sorted(ROLES))
        if self.effect not in Assignment.Effect.values:
            raise ActionError(
                "core.choice_unknown", value=self.effect, choices=list(Assignment.Effect.values)
            )
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ActionError(
                "core.period_backwards", start=self.valid_from.isoformat(), end=self.valid_to.isoformat()
            )
        person = find_person(self.person)
        actor.policy.require("people.view", person.unit_id)
        same = person.assignments.filter(
            role=self.role, unit__code=self.unit_code, effect=self.effect, valid_to=self.valid_to
        )
        if same.exists():
            raise Conflict("core.already_assigned", role=self.role, unit=self.unit_code)

    def perform(self, actor: Actor) -> Assignment:  # noqa: ARG002
        self._assignment = Assignment.objects.create(
            person=find_person(self.person),
            role=self.role,
            unit=find_unit(self.unit_code),
            effect=self.effect,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )
        return self._assignment

    def undo(self) -> Action[None]:
        return RemoveAssignment(self._assignment.public_id)


def find_assignment(public_id: UUID | str) -> Assignment:
    """The assignment of a public id.

    Raises:
        NotFound: there is none.
    """
    found = Assignment.objects.select_related("person", "unit").filter(public_id=public_id).first()
    if found is None:
        raise NotFound("assignment", public_id)
    return found


@dataclass
class RemoveAssignment(Action[None]):
    """Take a role, or the denial of one, away again."""

    name = "role.remove"
    permission = "roles.assign"
    assignment: UUID

    def unit(self) -> int:
        return find_assignment(self.assignment).unit_id

    def object(self) -> str:
        return f"assignment:{self.assignment}"

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_assignment(self.assignment)
        if found.effect == Assignment.Effect.ALLOW and found.role == "administrator":
            _require_other_administrator(found)

    def perform(self, actor: Actor) -> None:  # noqa: ARG002
        found = find_assignment(self.assignment)
        self._before = AssignRole(
            found.person.public_id,
            found.role,
            found.unit.code,
            found.effect,
            found.valid_from,
            found.valid_to,
        )
        found.delete()

    def undo(self) -> Action[Assignment]:
        return self._before


def _require_other_administrator(leaving: Assignment) -> None:
    """The organisation keeps somebody who can give roles."""
    others = Assignment.objects.filter(
        role="administrator", effect=Assignment.Effect.ALLOW, valid_to=None, person__is_active=True
    ).exclude(pk=leaving.pk)
    if (
        leaving.unit.placements.filter(parent=None).exists()
        and not others.filter(unit=leaving.unit_id).exists()
    ):
        raise Conflict("core.last_administrator")
