"""Pages of a log whose aggregates an engine computed: the same page, and its events stay where they are."""

import re
from uuid import UUID

import pytest
from django.urls import reverse
from tests.app.diagnose.test_process_logs import add
from tests.browser.sample_logs import worked_hours

from servloop.errors import SpecError
from servloop_app.diagnose import log_files, queries, tasks
from servloop_app.diagnose.engine import renew_aggregates, stored_aggregates
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.jobs import runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(organisation):
    return organisation.actor(("analyst", "north"))


def read_by_job(public_id: UUID) -> ProcessLog:
    run = ProcessLog.objects.get(public_id=public_id).run
    runs.perform(run.public_id)
    run.refresh_from_db()
    assert run.state == run.State.DONE, run.error_detail
    return ProcessLog.objects.get(public_id=public_id)


def shown(client, log):
    """What the page says, without what differs from log to log, and without the bars, which an engine draws to 1 %."""
    page = client.get(reverse("process_log", args=[log.public_id]))
    assert page.status_code == 200
    text = page.content.decode().replace(str(log.public_id), "LOG")
    body = text[text.index("<main") : text.index("</main>")]
    assert "sl-bars" in body
    body = re.sub(r'<svg class="sl-bars".*?</svg>', "", body, flags=re.DOTALL)
    return re.sub(r'(value|name|nonce)="[A-Za-z0-9]{32,}"', "", body)


@pytest.mark.parametrize(
    "engine",
    [
        "duckdb:1GB",
        # Executors of their own are tested with the golden logs; here it is the page that counts.
        pytest.param("spark:local[2]", marks=[pytest.mark.slow, pytest.mark.filterwarnings("ignore")]),
    ],
)
def test_the_page_of_an_engine_is_the_page_of_the_kernels(client, analyst, settings, monkeypatch, engine):
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    content = worked_hours(cases=160)
    in_memory = read_by_job(add(analyst, content, by_job=True))
    assert stored_aggregates(in_memory.public_id) is None
    settings.PROCESS_ENGINE = engine
    by_engine = read_by_job(add(analyst, content, by_job=True))
    expected = shown(client, in_memory)

    def never(*_args):
        raise AssertionError("the events were loaded")

    monkeypatch.setattr(queries, "load_log", never)
    assert shown(client, by_engine) == expected
    assert "<svg" in expected
    drawer = client.get(reverse("process_step", args=[by_engine.public_id]), {"activity": "Check"})
    assert drawer.status_code == 200
    monkeypatch.undo()
    # A condition needs the events, and gets them; activities have the same codes on either way.
    chosen = client.get(reverse("process_log", args=[by_engine.public_id]), {"with": "0"})
    same = client.get(reverse("process_log", args=[in_memory.public_id]), {"with": "0"})
    one, other = chosen.context["analysis"], same.context["analysis"]
    assert (one.cases, one.activities) == (other.cases, other.activities)
    assert one.summary == other.summary


def test_reading_again_without_an_engine_forgets_its_aggregates(analyst, settings):
    settings.PROCESS_ENGINE = "duckdb"
    log = read_by_job(add(analyst, worked_hours(cases=40), by_job=True))
    assert log_files.aggregates_of(log.public_id).exists()
    settings.PROCESS_ENGINE = ""
    tasks.read_now(log.public_id, analyst)
    assert not log_files.aggregates_of(log.public_id).exists()
    assert not renew_aggregates(log.public_id, ReadingOptions.of(log.options))


def test_an_unknown_engine_is_named(analyst, settings):
    log = tasks.read_now(add(analyst, worked_hours(cases=40)), analyst)
    settings.PROCESS_ENGINE = "excel"
    with pytest.raises(SpecError) as refused:
        renew_aggregates(log.public_id, ReadingOptions.of(log.options))
    assert refused.value.code == "engine.unknown"
