"""Monthly reports: frozen, each with its reader's rights, in both languages, and never made twice."""

import datetime as dt
import io
import json
import uuid
import zipfile

import pytest
from django.utils.translation import override
from tests.app.organisation import SYSTEM

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Actor, execute
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.errors import ActionError, NotAllowed
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy
from servloop_app.diagnose.models import Finding
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue
from servloop_app.measure.actions import ChangeMetric
from servloop_app.measure.definitions import Definition
from servloop_app.monitor import report_queries, report_tasks
from servloop_app.monitor.actions_reports import AskForFile, FreezeReport, MakeReports
from servloop_app.monitor.report_codec import digest_of
from servloop_app.monitor.report_models import Report, ReportFile, ReportRun
from servloop_app.web.monitor import report_jobs
from servloop_app.web.monitor.report_view import document
from servloop_app.web.monitor.report_workbook import workbook

pytestmark = pytest.mark.django_db
JUNE = dt.date(2026, 6, 1)


@pytest.fixture
def no_layout(monkeypatch):
    """Files are written without laying them out."""
    written = {"content": b"%PDF-", "size": 5, "pages": 1, "digest": "0" * 64}
    monkeypatch.setattr(
        report_jobs,
        "pdf",
        lambda html: written | {"error_code": "", "error_params": {}, "content": html.encode()},
    )


@pytest.fixture
def make(work_off, no_layout):
    """``make(person, …)``: their reports of June, made by the platform; the first of them."""

    def make(*people, month=JUNE, by=SYSTEM):
        execute(MakeReports(month, [person.public_id for person in people]), by)
        work_off()
        return Report.objects.get(run__month=month, person=people[0])

    return make


def sheet_of(report, language="en"):
    return report_jobs.html_of(report, {"en": "en", "zh": "zh-CN"}[language])


