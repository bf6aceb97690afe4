"""Runs of signals on a chart: what makes an alert, and of which grade."""

import datetime as dt

import pytest

from servloop_app.monitor.alert_rules import due_from, runs_of, state_of

START = dt.date(2026, 1, 5)


def chart(*points):
    """Points as ``(value, rules)`` or ``(value, rules, missed)``; the center is 10."""
    made = []
    for place, given in enumerate(points):
        value, rules, *missed = given
        side = "" if value is None else "above" if value > 10 else "below"
        start = (START + dt.timedelta(weeks=place)).isoformat()
        made.append(
            {
                "start": start, "value": value, "center": 10, "rules": rules, "side": side, "phase": 0,
                "missed": bool(missed),
            }
        )  # fmt: skip
    return made


def week(place):
    return START + dt.timedelta(weeks=place)


OUT, RUN = ["beyond_limits"], ["eight_on_one_side"]


def test_signals_in_a_row_are_one_run():
    points = chart((10, []), (30, RUN), (31, OUT), (10, []), (30, RUN))
    runs = runs_of(points, "lower")
    assert [(run.first, run.last, run.grade, run.points) for run in runs] == [
        (week(1), week(2), "serious", 2),
        (week(4), week(4), "watch", 1),
    ]
    assert runs[0].rules == ("eight_on_one_side", "beyond_limits")


def test_only_the_bad_side_counts():
    points = chart((30, OUT), (1, OUT))
    assert [run.side for run in runs_of(points, "lower")] == ["above"]
    assert [run.side for run in runs_of(points, "higher")] == ["below"]
    assert len(runs_of(points, "band")) == 2


def test_a_missing_point_neither_breaks_a_run_nor_counts():
    (run,) = runs_of(chart((30, OUT), (None, []), (31, OUT)), "lower")
    assert (run.points, run.last) == (2, week(2))


def test_a_new_phase_breaks_a_run():
    points = chart((30, OUT), (31, OUT))
    points[1]["phase"] = 1
    assert len(runs_of(points, "lower")) == 2


def test_a_missed_target_is_serious_from_three_in_a_row():
    two = chart((10, [], True), (10, [], True))
    three = chart((10, [], True), (10, [], True), (10, [], True))
    assert [(run.kind, run.grade) for run in runs_of(two, "higher")] == [("target", "watch")]
    assert [run.grade for run in runs_of(three, "higher")] == ["serious"]


def test_a_first_look_goes_back_a_few_periods_only():
    points = chart(*[(10, [])] * 10)
    assert due_from(points, None) == week(7)
    assert due_from(points, week(9)) == week(9)
    assert due_from([], None) is None


@pytest.mark.parametrize(
    ("points", "state"),
    [
        ([(10, [])], "good"),
        ([(30, OUT)], "bad"),
        ([(30, RUN)], "watch"),
        ([(30, OUT), (10, [])], "good"),
        ([(1, OUT)], "good"),
        ([], "neutral"),
        ([(None, [])], "neutral"),
    ],
)
def test_a_chart_stands_as_its_newest_point(points, state):
    assert state_of(chart(*points), "lower") == state
