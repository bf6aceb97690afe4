"""Files come in through the page: every reference log with its figures, hostile files with a sentence."""

from __future__ import annotations

import gzip
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.library.io import hostile
from tests.library.process.conftest import read_once, servloop  # noqa: F401  # fixtures
from tests.library.process.golden import LOGS, GoldenLog, check_all

from servloop_app.collect import files, queries
from servloop_app.collect.models import Import
from servloop_app.core.policy import Policy

pytestmark = pytest.mark.django_db
LARGE = {"bpic2012_complete", "bpic2012_all_lifecycle"}


@pytest.fixture
def person(organisation):
    return organisation.person(("quality_manager", "head"), ("analyst", "head"))


@pytest.fixture
def browser(person, client):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(browser, name: str, content: bytes):
    units = browser.get(reverse("imports")).context["form"].fields["unit"].queryset
    unit = units.get(code="head")
    return browser.post(reverse("import_add"), {"file": SimpleUploadedFile(name, content), "unit": unit.pk})


def confirm(browser, answer, **changes: str) -> Import:
    """Send the form of the mapping as it is shown, with changes."""
    form = browser.get(answer.url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    given = {name: value for name, value in shown.items() if value is not None} | changes
    done = browser.post(answer.url, given)
    assert done.status_code == 302, done.context["form"].errors
    return Import.objects.latest("pk")


@pytest.mark.data
@pytest.mark.parametrize(
    "golden",
    [pytest.param(g, id=g.name, marks=pytest.mark.slow if g.name in LARGE else ()) for g in LOGS],
)
@pytest.mark.usefixtures("read_once")
def test_every_log_gives_its_binding_figures_from_the_facts(
    golden: GoldenLog,
    reference: Path,
    browser,
    person,
    carry_out,
    facts,
    tmp_path: Path,
    servloop,  # noqa: F811
) -> None:
    path = golden.path(reference)
    content = path.read_bytes()
    answer = send(browser, path.name, content)
    found = carry_out(confirm(browser, answer, target="events", timezone="UTC"))
    assert (found.state, found.rejected, found.total("new")) == ("done", 0, found.rows)
    if golden.name == "helpdesk":
        assert found.rows == 21_348
    assert facts("SELECT count(*) FROM events") == [(found.rows,)]
    page = unescape(browser.get(reverse("import", args=[found.public_id])).content.decode())
    assert f"{found.rows:,}" in page

    file = tmp_path / "events.parquet"
    file.write_bytes(queries.process_file(Policy(person), found.mapping["name"]))

    def ask(*arguments: str) -> Any:
        command, *options = arguments
        outcome = servloop("process", command, file, *options, *golden.options, "--seq", "seq", "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    check_all(golden.figures(reference), ask)

    again = carry_out(confirm(browser, send(browser, path.name, content), target="events", timezone="UTC"))
    assert (again.state, again.total("new"), again.total("revised")) == ("done", 0, 0)
    assert again.total("repeated") == found.rows
    assert facts("SELECT count(*) FROM events") == [(found.rows,)]


HEADER = "case id,activity,timestamp\n"
ROWS = HEADER + "1,a,2026-01-05 10:00\n" * 200
UNREADABLE: dict[str, tuple[str, bytes]] = {
    "empty": ("log.csv", b""),
    "header only": ("log.csv", HEADER.encode()),
    "another encoding": ("log.csv", (HEADER + "1,Prüfung,2026-01-05 10:00\n").encode("latin-1")),
    "doubled header": ("log.csv", b"case id,activity,activity\n1,a,b\n"),
    "cut gzip": ("log.csv.gz", gzip.compress(ROWS.encode())[:-12]),
    "entity bomb": ("log.xes", hostile.laughs().encode()),
    "external entity": ("log.xes", hostile.EXTERNAL_ENTITY.encode()),
    "no table": ("log.csv", b"\x00\x01\x02" * 500),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read_is_said_so_and_does_not_stay(case, browser, data_folder):
    name, content = UNREADABLE[case]
    told = []
    for language in ("zh-hans", "en"):
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        answer = send(browser, name, content)
        assert answer.status_code == 422
        form = answer.context["form"]
        told.append(answer.context["error"] or " ".join(form.errors["file"]))
        assert told[-1] in unescape(answer.content.decode())
    chinese, english = told
    assert case == "empty" or all(sentence.startswith(name) for sentence in told)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert not list((data_folder / "imports").glob("*"))
    assert Import.objects.count() == 0


def test_a_workbook_that_unpacks_to_300_megabytes_is_refused(browser, tmp_path):
    bomb = hostile.zip_bomb(tmp_path / "bomb.xlsx", 300).read_bytes()
    answer = send(browser, "bomb.xlsx", bomb)
    assert answer.status_code == 422
    assert answer.context["error"]
    assert Import.objects.count() == 0


ODD: dict[str, tuple[str, int, int, set[str]]] = {
    # content, rows stored, rows set aside, reasons
    "end before start": (
        "case id,activity,start,timestamp\n1,a,2026-01-05 12:00,2026-01-05 10:00\n1,b,2026-01-05 12:00,2026-01-05 13:00\n",
        2,
        0,
        set(),
    ),
    "unsorted": (HEADER + "1,b,2026-01-06 10:00\n1,a,2026-01-05 10:00\n", 2, 0, set()),
    "one event per case": (HEADER + "".join(f"{n},a,2026-01-05 10:00\n" for n in range(9)), 9, 0, set()),
    "2,000 activities": (
        HEADER + "".join(f"{n},a{n},2026-01-05 10:00\n" for n in range(2000)),
        2000,
        0,
        set(),
    ),
    "a case named NA": (HEADER + "NA,a,2026-01-05 10:00\n1,?,2026-01-05 10:00\n", 2, 0, set()),
    "future": (HEADER + "1,a,2026-01-05 10:00\n1,b,2096-01-05 10:00\n", 1, 1, {"future_time"}),
    "second header": (HEADER + "1,a,2026-01-05 10:00\n" + HEADER + "1,b,2026-01-06 10:00\n", 2, 1, set()),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_rows_are_stored_or_set_aside_and_the_page_shows_it(case, browser, carry_out, facts):
    content, stored, aside, reasons = ODD[case]
    found = carry_out(
        confirm(browser, send(browser, "log.csv", content.encode()), target="events", timezone="UTC")
    )
    assert (found.state, found.accepted, found.rejected) == ("done", stored, aside), found.report
    assert facts("SELECT count(*) FROM events") == [(stored,)]
    seen = {fault["reason"] for row in found.quarantined.all() for fault in row.faults}
    assert reasons <= seen
    assert bool(seen) == bool(aside)
    assert browser.get(reverse("import", args=[found.public_id])).status_code == 200
    assert files.source_of(found.public_id) is None
