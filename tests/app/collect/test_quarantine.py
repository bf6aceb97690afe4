"""Rows that were set aside: sealed, opened on record, repaired, replayed in their place, or left out."""

import uuid

import pytest
from tests.app.organisation import SYSTEM

from servloop_app.collect.actions import (
    DismissRows,
    OpenQuarantined,
    ReplayRows,
    UndoImport,
    find_import,
)
from servloop_app.collect.models import QuarantinedRow
from servloop_app.core.actions import execute
from servloop_app.core.errors import ActionError, Conflict, NotAllowed
from servloop_app.core.models import LogLeaf

pytestmark = pytest.mark.django_db

LOG = (
    "case id,activity,timestamp,resource\n"
    "1,Register,2026-03-01 09:00,ann\n"
    "1,Check,19/11/26 9h30,bob\n"
    "case id,activity,timestamp,resource\n"
    "1,,2026-03-01 11:00,bob\n"
    "1,Decide,2126-03-01 11:00,cem\n"
)


@pytest.fixture
def set_aside(bring_in):
    found = bring_in(LOG, target="events", timezone="UTC")
    assert (found.accepted, found.rejected) == (1, 4)
    return found


def rows_of(found):
    return list(QuarantinedRow.objects.filter(source=found))


def test_each_row_has_line_column_reason_and_its_sealed_text(set_aside):
    rows = rows_of(set_aside)
    assert [(r.line, r.place, {f["reason"] for f in r.faults}) for r in rows] == [
        (3, 1, {"unreadable_time"}),
        (4, 2, {"repeated_heading"}),
        (5, 3, {"missing_value"}),
        (6, 4, {"future_time"}),
    ]
    assert rows[0].faults[0]["received"] == "19/11/26 9h30"
    assert b"bob" not in bytes(rows[0].raw)
    before = LogLeaf.objects.count()
    opened = execute(OpenQuarantined(set_aside.public_id, [r.id for r in rows]), SYSTEM).outcome
    assert [values["activity"] for _row, values in opened] == ["Check", "activity", None, "Decide"]
    assert LogLeaf.objects.count() == before + 1


def replay(found, repairs, actor=SYSTEM):
    return execute(ReplayRows(found.public_id, repairs, uuid.uuid4()), actor).outcome


def test_repaired_rows_take_their_place_in_the_source(set_aside, carry_out, facts):
    rows = rows_of(set_aside)
    repairs = {rows[0].id: {"timestamp": "2026-03-01 09:00"}, rows[3].id: {"timestamp": "2026-03-01 09:00"}}
    done = carry_out(replay(set_aside, repairs))
    assert (done.state, done.accepted, done.rejected, done.replays) == ("done", 2, 0, set_aside)
    order = "SELECT seq, activity FROM events ORDER BY occurred_at, seq"
    assert facts(order) == [(0, "Register"), (1, "Check"), (4, "Decide")]
    assert [r.state for r in rows_of(set_aside)] == ["replayed", "open", "open", "replayed"]
    with pytest.raises(Conflict, match="repaired or left out meanwhile"):
        replay(set_aside, repairs)

    undone = carry_out(execute(UndoImport(done.public_id), SYSTEM).outcome)
    assert undone.state == "undone"
    assert [r.state for r in rows_of(set_aside)] == ["open"] * 4, "what was repaired waits again"


def test_a_row_that_is_still_wrong_is_set_aside_again(set_aside, carry_out):
    done = carry_out(replay(set_aside, {rows_of(set_aside)[0].id: {"timestamp": "nine"}}))
    assert (done.error_code, done.run.error_detail) == ("", "")
    (row,) = rows_of(done)
    assert (done.accepted, row.place, row.state) == (0, 1, "open")


def test_rows_of_a_questionnaire_without_ids_stay_their_own(bring_in, carry_out, facts):
    found = bring_in(
        "submitted at,q1\n2026-03-01 09:00,4\nsoon,5\n2026-03-01 09:02,3\n", target="answers", timezone="UTC"
    )
    (row,) = rows_of(found)
    carry_out(replay(found, {row.id: {"submitted at": "2026-03-01 09:01"}}))
    assert facts("SELECT value_number FROM answers ORDER BY occurred_at") == [(4.0,), (5.0,), (3.0,)]


def test_rows_can_be_left_out(set_aside):
    rows = rows_of(set_aside)
    assert execute(DismissRows(set_aside.public_id, [rows[1].id, rows[1].id]), SYSTEM).outcome == 1
    assert rows_of(set_aside)[1].state == "dismissed"
    with pytest.raises(Conflict):
        replay(set_aside, {rows[1].id: {"activity": "x"}})
    with pytest.raises(ActionError, match="No row was chosen"):
        replay(set_aside, {})


def test_only_those_who_may_import_there_open_rows(set_aside, organisation):
    for roles in [("auditor", "head")], [("analyst", "north")]:
        actor = organisation.actor(*roles)
        with pytest.raises(NotAllowed):
            execute(OpenQuarantined(set_aside.public_id, [rows_of(set_aside)[0].id]), actor)
    assert find_import(set_aside.public_id).rejected == 4
