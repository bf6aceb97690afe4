"""Reading improvement projects, limited to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from servloop_app.core.chain import ChainItem, ChainKind, reference
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy, scoped
from servloop_app.improve.actions_projects import PROJECT
from servloop_app.improve.project_models import Project, ProjectAction, ProjectCost

PERMISSION = "projects.view"


def projects(policy: Policy) -> QuerySet[Project]:
    """Projects of the units that a person may see, the newest first."""
    return scoped(Project, policy, PERMISSION).select_related("unit", "owner")


def one_project(policy: Policy, public_id: UUID) -> Project:
    """One project.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = projects(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound(PROJECT, public_id)
    return found


def one_action(policy: Policy, public_id: UUID) -> ProjectAction:
    """One action of a project that the person may see.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = scoped(ProjectAction, policy, PERMISSION).select_related("project").filter(public_id=public_id)
    one = found.first()
    if one is None:
        raise NotFound("project_action", public_id)
    return one


def one_cost(policy: Policy, public_id: UUID) -> ProjectCost:
    """One line of the ledger of a project that the person may see.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = scoped(ProjectCost, policy, PERMISSION).select_related("project").filter(public_id=public_id)
    one = found.first()
    if one is None:
        raise NotFound("project_cost", public_id)
    return one


@dataclass(frozen=True)
class Ledger:
    """What a project costs.

    Attributes:
        planned: all planned amounts.
        actual: all that was spent.
        expected: what was spent, and what is planned where nothing has been spent yet.
        lines: how many lines.
    """

    planned: Decimal
    actual: Decimal
    expected: Decimal
    lines: int


def ledger_of(project: Project) -> Ledger:
    """The sums of a project's ledger."""
    lines = list(project.costs.all())
    nothing = Decimal(0)
    return Ledger(
        sum((line.planned or nothing for line in lines), nothing),
        sum((line.actual or nothing for line in lines), nothing),
        sum((line.actual if line.actual is not None else line.planned or nothing for line in lines), nothing),
        len(lines),
    )


def project_meaning(project: Project) -> str:
    """The meaning that colours a project's state."""
    return {Project.State.ACTIVE: "info", Project.State.CLOSED: "good"}.get(
        Project.State(project.state), "neutral"
    )


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterable[ChainItem]:
    for one in projects(policy).filter(public_id__in=ids):
        yield ChainItem(
            reference(PROJECT, one.public_id),
            one.number,
            one.title,
            "project",
            (one.public_id,),
            one.state_label,
            project_meaning(one),
        )


KIND = ChainKind(PROJECT, _("Project"), 50, PERMISSION, _items)