def test_a_report_says_what_changed_with_figures_and_evidence(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")))
    with override("en"):
        doc = document(report)
        assert doc.title.startswith("Steady against May; still open: Beijing branch")
        assert "in June 2026" in doc.lead
        assert "Beijing branch differs most from the other units" in doc.lead
        change = doc.changes[0]
        finding = Finding.objects.get(kind="change", unit__code="beijing")
        numbers = {change.evidence.number for change in doc.changes} | {
            beside.number for change in doc.changes for beside in change.beside
        }
        assert f"F-{finding.pk:04d}" in numbers
        assert "n\u00a0=\u00a0" in change.figure
        assert [row.name for row in doc.unit_rows][-1] == "Beijing branch"
        assert doc.unit_rows[-1].rank == "3"
        assert doc.decision.startswith("whether to take on:")
    english, chinese = sheet_of(report), sheet_of(report, "zh")
    assert "<svg" in english
    assert "Own metric" in english
    assert "自有指标" not in english
    assert "与 5 月相比持平；仍待解决：北京分行" in chinese
    april = make(report.person, month=dt.date(2026, 4, 1))
    with override("en"):
        assert document(april).title == "Own metric is getting worse"
    assert "请您决定" in chinese
    assert "Own metric" not in chinese
    assert 'lang="zh-CN"' in chinese


def test_no_sentence_of_a_report_claims_a_cause(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")))
    english, chinese = sheet_of(report).lower(), sheet_of(report, "zh")
    body = english.partition("</style>")[2]
    for word in ("because of", "caused", "due to", "led to", "thanks to"):
        assert word not in body
    for word in ("导致", "由于", "造成"):
        assert word not in chinese


def test_a_reader_of_one_branch_gets_her_own_units_only(organisation, found, make, work_off, bring_in):
    words = ["id,date,channel,rating,comment,branch"]
    words += [
        f"Q{unit}{n},2026-06-2{n} 10:00,app,{rating},{unit}等了很久，请打 13800138000,{unit}"
        for unit in ("beijing", "tianjin", "shanghai")
        for n, rating in enumerate((1, 1, 5, 5))
    ]
    bring_in(
        "\n".join(words) + "\n", "words.csv", target="feedback", timezone="UTC", columns={"unit": "branch"}
    )
    work_off()
    head = organisation.person(("executive", "head"))
    branch = organisation.person(("supervisor", "tianjin"), home="tianjin")
    report = make(branch, head)
    whole = Report.objects.get(person=head)
    kept = json.dumps(report.content, ensure_ascii=False)
    for name in ("北京", "Beijing", "beijing", "上海", "Shanghai", "shanghai", "总行"):
        # the organisation's own name stands in the head of everybody's report
        assert name not in kept.replace(json.dumps(report.content["organisation"], ensure_ascii=False), "")
    assert report.content["scope"] == {
        "whole": False,
        "tops": [{"zh-CN": "天津分行", "en": "Tianjin branch"}],
        "units": ["tianjin"],
        "leaves": 1,
    }
    own = FeedbackRecord.objects.filter(unit__code="tianjin", occurred_at__month=6).count()
    assert report.content["figures"][0]["estimate"]["n"] == own
    assert {quote["unit"] for quote in report.content["quotes"]} == {"tianjin"}
    assert "13800138000" not in kept
    assert len({quote["unit"] for quote in whole.content["quotes"]}) > 1 or len(whole.content["quotes"]) == 3
    assert all(
        change.get("finding", {}).get("unit") in {None, "tianjin"} for change in report.content["changes"]
    )
    assert whole.content["figures"][0]["estimate"]["n"] > own
    assert whole.content["scope"]["whole"] is True
    sheet = sheet_of(report)
    assert "Tianjin branch" in sheet
    assert "Beijing" not in sheet


def test_someone_elses_report_opens_only_with_the_right_to_make_it(organisation, found, make, client):
    head = organisation.person(("executive", "head"))
    north = organisation.person(("quality_manager", "north"))
    report = make(north, head)
    whole = Report.objects.get(person=head)
    manager = organisation.person(("quality_manager", "head"))
    tianjin = organisation.person(("quality_manager", "tianjin"))
    agent = organisation.person(("agent", "north"))
    seen = {
        person: set(report_queries.reports(Policy(person)))
        for person in (head, north, manager, tianjin, agent)
    }
    assert seen == {
        head: {whole},
        north: {report},
        manager: {report, whole},
        tianjin: set(),
        agent: set(),
    }
    client.force_login(tianjin, backend="django.contrib.auth.backends.ModelBackend")
    for end in ("", "print/", "report.pdf", "report.xlsx"):
        assert client.get(f"/monitor/reports/{report.public_id}/{end}").status_code == 404
    assert client.post(f"/monitor/reports/{report.public_id}/file/").status_code == 404
    assert client.get(f"/api/v1/reports/{report.public_id}").status_code == 404
    assert client.get("/api/v1/reports").json()["items"] == []


def test_who_lost_the_right_to_a_unit_does_not_read_old_reports_of_it(organisation, found, make):
    from servloop_app.core.actions import AssignRole

    reader = organisation.person(("executive", "head"))
    make(reader)
    assert report_queries.reports(Policy(reader)).count() == 1
    execute(AssignRole(reader.public_id, "executive", "beijing", "deny"), SYSTEM)
    assert report_queries.reports(Policy(reader)).count() == 0


def test_a_report_opened_again_is_the_same_whatever_happens_meanwhile(
    organisation, found, make, work_off, bring_in
):
    report = make(organisation.person(("quality_manager", "head")))
    before = {language: sheet_of(report, language) for language in ("en", "zh")}
    assert report.digest == digest_of(report.content)
    # the data, the findings and the metric change
    more = ["id,date,channel,rating,comment,branch"]
    more += [f"X{n},2026-06-1{n % 9} 10:00,app,5,意见,beijing" for n in range(400)]
    bring_in(
        "\n".join(more) + "\n", "more.csv", target="feedback", timezone="UTC", columns={"unit": "branch"}
    )
    work_off()
    changed = Definition(
        name=LocalizedText("改名", "Renamed"),
        definition=LocalizedText("改。", "Changed."),
        group="feedback",
        unit="percent",
        direction="lower",
        source="feedback",
        formula="share(rating >= 2)",
    )
    execute(ChangeMetric("happy", changed, "试"), SYSTEM)
    work_off()
    report = Report.objects.get(pk=report.pk)
    assert {language: sheet_of(report, language) for language in ("en", "zh")} == before
    assert digest_of(report.content) == report.digest


def test_every_run_and_every_report_is_in_the_log_with_its_digest(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")))
    from servloop_app.core.audit_log import read_payload

    made = LogLeaf.objects.get(action="report.make")
    assert made.object == f"report_run:{report.run.public_id}"
    frozen = LogLeaf.objects.get(action="report.freeze")
    assert (frozen.seq, frozen.object) == (report.leaf, f"report:{report.public_id}")
    arguments = read_payload(frozen.seq)["arguments"]
    assert arguments["digest"] == report.digest
    assert "content" not in arguments
    assert str(report.leaf) in sheet_of(report)
    assert report.run.number in sheet_of(report)


def test_what_a_report_shows_leads_to_it_in_the_chain(organisation, found, make):
    person = organisation.person(("quality_manager", "head"))
    report = make(person)
    rights = Policy(person)
    before = {item.reference for item in chain_of(rights, reference("report", report.public_id)).before}
    shown = {change["finding"]["id"] for change in report.content["changes"] if change.get("finding")}
    assert shown
    assert {reference("finding", one) for one in shown} <= before
    one = next(iter(shown))
    after = [item.reference for item in chain_of(rights, reference("finding", one)).after]
    assert reference("report", report.public_id) in after


def test_a_run_is_made_once_and_frozen_once(organisation, found, make, work_off):
    person = organisation.person(("quality_manager", "head"))
    report = make(person)
    with pytest.raises(ActionError, match="frozen"):
        execute(FreezeReport(report.run.public_id, person.public_id, "head", report.content), SYSTEM)
    enqueue_again(report.run)
    work_off()
    assert Report.objects.count() == 1
    assert report.run.__class__.objects.get().state == ReportRun.State.DONE


def enqueue_again(run):
    from servloop_app.core import guard

    with guard.maintaining():
        enqueue(report_tasks.FREEZE_JOB, {"report_run": str(run.public_id)})


def test_the_schedule_makes_last_months_reports_for_those_who_lead(organisation, found, work_off, no_layout):
    from servloop_app.core import guard

    leading = {
        organisation.person(("executive", "head")).public_id,
        organisation.person(("supervisor", "north")).public_id,
    }
    organisation.person(("agent", "head"))
    for _twice in range(2):
        with guard.maintaining():
            enqueue(report_tasks.MONTHLY_JOB, {"month": JUNE.isoformat()})
        work_off()
    run = ReportRun.objects.get()
    assert run.made_by is None
    assert {uuid.UUID(one) for one in run.people} == leading
    assert Report.objects.count() == 2
    from servloop_app.jobs.schedules import default_schedules

    assert default_schedules["monthly-report"].cron == "0 6 1 * *"


@pytest.mark.parametrize(
    ("month", "people", "code"),
    [
        (dt.date(2126, 1, 1), ["reader"], "report.month_not_over"),
        (dt.date(2026, 6, 2), ["reader"], "report.month_not_over"),
        (JUNE, [], "report.no_recipient"),
        (JUNE, ["nobody"], "report.recipient_without_right"),
    ],
)
def test_what_cannot_be_made_is_refused(organisation, month, people, code):
    known = {"reader": organisation.person(("executive", "head")), "nobody": organisation.person()}
    with pytest.raises(ActionError) as refused:
        execute(MakeReports(month, [known[name].public_id for name in people]), SYSTEM)
    assert refused.value.code == code


def test_nobody_makes_reports_of_units_beyond_their_own(organisation):
    reader = organisation.person(("executive", "head"))
    north = organisation.actor(("quality_manager", "north"))
    with pytest.raises(ActionError) as refused:
        execute(MakeReports(JUNE, [reader.public_id]), north)
    assert refused.value.code == "report.recipient_sees_more"
    with pytest.raises(NotAllowed):
        execute(MakeReports(JUNE, [reader.public_id]), organisation.actor(("executive", "head")))


def test_a_month_without_data_says_so(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")), month=dt.date(2025, 1, 1))
    with override("en"):
        doc = document(report)
        assert (doc.title, doc.heads, doc.trend) == ("No figures for this month", [], None)
        assert "There are no records" in doc.lead
    assert "本月没有指标" in sheet_of(report, "zh")


def test_pages_of_the_archive(organisation, found, work_off, no_layout, client):
    manager = organisation.person(("quality_manager", "head"))
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get("/monitor/reports/").content.decode()
    assert "No reports yet" in page
    assert str(manager.public_id) in page
    posted = client.post(
        "/monitor/reports/make/", {"month": "2026-06-01", "people": [str(manager.public_id)]}
    )
    assert posted.status_code == 302
    assert "is being made" in client.get("/monitor/reports/").content.decode()
    work_off()
    report = Report.objects.get()
    assert "June 2026: Steady against May" in client.get("/monitor/reports/").content.decode()
    page = client.get(f"/monitor/reports/{report.public_id}/").content.decode()
    assert page.count("<h1") == 1
    assert "Steady against May" in page
    # the PDF is written in the reader's language first, in the other when asked for
    assert ReportFile.objects.get().language == "zh-CN"
    assert client.get(f"/monitor/reports/{report.public_id}/report.pdf").status_code == 404
    client.post(f"/monitor/reports/{report.public_id}/file/")
    work_off()
    assert client.get(f"/monitor/reports/{report.public_id}/report.pdf")["Content-Type"] == "application/pdf"
    sheet = client.get(f"/monitor/reports/{report.public_id}/print/").content.decode()
    assert sheet.count("<h1") == 1
    assert "<script" not in sheet
    assert client.post("/monitor/reports/make/", {"month": "June"}).status_code == 404


def test_a_missing_library_or_font_is_said_and_the_sheet_still_prints(
    organisation, found, make, monkeypatch, client
):
    manager = organisation.person(("quality_manager", "head"))
    report = make(manager)
    why = {"error_code": "report.no_chinese_font", "error_params": {}, "content": None, "size": 0, "pages": 0}
    monkeypatch.setattr(report_jobs, "pdf", lambda _html: why | {"digest": ""})
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.post(f"/monitor/reports/{report.public_id}/file/")
    from servloop_app.jobs.runs import perform

    perform(Run.objects.filter(state=Run.State.QUEUED).get().public_id)
    page = client.get(f"/monitor/reports/{report.public_id}/").content.decode()
    assert "PDF not available, because" in page
    assert "fonts-noto-cjk" in page
    assert f"/monitor/reports/{report.public_id}/print/" in page


def test_the_workbook_holds_the_numbers_and_no_formula(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")))
    with override("en"):
        content = workbook(document(report))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        sheets = [
            book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")
        ]
    assert "Own metric" in texts
    assert str(report.content["figures"][0]["estimate"]["n"]) in "".join(sheets)
    assert not any("<f>" in sheet for sheet in sheets)


def test_reports_over_http(organisation, found, make, client):
    manager = organisation.person(("quality_manager", "head"))
    report = make(manager)
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get("/api/v1/reports").json()
    assert [one["id"] for one in listed["items"]] == [str(report.public_id)]
    read = client.get(f"/api/v1/reports/{report.public_id}").json()
    assert read["content"] == json.loads(json.dumps(report.content))
    assert read["digest"] == report.digest
    client.logout()
    assert client.get("/api/v1/reports").status_code == 401


def test_only_who_may_read_a_report_can_ask_for_its_file(organisation, found, make):
    report = make(organisation.person(("quality_manager", "head")))
    with pytest.raises(ActionError):
        execute(AskForFile(report.public_id, "en"), organisation.actor(("executive", "south")))
    reader = Actor.of_person(report.person, "page")
    with pytest.raises(ActionError):
        execute(AskForFile(report.public_id, "fr"), reader)
