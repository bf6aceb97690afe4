"""An import from file to facts: every kind of data, once, on record, and back."""

import os
from datetime import timedelta
from uuid import uuid4

import pytest
from deltalake import DeltaTable
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop.messages import message
from servloop_app.collect import files, queries, tasks
from servloop_app.collect.actions import CancelImport, ConfirmImport, DiscardImport, UndoImport
from servloop_app.collect.models import FeedbackRecord, Import, QuarantinedRow
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.errors import Conflict, NotAllowed, NotFound
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy
from servloop_app.jobs import runs
from servloop_app.jobs.actions import CancelRun
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import Cancelled, RunContext

pytestmark = pytest.mark.django_db

FILES = {
    "feedback": (
        "id,date,channel,rating,comment,branch,customer id\n"
        "F1,2026-03-01 09:00,app,2,等了四十分钟,beijing,C1\n"
        "F2,2026-03-02 10:00,qr,5,很满意,shanghai,C2\n"
    ),
    "events": (
        "case id,activity,timestamp,resource,branch\n"
        "1,Register,2026-03-01 09:00,ann,beijing\n1,Decide,2026-03-01 10:00,bob,beijing\n"
        "2,Register,2026-03-01 11:00,ann,shanghai\n"
    ),
    "answers": ("response id,submitted at,q1,q2\nR1,2026-03-01 09:00,4,很好\nR2,2026-03-01 09:05,5,一般\n"),
    "answers-long": (
        "response id,question,answer,time\nR1,q1,4,2026-03-01 09:00\nR1,q2,5,2026-03-01 09:00\n"
    ),
    "measurements": (
        "metric,time,value,device\ncpu,2026-03-01 09:00,0.5,web-1\ncpu,2026-03-01 09:01,0.7,web-1\n"
    ),
    "measurements-wide": "time,cpu,memory\n2026-03-01 09:00,0.5,11\n2026-03-01 09:01,0.7,12\n",
    "customers": "customer id,segment,tier,since\nC1,retail,gold,2020-01-01\nC2,business,silver,2021-05-05\n",
    "transactions": "order id,order date,customer id,amount\nO1,2026-03-01,C1,12.5\nO2,2026-03-02,C2,80\n",
    "benchmarks": (
        "metric,value,source,date,industry\nnps,42,Annual report,2025-12-31,banking\ncsat,0.8,Survey,2025-12-31,banking\n"
    ),
}
TABLES = {"answers": ("responses", 2), "measurements-wide": ("measurements", 4), "events": ("events", 3)}


@pytest.mark.parametrize("target", FILES)
def test_every_kind_of_data_reaches_its_table_and_again_changes_nothing(bring_in, facts, target):
    first = bring_in(FILES[target], target=target, name="data.csv", timezone="UTC")
    assert (first.state, first.error_code, first.rejected) == ("done", "", 0)
    table, expected = TABLES.get(target, (first.mapping["target"].partition("-")[0], 2))
    count = f'SELECT count(*) FROM "{table}"'
    assert facts(count) == [(expected,)]
    assert first.total("new") >= expected

    again = bring_in(FILES[target], target=target, name="data.csv", timezone="UTC")
    assert (again.state, again.total("new"), again.total("revised")) == ("done", 0, 0)
    assert again.total("repeated") == first.total("new")
    assert facts(count) == [(expected,)]
    assert files.source_of(first.public_id) is None


def test_an_import_is_one_leaf_for_the_person_and_one_for_the_result(bring_in, organisation):
    actor = organisation.actor(("analyst", "north"))
    before = LogLeaf.objects.count()
    found = bring_in(
        FILES["events"],
        target="events",
        unit="north",
        actor=actor,
        timezone="UTC",
        columns={"unit": "branch"},
    )
    leaves = list(LogLeaf.objects.filter(seq__gte=before).order_by("seq").values_list("actor", "action"))
    assert leaves == [
        (actor.reference, "import.add"),
        (actor.reference, "import.confirm"),
        ("system:imports", "import.record"),
    ]
    # shanghai lies outside the unit that the file was imported for
    assert (found.accepted, found.rejected) == (2, 1)


