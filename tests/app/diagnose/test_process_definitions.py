"""What people say about a process: weights, scores, times, stages; checked, kept in versions, used in the ranking."""

from __future__ import annotations

import pytest
from tests.app.diagnose.test_process_logs import add
from tests.app.diagnose.test_process_studies import study
from tests.browser.sample_logs import worked_hours

from servloop.errors import SpecError
from servloop_app.core.actions import execute, undo
from servloop_app.core.errors import ActionError
from servloop_app.diagnose import queries_process, tasks
from servloop_app.diagnose.actions_journey import DefineJourney
from servloop_app.diagnose.actions_key_steps import ScoreSteps, SetStepTimes, WeighSources
from servloop_app.diagnose.models import ProcessDefinition

pytestmark = pytest.mark.django_db

Kind = ProcessDefinition.Kind
HOUR = 3_600


@pytest.fixture
def analyst(organisation):
    return organisation.actor(("analyst", "north"))


@pytest.fixture
def log(analyst):
    return tasks.read_now(add(analyst, worked_hours(cases=80)), analyst)


def ranking(log, actor, **more):
    asked = {"selection": {}, "weights": {}, "experts": [], "times": 0, "journey": 0} | more
    return study(log, actor, "key_steps", **asked).result


def test_process_data_alone_put_the_slow_check_first(log, analyst):
    found = ranking(log, analyst)
    assert found["ranking"]["steps"][0]["activity"] == "Check"
    assert found["known"] == {"process": 4, "kpi": 0, "feedback": 0, "benchmark": 0, "experts": 0}
    assert found["ranking"]["agreement"]["value"] is None


def test_experts_count_by_their_newest_scores(organisation, log, analyst):
    other = organisation.actor(("quality_manager", "north"))
    execute(ScoreSteps(log.public_id, {"Inform": 1, "Check": 5}), analyst)
    execute(ScoreSteps(log.public_id, {"Inform": 5, "Check": 1}), analyst)
    execute(ScoreSteps(log.public_id, {"Inform": 4, "Check": 2}), other)
    held = queries_process.expert_scores(log)
    assert len(held) == 2
    found = ranking(log, analyst, experts=[one.pk for one in held], weights={"process": 0, "experts": 1})
    assert found["scores"]["experts"] == {"Check": 1.5, "Inform": 4.5}
    assert found["ranking"]["steps"][0]["activity"] == "Inform"
    assert found["ranking"]["agreement"]["value"] is not None


def test_times_of_steps_make_two_sources(log, analyst):
    action = SetStepTimes(
        log.public_id,
        targets={"Check": 1, "Inform": 900 * HOUR},
        benchmarks={"Check": HOUR, "Inform": 900 * HOUR},
    )
    version = execute(action, analyst).outcome.version
    found = ranking(log, analyst, times=version)
    assert found["scores"]["kpi"] == {"Check": 1.0, "Inform": 0.0}
    assert found["scores"]["benchmark"]["Check"] > 0 > found["scores"]["benchmark"]["Inform"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda log: WeighSources(log, {"process": 0.0}),
        lambda log: WeighSources(log, {"stars": 1.0}),
        lambda log: WeighSources(log, {"process": float("nan")}),
        lambda log: ScoreSteps(log, {"Check": 6}),
        lambda log: ScoreSteps(log, {"Check": 0}),
        lambda log: SetStepTimes(log, targets={"Check": 0}),
        lambda log: DefineJourney(log, [{"name": " ", "activities": [], "touchpoints": []}]),
        lambda log: DefineJourney(log, [{"name": "a", "activities": []}]),
        lambda log: DefineJourney(
            log, [{"name": "a", "activities": ["Check"], "touchpoints": []}], {"Check": "roof"}
        ),
    ],
)
def test_what_makes_no_sense_is_refused(log, analyst, wrong):
    with pytest.raises(ActionError):
        execute(wrong(log.public_id), analyst)
    assert not ProcessDefinition.objects.exists()


def test_a_step_belongs_to_one_stage(log, analyst):
    twice = [{"name": name, "activities": ["Check"], "touchpoints": []} for name in "ab"]
    with pytest.raises(SpecError):
        execute(DefineJourney(log.public_id, twice), analyst)
    with pytest.raises(SpecError):
        execute(DefineJourney(log.public_id, []), analyst)


def test_stages_are_proposed_then_as_people_say(log, analyst):
    proposed = study(log, analyst, "journey", selection={}, journey=0).result
    names = [stage["name"] for stage in proposed["journey"]["stages"]]
    assert names == ["Receive", "Check", "Decide", "Inform"]
    assert proposed["definition"]["lanes"] == {
        "Receive": "front", "Inform": "front", "Check": "back", "Decide": "back",
    }  # fmt: skip
    stages = [
        {"name": "提出", "activities": ["Receive", "Check"], "touchpoints": ["counter"]},
        {"name": "答复", "activities": ["Decide", "Inform"], "touchpoints": []},
    ]
    done = execute(DefineJourney(log.public_id, stages, {"Check": "support"}), analyst)
    found = study(log, analyst, "journey", selection={}, journey=done.outcome.version).result
    first, second = found["journey"]["stages"]
    assert (first["name"], first["cases"], second["name"]) == ("提出", 80, "答复")
    assert {step["activity"]: step["lane"] for step in first["steps"]} == {
        "Receive": "back",
        "Check": "support",
    }
    undo(done.seq, analyst)
    assert queries_process.definition(log, Kind.JOURNEY) is None


def test_what_usually_ends_a_case_is_guessed(log):
    from servloop_app.diagnose import queries
    from servloop_app.diagnose.studies.closing import usual_closing

    # some cases stop after a check, which is no reason to take a check for an end
    assert usual_closing(queries.loaded(log)) == ["Inform"]
