"""Erased people are gone from every derived copy too: frozen reports and their files, process logs, analyses, tickets."""

import datetime as dt
import importlib
import json
import re
from pathlib import Path

import django.apps
import pytest
from django.db import connection
from django.utils.translation import override
from tests.app.collect.test_personal_data import everything_on_disk
from tests.app.diagnose.test_process_logs import add
from tests.app.organisation import SYSTEM

from servloop_app.collect import people
from servloop_app.collect.actions import ErasePeople, UndoImport
from servloop_app.collect.models import FeedbackRecord, Import, PersonKey
from servloop_app.core import audit_log, guard
from servloop_app.core.actions import execute
from servloop_app.core.hooks import personal_data_handlers
from servloop_app.core.models import LogLeaf
from servloop_app.diagnose import log_files, tasks
from servloop_app.diagnose.actions_process import AskForStudy
from servloop_app.diagnose.actions_standard import DefineStandard
from servloop_app.diagnose.following import followed_log
from servloop_app.diagnose.models import ProcessLog, ProcessStudy
from servloop_app.improve.actions_tickets import NoteOnTicket, TicketFromFeedback
from servloop_app.improve.ticket_models import Ticket
from servloop_app.jobs.models import Run
from servloop_app.measure.models import MetricResult
from servloop_app.monitor.actions_reports import EraseQuotes, FreezeReport, MakeReports
from servloop_app.monitor.report_codec import digest_of, is_intact, sealed
from servloop_app.monitor.report_models import QuotedRecord, Report, ReportFile, ReportRun
from servloop_app.monitor.report_queries import is_as_frozen
from servloop_app.web.monitor import report_jobs
from servloop_app.web.monitor.report_view import document

WORDS, OTHERS = "Zwieback 又等了一个小时", "Knusper 服务很好很耐心"
NUMBER = "KH-778899"
JUNE = dt.date(2026, 6, 1)
FEEDBACK = (
    "id,date,rating,comment,customer id,channel\n"
    f"F1,2026-06-02 09:00,1,{WORDS},{NUMBER},app\n"
    f"F2,2026-06-03 10:00,5,{OTHERS},KH-112233,app\n"
)
STEPS = (("受理", 0), ("审核", 5), ("办结", 7))
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
GONE = {"en": "Words of a customer were removed here", "zh-CN": "此处一位客户的原话已应本人要求删除"}


def events(name="case id"):
    """Ten cases: one is the person's number, one names the person beside it."""
    lines = [f"{name},activity,timestamp,account"]
    for case in range(10):
        for step, hours in STEPS:
            at = dt.datetime(2026, 6, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=case, hours=hours)
            number = "kh 778899" if case == 0 else f"Fall-{case}"
            lines.append(f"{number},{step},{at:%Y-%m-%d %H:%M},{NUMBER if case == 1 else f'A{case}'}")
    return "\n".join(lines) + "\n"


