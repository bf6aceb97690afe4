"""What people may do: permissions, and the roles that bundle them.

A permission is ``"<subject>.<verb>"``. Roles are defined here, in code: an installation chooses who has which
role where, not what a role means, so that "auditor" says the same everywhere and the rights matrix can be
tested. Clear text of personal data is a permission of its own that administrators do not have.
"""

from __future__ import annotations

from typing import Final

# subject → verbs, in the order of the loop
_SUBJECTS: Final[dict[str, str]] = {
    "home": "view",
    # collect
    "channels": "view edit",
    "surveys": "view edit",
    "feedback": "view edit",
    "imports": "view edit",
    # measure
    "metrics": "view edit",
    "models": "view edit",
    # diagnose
    "voice": "view edit",
    "process": "view edit",
    "findings": "view edit",
    # plan
    "opportunities": "view edit",
    "goals": "view edit",
    "standards": "view edit",
    "staffing": "view edit",
    # improve
    "tickets": "view edit assign",
    "projects": "view edit",
    "knowledge": "view edit",
    "training": "view edit",
    # verify
    "effects": "view edit",
    # monitor
    "monitors": "view edit",
    "alerts": "view edit",
    "reports": "view edit",
    # trust
    "people": "view edit",
    "roles": "view assign",
    "units": "view edit",
    "calendars": "view edit",
    "access": "preview",
    "audit": "view verify",
    "personal_data": "open erase",
    "privacy": "view edit",
    "retention": "view edit",
    "jobs": "view edit",
    "schedules": "view edit",
    "backups": "view edit",
    "settings": "view edit",
    "data": "export",
}
PERMISSIONS: Final = frozenset(
    f"{subject}.{verb}" for subject, verbs in _SUBJECTS.items() for verb in verbs.split()
)

# Asked without a unit, these hold only for someone who has them over the whole organisation.
ORGANISATION_WIDE: Final = frozenset(
    f"{subject}.{verb}"
    for subject in ("audit", "retention", "jobs", "schedules", "backups", "settings")
    for verb in _SUBJECTS[subject].split()
) | {"personal_data.erase"}  # it looks at, and erases from, what all units hold

_WORK = (
    "channels surveys feedback imports metrics models voice process findings opportunities goals standards "
    "staffing tickets projects knowledge training effects monitors alerts reports"
)


def _of(subjects: str, verbs: str = "view edit") -> frozenset[str]:
    wanted = verbs.split()
    return frozenset(
        f"{subject}.{verb}"
        for subject in subjects.split()
        for verb in _SUBJECTS[subject].split()
        if verb in wanted
    )


_READ_WORK = _of(_WORK, "view")
_HOME = frozenset({"home.view"})
_PLACES = _of("people units calendars", "view")

ROLES: Final[dict[str, frozenset[str]]] = {
    "administrator": _HOME
    | _PLACES
    | _of("people units calendars jobs schedules backups settings channels retention")
    | _of("roles access audit", "view assign preview verify"),
    "quality_manager": _HOME
    | _of(_WORK, "view edit assign")
    | _PLACES
    | {"data.export", "calendars.edit", "jobs.view", "schedules.view"},
    "analyst": _HOME
    | _READ_WORK
    | _of(
        "imports metrics models voice process findings opportunities effects monitors reports surveys", "edit"
    )
    | _of("units calendars", "view")
    | {"data.export"},
    "supervisor": _HOME
    | _READ_WORK
    | _of("tickets alerts projects training staffing feedback", "edit assign")
    | _PLACES
    | {"personal_data.open"},
    "agent": _HOME
    | _of("feedback tickets knowledge training", "view")
    | _of("feedback tickets", "edit")
    | {"personal_data.open"},
    "auditor": _HOME
    | _READ_WORK
    | _PLACES
    | _of("roles audit privacy retention jobs schedules backups settings", "view verify"),
    "executive": _HOME
    | _of("metrics models findings opportunities goals projects effects alerts reports units", "view"),
    "privacy_officer": _HOME
    | _of("privacy retention")
    | _of("people units audit feedback", "view verify")
    | {"personal_data.open", "personal_data.erase", "data.export"},
}
