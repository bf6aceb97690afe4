"""Effect checks: declared before the start and locked, evaluated from the facts, judged with a reason."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.app.organisation import SYSTEM
from tests.app.verify.conftest import WEEKS_AFTER, start

from servloop_app.core import audit_log, guard
from servloop_app.core.actions import execute
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.improve.actions_project_work import AddProjectCost, MoveProjectAction
from servloop_app.improve.actions_projects import AdvanceProject, CloseProject, WaiveCheck
from servloop_app.improve.models import ProjectAction
from servloop_app.verify import queries
from servloop_app.verify.actions import (
    DeclareCheck,
    EvaluateCheck,
    ExploreCheck,
    JudgeCheck,
    JudgeUnmeasured,
    PlanCheck,
    VoidCheck,
)
from servloop_app.verify.models import EffectCheck, EffectResult, EffectVerdict

pytestmark = pytest.mark.django_db


def refused(action, kind=Conflict, actor=SYSTEM):
    with pytest.raises(kind) as caught:
        execute(action, actor)
    return caught.value.code


@pytest.fixture
def draft(project, design, work_off):
    made = execute(PlanCheck(project.public_id, design()), SYSTEM).outcome
    work_off()
    made.refresh_from_db()
    return made


@pytest.fixture
def declared(draft):
    execute(DeclareCheck(draft.public_id), SYSTEM)
    draft.refresh_from_db()
    return draft


def finish_actions(project):
    for one in ProjectAction.objects.filter(project=project):
        execute(MoveProjectAction(one.public_id, "done"), SYSTEM)


def test_a_planned_check_says_what_the_data_can_see(draft):
    assert draft.state == EffectCheck.State.DRAFT
    power = draft.power
    assert power["n_before"] == 60
    assert 0 < power["power"] <= 1
    assert power["detectable"] > 0
    assert power["error"] == ""


def test_a_plan_is_changed_until_it_is_declared(draft, project, design, work_off):
    again = execute(PlanCheck(project.public_id, design(smallest=8.0)), SYSTEM).outcome
    assert again.pk == draft.pk
    assert again.smallest == 8.0
    assert again.power == {}
    work_off()
    again.refresh_from_db()
    assert again.power["power"] >= draft.power["power"]


def test_declaring_locks_and_the_log_keeps_the_hash(declared, project, design):
    leaf = LogLeaf.objects.get(action="check.declare")
    assert leaf.object == f"check:{declared.public_id}"
    logged = audit_log.read_payload(leaf.seq)["arguments"]
    assert logged["declaration_sha256"] == declared.declaration_hash
    assert len(declared.declaration_hash) == 64
    assert declared.declaration["start"] == start().isoformat()
    entry = queries.log_entry(declared)
    assert (entry.seq, entry.unchanged) == (leaf.seq, True)
    assert refused(DeclareCheck(declared.public_id)) == "verify_app.locked"
    assert refused(PlanCheck(project.public_id, design(smallest=1.0))) == "verify_app.declared_already"


def test_a_declaration_that_was_changed_behind_our_back_is_found_out(declared):
    with guard.opening("verify_effectcheck"):
        EffectCheck.objects.filter(pk=declared.pk).update(smallest=0.5)
    declared.refresh_from_db()
    assert queries.log_entry(declared).unchanged is False


def test_late_declarations_are_refused(project, design, draft, clock):
    clock(WEEKS_AFTER)  # in the week of the start
    late = execute(PlanCheck(project.public_id, design()), SYSTEM).outcome
    assert refused(DeclareCheck(late.public_id)) == "verify_app.declared_late"
    clock(WEEKS_AFTER + 2)
    execute(WaiveCheck(project.public_id, "紧急整改"), SYSTEM)
    execute(AdvanceProject(project.public_id), SYSTEM)
    assert refused(DeclareCheck(draft.public_id)) == "verify_app.begun"


def test_no_project_begins_without_a_declared_check_or_a_waiver(project, draft):
    assert refused(AdvanceProject(project.public_id)) == "verify_app.gate_not_declared"
    execute(DeclareCheck(draft.public_id), SYSTEM)
    begun = execute(AdvanceProject(project.public_id), SYSTEM).outcome
    assert (begun.phase, begun.begun_at is not None) == ("do", True)


def test_what_cannot_be_carried_out_is_refused(project, design):
    for changes, code in (
        ({"units": []}, "verify_app.no_units"),
        ({"comparison": []}, "verify_app.no_comparison_units"),
        ({"comparison": ["beijing"]}, "verify_app.units_overlap"),
        ({"comparison": ["north"]}, "verify_app.units_overlap"),
        ({"smallest": 0.0}, "verify_app.smallest_missing"),
        ({"smallest": float("nan")}, "verify_app.smallest_missing"),
        ({"after": 1}, "verify_app.after_out_of_range"),
        ({"alpha": 0.5}, "verify_app.alpha_out_of_range"),
        ({"gain": -1.0}, "verify_app.gain_invalid"),
        ({"grain": "day"}, "core.choice_unknown"),
        ({"metric": "none"}, "core.not_found"),
        ({"units": ["nowhere"]}, "core.not_found"),
    ):
        assert refused(PlanCheck(project.public_id, design(**changes)), ActionError) == code, changes


def test_units_that_a_person_may_not_see_cannot_be_named(organisation, project, design):
    north = organisation.actor(("quality_manager", "north"))
    assert refused(PlanCheck(project.public_id, design()), NotFound, north) == "core.not_found"
    own = PlanCheck(project.public_id, design(comparison=["tianjin"]))
    made = execute(own, north).outcome
    assert [one.pk for one in queries.checks(north.policy)] == [made.pk]
    south = organisation.actor(("quality_manager", "south"))
    assert not queries.checks(south.policy).exists()
    with pytest.raises(NotFound):
        queries.one_check(south.policy, made.public_id)
    refused(DeclareCheck(made.public_id), NotAllowed, south)


def test_a_real_effect_is_found_and_the_project_ends_with_its_verdict(declared, project, later):
    execute(AdvanceProject(project.public_id), SYSTEM)
    later(0.22)
    newest = queries.newest_result(declared)
    assert newest.final
    found = queries.evaluation_of(newest)
    assert found.effect.estimate.low < 22 < found.effect.estimate.high
    assert found.verdict.decision == "adopt"
    assert (found.periods_before, found.periods_after) == (60, WEEKS_AFTER)
    assert found.rows_after == 50 * WEEKS_AFTER
    assert {mark.notice.code for mark in found.marks} >= {"verify.mark_parallel", "verify.mark_mix"}
    assert refused(JudgeCheck(declared.public_id, "adopt", " "), ActionError) == "verify_app.reason_missing"

    finish_actions(project)
    execute(AdvanceProject(project.public_id), SYSTEM)
    assert refused(AdvanceProject(project.public_id)) == "verify_app.gate_no_verdict"
    assert refused(CloseProject(project.public_id)) == "verify_app.gate_no_verdict"
    execute(JudgeCheck(declared.public_id, "adopt", "效果稳定，推广到全行"), SYSTEM)
    verdict = EffectVerdict.objects.get()
    assert (verdict.suggested, verdict.figures["value"]) == ("adopt", found.effect.estimate.value)
    assert refused(JudgeCheck(declared.public_id, "stop", "again")) == "verify_app.not_declared"
    execute(AdvanceProject(project.public_id), SYSTEM)
    closed = execute(CloseProject(project.public_id), SYSTEM).outcome
    assert closed.state == "closed"
    chain = chain_of(EverythingPolicy(), reference("project", project.public_id))
    assert [(item.number, str(item.state), item.meaning) for item in chain.after] == [
        (declared.number, str(EffectVerdict.Decision.ADOPT.label), "good")
    ]


def test_where_nothing_was_planted_no_effect_is_claimed(declared, later):
    later(0.0)
    found = queries.evaluation_of(queries.newest_result(declared))
    assert found.effect.estimate.low < 0 < found.effect.estimate.high
    assert found.verdict.decision in {"adjust", "stop"}


def test_a_result_is_made_once_for_a_state_of_the_facts_and_followed_by_the_next(declared, later, work_off):
    later(0.2, 4)
    first = EffectResult.objects.get()
    assert not first.final
    execute(EvaluateCheck(declared.public_id), SYSTEM)
    work_off()
    assert EffectResult.objects.count() == 1
    assert refused(JudgeCheck(declared.public_id, "adopt", "早了")) == "verify_app.too_early"
    execute(JudgeCheck(declared.public_id, "stop", "客户投诉不断"), SYSTEM)
    assert EffectVerdict.objects.get().decision == "stop"


def test_before_there_is_data_the_result_says_what_is_missing(declared, work_off):
    execute(EvaluateCheck(declared.public_id), SYSTEM)
    work_off()
    newest = queries.newest_result(declared)
    assert (newest.evaluation, newest.error_code) == (None, "verify.nothing_after")
    assert queries.evaluation_of(newest) is None


def test_a_declared_check_can_only_be_voided_with_a_reason(declared, project):
    assert refused(VoidCheck(declared.public_id, ""), ActionError) == "verify_app.reason_missing"
    execute(VoidCheck(declared.public_id, "试点推迟"), SYSTEM)
    declared.refresh_from_db()
    assert (declared.state, declared.voided_reason) == ("voided", "试点推迟")
    assert declared.declaration
    assert refused(AdvanceProject(project.public_id)) == "verify_app.gate_not_declared"
    refused(VoidCheck(declared.public_id, "again"))


def test_a_waived_check_is_looked_at_afterwards_and_never_counts_as_declared(
    project, design, later, work_off
):
    later(0.22)
    assert refused(WaiveCheck(project.public_id, ""), ActionError) == "improve_app.project_reason_missing"
    execute(WaiveCheck(project.public_id, "上线在先"), SYSTEM)
    execute(AdvanceProject(project.public_id), SYSTEM)
    made = execute(PlanCheck(project.public_id, design()), SYSTEM).outcome
    assert refused(DeclareCheck(made.public_id)) == "verify_app.begun"
    execute(ExploreCheck(made.public_id), SYSTEM)
    work_off()
    found = queries.evaluation_of(queries.newest_result(made))
    assert "verify.not_declared" in [notice.code for notice in found.warnings]
    assert queries.log_entry(made) is None
    assert refused(JudgeUnmeasured(project.public_id, "adopt", "好")) == "verify_app.judge_the_check"


def test_a_verdict_without_measurement_is_for_waived_projects_only(project):
    assert refused(JudgeUnmeasured(project.public_id, "adopt", "好")) == "verify_app.not_waived"
    execute(WaiveCheck(project.public_id, "影响太小，不值得测"), SYSTEM)
    assert refused(JudgeUnmeasured(project.public_id, "adopt", "好")) == "verify_app.not_begun"
    execute(AdvanceProject(project.public_id), SYSTEM)
    execute(JudgeUnmeasured(project.public_id, "adopt", "柜员反映良好"), SYSTEM)
    finish_actions(project)
    execute(CloseProject(project.public_id), SYSTEM)


def test_payback_follows_effect_and_ledger(project, design, later, work_off):
    made = execute(PlanCheck(project.public_id, design(gain=500.0)), SYSTEM).outcome
    execute(DeclareCheck(made.public_id), SYSTEM)
    execute(AddProjectCost(project.public_id, "training", "讲师", "30000"), SYSTEM)
    later(0.22)
    made.refresh_from_db()
    effect = queries.evaluation_of(queries.newest_result(made)).effect.estimate
    paid = made.payback
    assert paid["cost"] == 30_000
    assert paid["value"]["monthly"] == pytest.approx(effect.value * 500)
    assert paid["value"]["payback"] == pytest.approx(30_000 / (effect.value * 500))
    assert paid["low"]["monthly"] < paid["value"]["monthly"] < paid["high"]["monthly"]
    execute(AddProjectCost(project.public_id, "equipment", "平板", "", "12,000"), SYSTEM)
    work_off()
    made.refresh_from_db()
    assert (made.payback["cost"], made.payback["lines"]) == (42_000, 2)


def test_who_may_only_read_changes_nothing(organisation, project, design, declared):
    reader = organisation.actor(("executive", "head"))
    refused(VoidCheck(declared.public_id, "x"), NotAllowed, reader)
    refused(JudgeCheck(declared.public_id, "adopt", "x"), NotAllowed, reader)
    assert queries.one_check(reader.policy, declared.public_id) == declared
    agent = Policy(organisation.person(("agent", "head")))
    assert not queries.checks(agent).exists()


def test_a_check_knows_when_it_can_be_judged(declared):
    from servloop_app.verify.series import ready_on

    assert ready_on(declared) == start() + dt.timedelta(weeks=WEEKS_AFTER)


def test_projects_and_checks_over_the_api(organisation, history, clock, later, work_off, client):
    person = organisation.person(("quality_manager", "head"))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    base, kind = "/api/v1", "application/json"

    def post(path, given=None):
        answer = client.post(f"{base}/{path}", given or {}, kind)
        return answer.status_code, answer.json()

    project = post("projects", {"title": "预审", "unit": "beijing", "method": "dmaic"})[1]["id"]
    steps = f"projects/{project}/steps"
    assert post(f"projects/{project}/actions", {"what": "培训", "due": str(start())})[0] == 200
    wrong = {"kind": "training", "what": "讲师", "planned": "abc"}
    status, problem = post(f"projects/{project}/costs", wrong)
    assert (status, problem["code"]) == (422, "improve_app.amount_unreadable")
    assert (
        post(f"projects/{project}/costs", {"kind": "training", "what": "讲师", "planned": "9000"})[0] == 200
    )
    design = {
        "metric": "happy",
        "units": ["beijing"],
        "start": str(start()),
        "smallest": 5,
        "after": WEEKS_AFTER,
    }
    check = post(f"projects/{project}/check", design | {"method": "did", "comparison": ["tianjin"]})[1]["id"]
    work_off()
    assert client.get(f"{base}/checks/{check}").json()["power"]["n_before"] == 60
    for _phase in range(2):  # define → measure → analyse
        assert post(steps, {"step": "advance"})[0] == 200
    status, problem = post(steps, {"step": "advance"})
    assert (status, problem["code"]) == (409, "verify_app.gate_not_declared")
    assert client.get(f"{base}/projects/{project}").json()["missing"]
    assert post(f"checks/{check}/declaration")[0] == 200
    status, problem = post(f"checks/{check}/declaration")
    assert (status, problem["code"]) == (409, "verify_app.locked")
    assert post(steps, {"step": "advance"})[0] == 200
    later(0.22)
    read = client.get(f"{base}/checks/{check}").json()
    assert (read["final"], read["unchanged"], read["suggested"]) == (True, True, "adopt")
    assert read["effect"]["estimate"]["low"] > 0
    assert {one["key"] for one in read["methods"]} >= {"difference", "its", "plain", "others"}
    assert post(f"checks/{check}/verdict", {"decision": "adopt", "reason": " "})[0] == 422
    assert post(f"checks/{check}/verdict", {"decision": "adopt", "reason": "推广"})[0] == 200
    assert client.get(f"{base}/checks/{check}").json()["verdict"]["decision"] == "adopt"
    action = client.get(f"{base}/projects/{project}").json()["actions"][0]["id"]
    moved = client.put(f"{base}/projects/actions/{action}", {"state": "done"}, kind)
    assert moved.status_code == 200
    assert post(steps, {"step": "close"})[0] == 200
    assert client.get(f"{base}/projects", {"state": "closed"}).json()["total"] == 1
    south = organisation.person(("quality_manager", "south"))
    client.force_login(south, backend="django.contrib.auth.backends.ModelBackend")
    for path in (f"projects/{project}", f"checks/{check}"):
        assert client.get(f"{base}/{path}").status_code == 404
    assert client.get(f"{base}/checks").json()["total"] == 0
