"""Which activities end a case: as people say, else those that usually come last."""

from __future__ import annotations

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop_app.diagnose.studies.base import Asked

# An activity usually ends a case when it is the last in this share of the cases that have it,
# and in this share of all cases.
_OF_ITS_CASES = 0.2
_OF_ALL = 0.01


def closing_of(asked: Asked) -> list[str]:
    """The activities that the parameter ``closing`` names, else the usual ones of the whole log."""
    names = asked.whole.activity_labels
    given = [names[code] for code in asked.parameters.get("closing", ()) if 0 <= code < len(names)]
    return given or usual_closing(asked.whole)


def usual_closing(log: EventLog) -> list[str]:
    """Activities that usually come last; where none does, the most frequent last one."""
    size = len(log.activity_labels)
    last = np.bincount(log.activity[log.offsets[1:] - 1], minlength=size)
    pair = np.unique(log.activity.astype(np.int64) * max(log.cases, 1) + log.case_index) // max(log.cases, 1)
    cases = np.bincount(pair, minlength=size)
    usual = (last >= _OF_ITS_CASES * cases) & (last >= _OF_ALL * log.cases) & (last > 0)
    codes = np.flatnonzero(usual) if usual.any() else np.array([int(last.argmax())])
    return [log.activity_labels[code] for code in codes.tolist()]
