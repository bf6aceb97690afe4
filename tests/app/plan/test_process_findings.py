"""Findings from process logs: the bottleneck with its interval, rework with its loss, nothing where nothing is."""

import datetime as dt
import uuid

import pytest

from servloop_app.core.actions import Actor, execute
from servloop_app.diagnose import log_files, tasks
from servloop_app.diagnose.actions import AddProcessLog
from servloop_app.diagnose.findings_process import find_in
from servloop_app.diagnose.models import Finding, ProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.plan.models import Opportunity

pytestmark = pytest.mark.django_db


def log_text(rework_every: int = 2, cases: int = 60) -> str:
    """Cases of register, check, decide; the check waits for hours, and is done again in every so manyth case."""
    lines = ["case id,activity,timestamp"]
    for case in range(cases):
        moment = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC) + dt.timedelta(days=case)
        steps = [("Register", 0.0), ("Check", 8.0 + case % 5), ("Decide", 9.5 + case % 5)]
        if rework_every and case % rework_every == 0:
            steps.insert(2, ("Check", 9.0 + case % 5))
        lines += [
            f"{case},{step},{moment + dt.timedelta(hours=hours):%Y-%m-%d %H:%M}" for step, hours in steps
        ]
    return "\n".join(lines) + "\n"


def read(organisation, text: str) -> ProcessLog:
    analyst = Actor.of_person(organisation.person(("analyst", "head")), "page")
    public_id = uuid.uuid4()
    size = log_files.keep_upload(public_id, "log.csv", [text.encode()])
    options = ReadingOptions(columns={}, timezone="UTC")
    execute(AddProcessLog(public_id, "开户", "beijing", "log.csv", size, options), analyst)
    return tasks.read_now(public_id, analyst)


def test_waiting_and_rework_are_found(organisation):
    found = {one.kind: one for one in find_in(read(organisation, log_text()))}
    assert set(found) == {"bottleneck", "rework"}
    assert (found["bottleneck"].subject["source"], found["bottleneck"].subject["target"]) == (
        "Register",
        "Check",
    )
    assert found["bottleneck"].low <= found["bottleneck"].value <= found["bottleneck"].high
    assert found["bottleneck"].value == 10 * 3600
    rework = found["rework"]
    assert (rework.value, rework.n, rework.method) == (50, 60, "wilson")
    assert rework.low > 10
    assert rework.loss == pytest.approx(rework.loss_share * rework.loss_volume)
    assert rework.loss_volume == pytest.approx(60 / (59.5 / 30.44), rel=0.02)


def test_a_process_without_rework_has_no_such_finding(organisation):
    assert "rework" not in {one.kind for one in find_in(read(organisation, log_text(rework_every=0)))}


def slow_branch() -> str:
    """Two years of two branches; the check of one waits three times as long in the last two months."""
    import random

    chance = random.Random(5)
    lines = ["case_id,activity,time,unit_id"]
    for case in range(3000):
        day, unit = case * 730 / 3000, ("beijing", "tianjin")[case % 2]
        moment = dt.datetime(2024, 7, 1, 9, tzinfo=dt.UTC) + dt.timedelta(days=day)
        wait = chance.lognormvariate(2, 0.5) * (3 if unit == "beijing" and day > 670 else 1)
        for step, hours in (("Register", 0), ("Check", wait), ("Decide", wait + chance.uniform(1, 3))):
            lines.append(f"{case},{step},{moment + dt.timedelta(hours=hours):%Y-%m-%d %H:%M:%S},{unit}")
    return "\n".join(lines) + "\n"


def test_a_step_that_got_slower_in_one_branch_is_found_there(organisation):
    slower = [one for one in find_in(read(organisation, slow_branch())) if one.kind == "slower"]
    assert [(one.unit, one.subject["source"], one.subject["target"]) for one in slower] == [
        ("beijing", "Register", "Check")
    ]
    one = slower[0]
    assert one.compared_with < one.low < one.value < one.high
    assert one.difference == pytest.approx(one.value - one.compared_with)
    assert one.p <= one.q < 0.05
    assert one.loss == pytest.approx(one.loss_share * one.loss_volume)
    assert 0.2 < one.loss_share < 0.9
    assert (one.last - one.first).days == 91


def test_findings_of_a_log_become_an_opportunity_of_its_unit(organisation, work_off):
    from servloop_app.core import guard
    from servloop_app.diagnose.findings_tasks import FIND_JOB
    from servloop_app.jobs.runs import enqueue

    log = read(organisation, log_text())
    with guard.opening("jobs_run"):
        enqueue(FIND_JOB)
    work_off()
    assert {(one.kind, one.unit.code) for one in Finding.objects.all()} == {
        ("bottleneck", "beijing"),
        ("rework", "beijing"),
    }
    one = Opportunity.objects.get()
    assert one.subject == {"log": str(log.public_id)}
    assert one.findings.count() == 2
    assert one.score == pytest.approx(one.loss * 0.95 / 3)
