"""Settings: what this installation is, and where each setting is changed."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings as configured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from servloop import __version__
from servloop_app.config.environment import VARIABLES
from servloop_app.core import audit_log
from servloop_app.core.calendars import organisation_calendar
from servloop_app.core.encryption import key_ring_path
from servloop_app.core.models import Unit
from servloop_app.core.routes import policy, policy_of
from servloop_app.trust import checkpoints
from servloop_app.web.words import SETTING_PURPOSES

_SECRET = frozenset({"SERVLOOP_SECRET_KEY", "DATABASE_URL"})
_SHOWN = {
    "SERVLOOP_DATA": "DATA_FOLDER",
    "SERVLOOP_BASE_URL": "BASE_URL",
    "SERVLOOP_HOSTS": "ALLOWED_HOSTS",
    "SERVLOOP_DEBUG": "DEBUG",
    "SERVLOOP_TIMEZONE": "TIME_ZONE",
    "SERVLOOP_LANGUAGE": "LANGUAGE_CODE",
}


@policy("settings.view")
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """All settings with their values; secrets are only said to be set."""
    tree = policy_of(request).tree
    context = {
        "version": __version__,
        "root": Unit.objects.filter(pk=tree.root).first() if tree.root else None,
        "units": len(tree.codes),
        "calendar": organisation_calendar(),
        "database": connection.vendor,
        "variables": [_shown(name) for name in sorted(VARIABLES)],
        "leaves": audit_log.current_root().size,
        "checkpoint": checkpoints.newest(),
        "key_ring": key_ring_path(),
        "folder_size": _size_of(Path(configured.DATA_FOLDER)),
        "may_rename": policy_of(request).may("units.edit", tree.root),
    }
    return render(request, "web/trust/settings.html", context)


def _shown(name: str) -> dict[str, object]:
    purpose = SETTING_PURPOSES[name]
    if name in _SECRET:
        return {"name": name, "purpose": purpose, "secret": True}
    value = getattr(configured, _SHOWN[name]) if name in _SHOWN else ""
    if isinstance(value, list):
        value = ", ".join(value)
    return {"name": name, "purpose": purpose, "value": str(value)}


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
