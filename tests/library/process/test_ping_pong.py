"""Returns: there and straight back, between steps, people or departments."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.library.process.logs import frame, log, paths

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ping_pong import ping_pong
from servloop.errors import InputError


def by_hand(cases: list[str]) -> tuple[Counter[tuple[str, str]], int]:
    """Counted the slow way."""
    found: Counter[tuple[str, str]] = Counter()
    with_one = 0
    for path in cases:
        mine = [(a, b) for a, b, c in zip(path, path[1:], path[2:], strict=False) if a == c != b]
        found.update(mine)
        with_one += bool(mine)
    return found, with_one


@given(st.lists(st.text("ABC", min_size=1, max_size=8), min_size=1, max_size=8))
def test_returns_are_those_counted_by_hand(cases: list[str]) -> None:
    found = ping_pong(log(paths(*cases)))
    expected, with_one = by_hand(cases)
    assert {(pair.first, pair.second): pair.times for pair in found.pairs} == dict(expected)
    assert (found.n, found.cases) == (len(cases), with_one)
    assert sum(pair.cases >= 1 for pair in found.pairs) == len(found.pairs)


def test_returns_between_hands_need_to_know_them() -> None:
    table = frame(paths("ABA")).with_columns(resource=pl.Series(["x", None, "x"]))
    known = table.with_columns(resource=pl.Series(["x", "y", "x"]))
    assert ping_pong(EventLog.from_frame(table), by="resource").pairs == ()
    (pair,) = ping_pong(EventLog.from_frame(known), by="resource").pairs
    assert (pair.first, pair.second, pair.times, pair.cases) == ("x", "y", 1, 1)
    with pytest.raises(InputError) as refused:
        ping_pong(EventLog.from_frame(known), by="group")
    assert refused.value.code == "process.no_groups"


def test_few_events_make_no_return() -> None:
    assert ping_pong(log(paths("AB"))).pairs == ()
    assert ping_pong(log(paths("A", "B", "A"))).pairs == ()
