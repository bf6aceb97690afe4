"""Reading effect checks, limited to what a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from pydantic import TypeAdapter

from servloop.verify.evaluation import Evaluation
from servloop_app.core import audit_log
from servloop_app.core.chain import ChainItem, ChainKind, reference
from servloop_app.core.errors import NotFound
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy, scoped
from servloop_app.verify.actions import CHECK, DeclareCheck
from servloop_app.verify.declarations import declaration_of, hash_of
from servloop_app.verify.models import EffectCheck, EffectResult, EffectVerdict

PERMISSION = "effects.view"
EVALUATION = TypeAdapter(Evaluation)
_DECISION_MEANINGS = {"adopt": "good", "adjust": "watch", "stop": "bad"}


def checks(policy: Policy) -> QuerySet[EffectCheck]:
    """Checks of projects of the units that a person may see, the newest first."""
    return scoped(EffectCheck, policy, PERMISSION).select_related(
        "project__unit", "metric", "declared_by", "verdict__made_by"
    )


def one_check(policy: Policy, public_id: UUID) -> EffectCheck:
    """One check.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = checks(policy).filter(public_id=public_id).first()
    if found is None:
        raise NotFound(CHECK, public_id)
    return found


def waiting(policy: Policy) -> QuerySet[EffectCheck]:
    """Those of them that are under way: declared or looked at afterwards, without a verdict."""
    return checks(policy).filter(state__in=(EffectCheck.State.DECLARED, EffectCheck.State.EXPLORATORY))


def newest_result(check: EffectCheck) -> EffectResult | None:
    """The result that counts: the one a verdict was made on, else the newest."""
    verdict = verdict_of(check)
    if verdict is not None and verdict.result is not None:
        return verdict.result
    return check.results.first()


def verdict_of(check: EffectCheck) -> EffectVerdict | None:
    """The verdict on a check; None before there is one."""
    return getattr(check, "verdict", None)


def evaluation_of(result: EffectResult | None) -> Evaluation | None:
    """What was computed; None when it could not be."""
    return (
        None if result is None or result.evaluation is None else EVALUATION.validate_python(result.evaluation)
    )


@dataclass(frozen=True)
class LogEntry:
    """The leaf of a declaration.

    Attributes:
        seq: its number in the audit log.
        unchanged: the check still reads as it was declared: its hash, the stored declaration's, and the one in the
            log's sealed payload agree. None when the payload was erased.
    """

    seq: int
    unchanged: bool | None


def log_entry(check: EffectCheck) -> LogEntry | None:
    """Where the declaration stands in the log, held against what the check says now; None for undeclared ones."""
    if check.declared_at is None:
        return None
    named = reference(CHECK, check.public_id)
    leaf = LogLeaf.objects.filter(object=named, action=DeclareCheck.name).order_by("seq").first()
    if leaf is None:
        return None
    payload = audit_log.read_payload(leaf.seq)
    if payload is None:
        return LogEntry(leaf.seq, None)
    logged = payload["arguments"].get("declaration_sha256")
    same = logged == check.declaration_hash == hash_of(check.declaration) == hash_of(declaration_of(check))
    return LogEntry(leaf.seq, same)


def may_see_comparison(policy: Policy, check: EffectCheck) -> bool:
    """Whether the person may see the figures of every unit that is named for comparison."""
    allowed = {policy.tree.codes[unit] for unit in policy.units("metrics.view")}
    return set(check.comparison) <= allowed


def check_state(check: EffectCheck) -> tuple[str, str]:
    """The word for how a check stands, and its meaning: the verdict once there is one."""
    verdict = verdict_of(check)
    if verdict is not None:
        return str(verdict.decision_label), _DECISION_MEANINGS[verdict.decision]
    meaning = {EffectCheck.State.DECLARED: "info"}.get(EffectCheck.State(check.state), "neutral")
    return str(check.state_label), meaning


def _items(policy: Policy, ids: Sequence[UUID]) -> Iterable[ChainItem]:
    for one in checks(policy).filter(public_id__in=ids):
        word, meaning = check_state(one)
        title = pgettext("check in the chain", "%(metric)s from %(start)s") % {
            "metric": one.metric.name,
            "start": one.start.isoformat(),
        }
        yield ChainItem(
            reference(CHECK, one.public_id), one.number, title, "effect", (one.public_id,), word, meaning
        )


KIND = ChainKind(CHECK, _("Effect check"), 60, PERMISSION, _items)
