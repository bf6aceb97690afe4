"""The menu: home, the seven stages of the loop, trust, and one's own pages. Only what exists and may be opened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop_app.core.policy import Policy

Text = str | Promise


@dataclass(frozen=True)
class Page:
    """A page of the menu.

    Attributes:
        label: its name.
        route: name of its address.
        permission: what one must be allowed somewhere to see it; empty for everyone who signed in.
        icon: name of its drawing, where the menu shows one.
    """

    label: Text
    route: str
    permission: str = ""
    icon: str = ""
    address: str = ""
    current: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage of the loop with its pages."""

    label: Text
    pages: tuple[Page, ...] = ()
    current: bool = False


BEFORE = (Page(_("Home"), "home", "home.view", icon="home"),)
STAGES = (
    Stage(
        pgettext_lazy("stage", "Collect"),
        (
            Page(_("Feedback"), "feedback", "feedback.view"),
            Page(_("Imports"), "imports", "imports.view"),
            Page(_("Data dictionary"), "data_dictionary", "imports.view"),
        ),
    ),
    Stage(
        pgettext_lazy("stage", "Measure"),
        (
            Page(_("Metrics"), "metrics", "metrics.view"),
            Page(_("Compare"), "compare", "metrics.view"),
            Page(_("Models"), "studies", "models.view"),
            Page(_("Scorecards"), "scorecards", "models.view"),
            Page(_("Benchmarks"), "benchmarks", "metrics.view"),
            Page(_("Model advisor"), "advisor", "models.view"),
        ),
    ),
    Stage(
        pgettext_lazy("stage", "Diagnose"),
        (
            Page(_("Findings"), "findings", "findings.view"),
            Page(_("Process"), "process_logs", "process.view"),
        ),
    ),
    Stage(
        pgettext_lazy("stage", "Plan"),
        (
            Page(_("Opportunities"), "opportunities", "opportunities.view"),
            Page(_("Goals"), "goals", "goals.view"),
        ),
    ),
    Stage(
        pgettext_lazy("stage", "Improve"),
        (
            Page(_("Tickets"), "tickets", "tickets.view"),
            Page(_("Projects"), "projects", "projects.view"),
        ),
    ),
    Stage(pgettext_lazy("stage", "Verify"), (Page(_("Effect checks"), "effects", "effects.view"),)),
    Stage(
        pgettext_lazy("stage", "Monitor"),
        (
            Page(_("Alerts"), "alerts", "alerts.view"),
            Page(_("Monitors"), "monitors", "monitors.view"),
            Page(_("Reports"), "reports", "reports.view"),
        ),
    ),
)
TRUST = Stage(
    pgettext_lazy("stage", "Trust"),
    (
        Page(_("People"), "people", "people.view"),
        Page(_("Roles"), "roles", "roles.view"),
        Page(_("Units"), "units", "units.view"),
        Page(_("Personal data"), "personal_data", "personal_data.erase"),
        Page(_("Audit log"), "audit_log", "audit.view"),
        Page(_("Jobs"), "jobs", "jobs.view"),
        Page(_("Settings"), "settings", "settings.view"),
    ),
)
PERSONAL = (
    Page(_("My account"), "account", icon="user"),
    Page(_("Change the password"), "account_change_password", icon="lock"),
)


@dataclass(frozen=True)
class Menu:
    """The menu of one person on one page."""

    before: tuple[Page, ...]
    stages: tuple[Stage, ...]
    trust: Stage
    personal: tuple[Page, ...]


def menu_for(policy: Policy, path: str) -> Menu:
    """What a person sees in the menu, with the place of ``path`` in it.

    Args:
        policy: the person's rights.
        path: address of the page that shows the menu.
    """
    return Menu(
        before=_pages(BEFORE, policy, path),
        stages=tuple(_stage(stage, policy, path) for stage in STAGES),
        trust=_stage(TRUST, policy, path),
        personal=_pages(PERSONAL, policy, path),
    )


def _stage(stage: Stage, policy: Policy, path: str) -> Stage:
    pages = _pages(stage.pages, policy, path)
    return replace(stage, pages=pages, current=any(page.current for page in pages))


def _pages(pages: tuple[Page, ...], policy: Policy, path: str) -> tuple[Page, ...]:
    shown = []
    for page in pages:
        if page.permission and not policy.may(page.permission):
            continue
        address = reverse(page.route)
        shown.append(replace(page, address=address, current=path.startswith(address)))
    return tuple(shown)
