"""Nothing writes to the database but an action.

Every statement that goes to the database passes here. One that changes rows is let through when an action is
under way (`acting`), when its table keeps the books of the machinery (`EXEMPT`), or when the code at hand has
opened that table by name (`opening`). All else raises `WriteOutsideAction`: the audit log would miss it. Rows
of the log itself can only be added, also by an action.

The guard sees what is sent through Django's cursors, that is models, query sets and raw SQL; it is a guard
against mistakes, not against someone who holds the database file (the log's tree is).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from servloop_app.core.errors import WriteOutsideAction

# Tables of sessions, sign-in throttling, second factors, the task queue, and Django's own registers.
EXEMPT = (
    "core_session",
    "axes_",
    "account_",
    "mfa_",
    "django_tasks_database_",
    "django_migrations",
    "django_content_type",
    "auth_permission",
)
APPEND_ONLY = frozenset({"core_logleaf"})
_EVERYTHING = frozenset({"*"})
_MAINTENANCE = frozenset({"*", "maintenance"})

_open: ContextVar[frozenset[str]] = ContextVar("servloop_open_tables", default=frozenset())

_HARMLESS = re.compile(
    r"\s*(?:SELECT|VALUES|PRAGMA|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|LISTEN|DECLARE|FETCH|CLOSE"
    r"|CREATE|ALTER|DROP|ANALYZE|VACUUM)\b",
    re.IGNORECASE,
)
_WRITE = re.compile(
    r"(?<!\bFOR )(?<!\bDO )\b(INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?"
    r'|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO|COPY)\s+(?:"?public"?\.)?["\[`]?(\w+)',
    re.IGNORECASE,
)
_SECOND_STATEMENT = re.compile(r";\s*\S")


@contextmanager
def _opened(tables: frozenset[str]) -> Iterator[None]:
    token = _open.set(_open.get() | tables)
    try:
        yield
    finally:
        _open.reset(token)


def acting() -> Any:
    """Let writes through while an action is performed; for `core.actions` alone."""
    return _opened(_EVERYTHING)


def opening(*tables: str) -> Any:
    """Let writes to the named tables through: the machinery's own books (runs, outbox), never business."""
    return _opened(frozenset(tables))


def maintaining() -> Any:
    """Let everything through: for migrations, restoring a backup and emptying a test database."""
    return _opened(_MAINTENANCE)


def written_tables(sql: str) -> set[str]:
    """The tables that a statement changes, ``"?"`` for a write whose table cannot be told."""
    if _HARMLESS.match(sql) and not _SECOND_STATEMENT.search(sql):
        return set()
    tables = {table.lower() for _verb, table in _WRITE.findall(sql)}
    reads = re.match(r"\s*(?:WITH|SELECT|EXPLAIN|VALUES)\b", sql, re.IGNORECASE)
    return tables if tables or reads else {"?"}


def check_statement(sql: str) -> None:
    """Refuse a statement that writes where nothing was opened.

    Raises:
        WriteOutsideAction: the statement changes a table outside an action, or rows of the log.
    """
    opened = _open.get()
    if "maintenance" in opened:
        return
    if "*" in opened and "core_logleaf" not in sql:
        return
    for table in written_tables(sql):
        if table in APPEND_ONLY and not re.match(r"\s*INSERT\s+INTO\b", sql, re.IGNORECASE):
            raise WriteOutsideAction(table)
        if not ("*" in opened or table in opened or table.startswith(EXEMPT)):
            raise WriteOutsideAction(table)


def _watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    check_statement(sql if isinstance(sql, str) else str(sql))
    return execute(sql, params, many, context)


def watch_connection(sender: object, connection: BaseDatabaseWrapper, **_extra: object) -> None:  # noqa: ARG001
    """Put the guard before every statement of a new connection."""
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch)
