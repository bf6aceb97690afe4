"""Runs: claimed once, resumed where they were, cancelled, retried, and found again when lost."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from tests.app.organisation import SYSTEM

from servloop.errors import InputError
from servloop_app.core import guard
from servloop_app.core.actions import UpdateUnit, execute
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import LogLeaf, Unit
from servloop_app.jobs import liveness, queries, runs, schedules
from servloop_app.jobs.actions import (
    AddDefaultSchedules,
    CancelRun,
    DeleteSchedule,
    RetryRun,
    SaveSchedule,
    missing_default_schedules,
)
from servloop_app.jobs.kinds import job, job_kind, job_kinds
from servloop_app.jobs.models import Run, Schedule

pytestmark = pytest.mark.django_db
SEEN: list[object] = []


@job("test.count", max_attempts=3, backoff=timedelta(seconds=30))
def count(run, chunks=3, fail_at=None, error="ValueError"):
    """Renames a unit in each chunk; fails once at a chunk if asked."""
    for chunk in range(run.cursor or 0, chunks):
        run.progress(chunk, chunks, "chunks", "jobs.unexpected", error="none")
        if fail_at == chunk and chunk not in SEEN:
            SEEN.append(chunk)
            raise InputError("io.empty_file") if error == "input" else ValueError("once")
        with run.step(cursor=chunk + 1):
            execute(UpdateUnit("north", LocalizedText(f"chunk {chunk}"), "division"), SYSTEM)
    return {"chunks": chunks}


@job("test.atomic", atomic=True)
def at_once(run, fail=False):
    execute(UpdateUnit("north", LocalizedText("at once"), "division"), SYSTEM)
    if fail:
        raise ValueError("no")


@pytest.fixture(autouse=True)
def _forget():
    SEEN.clear()
    runs.stopping.clear()
    yield
    runs.stopping.clear()


def start(kind, **arguments):
    with guard.opening("jobs_run"):
        return runs.enqueue(kind, arguments, "test")


def fresh(run):
    return Run.objects.get(pk=run.pk)


def leaves():
    return LogLeaf.objects.filter(action="unit.update").count()


def change(run, **values):
    with guard.opening("jobs_run"):
        Run.objects.filter(pk=run.pk).update(**values)


def test_a_run_is_done_with_progress_and_result(organisation):
    run = start("test.count", chunks=4)
    assert DBTaskResult.objects.filter(id=run.task_id, status="READY").exists()
    runs.perform(run.public_id)
    done = fresh(run)
    assert (done.state, done.result, done.cursor, done.share) == ("done", {"chunks": 4}, 4, 1.0)
    assert (done.total, done.unit, done.claim, done.worker) == (4, "chunks", None, "")
    assert done.finished_at >= done.started_at >= done.queued_at
    assert leaves() == 4
    runs.perform(run.public_id)  # a second task for the same run
    assert leaves() == 4


def test_a_failing_run_goes_on_where_it_was(organisation):
    run = start("test.count", chunks=3, fail_at=2)
    runs.perform(run.public_id)
    waiting = fresh(run)
    assert (waiting.state, waiting.cursor) == ("queued", 2)
    assert timedelta(seconds=20) < waiting.run_after - timezone.now() < timedelta(seconds=31)
    assert "ValueError: once" in waiting.error_detail
    runs.perform(run.public_id)
    assert fresh(run).state == "queued"  # not due yet
    change(run, run_after=timezone.now())
    runs.perform(run.public_id)
    assert fresh(run).state == "done"
    assert leaves() == 3


def test_attempts_without_progress_are_limited(organisation):
    run = start("test.atomic", fail=True)
    for _attempt in range(3):
        change(run, run_after=timezone.now())
        runs.perform(run.public_id)
    failed = fresh(run)
    assert (failed.state, failed.attempt, failed.message_code) == ("failed", 3, "jobs.unexpected")
    assert failed.message_params == {"error": "ValueError: no"}
    assert leaves() == 0  # each attempt was rolled back


def test_a_wrong_input_is_not_tried_again(organisation):
    run = start("test.count", fail_at=0, error="input")
    runs.perform(run.public_id)
    assert (fresh(run).state, fresh(run).message_code) == ("failed", "io.empty_file")


def test_an_unknown_kind_fails(organisation):
    with pytest.raises(ValueError, match="no job kind"):
        start("test.unknown")
    run = start("test.atomic")
    change(run, kind="test.gone")
    runs.perform(run.public_id)
    assert fresh(run).message_code == "jobs.unknown_kind"


def test_cancelling(organisation):
    waiting = start("test.count")
    execute(CancelRun(waiting.public_id), SYSTEM)
    assert fresh(waiting).state == "cancelled"
    runs.perform(waiting.public_id)
    assert leaves() == 0
    running = start("test.count")
    change(running, cancel_requested=True)
    runs.perform(running.public_id)
    assert (fresh(running).state, leaves()) == ("cancelled", 0)
    with pytest.raises(ActionError):
        execute(CancelRun(running.public_id), SYSTEM)
    again = execute(RetryRun(running.public_id), SYSTEM).outcome
    runs.perform(again.public_id)
    assert (fresh(again).state, fresh(again).cause) == ("done", f"job:{running.public_id}")


def test_a_stopping_worker_hands_its_run_back(organisation):
    run = start("test.count")
    runs.stopping.set()
    runs.perform(run.public_id)
    assert (fresh(run).state, fresh(run).attempt) == ("queued", 0)
    runs.stopping.clear()
    runs.perform(run.public_id)
    assert fresh(run).state == "done"


def test_a_worker_that_lost_its_run_has_no_effect(organisation):
    run = start("test.count")
    claimed = runs.claim(run.public_id)
    context = runs.RunContext(claimed, runs.job_kind("test.count"))
    change(run, lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.reap() == 1
    with pytest.raises(runs.LeaseLost), context.step(cursor=1):
        execute(UpdateUnit("north", LocalizedText("zombie"), "division"), SYSTEM)
    with pytest.raises(runs.LeaseLost):
        context.finish("done")
    assert Unit.objects.get(code="north").name.en == "North"
    assert leaves() == 0
    runs.perform(run.public_id)
    assert (fresh(run).state, leaves()) == ("done", 3)


def test_the_reaper_leaves_the_living_alone_and_gives_up_on_killers(organisation):
    run = start("test.count")
    runs.claim(run.public_id)
    assert runs.reap() == 0
    change(run, attempt=3, lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.reap() == 1
    assert (fresh(run).state, fresh(run).message_code) == ("failed", "jobs.worker_died")


def died(name):
    """Leave what a worker of that name left that was killed: its file, without a lock."""
    liveness._path(name).touch()
    return name


def test_a_worker_is_forgotten_only_when_its_runs_were_found(organisation, settings, tmp_path):
    settings.DATA_FOLDER = tmp_path
    run = start("test.count")
    runs.claim(run.public_id)
    change(run, worker=died("a" * 32))
    died("b" * 32)
    runs.forget_the_dead()  # it died between the look at the runs and this
    assert liveness.dead() == ["a" * 32]
    assert runs.reap() == 1, "its lease would have lasted for another minute"
    runs.forget_the_dead()
    assert (fresh(run).state, liveness.dead()) == ("queued", [])


def test_a_living_worker_keeps_its_file(settings, tmp_path):
    settings.DATA_FOLDER = tmp_path
    liveness._name_of.cache_clear()
    own = liveness.own_name()
    try:
        liveness.forget(own)
        assert [path.stem for path in (tmp_path / "workers").glob("*.lock")] == [own]
        assert liveness.dead() == []
    finally:
        liveness._name_of.cache_clear()


def test_a_queued_run_whose_task_was_lost_is_queued_again(organisation):
    run = start("test.count")
    DBTaskResult.objects.filter(id=run.task_id).update(status="RUNNING")
    assert runs.reap() == 0  # its worker may be about to claim it
    assert runs.reap(timezone.now() + timedelta(minutes=1)) == 1
    assert fresh(run).task_id != run.task_id


def test_old_runs_are_tidied_away(organisation):
    run, young = start("test.count"), start("test.count")
    runs.perform(run.public_id)
    change(run, finished_at=timezone.now() - timedelta(days=91))
    tidy = start("jobs.tidy")
    runs.perform(tidy.public_id)
    assert fresh(tidy).error_detail == ""
    assert fresh(tidy).result == {"deleted": 1}
    assert set(Run.objects.all()) == {young, fresh(tidy)}


def test_runs_cannot_be_started_past_actions(organisation):
    from servloop_app.core.errors import WriteOutsideAction

    with pytest.raises(WriteOutsideAction):
        runs.enqueue("test.count")


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("0 9 * * *", "2026-11-20T00:59:00+00:00", "2026-11-20T01:00:00+00:00"),
        ("0 9 * * *", "2026-11-20T01:00:00+00:00", "2026-11-21T01:00:00+00:00"),
        ("30 23 31 12 *", "2026-01-01T00:00:00+00:00", "2026-12-31T15:30:00+00:00"),
    ],
)
def test_times_are_in_the_zone_of_the_schedule(cron, after, expected):
    found = schedules.next_time(cron, "Asia/Shanghai", datetime.fromisoformat(after))
    assert found.astimezone(UTC) == datetime.fromisoformat(expected)


def test_working_days_only(organisation):
    def weekday(day):
        return day.weekday() < 5

    friday = datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert (
        schedules.next_time("0 9 * * *", "Asia/Shanghai", friday, weekday).date().isoformat() == "2026-11-23"
    )
    with pytest.raises(ActionError) as error:
        schedules.next_time("0 9 * * 6", "Asia/Shanghai", friday, weekday)
    assert error.value.code == "jobs.cron_never"
    saved = execute(
        SaveSchedule("w", LocalizedText("w"), "test.count", "0 9 * * *", days="working"), SYSTEM
    ).outcome
    assert saved.next_at is not None


def test_a_due_schedule_starts_one_run(organisation):
    execute(SaveSchedule("often", LocalizedText("常", "Often"), "test.count", "*/5 * * * *"), SYSTEM)
    assert schedules.tick() == 0
    long_after = timezone.now() + timedelta(hours=3)  # 36 times were missed
    assert schedules.tick(long_after) == 1
    assert schedules.tick(long_after) == 0
    schedule = Schedule.objects.get(code="often")
    assert schedule.next_at > long_after
    assert (schedule.last_run.kind, schedule.last_run.cause) == ("test.count", "schedule:often")


def test_schedules_are_saved_changed_switched_off_and_deleted(organisation):
    made = execute(SaveSchedule("a", LocalizedText("a"), "test.count", "0 1 * * *"), SYSTEM)
    off = execute(SaveSchedule("a", LocalizedText("a"), "test.count", "0 1 * * *", enabled=False), SYSTEM)
    assert Schedule.objects.get(code="a").next_at is None
    from servloop_app.core.actions import undo

    undo(off.seq, SYSTEM)
    assert Schedule.objects.get(code="a").next_at is not None
    undo(made.seq, SYSTEM)
    assert not Schedule.objects.filter(code="a").exists()
    for wrong in (
        SaveSchedule("a", LocalizedText("a"), "test.count", "61 * * * *"),
        SaveSchedule("a", LocalizedText("a"), "test.nothing", "0 1 * * *"),
        SaveSchedule("a", LocalizedText("a"), "test.count", "0 1 * * *", time_zone="Mars"),
        SaveSchedule("a", LocalizedText("a"), "test.count", "0 1 * * *", days="some"),
        DeleteSchedule("a"),
    ):
        with pytest.raises(ActionError):
            execute(wrong, SYSTEM)


def test_default_schedules_are_added_once_and_may_be_deleted(organisation):
    missing = missing_default_schedules()
    assert {"jobs-tidy", "audit-checkpoint"} <= set(missing)
    execute(AddDefaultSchedules(missing), SYSTEM)
    assert missing_default_schedules() == []
    assert {schedule.kind for schedule in queries.schedules()} <= set(job_kinds())


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_run_and_of_many_clocks_one_starts_it(lasting_organisation):
    execute(SaveSchedule("often", LocalizedText("常"), "test.count", "*/5 * * * *"), SYSTEM)
    run = start("test.count")
    now = timezone.now() + timedelta(hours=1)
    outcomes, errors = [], []

    def compete():
        try:
            outcomes.append((runs.claim(run.public_id) is not None, schedules.tick(now)))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=compete) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(claimed for claimed, _started in outcomes) == 1
    assert sum(started for _claimed, started in outcomes) == 1
    assert queries.queue_state().waiting == 2


def test_waits_double_up_to_an_hour():
    kind = job_kind("import.clear")
    assert [kind.wait_after(attempt) for attempt in (1, 2, 3)] == [timedelta(seconds=s) for s in (10, 20, 40)]
    assert kind.wait_after(kind.max_attempts) == timedelta(hours=1)
