"""Whether the process lives and whether it can serve."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from servloop_app.core import guard
from servloop_app.core.models import LogState
from servloop_app.core.routes import public
from servloop_app.jobs.models import Run
from servloop_app.trust import checkpoints

MIN_FREE_BYTES = 200 * 1024 * 1024
MAX_WAIT = timedelta(minutes=15)
MAX_CHECKPOINT_AGE = timedelta(hours=1)


def _database() -> str:
    """A write that is rolled back: a full disk and a stuck writer show here."""
    try:
        with transaction.atomic(), guard.opening("core_logstate"):
            LogState.objects.update(size=F("size"))
            transaction.set_rollback(True)
    except DatabaseError as error:
        return type(error).__name__
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "unapplied" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else ""


def _disk() -> str:
    free = shutil.disk_usage(settings.DATA_FOLDER).free
    return f"{free // 1024**2} MB free" if free < MIN_FREE_BYTES else ""


def _jobs() -> str:
    waiting = Run.objects.filter(state=Run.State.QUEUED, run_after__lt=timezone.now() - MAX_WAIT).count()
    return f"{waiting} waiting" if waiting else ""


def _checkpoint() -> str:
    state = LogState.objects.first()
    found = checkpoints.newest()
    if state is None or not state.size:
        return ""
    if found is None:
        return "none published"
    age = timezone.now() - found[1]
    return f"{age // timedelta(minutes=1)} minutes old" if age > MAX_CHECKPOINT_AGE else ""


# What must hold to serve, and what an operator should look at while serving goes on.
_REQUIRED: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "disk": _disk}
_WATCHED: dict[str, Callable[[], str]] = {"jobs": _jobs, "checkpoint": _checkpoint}


@public("load balancers ask whether the process lives")
def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answers as long as the process does."""
    return JsonResponse({"status": "ok"})


@public("load balancers ask whether requests can be served")
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """503 with the reason when requests cannot be served; warnings do not change the status."""
    problems: dict[str, str] = {}
    for name, check in _REQUIRED.items():
        problem = check()
        if problem:
            problems[name] = problem
            break  # the following ones need what is missing
    warnings = {} if problems else {name: check() for name, check in _WATCHED.items()}
    document = {
        "status": "unavailable" if problems else "ok",
        "problems": problems,
        "warnings": {name: text for name, text in warnings.items() if text},
    }
    return JsonResponse(document, status=503 if problems else 200)
