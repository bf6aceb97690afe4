"""The kinds of jobs and the functions that do them.

    @job("survey.publish", max_attempts=5)
    def publish(run: RunContext, survey: str) -> None:
        for chunk in ...:
            run.progress(done, total, "answers")
            with run.step(cursor=chunk.end):     # one transaction: the effect and how far we are
                ...

A handler may be stopped at any point, also by a power cut, and is then called again with ``run.cursor`` as the
last `RunContext.step` left it. Effects inside steps happen exactly once; effects outside of them must be
harmless when repeated. A handler declared ``atomic`` is one step as a whole. A handler that leaves effects outside of
steps says with ``abandoned`` what becomes of them when its run is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from servloop_app.jobs.models import Run

Handler = TypeVar("Handler", bound=Callable[..., Any])

_KINDS: dict[str, JobKind] = {}
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class JobKind:
    """How jobs of one kind are done.

    Attributes:
        name: ``"<subject>.<verb>"``.
        handler: called with the run's context and its arguments by name; what it returns is the run's result.
        max_attempts: attempts without progress before the run has failed.
        backoff: wait before the second attempt; doubles with every further one, up to an hour.
        lease: how long a run may stay silent before it counts as lost.
        atomic: the handler is one short transaction together with the run's end.
        abandoned: called in the transaction in which a run ends without its handler: it failed for good, or was
            cancelled while it waited for another attempt.
    """

    name: str
    handler: Callable[..., Any]
    max_attempts: int
    backoff: timedelta
    lease: timedelta
    atomic: bool
    abandoned: Callable[[Run], None] | None = None

    def wait_after(self, attempt: int) -> timedelta:
        """How long to wait after a failed attempt (1, 2, …), at most an hour."""
        return min(self.backoff * (1 << (attempt - 1)), _LONGEST_WAIT)


def job(
    name: str,
    *,
    max_attempts: int = 3,
    backoff: timedelta = timedelta(seconds=10),
    lease: timedelta = timedelta(seconds=60),
    atomic: bool = False,
    abandoned: Callable[[Run], None] | None = None,
) -> Callable[[Handler], Handler]:
    """Declare a function as the handler of a kind of jobs; its module is imported in ``AppConfig.ready()``."""

    def register(handler: Handler) -> Handler:
        if name in _KINDS and _KINDS[name].handler is not handler:
            msg = f"job kind {name!r} exists twice"
            raise ValueError(msg)
        _KINDS[name] = JobKind(name, handler, max_attempts, backoff, lease, atomic, abandoned)
        return handler

    return register


def job_kind(name: str) -> JobKind | None:
    """The kind of a name, None when no installed package knows it."""
    return _KINDS.get(name)


def job_kinds() -> tuple[str, ...]:
    """The names that the application's packages declare, sorted."""
    own = (name for name, kind in _KINDS.items() if kind.handler.__module__.startswith("servloop_app."))
    return tuple(sorted(own))
