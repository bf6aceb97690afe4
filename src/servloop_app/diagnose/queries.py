"""Reading process logs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from servloop.diagnose.process.event_log import EventLog
from servloop_app.core.errors import NotFound
from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy, scoped
from servloop_app.diagnose.analysis import Analysis, Selection
from servloop_app.diagnose.engine import stored_aggregates
from servloop_app.diagnose.log_cache import WeightedCache
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions, load_log

_CACHED_EVENTS = 6_000_000  # some 40 bytes each, the source table apart

_loaded: WeightedCache[EventLog] = WeightedCache(_CACHED_EVENTS, lambda log: log.events)
_analyses: WeightedCache[Analysis] = WeightedCache(_CACHED_EVENTS, lambda analysis: analysis.events)


def process_logs(policy: Policy) -> QuerySet[ProcessLog]:
    """The logs of the units that a person may see, newest first."""
    return scoped(ProcessLog, policy, "process.view").select_related("unit", "uploaded_by", "run")


def process_log(policy: Policy, public_id: UUID) -> ProcessLog:
    """One log.

    Raises:
        NotFound: there is none, or not for this person.
    """
    log = process_logs(policy).filter(public_id=public_id).first()
    if log is None:
        raise NotFound("process_log", public_id)
    return log


def units_to_add_to(policy: Policy) -> QuerySet[Unit]:
    """The units for which a person may add logs."""
    return Unit.objects.filter(pk__in=policy.units("process.edit")).order_by("sort_key")


def loaded(log: ProcessLog) -> EventLog:
    """All events of a log, read once.

    Raises:
        NotFound: the log has not been read.
    """
    if not log.ready:
        raise NotFound("process_log", log.public_id)

    def load() -> EventLog:
        # A log is read anew when somebody was erased from it: what is known of its earlier events must not stay either.
        for cache in (_loaded, _analyses):
            cache.drop(
                lambda key: isinstance(key, tuple) and key[0] == log.public_id and key[1] < log.version
            )
        return load_log(log.public_id, ReadingOptions.of(log.options))

    return _loaded.get((log.public_id, log.version), load)


def analysis(log: ProcessLog, selection: Selection) -> Analysis:
    """The figures of the selected cases of a log.

    Raises:
        NotFound: the log has not been read.
    """
    marked = tuple(log.not_waiting)

    def make() -> Analysis:
        base = None if selection.everything else analysis(log, Selection())
        made = stored_aggregates(log.public_id) if selection.everything else None
        whole = loaded(log) if made is None else lambda: loaded(log)
        return Analysis(whole, selection, marked, base, timezone.get_default_timezone(), aggregates=made)

    return _analyses.get((log.public_id, log.version, selection, marked), make)
