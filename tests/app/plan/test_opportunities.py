"""Opportunities: ranked with their parts, decided by people, and left as decided by every recomputation."""

import datetime as dt

import pytest
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import Actor, execute, undo
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy
from servloop_app.diagnose.models import Finding
from servloop_app.plan import queries
from servloop_app.plan.actions import (
    AcceptOpportunity,
    EstimateEffort,
    RankOpportunities,
    RejectOpportunity,
    SnoozeOpportunity,
)
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(organisation, found):
    return Opportunity.objects.get(unit__code="beijing")


def test_findings_of_one_unit_and_metric_are_one_opportunity(one):
    assert {finding.kind for finding in one.findings.all()} == {"change", "unit", "target"}
    newest = [finding.newest for finding in one.findings.all()]
    assert one.loss == max(observed.loss for observed in newest)
    assert one.confidence == max(0.95 if o.q is None else 1 - o.q for o in newest)
    assert one.score == pytest.approx(one.loss * one.confidence / one.effort)
    assert one.subject == {"metric": "happy"}


def test_effort_moves_the_score_and_can_be_taken_back(one):
    done = execute(EstimateEffort(one.public_id, 1), SYSTEM)
    one.refresh_from_db()
    assert one.score == pytest.approx(one.loss * one.confidence)
    undo(done.seq, SYSTEM)
    one.refresh_from_db()
    assert (one.effort, one.score) == (3, pytest.approx(one.loss * one.confidence / 3))
    with pytest.raises(ActionError, match="from 1 to 5"):
        execute(EstimateEffort(one.public_id, 9), SYSTEM)


def test_decisions_survive_recomputation(one, organisation, bring_in, work_off):
    manager = Actor.of_person(organisation.person(("quality_manager", "head")), "page")
    execute(AcceptOpportunity(one.public_id), manager)
    bring_in("id,date,rating\nX1,2026-01-05,5\n", "more.csv", target="feedback", timezone="UTC")
    work_off()
    execute(RankOpportunities(), SYSTEM)
    one.refresh_from_db()
    assert (one.state, one.decided_by, one.present) == ("accepted", manager.person, True)
    assert Opportunity.objects.filter(unit__code="beijing").count() == 1
    with pytest.raises(Conflict, match="already been decided"):
        execute(RejectOpportunity(one.public_id, "doch nicht"), manager)


def test_rejecting_asks_for_a_reason_and_can_be_undone(one):
    with pytest.raises(ActionError, match="No reason"):
        execute(RejectOpportunity(one.public_id, ""), SYSTEM)
    done = execute(RejectOpportunity(one.public_id, "年内已排满"), SYSTEM)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("rejected", "年内已排满")
    undo(done.seq, SYSTEM)
    one.refresh_from_db()
    assert (one.state, one.reason, one.decided_at) == ("open", "", None)
    leaves = LogLeaf.objects.filter(object=f"opportunity:{one.public_id}").order_by("seq")
    assert list(leaves.values_list("action", flat=True)) == ["opportunity.reject", "opportunity.reopen"]


def test_what_is_put_off_comes_back_on_its_day(one, organisation):
    today = timezone.localdate()
    manager = Policy(organisation.person(("quality_manager", "head")))
    assert one in queries.waiting(manager)
    with pytest.raises(ActionError, match="later day"):
        execute(SnoozeOpportunity(one.public_id, today), SYSTEM)
    later = today + dt.timedelta(days=30)
    execute(SnoozeOpportunity(one.public_id, later), SYSTEM)
    assert one not in queries.waiting(manager)
    assert one in queries.waiting(manager, later)
    execute(AcceptOpportunity(one.public_id), SYSTEM)
    assert one not in queries.waiting(manager, later)


def test_only_who_may_decide_decides_and_others_do_not_know_of_it(one, organisation):
    with pytest.raises(NotAllowed):
        execute(AcceptOpportunity(one.public_id), organisation.actor(("supervisor", "beijing")))
    with pytest.raises(NotAllowed):
        execute(AcceptOpportunity(one.public_id), organisation.actor(("quality_manager", "south")))
    south = Policy(organisation.person(("quality_manager", "south")))
    assert not queries.opportunities(south).exists()
    with pytest.raises(NotFound):
        queries.one_opportunity(south, one.public_id)
    execute(AcceptOpportunity(one.public_id), organisation.actor(("quality_manager", "north")))


def test_an_opportunity_without_findings_waits_no_longer(one, organisation):
    from servloop_app.core import guard

    manager = Policy(organisation.person(("quality_manager", "head")))
    with guard.maintaining():
        Finding.objects.update(state=Finding.State.GONE)
    execute(RankOpportunities(), SYSTEM)
    one.refresh_from_db()
    assert (one.present, one.state) == (False, "open")
    assert not queries.waiting(manager).exists()
    assert one in queries.opportunities(manager)


def test_home_shows_what_is_hers(one, organisation, bring_in):
    bring_in(
        "id,date,rating\nX1,not a date,5\nX2,2026-01-05,4\n", "bad.csv", target="feedback", timezone="UTC"
    )
    manager = Policy(organisation.person(("quality_manager", "head")))
    needs = queries.needs_today(manager)
    assert needs == queries.NeedsToday(0, 1, Opportunity.objects.filter(present=True).count())
    assert queries.needs_today(Policy(organisation.person(("executive", "head")))) == queries.NeedsToday(
        None, None, None
    )
    assert [change.unit and change.unit.code for change in queries.clearest_changes(manager)][:1]
    assert queries.clearest_changes(Policy(organisation.person(("analyst", "south")))) == []