def test_a_changed_row_becomes_a_revision_and_undo_shows_the_older_one(bring_in, carry_out, facts):
    first = bring_in(FILES["feedback"], target="feedback", name="f.csv", timezone="UTC")
    changed = FILES["feedback"].replace("app,2,等了四十分钟", "app,1,等了一小时")
    second = bring_in(changed, target="feedback", name="f.csv", timezone="UTC")
    assert (second.total("revised"), second.total("repeated")) == (1, 1)
    rating = "SELECT rating, revision FROM feedback WHERE source_key = 'F1'"
    assert facts(rating) == [(1.0, 1)]
    assert set(FeedbackRecord.objects.filter(current=True).values_list("rating", flat=True)) == {1.0, 5.0}

    with pytest.raises(Conflict, match="changed by later imports"):
        execute(UndoImport(first.public_id), SYSTEM)
    assert carry_out(execute(UndoImport(second.public_id), SYSTEM).outcome).state == Import.State.UNDONE
    assert facts(rating) == [(2.0, 0)]
    assert set(FeedbackRecord.objects.filter(current=True).values_list("rating", flat=True)) == {2.0, 5.0}

    assert carry_out(execute(UndoImport(first.public_id), SYSTEM).outcome).state == Import.State.UNDONE
    assert facts("SELECT count(*) FROM feedback") == [(0,)]
    assert FeedbackRecord.objects.count() == 0
    again = bring_in(FILES["feedback"], target="feedback", name="f.csv", timezone="UTC")
    assert (again.total("new"), FeedbackRecord.objects.count()) == (2, 2)


def test_cancelled_at_a_chunk_end_nothing_stays_and_it_can_be_begun_again(
    take_in, carry_out, facts, monkeypatch
):
    found = take_in(FILES["feedback"], target="feedback")
    mapping = {**found.mapping, "timezone": "UTC"}
    found = execute(ConfirmImport(found.public_id, mapping), SYSTEM).outcome

    def stop(self, done, total=None, unit="", code="", **params):
        if code == "collect.keeping_feedback":
            raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(RunContext, "progress", stop)
        carry_out(found)
    assert (found.state, found.error_code) == ("failed", "collect.cancelled")
    assert found.run.state == Run.State.CANCELLED
    assert facts("SELECT count(*) FROM feedback") == [(0,)]
    assert FeedbackRecord.objects.count() == 0
    assert not list(files.folder(found.public_id).glob("staged-*"))

    found = carry_out(execute(ConfirmImport(found.public_id, mapping), SYSTEM).outcome)
    assert (found.state, facts("SELECT count(*) FROM feedback")) == ("done", [(2,)])


def test_a_cancelled_import_that_waits_is_cleared_by_a_job(take_in, carry_out):
    found = take_in(FILES["events"], target="events")
    found = execute(ConfirmImport(found.public_id, {**found.mapping, "timezone": "UTC"}), SYSTEM).outcome
    waiting = found.run
    found = execute(CancelImport(found.public_id), SYSTEM).outcome
    waiting.refresh_from_db()
    assert waiting.state == Run.State.CANCELLED
    assert carry_out(found).error_code == "collect.cancelled"
    execute(DiscardImport(found.public_id), SYSTEM)
    assert not Import.objects.filter(pk=found.pk).exists()
    with pytest.raises(NotFound):
        execute(CancelImport(found.public_id), SYSTEM)


@pytest.mark.parametrize("step", ["ingest", "_set_aside", "_keep_feedback", "stage"])
def test_a_worker_that_fails_anywhere_is_tried_again_without_loss_or_doubles(
    step, take_in, carry_out, facts, monkeypatch
):
    found = take_in(FILES["feedback"] + "F3,soon,app,3,很快,beijing,C3\n", target="feedback")
    found = execute(ConfirmImport(found.public_id, {**found.mapping, "timezone": "UTC"}), SYSTEM).outcome
    real = getattr(tasks, step)

    def break_after(*args, **kwargs):
        real(*args, **kwargs)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(tasks, step, break_after)
        carry_out(found)
    assert (found.state, found.run.state) == ("working", Run.State.QUEUED)
    with guard.opening("jobs_run"):
        Run.objects.filter(pk=found.run.pk).update(run_after=timezone.now())
    carry_out(found)
    assert (found.state, found.accepted, found.rejected) == ("done", 2, 1)
    assert facts("SELECT count(*) FROM feedback") == [(2,)]
    assert (FeedbackRecord.objects.count(), QuarantinedRow.objects.count()) == (2, 1)


