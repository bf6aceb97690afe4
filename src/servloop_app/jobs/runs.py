"""The life of a run: queued, claimed, carried out in steps, finished; and found again when its worker died.

The row in `Run` is the truth; the task queue only carries its id. A run is claimed by a conditional update that
gives it a fresh claim, and everything its worker writes later asks for that claim in the same statement. So a
worker that was thought dead and is not can no longer have an effect.
"""

from __future__ import annotations

import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import ForeignObjectRel, Q, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from servloop.errors import ServLoopError
from servloop_app.core import guard
from servloop_app.jobs import liveness
from servloop_app.jobs.kinds import JobKind, job_kind
from servloop_app.jobs.models import Run

HEARTBEAT_SECONDS = 10.0
_SHOW_SECONDS = 0.5
_QUEUE_GRACE = timedelta(seconds=5)
_BOOKS = "jobs_run"

# Set when this process is asked to stop: handlers are interrupted at their next chunk end.
stopping = threading.Event()


class Cancelled(Exception):  # noqa: N818  # a way out, not an error
    """Somebody asked to cancel the run."""


class Interrupted(Exception):  # noqa: N818
    """The worker is asked to stop; the run goes on elsewhere, later."""


class LeaseLost(Exception):  # noqa: N818
    """Another worker has the run by now: this one must not do anything more."""


def enqueue(
    kind: str, arguments: dict[str, Any] | None = None, cause: str = "", run_after: datetime | None = None
) -> Run:
    """Put a job in the queue, within the transaction that causes it (an action's, a step's, a schedule's).

    Raises:
        ValueError: there is no such kind.
    """
    known = job_kind(kind)
    if known is None:
        msg = f"no job kind {kind!r}"
        raise ValueError(msg)
    run = Run(
        kind=kind,
        arguments=arguments or {},
        cause=cause,
        run_after=run_after or timezone.now(),
        max_attempts=known.max_attempts,
    )
    _hand_to_queue(run)
    run.save()
    return run


def _hand_to_queue(run: Run) -> None:
    from servloop_app.jobs.tasks import carry_out  # noqa: PLC0415  # the task calls `perform` here

    later = run.run_after if run.run_after > timezone.now() else None
    run.task_id = uuid.UUID(carry_out.using(run_after=later).enqueue(str(run.public_id)).id)


class RunContext:
    """What a handler has in its hands.

    Attributes:
        cursor: where the last step ended; None at the first attempt.
        cause: what started the run.
    """

    def __init__(self, run: Run, kind: JobKind) -> None:
        self.cursor: Any = run.cursor
        self.cause = run.cause
        self.public_id = run.public_id
        self._run = run
        self._kind = kind
        self._shown_at = 0.0

    def _ours(self) -> QuerySet[Run]:
        return Run.objects.filter(pk=self._run.pk, claim=self._run.claim, state=Run.State.RUNNING)

    def _lease(self) -> datetime:
        return timezone.now() + self._kind.lease

    def progress(
        self, done: int, total: int | None = None, unit: str = "", code: str = "", **params: Any
    ) -> None:
        """Say how far the run is; call it at every chunk end, it is cheap.

        Raises:
            Cancelled: somebody asked to stop the run.
            Interrupted: the worker is asked to stop.
            LeaseLost: the run has another worker.
        """
        if stopping.is_set():
            raise Interrupted
        now = time.monotonic()
        if now - self._shown_at < _SHOW_SECONDS:
            return
        self._shown_at = now
        with guard.opening(_BOOKS):
            held = self._ours().update(
                done=done,
                total=total,
                unit=unit,
                message_code=code,
                message_params=params,
                lease_until=self._lease(),
            )
        if not held:
            raise LeaseLost
        if self._ours().filter(cancel_requested=True).exists():
            raise Cancelled

    @contextmanager
    def step(self, cursor: Any = None) -> Iterator[None]:
        """One transaction with a part of the effect; keep it under 200 ms.

        It commits only while this worker holds the run, together with ``cursor``, from which the next attempt
        goes on. Progress starts the count of attempts afresh.

        Raises:
            LeaseLost: the run has another worker; nothing of the step remains.
        """
        with transaction.atomic():
            yield
            with guard.opening(_BOOKS):
                held = self._ours().update(cursor=cursor, attempt=1, lease_until=self._lease())
            if not held:
                raise LeaseLost
        self.cursor = cursor

    def enqueue(self, kind: str, arguments: dict[str, Any] | None = None) -> Run:
        """Start another job because of this one; inside a step, so that it is started once."""
        with guard.opening(_BOOKS):
            return enqueue(kind, arguments, f"job:{self.public_id}")

    def finish(self, state: str, **changes: Any) -> None:
        """End the run in a state, if this worker still holds it."""
        with guard.opening(_BOOKS):
            held = self._ours().update(
                state=state, finished_at=timezone.now(), lease_until=None, claim=None, worker="", **changes
            )
        if not held:
            raise LeaseLost