def everything_in_database() -> str:
    """Every value of every row of every table; texts in JSON as they are read."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    held = bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
                    text = held.decode("utf-8", errors="replace")
                    texts.append(text)
                    if "\\u" in text:  # JSON as SQLite holds it
                        texts.append(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
    return "\n".join(texts)


def database_files(settings) -> bytes:
    database = Path(settings.DATABASES["default"]["NAME"])
    return b"".join(p.read_bytes() for p in database.parent.glob(f"{database.name}*"))


@pytest.fixture(autouse=True)
def no_layout(monkeypatch):
    """Files are written without laying them out: what they say can be searched."""
    written = {"size": 5, "pages": 1, "digest": "0" * 64, "error_code": "", "error_params": {}}
    monkeypatch.setattr(report_jobs, "pdf", lambda html: written | {"content": html.encode()})


def reported(organisation, work_off) -> Report:
    person = organisation.person(("quality_manager", "head"))
    execute(MakeReports(JUNE, [person.public_id]), SYSTEM)
    work_off()
    return Report.objects.get(person=person)


def erase(*identifiers):
    return execute(ErasePeople("客户要求", list(identifiers)), SYSTEM).outcome


class TestEverything:
    """With real transactions: what is asked for on commit happens."""

    @pytest.fixture
    def organisation(self, lasting_organisation):
        return lasting_organisation

    @pytest.fixture
    def carry_out(self, transactional_db):
        from servloop_app.jobs.runs import perform

        def work(found: Import) -> Import:
            perform(found.run.public_id)
            found.refresh_from_db()
            return found

        return work

    def test_nothing_derived_stays(
        self, organisation, bring_in, work_off, data_folder, settings, add_metric, facts
    ):
        add_metric("feedback", "mean(rating)")
        bring_in(FEEDBACK, target="feedback", timezone="UTC", rating_scale=[1, 5])
        found = bring_in(events(), "process.csv", target="events", timezone="UTC")
        work_off()
        followed = ProcessLog.objects.get(public_id=followed_log("head", str(found.mapping["name"])))
        uploaded = tasks.read_now(add(SYSTEM, events("工单号"), unit="head"), SYSTEM)
        execute(DefineStandard(uploaded.public_id, rules="rules: [{template: init, activity: 审核}]"), SYSTEM)
        execute(AskForStudy(followed.public_id, "journey", {"selection": {}}), SYSTEM)
        asked = {"selection": {}, "standard": 1}
        listing = execute(AskForStudy(uploaded.public_id, "conformance", asked), SYSTEM).outcome
        record = FeedbackRecord.objects.get(source_key="F1")
        ticket = execute(TicketFromFeedback(record.id), SYSTEM).outcome
        noted = execute(NoteOnTicket(ticket.public_id, f"Rueckruf wegen {WORDS}"), SYSTEM)
        report = reported(organisation, work_off)
        old_key = PersonKey.objects.get(index=people.index_of(NUMBER)).key
        epochs = set(MetricResult.objects.values_list("epoch", flat=True))

        on_disk, in_database = everything_on_disk(data_folder), everything_in_database()
        for there in (WORDS, OTHERS, old_key):
            assert there in on_disk, there
            assert there in in_database, there
        assert NUMBER in on_disk
        assert "kh 778899" in on_disk
        assert log_files.study_rows_of(uploaded.public_id, listing.key).exists()
        (written,) = ReportFile.objects.values_list("content", flat=True)
        assert WORDS in bytes(written).decode()
        assert ProcessStudy.objects.filter(kind="journey").exclude(result=None).exists()

        run = erase("kh 778899")
        work_off()
        run.refresh_from_db()
        assert (run.state, run.result["reports"], run.result["process_logs"]) == ("done", 1, 4)

        on_disk, in_database = everything_on_disk(data_folder), everything_in_database()
        for gone in (WORDS, NUMBER, "kh 778899", old_key):
            assert gone not in on_disk, gone
            assert gone not in in_database, gone
        assert OTHERS in on_disk
        assert OTHERS in in_database
        if connection.vendor == "sqlite":
            stored = database_files(settings)
            for gone in (WORDS, json.dumps(WORDS)[1:-1], NUMBER, old_key):
                assert gone.encode() not in stored, gone
            assert json.dumps(OTHERS)[1:-1].encode() in stored

        # what was made anew
        for log in (followed, uploaded):
            log.refresh_from_db()
            assert (log.state, log.cases, log.events) == ("ready", 8, 24)
            assert not log.studies.exists()
        assert facts("SELECT count(DISTINCT case_id), count(*) FROM events") == [(8, 24)]
        assert set(MetricResult.objects.values_list("epoch", flat=True)) - epochs, "figures follow"
        report.refresh_from_db()
        assert is_as_frozen(report)
        (written,) = ReportFile.objects.values_list("content", flat=True)
        assert GONE["zh-CN"] in bytes(written).decode()
        assert OTHERS in bytes(written).decode()
        assert audit_log.read_payload(noted.seq) is None
        assert audit_log.verify([]).intact
        assert Ticket.objects.get().title == "—"

        again = erase(NUMBER)
        work_off()
        again.refresh_from_db()
        assert set(again.result.values()) == {0}, "safe to repeat"


@pytest.mark.django_db
class TestReports:
    @pytest.fixture
    def report(self, organisation, bring_in, work_off):
        bring_in(FEEDBACK, target="feedback", timezone="UTC", rating_scale=[1, 5])
        return reported(organisation, work_off)

    def test_the_digest_fits_after_an_erasure_and_a_changed_word_is_found(self, report, work_off):
        frozen = LogLeaf.objects.get(action="report.freeze")
        digest = audit_log.read_payload(frozen.seq)["arguments"]["digest"]
        assert digest == report.digest == digest_of(report.content)
        assert QuotedRecord.objects.filter(report=report).count() == 2
        assert "person_key" not in json.dumps(report.content)
        erase(NUMBER)
        work_off()
        report.refresh_from_db()
        assert digest == report.digest == digest_of(report.content)
        assert is_as_frozen(report)
        erased, kept = report.content["quotes"]
        assert set(erased) == {"seal", "erased"}
        assert kept["text"] == OTHERS
        leaf = LogLeaf.objects.get(action="report.erase_quotes")
        arguments = audit_log.read_payload(leaf.seq)["arguments"]
        assert (arguments["digest_before"], arguments["digest"]) == (digest, digest)

    @pytest.mark.parametrize(
        "change",
        [
            lambda quotes: quotes[1].update(text="Knusper 服务很差"),
            lambda quotes: quotes[1].update(rating=1.0),
            lambda quotes: quotes[1].pop("salt"),
            lambda quotes: quotes[1].pop("seal"),
            lambda quotes: quotes.pop(),
            lambda quotes: quotes.__setitem__(1, sealed({"text": "Anderes"})),
            lambda quotes: quotes.__setitem__(1, {"seal": quotes[1]["seal"], "erased": True, "text": "x"}),
        ],
    )
    def test_a_quote_that_somebody_changed_is_told_from_one_that_was_erased(self, report, client, change):
        client.force_login(report.person, backend="django.contrib.auth.backends.ModelBackend")
        address = f"/monitor/reports/{report.public_id}/"
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        assert "changed after it was frozen" not in client.get(address).content.decode()
        assert client.get(f"/api/v1/reports/{report.public_id}").json()["as_frozen"] is True
        change(report.content["quotes"])
        assert not is_intact(report.content, report.digest)
        with guard.maintaining():
            # whoever holds the database may make the row fit; the log does not
            for digest in {report.digest, digest_of(report.content)}:
                Report.objects.filter(pk=report.pk).update(content=report.content, digest=digest)
                assert not is_as_frozen(Report.objects.get(pk=report.pk))
                assert client.get(f"/api/v1/reports/{report.public_id}").json()["as_frozen"] is False
        if all("text" in one or one.get("erased") for one in report.content["quotes"]):
            try:
                page = client.get(address).content.decode()
            except KeyError:  # the sheet cannot be written from it
                return
            assert "changed after it was frozen" in page

    def test_the_page_says_in_both_languages_that_words_were_removed(self, report, work_off, client):
        erase(NUMBER)
        work_off()
        report.refresh_from_db()
        client.force_login(report.person, backend="django.contrib.auth.backends.ModelBackend")
        for accepted, language in (("en", "en"), ("zh-hans", "zh-CN")):
            client.defaults["HTTP_ACCEPT_LANGUAGE"] = accepted
            for end in ("", "print/"):
                page = client.get(f"/monitor/reports/{report.public_id}/{end}").content.decode()
                assert GONE[language] in page
                assert OTHERS in page
                assert "Zwieback" not in page
            assert GONE[language] in report_jobs.html_of(report, language)
        with override("en"):
            assert document(report).quotes[0] == {"erased": True}
        content = client.get(f"/api/v1/reports/{report.public_id}").json()
        assert "Zwieback" not in json.dumps(content, ensure_ascii=False)

    @pytest.mark.parametrize("first", ["collect", "reports"])
    def test_each_package_erases_whichever_was_first(self, report, first):
        indexes = [people.index_of(NUMBER)]
        held = personal_data_handlers["reports"].export(indexes)
        assert [(one["kind"], one["text"]) for one in held] == [("report_quote", WORDS)]
        order = ["collect", "reports"] if first == "collect" else ["reports", "collect"]
        counts = [personal_data_handlers[name].erase(indexes) for name in order]
        assert counts[order.index("reports")] == 1
        report.refresh_from_db()
        assert [one.get("erased", False) for one in report.content["quotes"]] == [True, False]
        assert [personal_data_handlers[name].erase(indexes) for name in order] == [0, 0]

    def test_taking_an_import_back_leaves_reports_as_they_are(self, report, work_off):
        execute(UndoImport(Import.objects.get().public_id), SYSTEM)
        work_off()
        assert not FeedbackRecord.objects.exists()
        assert personal_data_handlers["reports"].erase([people.index_of("KH-0")]) == 0
        assert personal_data_handlers["reports"].erase([people.index_of(NUMBER)]) == 1

    def test_words_erased_while_a_report_is_being_frozen_do_not_get_into_it(self, organisation, report):
        person = organisation.person(("executive", "head"))
        records = [FeedbackRecord.objects.get(source_key=key).pk for key in ("F1", "F2")]
        personal_data_handlers["collect"].erase([people.index_of(NUMBER)])
        made = execute(
            FreezeReport(report.run.public_id, person.public_id, "head", report.content, records), SYSTEM
        ).outcome
        assert [one.get("erased", False) for one in made.content["quotes"]] == [True, False]
        assert is_as_frozen(made)
        assert [one.record for one in made.quoted.all()] == records[1:]

    def test_words_erased_while_a_file_is_being_written_do_not_get_into_it(
        self, report, work_off, monkeypatch
    ):
        erasing = EraseQuotes(report.public_id, [0])

        def slow(html):
            if not Report.objects.get(pk=report.pk).content["quotes"][0].get("erased"):
                execute(erasing, SYSTEM)
            return {"content": html.encode(), "size": 1, "pages": 1, "digest": "", "error_code": ""}

        with guard.maintaining():
            ReportFile.objects.all().delete()
            from servloop_app.jobs.runs import enqueue

            enqueue(report_jobs.RENDER_JOB, {"report": str(report.public_id), "language": "en"})
        monkeypatch.setattr(report_jobs, "pdf", slow)
        work_off()
        (written,) = ReportFile.objects.values_list("content", flat=True)
        assert "Zwieback" not in bytes(written).decode()

    @pytest.mark.parametrize("opens", [True, False])
    def test_reports_of_earlier_releases_are_sealed_when_somebody_is_erased(
        self, organisation, report, work_off, opens
    ):
        person = organisation.person(("executive", "head"))
        quotes = [
            {name: value for name, value in one.items() if name not in {"salt", "seal"}}
            | {"record": str(FeedbackRecord.objects.get(masked_text=one["text"]).pk) if opens else ""}
            for one in report.content["quotes"]
        ]
        content = {**report.content, "version": 1, "quotes": quotes}
        run = ReportRun.objects.get()
        old = execute(FreezeReport(run.public_id, person.public_id, "head", content), SYSTEM).outcome
        assert old.digest == digest_of(content)
        assert is_as_frozen(old)
        with override("en"):
            assert [one["text"] for one in document(old).quotes] == [WORDS, OTHERS]

        migration = importlib.import_module("servloop_app.monitor.migrations.0003_quoted_records")
        with guard.maintaining():
            QuotedRecord.objects.all().delete()
            migration.find_quoted(django.apps.apps, None)
        assert QuotedRecord.objects.count() == 4
        erase(NUMBER)
        work_off()
        for one in Report.objects.all():
            assert is_as_frozen(one)
            assert WORDS not in json.dumps(one.content, ensure_ascii=False)
            assert one.content["quotes"][1]["text"] == OTHERS
        replaced = audit_log.read_payload(
            LogLeaf.objects.get(action="report.erase_quotes", object=f"report:{old.public_id}").seq
        )["arguments"]
        assert replaced["digest_before"] == old.digest
        assert replaced["digest"] == Report.objects.get(pk=old.pk).digest


@pytest.mark.django_db
class TestUploadedLogs:
    def test_a_file_that_cannot_be_read_yet_goes_whole(
        self, organisation, django_capture_on_commit_callbacks
    ):
        public_id = add(SYSTEM, f"a,b\n{NUMBER},2\n", unit="head")
        assert not tasks.read_now(public_id, SYSTEM).ready
        other = add(SYSTEM, "a,b\nKH-1,2\n", unit="head")
        tasks.read_now(other, SYSTEM)
        with django_capture_on_commit_callbacks(execute=True):
            assert personal_data_handlers["process_logs"].erase([people.index_of(NUMBER)]) == 1
        assert [log.public_id for log in ProcessLog.objects.all()] == [other]
        assert not log_files.folder(public_id).exists()

    def test_a_log_of_nobody_else_goes_whole(self, organisation, django_capture_on_commit_callbacks):
        lines = events("工单号").splitlines()
        public_id = add(SYSTEM, "\n".join(lines[:7]), unit="head")
        tasks.read_now(public_id, SYSTEM)
        handler = personal_data_handlers["process_logs"]
        assert [one["case"] for one in handler.export([people.index_of(NUMBER)])] == ["Fall-1", "kh 778899"]
        with django_capture_on_commit_callbacks(execute=True):
            assert handler.erase([people.index_of(NUMBER)]) == 2
        assert not log_files.folder(public_id).exists()

    def test_what_no_event_carries_is_found_in_the_file(self, organisation, data_folder):
        xes = (
            '<log xes.version="1.0"><trace><string key="concept:name" value="1"/>'
            f"<list key='parties'><string key='customer' value='{NUMBER}'/></list>"
            '<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2026-01-01T00:00:00Z"/>'
            "</event></trace></log>"
        )
        log = tasks.read_now(add(SYSTEM, xes, unit="head", name="log.xes"), SYSTEM)
        assert log.ready, log.error_code
        assert NUMBER in everything_on_disk(data_folder)
        assert personal_data_handlers["process_logs"].erase([people.index_of(NUMBER)]) == 1
        assert NUMBER not in everything_on_disk(data_folder)

    def test_the_rest_reads_as_it_did(self, organisation):
        public_id = add(SYSTEM, events("工单号"), unit="head")
        before = tasks.read_now(public_id, SYSTEM)
        assert personal_data_handlers["process_logs"].erase([people.index_of(NUMBER)]) == 2
        after = ProcessLog.objects.get()
        assert (after.cases, after.events, after.activities) == (8, 24, 3)
        assert (after.version, after.last_at) == (before.version + 1, before.last_at)
        assert Run.objects.count() == 0


@pytest.mark.django_db
class TestShortNumbers:
    """A customer numbered 1001 is not an amount of 1001, nor the 1001st case."""

    STEPS = (
        "case id,activity,timestamp,amount,customer id\n"
        "1001,受理,2026-06-01 09:00,5,2002\n"
        "7,受理,2026-06-02 09:00,1001,3003\n"
        "8,受理,2026-06-03 09:00,5,1001\n"
        "8,办结,2026-06-03 10:00,5,\n"
    )

    def test_in_the_facts(self, organisation, bring_in, facts):
        bring_in(self.STEPS, "process.csv", target="events", timezone="UTC")
        assert personal_data_handlers["collect"].erase([people.index_of("1001")]) == 2
        assert facts("SELECT case_id FROM events ORDER BY 1") == [("1001",), ("7",)]

    def test_in_uploaded_logs(self, organisation):
        public_id = add(SYSTEM, self.STEPS, unit="head")
        tasks.read_now(public_id, SYSTEM)
        held = personal_data_handlers["process_logs"].export([people.index_of("1001")])
        assert [one["case"] for one in held] == ["8"]
