"""Reading what can be proved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from servloop.trust.transparency_log import LogCheck
from servloop_app.core import audit_log
from servloop_app.core.models import LogLeaf
from servloop_app.trust import checkpoints


def verify_log() -> LogCheck:
    """Read the whole audit log again and hold it against the database's state and every checkpoint."""
    roots, problems = checkpoints.published_roots()
    outcome = audit_log.verify(roots)
    return replace(outcome, problems=(*outcome.problems, *problems), intact=outcome.intact and not problems)


def log_leaves(
    *,
    actor: str = "",
    action: str = "",
    object_: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[LogLeaf]:
    """Leaves, newest first, filtered by what is given: actor, action or object begin with the text.

    Their reader needs ``audit.view``.
    """
    leaves = LogLeaf.objects.order_by("-seq")
    for column, text in (("actor", actor), ("action", action), ("object", object_)):
        if text:
            leaves = leaves.filter(**{f"{column}__startswith": text})
    if since is not None:
        leaves = leaves.filter(time__gte=since)
    if until is not None:
        leaves = leaves.filter(time__lt=until)
    return leaves
