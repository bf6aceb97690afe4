"""Goals: a baseline from the data, feasibility from history, revisions with reasons, hand-down, closing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute, undo
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.plan import goal_queries as queries
from servloop_app.plan.actions import RejectOpportunity
from servloop_app.plan.actions_goals import CascadeGoal, CloseGoal, Part, ReopenGoal, ReviseGoal, SetGoal
from servloop_app.plan.goal_figures import progress_of
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db
BASE = "/api/v1/goals"
JSON = "application/json"


def later(days=120):
    return timezone.localdate() + dt.timedelta(days=days)


def goal(**changes):
    given = {
        "metric": "happy",
        "unit_code": "beijing",
        "target": 70.0,
        "deadline": later(),
        "title": "满意率",
    }
    return SetGoal(**(given | changes))


def refused(action, kind=ActionError, actor=SYSTEM):
    with pytest.raises(kind) as caught:
        execute(action, actor)
    return caught.value.code


@pytest.fixture
def made(found):
    return execute(goal(), SYSTEM).outcome


def test_the_baseline_is_what_the_data_say_and_stays(made, bring_in, work_off):
    kept = made.baseline
    assert kept["low"] < kept["value"] < kept["high"]
    assert (kept["first"], kept["last"], kept["method"]) == ("2026-04-01", "2026-06-01", "wilson")
    assert made.number.startswith("GL-")
    assert made.rising
    # later figures move the progress, not the baseline
    lines = ["id,date,rating,branch", *(f"N{n},2026-07-{1 + n % 28:02d} 09:00,5,beijing" for n in range(400))]
    bring_in(
        "\n".join(lines) + "\n", "july.csv", target="feedback", timezone="UTC", columns={"unit": "branch"}
    )
    work_off()
    now = progress_of(EverythingPolicy(), Goal.objects.get())
    assert Goal.objects.get().baseline == kept
    assert now.now.estimate.value > kept["value"] + 20
    assert now.change is not None
    assert now.change.difference.value == pytest.approx(now.now.estimate.value - kept["value"])
    assert (now.standing, now.meaning) == ("met", "good")
    assert now.share > 1


def test_feasibility_is_told_from_history(found):
    easy = execute(goal(unit_code="tianjin", target=99.0), SYSTEM).outcome
    assert easy.feasibility["judgement"] in {"never", "unknown"}
    assert easy.feasibility["code"].startswith("goals.")
    near = execute(goal(unit_code="tianjin", target=easy.baseline["value"] + 0.1, deadline=later(40)), SYSTEM)
    assert near.outcome.feasibility["steps"] >= 1


@pytest.mark.usefixtures("found")
def test_what_is_no_goal_is_refused(organisation):
    for changes, code in (
        ({"title": " "}, "plan_app.goal_title_missing"),
        ({"deadline": timezone.localdate()}, "plan_app.goal_deadline_past"),
        ({"target": 5.0}, "plan_app.goal_must_rise"),
        ({"target": float("nan")}, "plan_app.goal_target_missing"),
        ({"metric": "nothing"}, "core.not_found"),
        ({"unit_code": "counter"}, "plan_app.goal_no_baseline"),
        ({"months": 0}, "plan_app.goal_months"),
    ):
        assert refused(goal(**changes)) == code, changes
    refused(goal(), NotAllowed, organisation.actor(("executive", "head")))
    refused(goal(), NotAllowed, organisation.actor(("quality_manager", "south")))


def test_a_goal_for_an_opportunity_accepts_it_and_stands_behind_it_in_the_chain(found):
    one = Opportunity.objects.get(unit__code="beijing")
    made = execute(goal(opportunity=one.public_id), SYSTEM).outcome
    one.refresh_from_db()
    assert one.state == "accepted"
    chain = chain_of(EverythingPolicy(), reference("goal", made.public_id))
    assert {item.kind for item in chain.before} >= {"finding", "opportunity"}
    other = execute(goal(title="zweites", opportunity=one.public_id), SYSTEM).outcome
    assert other.pk != made.pk


def test_a_rejected_opportunity_carries_no_goal(found):
    one = Opportunity.objects.get(unit__code="beijing")
    execute(RejectOpportunity(one.public_id, "没有资源"), SYSTEM)
    assert refused(goal(opportunity=one.public_id), Conflict) == "plan_app.goal_opportunity_rejected"


def test_revisions_keep_what_was_with_its_reason(made):
    change = ReviseGoal(made.public_id, 65.0, later(200), "满意率", "预算减半")
    assert refused(ReviseGoal(made.public_id, 65.0, later(), "满意率", " ")) == "plan_app.goal_reason_missing"
    assert refused(ReviseGoal(made.public_id, 1.0, later(), "满意率", "x")) == "plan_app.goal_must_rise"
    execute(change, SYSTEM)
    versions = list(made.versions.values_list("version", "target", "reason"))
    assert versions == [(2, 65.0, "预算减半"), (1, 70.0, "")]


def test_a_goal_is_handed_down_with_baselines_of_their_own(found):
    north = execute(goal(unit_code="north", target=80.0), SYSTEM).outcome
    parts = [Part("beijing", 70.0), Part("tianjin", 85.0)]
    assert refused(CascadeGoal(north.public_id, [])) == "plan_app.goal_no_parts"
    assert refused(CascadeGoal(north.public_id, [Part("shanghai", 90.0)])) == "plan_app.goal_unit_not_below"
    execute(CascadeGoal(north.public_id, parts), SYSTEM)
    assert [(p.unit.code, p.parent_id) for p in north.parts.order_by("pk")] == [
        ("beijing", north.pk),
        ("tianjin", north.pk),
    ]
    assert len({p.baseline["value"] for p in north.parts.all()}) == 2
    assert refused(CascadeGoal(north.public_id, parts), Conflict) == "plan_app.goal_part_exists"


def test_a_goal_ends_reached_only_when_it_is(made):
    assert refused(CloseGoal(made.public_id, "reached", "好")) == "plan_app.goal_not_met"
    assert refused(CloseGoal(made.public_id, "missed", "")) == "plan_app.goal_reason_missing"
    done = execute(CloseGoal(made.public_id, "missed", "年底未达成"), SYSTEM)
    made.refresh_from_db()
    assert (made.state, made.closing["n"]) == ("missed", made.baseline["n"])
    assert refused(CloseGoal(made.public_id, "missed", "again"), Conflict) == "plan_app.goal_closed"
    undo(done.seq, SYSTEM)
    made.refresh_from_db()
    assert (made.state, made.closing) == ("active", {})
    assert refused(ReopenGoal(made.public_id), Conflict) == "plan_app.goal_open"


def test_a_person_sees_the_goals_of_her_units(organisation, made):
    north, south = (Policy(organisation.person(("executive", unit))) for unit in ("north", "south"))
    assert queries.one_goal(north, made.public_id) == made
    with pytest.raises(NotFound):
        queries.one_goal(south, made.public_id)


def test_goals_over_the_api(organisation, found, client):
    person = organisation.person(("quality_manager", "north"))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    given = {"metric": "happy", "unit": "beijing", "target": 70, "deadline": str(later()), "title": "满意率"}
    public_id = client.post(BASE, given, JSON).json()["id"]
    read = client.get(f"{BASE}/{public_id}").json()
    assert (read["unit"], read["standing"], read["baseline"]["method"]) == ("beijing", "new", "wilson")
    assert read["now"]["n"] == read["baseline"]["n"]
    assert client.get(BASE, {"state": "active"}).json()["total"] == 1
    wrong = client.post(BASE, given | {"target": 3}, JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "plan_app.goal_must_rise")
    change = {"title": "满意率", "target": 66, "deadline": str(later()), "reason": "更现实"}
    assert client.put(f"{BASE}/{public_id}", change, JSON).status_code == 200
    assert client.post(f"{BASE}/{public_id}/parts", {"parts": []}, JSON).status_code == 422
    closing = {"outcome": "dropped", "reason": "并入新目标"}
    assert client.post(f"{BASE}/{public_id}/closing", closing, JSON).status_code == 200
    assert client.delete(f"{BASE}/{public_id}/closing").status_code == 200
    assert len(client.get(f"{BASE}/{public_id}").json()["versions"]) == 2
    assert client.get(f"{BASE}/{found.pk:032d}").status_code in {404, 422}
    south = organisation.person(("quality_manager", "south"))
    client.force_login(south, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"{BASE}/{public_id}").status_code == 404


def test_the_versions_of_a_goal_are_told_in_the_unit_of_its_metric(organisation, made, client):
    execute(ReviseGoal(made.public_id, 72.0, later(150), "满意率", reason="更高"), SYSTEM)
    person = organisation.person(("quality_manager", "head"))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/plan/goals/{made.public_id}/")
    assert [target for _version, target in page.context["versions"]] == ["72.0%", "70.0%"]
