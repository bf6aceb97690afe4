"""Errors of the application: a code with parameters, said in the person's language by whoever shows them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from servloop.errors import ServLoopError


class ActionError(ServLoopError):
    """A request that cannot be carried out as asked: what is wrong, what was expected, what to do."""


class Conflict(ActionError):  # noqa: N818  # reads as what it says
    """The request contradicts what is there already: asking again will not help."""


class NotFound(ActionError):  # noqa: N818  # reads as what it says
    """There is no such object, or the person may not know of it: the answer is the same."""

    def __init__(self, kind: str, reference: object) -> None:
        super().__init__("core.not_found", kind=kind, reference=str(reference))


class NotAllowed(ActionError, PermissionDenied):  # noqa: N818
    """The person lacks a permission. Pages answer 403 (Django knows `PermissionDenied`), the API a problem."""

    def __init__(self, permission: str, unit: str = "") -> None:
        if unit:
            super().__init__("core.not_allowed_in_unit", permission=permission, unit=unit)
        else:
            super().__init__("core.not_allowed", permission=permission)


class WriteOutsideAction(ServLoopError):  # noqa: N818
    """Code tried to change the database outside an action: a defect, never a person's fault."""

    def __init__(self, table: str) -> None:
        super().__init__("core.write_outside_action", table=table)
