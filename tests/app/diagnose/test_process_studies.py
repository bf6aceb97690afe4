"""Analyses that jobs work out: asked for once, kept, refused with a reason, gone with their log."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.diagnose.test_process_logs import add

from servloop.errors import InputError, SpecError
from servloop_app.core.actions import execute, undo
from servloop_app.core.errors import ActionError, NotAllowed
from servloop_app.diagnose import log_files, queries, queries_process, tasks
from servloop_app.diagnose.actions_process import AskForStudy
from servloop_app.diagnose.actions_standard import DefineStandard
from servloop_app.diagnose.models import ProcessDefinition, ProcessStudy
from servloop_app.diagnose.selection import Handover, Selection
from servloop_app.jobs import runs
from servloop_app.jobs.models import Run

pytestmark = pytest.mark.django_db

STANDARD = ProcessDefinition.Kind.STANDARD
RULES = (
    "rules: [{template: response, activity: 登记, other: 审核, within: 4h}, {template: end, activity: 办结}]"
)


@pytest.fixture
def analyst(organisation):
    return organisation.actor(("analyst", "north"))


@pytest.fixture
def log(analyst):
    return tasks.read_now(add(analyst), analyst)


def study(log, actor, kind, again=False, **parameters):
    """Ask for a study and have it worked out."""
    found = execute(AskForStudy(log.public_id, kind, parameters, again), actor).outcome
    runs.perform(found.run.public_id)
    found.refresh_from_db()
    assert found.run.state == Run.State.DONE, found.run.error_detail
    return found


def test_rules_are_a_standard_and_its_cases_are_listed(log, analyst):
    version = execute(DefineStandard(log.public_id, rules=RULES), analyst).outcome.version
    found = study(log, analyst, "conformance", selection={}, standard=version)
    assert [row["violating_cases"] for row in found.result["rules"]["outcomes"]] == [2, 0]
    assert found.result["basis"] == {"cases": 3, "events": 10}
    assert found.result["conforming"]["value"] == pytest.approx(1 / 3)
    rows = queries_process.study_rows(found).collect()
    assert rows.select("case", "step", "position").rows() == [
        ("2", "登记", 0),
        ("2", "登记", 2),
        ("3", "登记", 0),
    ]


def test_one_analysis_is_worked_out_once(log, analyst):
    version = execute(DefineStandard(log.public_id, rules=RULES), analyst).outcome.version
    first = study(log, analyst, "conformance", selection={}, standard=version)
    again = execute(
        AskForStudy(log.public_id, "conformance", {"standard": version, "selection": {}}), analyst
    ).outcome
    assert (again.pk, again.run_id) == (first.pk, first.run_id)
    assert queries_process.study(log, "conformance", {"selection": {}, "standard": version}) == first
    anew = study(log, analyst, "conformance", again=True, selection={}, standard=version)
    assert anew.pk == first.pk
    assert anew.run_id != first.run_id


def test_what_cannot_be_worked_out_says_why(log, analyst):
    found = study(log, analyst, "conformance", selection={"with": ["99"]}, standard=1)
    assert (found.result, found.error_code) == (None, "diagnose.bad_filter")
    assert found.why_not("zh-CN")
    with pytest.raises(ActionError):
        execute(AskForStudy(log.public_id, "horoscope"), analyst)


def test_a_standard_is_checked_versioned_and_taken_back(log, analyst):
    with pytest.raises(ActionError):
        execute(DefineStandard(log.public_id), analyst)
    with pytest.raises(SpecError):
        execute(DefineStandard(log.public_id, rules="rules: [{template: nonsense, activity: A}]"), analyst)
    with pytest.raises(InputError):
        execute(DefineStandard(log.public_id, rules="rules: ["), analyst)
    with pytest.raises(InputError):
        execute(DefineStandard(log.public_id, bpmn="<no"), analyst)
    assert queries_process.definition(log, STANDARD) is None
    first = execute(DefineStandard(log.public_id, rules=RULES), analyst)
    second = execute(
        DefineStandard(log.public_id, rules="rules: [{template: init, activity: 登记}]"), analyst
    )
    assert [one.outcome.version for one in (first, second)] == [1, 2]
    undo(second.seq, analyst)
    now = queries_process.definition(log, STANDARD)
    assert (now.version, now.content["rules"]) == (3, RULES)
    assert ProcessDefinition.objects.filter(log=log).count() == 3


def test_only_who_may_sees_and_defines(organisation, log, analyst):
    stranger = organisation.actor(("analyst", "south"))
    with pytest.raises(NotAllowed):
        execute(AskForStudy(log.public_id, "conformance", {}), stranger)
    with pytest.raises(NotAllowed):
        execute(DefineStandard(log.public_id, rules=RULES), stranger)


def test_studies_go_with_their_log(log, analyst, django_capture_on_commit_callbacks):
    from servloop_app.diagnose.actions import DeleteProcessLog

    execute(DefineStandard(log.public_id, rules=RULES), analyst)
    found = study(log, analyst, "conformance", selection={}, standard=1)
    assert log_files.study_rows_of(log.public_id, found.key).exists()
    with django_capture_on_commit_callbacks(execute=True):
        execute(DeleteProcessLog(log.public_id), analyst)
    assert not ProcessStudy.objects.exists()
    assert not log_files.study_rows_of(log.public_id, found.key).exists()


def test_conditions_keep_the_right_cases(log):
    names = queries.analysis(log, Selection()).log.activity_labels

    def cases(**chosen):
        return sorted(queries.analysis(log, Selection(**chosen)).log.case_ids())

    assert cases(again=(names.index("登记"),)) == ["2"]
    assert cases(longer=4 * 3600) == ["1", "2"]
    assert cases(shorter=4 * 3600) == ["3"]
    assert cases(longer=3 * 3600, shorter=5 * 3600) == ["1"]
    assert cases(since=date(2026, 1, 6), until=date(2026, 1, 7)) == ["2"]
    with pytest.raises(ActionError):
        cases(parties=(("resource", "甲"),))


def test_people_and_hand_overs_choose_cases(analyst):
    text = (
        "case,activity,time,resource\n"
        "1,A,2026-01-05 09:00:00,甲\n1,B,2026-01-05 10:00:00,乙\n"
        "2,A,2026-01-05 09:00:00,乙\n2,B,2026-01-05 10:00:00,甲\n"
    )
    log = tasks.read_now(add(analyst, text), analyst)

    def cases(**chosen):
        return sorted(queries.analysis(log, Selection(**chosen)).log.case_ids())

    assert cases(parties=(("resource", "甲"),)) == ["1", "2"]
    assert cases(handovers=(Handover("resource", "甲", "乙"),)) == ["1"]
    assert cases(handovers=(Handover("resource", "甲", "丙"),)) == []


def test_values_of_any_column_of_texts_choose_cases(analyst):
    text = (
        "case,activity,time,channel,amount\n"
        "1,A,2026-01-05 09:00:00,web,1.5\n1,B,2026-01-05 10:00:00,电话~1,2\n"
        "2,A,2026-01-05 09:00:00,web,3\n3,A,2026-01-05 10:00:00,,4\n"
    )
    log = tasks.read_now(add(analyst, text), analyst)

    def cases(**chosen):
        selection = Selection.parse(Selection(**chosen).query())
        return sorted(queries.analysis(log, selection).log.case_ids())

    assert cases(having=(("channel", "web"),)) == ["1", "2"]
    assert cases(having=(("channel", "web"), ("channel", "电话~1"))) == ["1"]
    assert cases(lacking=(("channel", "电话~1"),)) == ["2", "3"]
    assert cases(having=(("channel", "web"),), lacking=(("channel", "电话~1"),)) == ["2"]
    assert cases(having=(("channel", "fax"),)) == []
    for column in ("amount", "colour", "time"):
        with pytest.raises(ActionError):
            cases(lacking=((column, "x"),))


def test_of_two_bounds_the_closer_one_holds():
    held = Selection(since=date(2026, 3, 1), until=date(2026, 5, 1), longer=60, shorter=600, variant=(1, 2))
    wider = held.also(since=date(2026, 1, 1), until=date(2026, 9, 1), longer=1, shorter=6000)
    assert wider == held
    closer = held.also(since=date(2026, 4, 1), until=date(2026, 4, 2), longer=90, shorter=100)
    assert (closer.since, closer.until) == (date(2026, 4, 1), date(2026, 4, 2))
    assert (closer.longer, closer.shorter) == (90, 100)
    assert held.also(variant=(3,)).variant == (3,)
    assert Selection().also(longer=5, having=(("a", "b"),)) == Selection(longer=5, having=(("a", "b"),))


codes = st.lists(st.integers(0, 999), max_size=3, unique=True).map(tuple)
words = st.text(max_size=8)
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
parties = st.sampled_from(("resource", "department"))


@given(
    st.builds(
        Selection,
        activities=codes,
        without=codes,
        edges=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=2, unique=True).map(tuple),
        variant=codes,
        again=codes,
        longer=st.none() | st.integers(0, 10**11),
        shorter=st.none() | st.integers(0, 10**9),
        since=st.none() | days,
        until=st.none() | days,
        parties=st.lists(st.tuples(parties, words), max_size=2, unique=True).map(tuple),
        having=st.lists(st.tuples(words, words), max_size=2, unique=True).map(tuple),
        lacking=st.lists(st.tuples(words, words), max_size=2, unique=True).map(tuple),
        handovers=st.lists(st.builds(Handover, parties, words, words), max_size=2, unique=True).map(tuple),
    )
)
def test_an_address_carries_every_condition(selection):
    assert Selection.parse(selection.query()) == selection
    for _kind, _value, fewer in selection.conditions():
        assert fewer != selection


@pytest.mark.parametrize(
    "query",
    [
        {"longer": ["9" * 30]},
        {"shorter": ["-1"]},
        {"since": ["9999-12-31"]},
        {"until": ["yesterday"]},
        {"who": ["salary~x"]},
        {"is": ["channel"]},
        {"not": ["channel~a~b"]},
        {"hand": ["department~x"]},
        {"back": ["1"]},
        {"edge": ["1-2-3"]},
    ],
)
def test_an_address_that_no_page_writes_is_refused(query):
    with pytest.raises(ActionError):
        Selection.parse(query)


def test_only_the_newest_studies_are_kept_with_their_files(
    log, analyst, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("servloop_app.diagnose.actions_process._KEPT", 1)
    execute(DefineStandard(log.public_id, rules=RULES), analyst)
    first = study(log, analyst, "conformance", selection={}, standard=1)
    assert log_files.study_rows_of(log.public_id, first.key).exists()
    with django_capture_on_commit_callbacks(execute=True):
        second = study(log, analyst, "conformance", selection={"longer": ["1"]}, standard=1)
    assert [one.key for one in ProcessStudy.objects.all()] == [second.key]
    assert not log_files.study_rows_of(log.public_id, first.key).exists()
    assert log_files.study_rows_of(log.public_id, second.key).exists()