def break_down(monkeypatch, carry_out, found, times):
    """Let the work of an import fail after its rows were stored."""
    real = tasks.ingest

    def break_after(*args, **kwargs):
        real(*args, **kwargs)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "ingest", break_after)
        for _time in range(times):
            with guard.opening("jobs_run"):
                Run.objects.filter(pk=found.run.pk).update(run_after=timezone.now())
            carry_out(found)


def test_an_import_that_is_given_up_is_taken_back_by_another_job(take_in, carry_out, facts, monkeypatch):
    found = take_in(FILES["feedback"], target="feedback")
    mapping = {**found.mapping, "timezone": "UTC"}
    found = execute(ConfirmImport(found.public_id, mapping), SYSTEM).outcome
    given_up = found.run
    break_down(monkeypatch, carry_out, found, times=given_up.max_attempts)
    given_up.refresh_from_db()
    assert (given_up.state, given_up.message_code) == (Run.State.FAILED, "jobs.unexpected")
    assert facts("SELECT count(*) FROM feedback") == [(2,)]
    assert (found.state, found.stuck, found.run.kind) == ("working", False, "import.clear")
    with pytest.raises(Conflict):
        execute(ConfirmImport(found.public_id, mapping), SYSTEM)

    found = carry_out(found)
    assert (found.state, found.error_code) == ("failed", "jobs.unexpected")
    assert "No space left" in message(found.error_code, found.error_params, "en")
    assert facts("SELECT count(*) FROM feedback") == [(0,)]
    found = carry_out(execute(ConfirmImport(found.public_id, mapping), SYSTEM).outcome)
    assert (found.state, facts("SELECT count(*) FROM feedback")) == ("done", [(2,)])


def test_an_import_cancelled_between_two_attempts_is_taken_back(take_in, carry_out, facts, monkeypatch):
    found = take_in(FILES["feedback"], target="feedback")
    found = execute(ConfirmImport(found.public_id, {**found.mapping, "timezone": "UTC"}), SYSTEM).outcome
    break_down(monkeypatch, carry_out, found, times=1)
    waiting = found.run
    assert facts("SELECT count(*) FROM feedback") == [(2,)]
    execute(CancelRun(waiting.public_id), SYSTEM)  # on the page of jobs, which knows nothing of imports
    found.refresh_from_db()
    assert (found.state, found.run.kind) == ("working", "import.clear")
    assert carry_out(found).error_code == "collect.cancelled"
    assert facts("SELECT count(*) FROM feedback") == [(0,)]


class Killed(BaseException):
    """The worker's process is gone, whatever it was about to do."""


@pytest.mark.parametrize("times", [1, 3])
def test_a_worker_killed_when_the_import_is_on_record_leaves_no_file(
    times, take_in, carry_out, monkeypatch, django_capture_on_commit_callbacks
):
    found = take_in(FILES["feedback"], target="feedback")
    found = execute(ConfirmImport(found.public_id, {**found.mapping, "timezone": "UTC"}), SYSTEM).outcome

    def die(self, state, **changes):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(RunContext, "finish", die)
        for time in range(times):
            with pytest.raises(Killed):  # what waits for the commit, the removal of the file, does not happen
                runs.perform(found.run.public_id)
            with django_capture_on_commit_callbacks(execute=True):
                assert runs.reap(timezone.now() + timedelta(minutes=5)) == 1
            if time == 0:
                assert files.source_of(found.public_id) is not None
    found.refresh_from_db()
    assert (found.state, found.run.state) == ("done", "queued" if times == 1 else "failed")
    if times == 1:
        assert carry_out(found).run.state == "done"
    assert not files.folder(found.public_id).exists()


