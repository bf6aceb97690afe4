"""The sample bank's hotline is a process log of its own, beside the facts."""

import pytest
from tests.app.collect.conftest import data_folder  # noqa: F401  # fixture

from servloop_app.core.actions import Actor
from servloop_app.demo import organisation, process_logs
from servloop_app.diagnose.models import ProcessLog

pytestmark = pytest.mark.django_db


def test_the_calls_are_read_once_and_belong_to_the_hotline():
    actor = Actor.system("tests", "command")
    organisation.set_up(actor)
    log = process_logs.load_calls(actor, planted=True)
    assert (log.state, log.unit.code, log.activities, log.sample) == ("ready", "hotline", 2, True)
    assert log.events == 2 * log.cases
    assert process_logs.load_calls(actor, planted=True).pk == log.pk
    assert ProcessLog.objects.count() == 1
