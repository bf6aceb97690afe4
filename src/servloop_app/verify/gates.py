"""What verify asks of projects: a declared check before the change begins, a verdict before the end."""

from __future__ import annotations

from typing import Any

from servloop.results import Notice
from servloop_app.improve.project_models import Project
from servloop_app.verify.actions import living_check


def declared(project: Project) -> Notice | None:
    """A project begins with a declared check, or with an explicit waiver."""
    if project.waived_reason or living_check(project) is not None:
        return None
    return Notice("verify_app.gate_not_declared")


def judged(subject: Any) -> Notice | None:
    """A project ends with a verdict; of other things nothing is asked."""
    if not isinstance(subject, Project):
        return None
    return None if subject.verdicts.exists() else Notice("verify_app.gate_no_verdict")