def test_files_that_no_import_needs_go_after_a_day(take_in, bring_in):
    waits, done, broken_off = take_in(FILES["feedback"]), bring_in(FILES["events"], target="events"), uuid4()
    # One worker was killed before it could tidy up, one upload before it could be recorded.
    for public_id in (done.public_id, broken_off):
        files.keep_upload(public_id, "data.csv", [b"a,b\n1,2\n"])

    def upkeep():
        with guard.opening("jobs_run"):
            run = runs.enqueue(tasks.UPKEEP_JOB)
        runs.perform(run.public_id)
        run.refresh_from_db()
        assert run.state == "done", run.error_detail
        return {one for one in (waits.public_id, done.public_id, broken_off) if files.source_of(one)}

    assert upkeep() == {waits.public_id, done.public_id, broken_off}, "an upload may be under way"
    for public_id in (waits.public_id, done.public_id, broken_off):
        os.utime(files.folder(public_id), (0, 0))
    assert upkeep() == {waits.public_id}


def test_a_file_that_cannot_be_used_fails_with_its_sentence(bring_in, take_in):
    found = bring_in("metric,time,value\ncpu,x,1\n", target="measurements", columns={"value": "nowhere"})
    assert (found.state, found.error_code) == ("failed", "imports.no_such_column")
    assert "nowhere" in message(found.error_code, found.error_params, "en")
    assert files.source_of(found.public_id) is not None, "the file stays for another try"


def test_a_table_with_features_of_another_engine_is_left_alone(bring_in, take_in, carry_out, facts):
    bring_in(FILES["feedback"], target="feedback", timezone="UTC")
    table = DeltaTable(files.fact_store().folder / "feedback")
    before = table.version()
    table.alter.set_table_properties({"delta.enableDeletionVectors": "true"})
    more = FILES["feedback"].replace("F1", "F8").replace("F2", "F9")
    found = bring_in(more, target="feedback", timezone="UTC")
    assert (found.state, found.run.state) == ("failed", Run.State.FAILED)
    assert found.error_code == "facts.unsupported_table"
    for language, word in (("en", "feedback"), ("zh-hans", "特性")):
        assert word in message(found.error_code, found.error_params, language)
    assert DeltaTable(table.table_uri).version() == before + 1, "nothing was written"
    assert FeedbackRecord.objects.count() == 2
    other = bring_in(FILES["events"], target="events", timezone="UTC")
    assert other.state == "done", "the other tables go on"


def test_a_mapping_is_remembered_for_the_next_file_of_that_shape(bring_in, take_in):
    first = bring_in(
        FILES["feedback"], target="feedback", name="wangdian", rating_scale=(1, 5), timezone="UTC"
    )
    other = take_in(FILES["feedback"].replace("F1", "F9"))
    assert other.mapping["rating_scale"] == (1.0, 5.0)
    assert (other.mapping["name"], other.shape) == (first.mapping["name"], first.shape)


def test_people_see_the_facts_and_imports_of_their_units_only(bring_in, organisation, facts):
    bring_in(FILES["feedback"], target="feedback", timezone="UTC")
    bring_in(FILES["events"].replace("shanghai", "beijing"), target="events", unit="north", timezone="UTC")
    north = Policy(organisation.person(("analyst", "north")))
    south = Policy(organisation.person(("analyst", "south")))
    assert [f.target for f in queries.imports(north)] == ["events"]
    assert list(queries.imports(south)) == []
    assert [r.unit.code for r in queries.feedback(north)] == ["beijing"]
    assert [r.unit.code for r in queries.feedback(south)] == ["shanghai"]
    counts = "SELECT unit_id, count(*) FROM feedback GROUP BY ALL"
    assert facts(counts, north.facts("feedback.view").unit_ids) == [("beijing", 1)]
    with pytest.raises(NotFound):
        queries.one_import(south, Import.objects.filter(unit__code="north").get().public_id)
    with pytest.raises(NotAllowed):
        bring_in(FILES["events"], unit="south", actor=Actor.of_person(north.person, "page"))