def claim(public_id: uuid.UUID | str) -> Run | None:
    """Take a queued run, or None when somebody else has it, it is not due, or it was cancelled."""
    now = timezone.now()
    with transaction.atomic(), guard.opening(_BOOKS):
        run = Run.objects.select_for_update().filter(public_id=public_id, state=Run.State.QUEUED).first()
        if run is None or run.run_after > now + timedelta(seconds=1):
            return None
        kind = job_kind(run.kind)
        run.state, run.claim, run.worker = Run.State.RUNNING, uuid.uuid4(), liveness.own_name()
        run.attempt += 1
        run.started_at = run.started_at or now
        run.lease_until = now + (kind.lease if kind else timedelta(seconds=60))
        run.save()
    return run


def perform(public_id: uuid.UUID | str) -> None:
    """Carry out a run if it can be claimed; whatever happens is written into the run."""
    run = claim(public_id)
    if run is not None:
        with suppress(LeaseLost):  # then the run is another worker's business
            _perform(run)


def _perform(run: Run) -> None:
    kind = job_kind(run.kind)
    if kind is None:
        context = RunContext(
            run, JobKind(run.kind, perform, 1, timedelta(), timedelta(minutes=1), atomic=False)
        )
        context.finish(Run.State.FAILED, message_code="jobs.unknown_kind", message_params={"kind": run.kind})
        return
    context = RunContext(run, kind)
    try:
        _attempt(context, kind, run)
    except Cancelled:
        context.finish(Run.State.CANCELLED)
    except Interrupted:
        _requeue(run, attempt=max(run.attempt - 1, 0))
    except LeaseLost:
        raise
    except ServLoopError as error:  # the input is wrong: it would be wrong again
        with transaction.atomic():
            context.finish(
                Run.State.FAILED,
                message_code=error.code,
                message_params=error.params,
                error_detail=traceback.format_exc(),
            )
            _abandon(run)
    except Exception:  # noqa: BLE001  # whatever a handler raises belongs into its run
        _retry_or_fail(context, kind, run, traceback.format_exc())


def _attempt(context: RunContext, kind: JobKind, run: Run) -> None:
    if kind.atomic:
        with transaction.atomic():
            result = kind.handler(context, **run.arguments)
            context.finish(Run.State.DONE, result=result)
        return
    with _heartbeat(context, kind):
        result = kind.handler(context, **run.arguments)
    context.finish(Run.State.DONE, result=result)


