"""Actions of the core: the mechanism, and what is done to units, people, roles, sessions and tokens."""

from servloop_app.core.actions.access import (
    ChangeOwnLanguage,
    ChangeOwnPassword,
    EndSession,
    IssueToken,
    RecordSignIn,
    RevokeToken,
    token_digest,
)
from servloop_app.core.actions.base import Action, Actor, Done, actions, build, execute, secret, undo
from servloop_app.core.actions.calendars import RemoveCalendar, SetCalendar, UpdateHolidays
from servloop_app.core.actions.keys import AddKey, RetireKeys
from servloop_app.core.actions.people import (
    AssignRole,
    CreatePerson,
    RemoveAssignment,
    SetPassword,
    SetPersonActive,
    UpdatePerson,
    find_assignment,
    find_person,
)
from servloop_app.core.actions.units import (
    CloseUnit,
    CreateUnit,
    MoveUnit,
    RemoveUnit,
    SetUpOrganisation,
    UpdateUnit,
    find_unit,
)

__all__ = [
    "Action",
    "Actor",
    "AddKey",
    "AssignRole",
    "ChangeOwnLanguage",
    "ChangeOwnPassword",
    "CloseUnit",
    "CreatePerson",
    "CreateUnit",
    "Done",
    "EndSession",
    "IssueToken",
    "MoveUnit",
    "RecordSignIn",
    "RemoveAssignment",
    "RemoveCalendar",
    "RemoveUnit",
    "RetireKeys",
    "RevokeToken",
    "SetCalendar",
    "SetPassword",
    "SetPersonActive",
    "SetUpOrganisation",
    "UpdateHolidays",
    "UpdatePerson",
    "UpdateUnit",
    "actions",
    "build",
    "execute",
    "find_assignment",
    "find_person",
    "find_unit",
    "secret",
    "token_digest",
    "undo",
]
