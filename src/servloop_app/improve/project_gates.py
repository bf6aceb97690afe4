"""What must be there before a project goes on: the gates of the cycle.

Later stages of the loop add conditions of their own without being imported here: to begin through
`start_conditions`, to close through the core's ``close_conditions``.
"""

from __future__ import annotations

from collections.abc import Callable

from servloop.results import Notice
from servloop_app.core.hooks import Registry, close_conditions
from servloop_app.improve.project_models import Project, ProjectAction

StartCondition = Callable[[Project], "Notice | None"]
start_conditions: Registry[StartCondition] = Registry("project_start_conditions")
check_conditions: Registry[StartCondition] = Registry("project_check_conditions")


def what_is_missing(project: Project, gate: str) -> list[Notice]:
    """What keeps a project from entering a part of the cycle; nothing when it may.

    Args:
        project: the project.
        gate: ``"plan"``, ``"do"``, ``"check"``, ``"act"`` or ``"close"``.
    """
    if gate == project.gate:  # from one phase of planning to the next
        return []
    missing: list[Notice | None] = []
    if gate == "do":
        missing += _ready_to_begin(project)
        missing += [condition(project) for _name, condition in start_conditions.items()]
    elif gate == "check":
        missing.append(_all_done(project))
    elif gate == "act":
        missing += [condition(project) for _name, condition in check_conditions.items()]
    elif gate == "close":
        missing.append(_all_done(project))
        missing += [condition(project) for _name, condition in close_conditions.items()]
    return [one for one in missing if one is not None]


def _ready_to_begin(project: Project) -> list[Notice | None]:
    actions = project.actions.exclude(state=ProjectAction.State.DROPPED)
    return [
        None if actions.exists() else Notice("improve_app.gate_no_actions"),
        Notice("improve_app.gate_no_owner", count=without)
        if (without := actions.filter(who=None).count())
        else None,
        Notice("improve_app.gate_no_pilot") if project.pilot and not project.pilot_scope else None,
    ]


def _all_done(project: Project) -> Notice | None:
    waiting = [one for one in project.actions.all() if one.open]
    if not waiting:
        return None
    return Notice("improve_app.gate_open_actions", len(waiting), {"first": waiting[0].what[:80]})
