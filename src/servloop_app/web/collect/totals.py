"""How many feedback records there are: counted now while there are few, else as counted when figures were computed."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.collect.feedback_list import COUNTED, counted
from servloop_app.collect.queries import Asked
from servloop_app.core.policy import Policy
from servloop_app.measure.queries import feedback_rows


@dataclass(frozen=True)
class Total:
    """A number of records; with ``more`` there are more than that."""

    n: int
    more: bool = False


def total_of(rights: Policy, asked: Asked) -> Total | None:
    """How many records a person may see, within what is asked; None where only a search could tell."""
    kept = None
    if not (asked.text or asked.source):
        kept = feedback_rows(rights, unit=asked.unit, channel=asked.channel)
    if kept is not None and kept > COUNTED:
        return Total(kept)
    found = counted(rights, asked)
    if found is None:
        return None if kept is None else Total(kept)
    return Total(COUNTED, more=True) if found > COUNTED else Total(found)
