"""What is held about people, part by part, and the erasures on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from servloop.results import plain
from servloop_app.collect.actions.personal_data import ERASE_JOB, PERMISSION, ErasePeople, RecordErasure
from servloop_app.core import audit_log
from servloop_app.core.errors import NotFound
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy
from servloop_app.jobs.models import Run

LOST = "lost"  # the job is no longer there and left no record


@dataclass(frozen=True)
class Held:
    """What the parts of the platform hold about people.

    Attributes:
        parts: part → its records, JSON-ready, as its handler exports them.
    """

    parts: dict[str, list[dict[str, Any]]]

    @property
    def total(self) -> int:
        """How many records all parts hold together."""
        return sum(len(records) for records in self.parts.values())

    def counts(self) -> dict[str, dict[str, int]]:
        """Part → kind of record → how many; the largest first, parts that hold nothing left out."""
        counted = {part: Counter(str(one["kind"]) for one in held) for part, held in self.parts.items()}
        return {part: dict(kinds.most_common()) for part, kinds in counted.items() if kinds}


def held_about(indexes: Iterable[bytes]) -> Held:
    """Ask every part what it holds. To be called only with what `LookUpPeople` gave, so that it is on record."""
    wanted = list(indexes)
    return Held({part: plain(handler.export(wanted)) for part, handler in personal_data_handlers.items()})


@dataclass(frozen=True)
class Erasure:
    """An erasure on record.

    Attributes:
        public_id: its id; None for one of an earlier release.
        seq: number of the request in the audit log.
        asked_at: when somebody asked.
        actor: who asked, as the log names them.
        reason: why; empty when the details were erased from the log.
        people: how many identifiers it was about.
        state: state of its job, or `LOST`.
        records: part → how many records it lost; None until it is done.
        finished_at: when it was done.
        run: its newest job, as long as that is kept.
    """

    public_id: UUID | None
    seq: int
    asked_at: datetime
    actor: str
    reason: str
    people: int
    state: str
    records: Mapping[str, int] | None
    finished_at: datetime | None
    run: Run | None

    @property
    def total(self) -> int:
        """How many records all parts lost together."""
        return sum((self.records or {}).values())

    @property
    def under_way(self) -> bool:
        """Whether its job waits or runs."""
        return self.state in {Run.State.QUEUED, Run.State.RUNNING}


def erasures(policy: Policy) -> QuerySet[LogLeaf]:
    """Requests to erase people, newest first, for `erasures_of`.

    Raises:
        NotAllowed: they are not this person's business.
    """
    policy.require(PERMISSION)
    return LogLeaf.objects.filter(action=ErasePeople.name).order_by("-seq")


def one_erasure(policy: Policy, public_id: UUID | str) -> Erasure:
    """One erasure.

    Raises:
        NotFound: there is none with that id.
    """
    leaf = erasures(policy).filter(object=f"erasure:{public_id}").first()
    if leaf is None:
        raise NotFound("erasure", public_id)
    return erasures_of([leaf])[0]


def erasures_of(leaves: Iterable[LogLeaf]) -> list[Erasure]:
    """The erasures that leaves of the log asked for, with what became of them."""
    asked = list(leaves)
    ended = list(
        LogLeaf.objects.filter(
            action=RecordErasure.name, object__in={leaf.object for leaf in asked}
        ).order_by("seq")
    )
    details = {
        seq: payload.get("arguments", {})
        for seq, payload in audit_log.read_payloads([leaf.seq for leaf in (*asked, *ended)]).items()
    }
    names = {details.get(leaf.seq, {}).get("erasure", "") for leaf in asked} - {""}
    runs = Run.objects.filter(kind=ERASE_JOB, arguments__erasure__in=sorted(names)).order_by("pk")
    newest = {run.arguments["erasure"]: run for run in runs}
    return [_erasure(leaf, ended, details, newest) for leaf in asked]


def _erasure(
    leaf: LogLeaf,
    ended: Iterable[LogLeaf],
    details: Mapping[int, Mapping[str, Any]],
    runs: Mapping[str, Run],
) -> Erasure:
    asked = details.get(leaf.seq, {})
    name = asked.get("erasure", "")
    # A job that is done writes its result once; if it is killed before it could say so, the second one found nothing.
    done = next((one for one in ended if one.object == leaf.object and one.seq > leaf.seq), None)
    run = runs.get(name)
    state = run.state if run else LOST
    return Erasure(
        public_id=UUID(name) if name else None,
        seq=leaf.seq,
        asked_at=leaf.time,
        actor=leaf.actor,
        reason=asked.get("reason", ""),
        people=len(asked.get("indexes", ())),
        state=Run.State.DONE if done else state,
        records=details.get(done.seq, {}).get("records", {}) if done else None,
        finished_at=done.time if done else None,
        run=run,
    )
