"""Parts of a log keep the right cases and the order of their events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.library.process.logs import BEGIN, log, paths

from servloop.diagnose.process import filtering
from servloop.diagnose.process.directly_follows import directly_follows
from servloop.diagnose.process.simplify import simplify
from servloop.diagnose.process.variants import variants
from servloop.errors import InputError, SpecError

LOG = log(
    paths("ABC", "ACB", "AB", "D"),
    resource=["u", "v", None, "u", "u", "u", "w", None, "u"],
)
DAY = timedelta(days=1)


def cases(part: object) -> list[str]:
    return sorted(part.case_ids())


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("contained", ["c1"]),
        ("touching", ["c0", "c1", "c2"]),
        ("starting", ["c1", "c2"]),
        ("ending", ["c0", "c1"]),
    ],
)
def test_a_span_of_time_keeps_cases_by_its_rule(rule: str, kept: list[str]) -> None:
    since, until = BEGIN + timedelta(hours=1), BEGIN + 2 * DAY + timedelta(hours=1)
    assert cases(filtering.between(LOG, since, until, rule=rule)) == kept


def test_events_of_a_span_cut_cases() -> None:
    part = filtering.between(LOG, BEGIN + timedelta(hours=1), BEGIN + DAY, rule="events")
    assert [v.activities for v in variants(part).variants] == [("B", "C")]
    assert filtering.between(LOG, None, None, rule="events").events == LOG.events


def test_a_span_needs_zones_and_a_length() -> None:
    with pytest.raises(SpecError) as naive:
        filtering.between(LOG, BEGIN.replace(tzinfo=None), None)
    assert naive.value.code == "process.bound_without_zone"
    with pytest.raises(SpecError) as empty:
        filtering.between(LOG, BEGIN, BEGIN)
    assert empty.value.code == "process.empty_span"


def test_attributes_keep_cases_or_events() -> None:
    assert cases(filtering.with_attribute(LOG, "resource", ["v", "w"])) == ["c0", "c2"]
    assert cases(filtering.with_attribute(LOG, "resource", [None])) == ["c0", "c2"]
    assert filtering.with_attribute(LOG, "resource", ["u"], of="events").events == 5
    assert filtering.with_attribute(LOG, "resource", ["nobody"]).cases == 0
    assert cases(filtering.with_attribute(LOG, "resource", ["v", "w"], keep=False)) == ["c1", "c3"]
    assert filtering.with_attribute(LOG, "resource", ["u"], of="events", keep=False).events == LOG.events - 5
    assert filtering.with_attribute(LOG, "resource", ["nobody"], keep=False).cases == LOG.cases
    with pytest.raises(InputError, match="colour"):
        filtering.with_attribute(LOG, "colour", ["red"])


def test_activities_paths_ends_and_variants() -> None:
    assert cases(filtering.with_activity(LOG, ["C", "D"])) == ["c0", "c1", "c3"]
    assert cases(filtering.with_activity(LOG, ["C", "D"], keep=False)) == ["c2"]
    assert cases(filtering.with_path(LOG, "A", "B")) == ["c0", "c2"]
    assert cases(filtering.with_path(LOG, "A", "B", directly=False)) == ["c0", "c1", "c2"]
    assert cases(filtering.with_path(LOG, "A", "B", keep=False)) == ["c1", "c3"]
    assert cases(filtering.with_path(LOG, "A", "A", directly=False)) == []
    assert cases(filtering.with_endpoints(LOG, starts=["A"], ends=["B"])) == ["c1", "c2"]
    assert cases(filtering.with_variants(LOG, [("A", "B"), ["D"]])) == ["c2", "c3"]
    with pytest.raises(SpecError, match="X"):
        filtering.with_path(LOG, "A", "X")


def test_an_empty_part_is_a_log() -> None:
    nothing = filtering.with_variants(LOG, [("X",)])
    assert (nothing.cases, nothing.events) == (0, 0)
    assert directly_follows(filtering.with_path(nothing, "A", "B")).edges == ()
    assert filtering.between(nothing, BEGIN, None).cases == 0


def test_parts_of_parts_read_the_right_attributes() -> None:
    part = filtering.with_activity(filtering.with_activity(LOG, ["B"]), ["C"], keep=False)
    codes, labels = part.codes_of("resource")
    assert [None if code < 0 else labels[int(code)] for code in codes] == ["w", None]


def test_a_simplified_map_keeps_what_connects_and_says_how_many_cases_it_shows() -> None:
    built = log(paths(*["ABE"] * 6, *["ACE"] * 3, "ADE"))
    shown = simplify(built, activities=0.6, paths=0)  # A, E and B; C and D are rarer
    assert {node.activity for node in shown.nodes} == {"A", "B", "E"}
    assert {(edge.source, edge.target, edge.count) for edge in shown.edges} == {("A", "B", 6), ("B", "E", 6)}
    assert (shown.cases_shown_count, shown.cases_shown.value) == (6, 0.6)
    assert (shown.hidden_activities, shown.hidden_edges) == (2, 4)
    assert simplify(built).cases_shown.value == 1
    assert simplify(built, activities=0, paths=1).to_dict()["cases_share"] <= 0.6
    with pytest.raises(SpecError):
        simplify(built, paths=1.1)
