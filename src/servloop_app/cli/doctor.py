"""``servloop doctor``: what is wrong with this installation, if anything."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import click

from servloop.results import Notice
from servloop_app.cli.output import EXIT_REJECTS, common_options, print_json, print_table

_MIN_FREE_GIB = 1.0
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"}


@click.command("doctor")
@common_options
def command(*, as_json: bool, language: str, seed: int, timezone: str | None) -> None:  # noqa: ARG001
    """Check the installation; exit code 3 when something needs attention. 检查安装。"""
    from servloop_app.cli import platform

    platform.start_django()
    findings = {name: check() for name, check in _checks().items()}
    if as_json:
        document = [
            {"check": name, "ok": notice is None, "message": notice.message(language) if notice else ""}
            for name, notice in findings.items()
        ]
        print_json({"checks": document}, language)
    else:
        rows = [
            (name, "ok" if notice is None else notice.message(language)) for name, notice in findings.items()
        ]
        print_table("ServLoop", ("", ""), rows)
    if any(findings.values()):
        sys.exit(EXIT_REJECTS)


def _checks() -> dict[str, Callable[[], Notice | None]]:
    return {
        "data_folder": _data_folder,
        "file_system": _file_system,
        "disk": _disk,
        "database": _database,
        "key_ring": _key_ring,
        "administrator": _administrator,
        "base_url": _base_url,
    }


def _folder() -> Path:
    from django.conf import settings

    return Path(settings.DATA_FOLDER)


def _data_folder() -> Notice | None:
    mode = stat.S_IMODE(_folder().stat().st_mode)
    if mode & 0o077:
        return Notice("core.doctor_folder_open", params={"folder": str(_folder()), "mode": oct(mode)})
    return None


def _file_system() -> Notice | None:
    """SQLite needs working locks; network file systems do not give them."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    best = ("", "")
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _device, place, kind, *_rest = line.split(" ")
        if _folder().is_relative_to(place) and len(place) > len(best[0]):
            best = (place, kind)
    if best[1] in _NETWORK_FILE_SYSTEMS:
        return Notice("core.doctor_network_folder", params={"folder": str(_folder()), "kind": best[1]})
    return None


def _disk() -> Notice | None:
    free = shutil.disk_usage(_folder()).free / 1024**3
    if free < _MIN_FREE_GIB:
        return Notice("core.doctor_disk", params={"free": f"{free:.1f}", "expected": f"{_MIN_FREE_GIB:.0f}"})
    return None


def _database() -> Notice | None:
    from django.db import DatabaseError

    from servloop_app.cli.platform import migrations_pending

    try:
        pending = migrations_pending()
    except DatabaseError as error:
        return Notice("core.doctor_database", params={"problem": str(error)})
    return Notice("core.not_set_up") if pending else None


def _key_ring() -> Notice | None:
    from servloop_app.core.encryption import key_ring, key_ring_path
    from servloop_app.core.errors import ActionError

    try:
        key_ring()
    except ActionError as error:
        return Notice(error.code, params=error.params)
    mode = stat.S_IMODE(key_ring_path().stat().st_mode)
    if mode & 0o077:
        return Notice("core.doctor_folder_open", params={"folder": str(key_ring_path()), "mode": oct(mode)})
    return None


def _administrator() -> Notice | None:
    from django.db import DatabaseError

    from servloop_app.core.models import Assignment

    try:
        held = Assignment.objects.filter(
            role="administrator", effect="allow", person__is_active=True
        ).exists()
    except DatabaseError:
        return Notice("core.not_set_up")
    return None if held else Notice("core.doctor_no_administrator")


def _base_url() -> Notice | None:
    from django.conf import settings

    local = ("http://127.0.0.1", "http://localhost")
    if not settings.BASE_URL.startswith(("https://", *local)):
        return Notice("core.doctor_no_https", params={"address": settings.BASE_URL})
    return None
