"""What platform commands share: Django, a database that is ready, and who acts from the command line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from servloop_app.core.errors import ActionError

if TYPE_CHECKING:
    from servloop_app.core.actions import Actor

_ROOT_CODE = "organisation"


def start_django() -> None:
    """Load settings and applications."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servloop_app.config.settings")
    django.setup()


def machine_owner() -> Actor:
    """Whoever can run commands here owns the machine, and with it the platform."""
    from servloop_app.core.actions import Actor

    return Actor.system("command", "command")


def migrations_pending() -> bool:
    """Whether the database lacks tables of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def prepare_database() -> None:
    """Bring the database to this version; see that root unit, default schedules and shipped metrics exist."""
    from django.core.management import call_command

    from servloop_app.core.actions import SetUpOrganisation, execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.core.models import UnitPlacement
    from servloop_app.jobs.actions import AddDefaultSchedules, missing_default_schedules
    from servloop_app.measure.actions import InstallCatalogue
    from servloop_app.measure.definitions import shipped_definitions
    from servloop_app.measure.models import Metric

    if migrations_pending():
        call_command("migrate", verbosity=0, interactive=False)
    if not UnitPlacement.objects.filter(parent=None).exists():
        execute(SetUpOrganisation(_ROOT_CODE, LocalizedText("本组织", "Our organisation")), machine_owner())
    missing = missing_default_schedules()
    if missing:
        execute(AddDefaultSchedules(missing), machine_owner())
    if set(shipped_definitions()) - set(Metric.objects.values_list("code", flat=True)):
        execute(InstallCatalogue(), machine_owner())


def require_database() -> None:
    """Go on only with a database of this version.

    Raises:
        ActionError: it is not set up.
    """
    if migrations_pending():
        raise ActionError("core.not_set_up")
