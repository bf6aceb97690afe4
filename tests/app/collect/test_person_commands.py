"""``servloop person export`` and ``servloop person erase``: identifiers from a file or standard input."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from tests.app.collect.test_personal_data import FEEDBACK, MOBILE

from servloop_app.cli.person import command
from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.errors import ActionError
from servloop_app.core.models import LogLeaf
from servloop_app.jobs.models import Run

pytestmark = pytest.mark.django_db
REASON = ("--reason", "客户来信要求")


def run(*words: str, given: str | None = None):
    return CliRunner().invoke(command, words, input=given)


def test_exported_and_erased(bring_in, tmp_path, django_capture_on_commit_callbacks):
    bring_in(FEEDBACK, target="feedback", timezone="UTC")
    shown = run("export", *REASON, given="kh 778899\n\n")
    assert shown.exit_code == 0, shown.exception
    assert "row_set_aside" in shown.stdout
    file = tmp_path / "people.txt"
    file.write_text(f"KH-778899\n{MOBILE}\n", encoding="utf-8")
    document = json.loads(run("export", str(file), *REASON, "--json").stdout)
    assert document["total"] == 3
    assert "请回电" in document["held"]["collect"][0]["text"]

    with django_capture_on_commit_callbacks(execute=True):
        erased = json.loads(run("erase", str(file), *REASON, "--json").stdout)
    assert (erased["state"], erased["people"], erased["records"]["collect"]) == ("done", 2, 3)
    assert list(FeedbackRecord.objects.values_list("source_key", flat=True)) == ["F2"]
    with django_capture_on_commit_callbacks(execute=True):
        assert "collect" in run("erase", "-", *REASON, given="KH-778899").stdout
    assert json.loads(run("export", str(file), *REASON, "--json").stdout)["total"] == 0
    names = list(LogLeaf.objects.filter(action__startswith="personal_data.").values_list("action", "actor"))
    assert names.count(("personal_data.look_up", "system:command")) == 3
    assert names.count(("personal_data.erased", "system:erasure")) == 2


def test_a_worker_may_do_it_later(organisation):
    told = run("erase", *REASON, "--no-wait", given="KH-778899")
    waiting = Run.objects.get(kind="personal_data.erase")
    assert waiting.state == "queued"
    assert str(waiting.public_id) in told.stdout


def test_nobody_and_no_reason_are_refused(organisation):
    assert isinstance(run("erase", *REASON, given="\n").exception, ActionError)
    assert isinstance(run("export", "--reason", " ", given="KH-1").exception, ActionError)
    assert run("erase", given="KH-1").exit_code == 2
    assert not Run.objects.filter(kind="personal_data.erase").exists()
