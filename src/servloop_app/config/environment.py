"""What the surroundings decide: settings come from environment variables named ``SERVLOOP_…`` and ``DATABASE_URL``.

Every variable is read here and nowhere else, so that `docs/en/settings.md` can list them all (a test compares).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

VARIABLES = {
    "SERVLOOP_DATA": "Folder of the work database, facts, uploads and keys; default `var` in the working directory.",
    "SERVLOOP_SECRET_KEY": "Signs sessions and links; default: made once and kept in the data folder.",
    "SERVLOOP_BASE_URL": "Address people use, for links in messages; default http://127.0.0.1:8000.",
    "SERVLOOP_HOSTS": "Further host names the server answers to, separated by commas.",
    "SERVLOOP_DEBUG": "1 shows error details in the browser: for development only.",
    "SERVLOOP_TIMEZONE": "Zone in which pages show times; default Asia/Shanghai.",
    "SERVLOOP_LANGUAGE": "Language for people who have not chosen one: zh-hans (default) or en.",
    "SERVLOOP_ENGINE": "Engine for large process logs: duckdb[:MEMORY] or spark[:MASTER]; default: in memory.",
    "DATABASE_URL": "postgresql://user:password@host:port/name, or empty for SQLite in the data folder.",
}

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; "
    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-6000;"
)


def variable(name: str, default: str = "") -> str:
    """One setting from the environment; only names listed in `VARIABLES` exist."""
    if name not in VARIABLES:
        msg = f"{name} is not a setting; add it to VARIABLES"
        raise KeyError(msg)
    return os.environ.get(name, default)


def data_folder() -> Path:
    """The folder that holds everything of this installation, created when missing and closed to others."""
    folder = Path(variable("SERVLOOP_DATA", "var")).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def secret_key(folder: Path) -> str:
    """The signing key: given, or made once at random and kept beside the data with mode 0600."""
    given = variable("SERVLOOP_SECRET_KEY")
    if given:
        return given
    path = folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        key = secrets.token_urlsafe(48)
        handle.write(key)
    return key


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's database entry for a URL; SQLite in the data folder when the URL is empty.

    Raises:
        ValueError: the scheme is not PostgreSQL's.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "servloop.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        msg = f"DATABASE_URL starts with {parts.scheme!r}; expected postgresql://user:password@host:port/name"
        raise ValueError(msg)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
