"""The sample bank's story: told once its records are in, once only, and honest about what was not declared in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.app.collect.conftest import data_folder  # noqa: F401  # fixture: a data folder of its own
from tests.app.measure.conftest import _no_cells_of_earlier_tests  # noqa: F401  # fixture

from servloop_app.core.actions import Actor
from servloop_app.demo import about, organisation, records, story, tasks
from servloop_app.improve.project_models import Project
from servloop_app.improve.ticket_models import Ticket
from servloop_app.measure.scorecard_models import BalancedScorecard
from servloop_app.measure.study_models import Study
from servloop_app.monitor.models import Monitor
from servloop_app.verify.models import EffectCheck

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests", "command")


@pytest.fixture
def bank(settings):
    """The sample bank at a tenth of its size, without its records."""
    organisation.set_up(SYSTEM)
    passwords = {person.username: f"Correct-horse-{person.username}" for person in organisation.PEOPLE}
    organisation.employ(passwords, SYSTEM, renew=False)


def load(settings, *, planted):
    about.note(settings.DATA_FOLDER, planted=planted, scale=0.1)
    records.load(SYSTEM, scale=0.1, planted=planted, at_once=True)


def tell_again():
    from servloop_app.core import guard
    from servloop_app.jobs.runs import enqueue

    with guard.opening("jobs_run"):
        enqueue(tasks.STORY_JOB)
    records.carry_out()


@pytest.mark.slow
def test_the_story_of_the_planted_bank(bank, settings, django_capture_on_commit_callbacks):
    assert not story.ready()
    with django_capture_on_commit_callbacks(execute=True):
        load(settings, planted=True)
        tell_again()
    projects = {project.title: project for project in Project.objects.all()}
    assert len(projects) == 4
    late = EffectCheck.objects.filter(declared_at=None)
    assert late.count() == 3, "what began before the platform was in use was not declared"
    assert all(check.project.waived_reason for check in late)
    declared = EffectCheck.objects.exclude(declared_at=None).get()
    assert declared.declaration_hash
    assert declared.declared_at.date() < declared.start
    verdicts = {one.title: one.verdicts.first() for one in projects.values()}
    assert [verdicts[one.title].decision for one in story.PAST] == ["adopt", "adopt", "stop"]
    assert all(projects[one.title].state == Project.State.CLOSED for one in story.PAST)
    states = set(Ticket.objects.values_list("state", flat=True))
    assert states == {"new", "in_progress", "waiting", "answered", "closed"}
    assert Monitor.objects.filter(metric__code=records.LETTERS).get().origin.startswith("check:")
    assert BalancedScorecard.objects.count() == 1
    studies = {study.kind: study for study in Study.objects.all()}
    assert set(studies) == {"drivers", "importance", "kano", "reliability", "sample", "servqual"}
    assert str(studies["kano"].labels["1"]["en"]) == "Says how long the wait is"

    counts = [model.objects.count() for model in (Project, Ticket, Monitor, EffectCheck)]
    with django_capture_on_commit_callbacks(execute=True):
        tell_again()
    assert [model.objects.count() for model in (Project, Ticket, Monitor, EffectCheck)] == counts


@pytest.mark.slow
def test_a_bank_with_nothing_planted_has_no_projects(bank, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        load(settings, planted=False)
        tell_again()
    assert not Project.objects.exists()
    assert Monitor.objects.exists()


def test_what_is_due_later_is_carried_out_at_once():
    from servloop_app.core import guard
    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import enqueue

    with guard.opening("jobs_run"):
        later = enqueue("jobs.tidy", run_after=timezone.now() + timedelta(hours=1))
        soon = enqueue("jobs.tidy")
    records.carry_out()
    done = list(Run.objects.order_by("finished_at").values_list("pk", "state"))
    assert done == [(soon.pk, "done"), (later.pk, "done")]


def test_elsewhere_there_is_no_story(organisation, settings):
    from servloop_app.jobs.runs import RunContext

    assert about.noted(settings.DATA_FOLDER) is None
    assert tasks.tell(RunContext.__new__(RunContext)) == {"chapters": 0}
