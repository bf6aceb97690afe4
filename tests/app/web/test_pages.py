"""What pages answer, without a browser: files to take away, uploads that are too large, words for every code."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from tests.conftest import ROOT

from servloop_app.config.environment import VARIABLES
from servloop_app.core.actions import actions
from servloop_app.core.permissions import PERMISSIONS, ROLES
from servloop_app.diagnose.models import ProcessLog
from servloop_app.jobs.kinds import job_kinds
from servloop_app.web import figures, words
from servloop_app.web.process import uploads

CATALOGUES = sorted((ROOT / "src" / "servloop_app").glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))
LOG = """case,activity,timestamp
1,=cmd|' /C calc'!A0,2026-01-05 09:00:00
1,审核,2026-01-05 12:00:00
2,=cmd|' /C calc'!A0,2026-01-06 09:00:00
2,审核,2026-01-06 19:00:00
"""


@pytest.fixture
def analyst(organisation, client):
    person = organisation.person(("analyst", "beijing"), home="beijing")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(client, text: str = LOG, **more):
    units = client.get(reverse("process_logs")).context["form"].fields["unit"].queryset
    data = {
        "file": SimpleUploadedFile("log.csv", text.encode()),
        "unit": units[0].pk,
        "timezone": "UTC",
        "title": "柜面",
    }
    return client.post(reverse("process_add"), data | more)


def test_a_spreadsheet_runs_nothing_and_reads_chinese(analyst):
    answer = upload(analyst)
    public_id = ProcessLog.objects.get().public_id
    assert answer.url == reverse("process_log", args=[public_id])
    file = analyst.get(reverse("process_table_file", args=[public_id, "edges"]))
    assert file.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(row["source"], row["target"], row["count"]) for row in rows] == [
        ("'=cmd|' /C calc'!A0", "审核", "2")
    ]
    svg = analyst.get(reverse("process_map_file", args=[public_id]))
    assert svg.content.startswith(b"<svg")
    assert b"<script" not in svg.content


@pytest.mark.parametrize("table", ["waits", "edges", "paths", "rework", "handovers"])
def test_every_table_can_be_taken_away(analyst, table):
    upload(analyst)
    file = analyst.get(reverse("process_table_file", args=[ProcessLog.objects.get().public_id, table]))
    assert (file.status_code, file["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_an_upload_over_the_limit_is_broken_off(analyst, monkeypatch):
    monkeypatch.setattr(uploads.Bounded.__init__, "__defaults__", (1000,))
    answer = upload(analyst, "x" * 5000)
    assert answer.status_code == 413
    assert not ProcessLog.objects.exists()


def test_a_page_of_the_process_is_not_for_everybody(organisation, client):
    client.force_login(organisation.person(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("process_logs"))
    assert answer.status_code == 403
    assert re.search(r"[0-9a-f]{8}", answer.headers["X-Request-ID"])


def test_a_wrong_address_is_explained(analyst):
    upload(analyst)
    address = reverse("process_log", args=[ProcessLog.objects.get().public_id])
    for query in ("?with=99", "?mode=x", "?share=101", "?edge=a-b"):
        answer = analyst.get(address + query)
        assert answer.status_code == 422
        assert "diagnose.bad_filter" in answer.content.decode()


def test_every_code_has_its_word():
    assert set(actions()) <= set(words.ACTION_LABELS)
    assert set(ROLES) == set(words.ROLE_LABELS) == set(words.ROLE_PURPOSES)
    assert {permission.split(".")[0] for permission in PERMISSIONS} == set(words.SUBJECT_LABELS)
    assert {permission.split(".")[1] for permission in PERMISSIONS} == set(words.VERB_LABELS)
    assert set(job_kinds()) <= set(words.JOB_LABELS)
    assert set(VARIABLES) == set(words.SETTING_PURPOSES)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-5])
def test_chinese_is_complete(path: Path):
    with path.open("rb") as handle:
        catalogue = read_po(handle, locale="zh_Hans")
    for entry in catalogue:
        if not entry.id:
            continue
        texts = [entry.string] if isinstance(entry.id, str) else list(entry.string)
        sources = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        assert all(texts), f"{path}: {entry.id} has no Chinese"
        assert "fuzzy" not in entry.flags
        wanted = set(re.findall(r"%\(\w+\)[sd]", sources[-1]))
        for text in texts:
            assert set(re.findall(r"%\(\w+\)[sd]", text)) <= wanted, f"{path}: {entry.id}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.59561, "59.6%"), (0.005, "0.5%"), (1.0, "100.0%"), (0.0, "0.0%"), (None, "—")],
)
def test_shares_are_rounded_not_cut(value, shown):
    with translation.override("zh-hans"):
        assert figures.share(value) == shown


def test_sizes_of_files():
    with translation.override("en"):
        assert [figures.file_size(size) for size in (0, 1, 999, 1000, 1_550_000, 2_000_000_000)] == [
            "0 bytes",
            "1 byte",
            "999 bytes",
            "1.0 kB",
            "1.6 MB",
            "2.0 GB",
        ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "这个地址上没有内容"), ("en", "There is nothing at this address")],
)
def test_an_address_without_a_page_says_so_in_our_words(analyst, language, words):
    answer = analyst.get("/nothing/here/", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert "web.not_found" in answer.content.decode()


def test_whoever_forgot_a_password_is_told_whom_to_ask(analyst):
    page = analyst.get(reverse("account_change_password"), headers={"Accept-Language": "en"}).content.decode()
    assert "An administrator can set a new one" in page
    assert reverse("account_reset_password") not in page