@contextmanager
def _heartbeat(context: RunContext, kind: JobKind) -> Iterator[None]:
    """Renew the lease while a handler computes without reporting; a dead process renews nothing."""
    ended = threading.Event()

    def renew() -> None:
        from django.db import connection  # noqa: PLC0415  # this thread's own connection

        while not ended.wait(min(HEARTBEAT_SECONDS, kind.lease.total_seconds() / 3)):
            try:
                with guard.opening(_BOOKS):
                    context._ours().update(lease_until=context._lease())  # noqa: SLF001  # its other half
            except Exception:  # noqa: BLE001, S112  # a busy database: the next beat comes before the lease ends
                continue
        connection.close()

    thread = threading.Thread(target=renew, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _retry_or_fail(context: RunContext, kind: JobKind, run: Run, detail: str) -> None:
    attempt = Run.objects.values_list("attempt", flat=True).get(pk=run.pk)
    if attempt >= kind.max_attempts:
        with transaction.atomic():
            context.finish(
                Run.State.FAILED,
                message_code="jobs.unexpected",
                message_params={"error": detail.strip().rpartition("\n")[2][:300]},
                error_detail=detail,
            )
            _abandon(run)
        return
    _requeue(run, attempt=attempt, run_after=timezone.now() + kind.wait_after(attempt), error_detail=detail)


def _requeue(run: Run, **changes: Any) -> bool:
    """Queue a run again if its claim is still the one that we know."""
    with transaction.atomic(), guard.opening(_BOOKS):
        current = (
            Run.objects.select_for_update()
            .filter(pk=run.pk, state=Run.State.RUNNING, claim=run.claim)
            .first()
        )
        if current is None:
            return False
        # What a killed worker left behind in the queue would stay "running" there for ever.
        DBTaskResult.objects.filter(id__in=[current.task_id], status="RUNNING").update(
            status="FAILED", finished_at=timezone.now()
        )
        current.state, current.claim, current.worker, current.lease_until = Run.State.QUEUED, None, "", None
        for name, value in changes.items():
            setattr(current, name, value)
        _hand_to_queue(current)
        current.save()
    return True


def reap(now: datetime | None = None) -> int:
    """Queue again what was lost: runs whose worker died or went silent, and queued runs that no task carries."""
    now = now or timezone.now()
    found = 0
    for run in Run.objects.filter(state=Run.State.RUNNING):
        lost = (run.lease_until is not None and run.lease_until < now) or liveness.is_dead(run.worker)
        if lost:
            found += _recover(run)
    waiting = Run.objects.filter(state=Run.State.QUEUED, run_after__lt=now - _QUEUE_GRACE)
    carried = DBTaskResult.objects.filter(status="READY", id__in=waiting.values("task_id")).values_list(
        "id", flat=True
    )
    for run in waiting.exclude(task_id__in=list(carried)):
        with transaction.atomic(), guard.opening(_BOOKS):
            current = (
                Run.objects.select_for_update()
                .filter(pk=run.pk, state=Run.State.QUEUED, task_id=run.task_id)
                .first()
            )
            if current is not None:
                _hand_to_queue(current)
                current.save()
                found += 1
    return found


def forget_the_dead() -> None:
    """Remove the files of workers that ended, but for those whose runs `reap` has yet to find: it knows them by these."""
    for name in liveness.dead():
        if not Run.objects.filter(state=Run.State.RUNNING, worker=name).exists():
            liveness.forget(name)


def _recover(run: Run) -> int:
    kind = job_kind(run.kind)
    if kind is not None and run.attempt >= kind.max_attempts:
        with transaction.atomic(), guard.opening(_BOOKS):
            ended = Run.objects.filter(pk=run.pk, claim=run.claim, state=Run.State.RUNNING).update(
                state=Run.State.FAILED,
                finished_at=timezone.now(),
                message_code="jobs.worker_died",
                message_params={"attempts": run.attempt},
                claim=None,
                lease_until=None,
            )
            if ended:
                _abandon(run)
            return ended
    return int(_requeue(run))


def _abandon(run: Run) -> None:
    """Let the package of a run's kind see to what the run leaves; in the transaction that ended it."""
    kind = job_kind(run.kind)
    if kind is not None and kind.abandoned is not None:
        run.refresh_from_db()
        with guard.opening(_BOOKS):
            kind.abandoned(run)


def tidy(before: datetime) -> int:
    """Delete finished runs and task rows older than a day; how many runs went."""
    ended = Q(state__in=[Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED])
    # Rows of other packages that name a run forget it.
    referring = [
        field.related_model._meta.db_table
        for field in Run._meta.get_fields(include_hidden=True)
        if isinstance(field, ForeignObjectRel)
    ]
    with guard.opening(_BOOKS, *referring):
        DBTaskResult.objects.filter(finished_at__lt=before).delete()
        gone, _by_model = Run.objects.filter(ended, finished_at__lt=before).delete()
    return gone


def request_cancel(run: Run) -> None:
    """Cancel a queued run at once, a running one at its next chunk end; inside an action."""
    waiting = Run.objects.filter(pk=run.pk, state=Run.State.QUEUED).update(
        state=Run.State.CANCELLED, finished_at=timezone.now(), cancel_requested=True
    )
    if waiting:
        _abandon(run)
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(cancel_requested=True)


def again(run: Run) -> Run:
    """Queue the same work as a new run; inside an action."""
    return enqueue(run.kind, run.arguments, f"job:{run.public_id}")
