"""Waits taken apart: each planted cause is named with its seconds, and the parts always make the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.library.process.logs import log, with_starts

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.waiting_causes import CAUSES, WaitingCauses, waiting_causes
from servloop.errors import InputError, SpecError
from servloop.monitor.calendar import WorkingCalendar

OFFICE = WorkingCalendar.from_hours({day: [("08:00", "16:00")] for day in range(5)}, "UTC")


def built(*steps: tuple[str, str, float, float, str | None]) -> EventLog:
    """Case, activity, begin and end in hours since Monday 08:00, person."""
    return log(
        [(case, activity, end) for case, activity, _, end, _ in steps],
        start_time=with_starts([begin for _, _, begin, _, _ in steps]),
        resource=[person for *_, person in steps],
    )


def hours(found: WaitingCauses) -> dict[str, float]:
    assert sum(share.value for share in found.shares.values()) == pytest.approx(1)
    return {
        cause: round(sum(getattr(item, cause) for item in found.activities) / 3600, 6)
        for cause in CAUSES
        if sum(getattr(item, cause) for item in found.activities)
    }


def test_contention_is_work_on_what_came_earlier() -> None:
    found = waiting_causes(built(
        ("a", "in", 0, 1, "web"), ("b", "in", 1, 2, "web"),
        ("a", "审核", 1, 4, "p"), ("b", "审核", 4, 5, "p"),
    ))  # fmt: skip
    assert hours(found) == {"contention": 2.0}
    assert found.n == 1


def test_prioritisation_is_work_on_what_came_later() -> None:
    found = waiting_causes(built(
        ("a", "in", 0, 1, "web"), ("b", "in", 1, 2, "web"),
        ("b", "审核", 2, 4, "p"), ("a", "审核", 4, 5, "p"),
    ))  # fmt: skip
    assert hours(found) == {"extraneous": 1.0, "prioritisation": 2.0}


def test_nights_are_unavailability_and_the_rest_is_extraneous() -> None:
    found = waiting_causes(built(("a", "in", 0, 7, "web"), ("a", "审核", 26, 27, "p")), calendar=OFFICE)
    assert hours(found) == {"unavailability": 16.0, "extraneous": 3.0}
    assert waiting_causes(built(("a", "in", 0, 7, "w"), ("a", "b", 26, 27, "p"))).warnings[-1].code == (
        "process.causes_without_calendar"
    )


def test_batches_wait_for_their_last_member_unless_the_person_was_busy() -> None:
    arrivals = [(name, "in", place, place + 0.5, "web") for place, name in enumerate("abc")]
    together = [(name, "print", 5 + place, 6 + place, "p") for place, name in enumerate("abc")]
    found = waiting_causes(built(*arrivals, *together))
    assert found.batches == 1
    assert hours(found) == {"batching": 2.0 + 1.0, "contention": 0 + 1 + 2, "extraneous": 3 * 2.5}
    busy = [("x", "other", 0, 5, "p")]
    held_up = waiting_causes(built(*arrivals, *together, *busy))
    assert held_up.batches == 0
    assert held_up.shares["batching"].value == 0


steps = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from("xy"), st.integers(0, 20), st.integers(0, 5), st.sampled_from("pq")
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=25)
@given(steps)
def test_the_parts_are_never_negative_and_make_the_whole(rows: list[tuple[int, str, int, int, str]]) -> None:
    made = built(*((f"c{case}", a, begin, begin + length, who) for case, a, begin, length, who in rows))
    for calendar in (None, OFFICE):
        found = waiting_causes(made, calendar=calendar, batch_size=2)
        for item in found.activities:
            parts = [getattr(item, cause) for cause in CAUSES]
            assert min(parts) >= 0
            assert sum(parts) == pytest.approx(item.total_seconds)
        assert sum(item.total_seconds for item in found.activities) == pytest.approx(found.total_seconds)


@settings(deadline=None, max_examples=25)
@given(steps)
def test_busy_time_is_that_of_counting_minutes(rows: list[tuple[int, str, int, int, str]]) -> None:
    """Against the definition, hour by hour: busy with something that was ready earlier, or only with later ones."""
    made = built(*((f"c{case}", a, begin, begin + length, who) for case, a, begin, length, who in rows))
    found = waiting_causes(made, batch_size=10_000)
    busy = sum(item.contention + item.prioritisation for item in found.activities) / 3600
    expected = 0
    whole = [times // 3_600_000_000 for times in (made.begin, made.end)]
    table = list(
        zip(
            made.case_index.tolist(),
            *(t.tolist() for t in whole),
            made.codes_of("resource")[0].tolist(),
            strict=True,
        )
    )
    for place, (case, begin, _, who) in enumerate(table):
        others = [e for at, (c, _, e, _) in enumerate(table) if c == case and at != place and e <= begin]
        for hour in range(max(others), begin) if others else ():
            expected += any(w == who and b <= hour < e for _, b, e, w in table)
    assert busy == pytest.approx(expected)


def test_people_are_kept_apart_and_intervals_cover() -> None:
    random = np.random.default_rng(1)
    rows = []
    for case in range(200):
        arrived, gap = case * 10.0, float(random.exponential(2))
        rows += [
            (f"c{case}", "in", arrived, arrived + 0.1, "w"),
            (f"c{case}", "do", arrived + 0.1 + gap, arrived + 0.2 + gap, f"p{case % 9}"),
        ]
    found = waiting_causes(built(*rows))
    assert found.shares["extraneous"].value == pytest.approx(1)
    assert found.shares["contention"].high < 0.05


def test_empty_logs_and_wrong_requests() -> None:
    nothing = waiting_causes(built(("a", "x", 0, 1, "p")))
    assert nothing.shares["batching"].reason.code == "process.causes_no_waits"
    unknown = waiting_causes(built(("a", "x", 0, 1, "p"), ("a", "y", 2, 3, None)))
    assert (unknown.n, unknown.warnings[0].code) == (0, "process.causes_without_person")
    with pytest.raises(InputError):
        waiting_causes(log([("a", "x", 0)]))
    with pytest.raises(InputError):
        waiting_causes(log([("a", "x", 0)], start_time=with_starts([0])))
    for wrong in ({"batch_size": 1}, {"level": 2}):
        with pytest.raises(SpecError):
            waiting_causes(built(("a", "x", 0, 1, "p")), **wrong)
