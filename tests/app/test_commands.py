"""The platform's commands, in this process; the real ones are in tests/reliability."""

import json

import pytest
from click.testing import CliRunner
from tests.app.organisation import PASSWORD, SYSTEM

from servloop_app.core import guard
from servloop_app.core.actions import execute
from servloop_app.core.errors import ActionError
from servloop_app.core.models import LogLeaf, LogPayload, Person, UnitPlacement
from servloop_app.jobs.models import Schedule
from servloop_app.measure.actions import UseMetric
from servloop_app.measure.definitions import shipped_definitions
from servloop_app.measure.models import Metric

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.DATA_FOLDER = tmp_path
    tmp_path.chmod(0o700)


def run(module, *words, given=None):
    from importlib import import_module

    command = import_module(f"servloop_app.cli.{module}").command
    return CliRunner().invoke(command, words, input=given)


def test_the_first_administrator_sets_the_platform_up():
    done = run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    assert (done.exit_code, done.stdout) == (0, "root: administrator @ organisation\n")
    assert UnitPlacement.objects.get().parent is None
    assert {"audit-checkpoint", "jobs-tidy"} <= set(Schedule.objects.values_list("code", flat=True))
    assert Person.objects.get().check_password(PASSWORD)
    made_up = run("person", "create", "li.na", "--role", "auditor").stdout.splitlines()
    assert made_up[0] == "li.na: auditor @ organisation"
    assert Person.objects.get(username="li.na").check_password(made_up[1])
    assert {leaf.actor for leaf in LogLeaf.objects.all()} == {"system:command"}


def test_the_metrics_that_ship_are_there_from_the_start_and_stay_as_people_left_them():
    run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    assert set(Metric.objects.values_list("code", flat=True)) == set(shipped_definitions())
    execute(UseMetric("csat", active=False), SYSTEM)
    with guard.maintaining():  # a version of the platform that does not ship this one yet
        Metric.objects.filter(code="ces").delete()
    size = LogLeaf.objects.count()
    run("person", "create", "second", "--password-stdin", given=PASSWORD + "\n")
    assert Metric.objects.filter(code="ces").exists()
    assert not Metric.objects.get(code="csat").active
    new = set(LogLeaf.objects.filter(seq__gte=size).values_list("action", flat=True))
    assert new == {"metric.install", "person.create", "role.assign"}
    run("person", "create", "third", "--password-stdin", given=PASSWORD + "\n")
    assert LogLeaf.objects.filter(action="metric.install").count() == 2


def test_a_person_is_made_with_their_role_or_not_at_all():
    run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    wrong = run("person", "create", "weak", "--password-stdin", given="12345678\n")
    assert isinstance(wrong.exception, ActionError)
    wrong = run("person", "create", "king", "--role", "king")
    assert wrong.exception.code == "core.choice_unknown"
    assert list(Person.objects.values_list("username", flat=True)) == ["root"]


def test_the_doctor_says_what_to_do(tmp_path):
    ill = run("doctor", "--json", "--lang", "en")
    findings = {check["check"]: check for check in json.loads(ill.stdout)["checks"]}
    assert ill.exit_code == 3
    assert "servloop person create" in findings["administrator"]["message"]
    run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    assert run("doctor", "--json").exit_code == 0
    tmp_path.chmod(0o755)
    assert "chmod" in run("doctor", "--lang", "zh").stdout


def test_keys_are_rotated_and_retired():
    run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    sealed = LogPayload.objects.count()
    assert run("keys", "rotate").stdout == f"{sealed}\n"
    assert run("keys", "retire").stdout == "1\n"
    assert run("audit", "verify").exit_code == 0


def test_a_checkpoint_is_printed_for_safekeeping():
    run("person", "create", "root", "--password-stdin", given=PASSWORD + "\n")
    assert run("audit", "checkpoint").stdout.startswith("servloop-audit-log\n")
    verified = json.loads(run("audit", "verify", "--json").stdout)
    assert verified["verified_size"] == verified["size"] == LogLeaf.objects.count()
