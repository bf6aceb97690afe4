"""Clear text of sealed fields: by audited actions alone, for those who may in the unit that the row belongs to."""

import re

import pytest
from tests.conftest import ROOT

from servloop_app.collect.actions import OpenFeedbackText, OpenQuarantined
from servloop_app.collect.models import FeedbackRecord, QuarantinedRow
from servloop_app.core.actions import execute
from servloop_app.core.encryption import sealed_fields
from servloop_app.core.errors import NotAllowed
from servloop_app.core.models import LogLeaf, LogPayload
from servloop_app.improve.ticket_models import TicketEntry

MOBILE = "13812345678"
FEEDBACK = f"id,date,comment\nF1,2026-03-01 09:00,请回电 {MOBILE}\nF3,sometime,请打 {MOBILE}\n"
APPLICATION = ROOT / "src" / "servloop_app"


def feedback():
    return OpenFeedbackText(FeedbackRecord.objects.get().id, "回访")


def set_aside():
    row = QuarantinedRow.objects.get()
    return OpenQuarantined(row.source.public_id, [row.id])


@pytest.mark.django_db
@pytest.mark.parametrize(("opening", "role"), [(feedback, "agent"), (set_aside, "quality_manager")])
def test_it_opens_in_its_unit_for_those_who_may_and_leaves_a_leaf(opening, role, bring_in, organisation):
    bring_in(FEEDBACK, target="feedback", timezone="UTC", unit="beijing")
    action = opening()
    before = LogLeaf.objects.count()
    done = execute(action, organisation.actor((role, "north")))
    assert MOBILE in str(done.outcome)
    leaf = LogLeaf.objects.latest("seq")
    grown = LogLeaf.objects.count() - before
    made_for_the_person = 2  # the person and the role
    assert (leaf.seq, leaf.action, grown) == (done.seq, action.name, 1 + made_for_the_person)
    assert MOBILE not in leaf.body
    before = LogLeaf.objects.count()
    refused = [
        organisation.actor((role, "south")),
        organisation.actor((role, "north"), (role, "beijing", "deny")),
        organisation.actor(("executive", "north")),
    ]
    granted = LogLeaf.objects.count()
    for actor in refused:
        with pytest.raises(NotAllowed):
            execute(action, actor)
    assert LogLeaf.objects.count() == granted > before


def test_sealed_fields_are_opened_by_actions_alone():
    assert set(sealed_fields()) == {
        (FeedbackRecord, "sealed_text"),
        (QuarantinedRow, "raw"),
        (LogPayload, "sealed"),
        (TicketEntry, "sealed_text"),
    }
    calls = re.compile(r"(?<!def )\b(?:open_text|quarantine\.opened)\(")
    callers = {
        path.relative_to(APPLICATION).as_posix()
        for path in APPLICATION.rglob("*.py")
        if calls.search(path.read_text(encoding="utf-8"))
    }
    # `quarantine.opened` is what the actions on rows that were set aside call.
    assert callers == {
        "collect/actions/feedback.py",
        "collect/actions/quarantine.py",
        "collect/quarantine.py",
        "improve/actions_tickets_course.py",
    }
