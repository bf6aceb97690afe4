"""Benchmarks with source and date: entered or imported, compared with the own figures; the advisor beside them."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop_app.collect.actions import UndoImport
from servloop_app.core.actions import execute, undo
from servloop_app.core.errors import ActionError, Conflict, NotFound
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.measure import queries
from servloop_app.measure.actions_benchmarks import AddBenchmark, RemoveBenchmark
from servloop_app.measure.advisor_data import counts, data_at_hand
from servloop_app.measure.benchmark_queries import compared, known_benchmarks
from servloop_app.measure.models import Metric, OwnBenchmark
from servloop_app.measure.selection import Selection

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 30)


@pytest.fixture
def happy(feedback, add_metric, work_off) -> Metric:
    found = add_metric("feedback", "share(rating >= 4)", code="happy")
    work_off()
    return found


def verdicts(metric):
    cells = queries.cells_of(EverythingPolicy(), [metric])
    selection = Selection.latest(queries.newest_month(cells), 12)
    metrics = {metric.code: metric}
    figures = {code: one.value(selection) for code, one in cells.items()}
    return {one.subject: result for one, result in compared(known_benchmarks(metrics), metrics, figures)}


def test_better_and_worse_are_said_only_where_the_interval_decides(happy, feedback):
    rated = feedback["rating"].drop_nulls()
    own = 100 * (rated >= 4).mean()
    for value, subject in ((own + 20, "leader"), (own - 20, "laggard"), (own + 0.1, "peer")):
        execute(AddBenchmark("happy", value, "Report 2025, p. 3", DAY, subject), SYSTEM)
    execute(AddBenchmark("happy", 3.0, "Other", DAY, "seconds", value_unit="seconds"), SYSTEM)
    found = verdicts(happy)
    assert {name: result.verdict for name, result in found.items()} == {
        "leader": "worse", "laggard": "better", "peer": "no_difference", "seconds": None
    }  # fmt: skip
    assert found["leader"].difference.value == pytest.approx(-20)
    assert found["seconds"].difference.reason.code == "assess.benchmark_unit"
    assert [notice.code for notice in found["leader"].warnings] == ["assess.benchmark_not_verified"]


def test_no_benchmark_without_metric_source_and_a_date_that_was(happy):
    for action, error in (
        (AddBenchmark("nothing", 1.0, "s", DAY), NotFound),
        (AddBenchmark("happy", 1.0, "  ", DAY), ActionError),
        (AddBenchmark("happy", float("inf"), "s", DAY), ActionError),
        (AddBenchmark("happy", 1.0, "s", timezone.localdate() + dt.timedelta(days=2)), ActionError),
        (AddBenchmark("happy", 1.0, "s" * 301, DAY), ActionError),
    ):
        with pytest.raises(error):
            execute(action, SYSTEM)
    assert not OwnBenchmark.objects.exists()


def test_one_that_was_entered_can_be_taken_away_and_brought_back(happy):
    made = execute(AddBenchmark("happy", 60.0, "s", DAY, practice="首接负责"), SYSTEM).outcome
    done = execute(RemoveBenchmark(made.public_id), SYSTEM)
    assert not OwnBenchmark.objects.exists()
    undo(done.seq, SYSTEM)
    assert OwnBenchmark.objects.get().practice == "首接负责"


def test_benchmarks_of_a_file_follow_the_file(happy, bring_in, work_off):
    content = "指标,数值,来源,发布日期,行业,做法\nhappy,70,行业报告,2025-06-30,银行业,预约叫号\nunknown,5,报告,2025-01-01,,\n"
    found = bring_in(content, "benchmarks.csv", target="benchmarks", timezone="UTC")
    assert found.state == "done", (found.error_code, found.report)
    work_off()
    kept = OwnBenchmark.objects.get(metric="happy")
    assert (kept.value, kept.subject, kept.practice, kept.published) == (70, "银行业", "预约叫号", DAY)
    assert verdicts(happy)["银行业"].verdict == "worse"
    with pytest.raises(Conflict):
        execute(RemoveBenchmark(kept.public_id), SYSTEM)
    execute(UndoImport(found.public_id), SYSTEM)
    work_off()
    assert not OwnBenchmark.objects.exists()


@pytest.fixture
def manager(organisation, client):
    person = organisation.person(("quality_manager", "head"), home="head")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_its_form_and_its_files(manager, happy, language):
    headers = {"accept-language": language}
    typed = {
        "metric": "happy",
        "value": "90",
        "subject": "领先者",
        "source": "年报 2025",
        "published": "2025-06-30",
    }
    assert manager.post(reverse("benchmark_add"), typed | {"source": ""}, headers=headers).status_code == 422
    assert manager.post(reverse("benchmark_add"), typed, headers=headers).status_code == 302
    page = manager.get(reverse("benchmarks") + "?from=2026-01&to=2026-06", headers=headers)
    assert page.status_code == 200
    assert "领先者" in page.content.decode()
    assert "2025" in page.content.decode()
    of_metric = manager.get(reverse("metric", args=["happy"]) + "?from=2026-01&to=2026-06", headers=headers)
    assert "领先者: 90.0%" in of_metric.content.decode()
    for ending in ("svg", "csv", "xlsx"):
        address = reverse("benchmarks_file", args=[ending]) + "?from=2026-01&to=2026-06"
        assert manager.get(address, headers=headers).status_code == 200


def test_the_advisor_counts_what_one_may_see(happy, organisation, add_metric, work_off):
    add_metric("feedback", "nps(rating)", code="recommended", unit="points")
    work_off()
    whole = counts(data_at_hand(EverythingPolicy()))
    assert whole["kano_pairs"] == 0
    branch = counts(data_at_hand(Policy(organisation.person(("analyst", "tianjin"), home="tianjin"))))
    assert 0 < branch["recommend"] < whole["recommend"] <= 900
    nobody = counts(data_at_hand(Policy(organisation.person(home="tianjin"))))
    assert set(nobody.values()) == {0}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_advisor_keeps_its_answers_in_the_address(manager, happy, language):
    headers = {"accept-language": language}
    page = manager.get(reverse("advisor"), headers=headers)
    assert page.status_code == 200
    asked = manager.get(
        reverse("advisor") + "?purpose=satisfaction&budget=low&survey_length=one_question&viewpoint=nonsense",
        headers=headers,
    )
    text = asked.content.decode()
    assert text.count(" checked") == 3  # what does not exist was not answered
    assert asked.context["best"].found.model == "loyalty"
    assert asked.context["best"].missing  # nobody asked for recommendations yet
    assert ("Loyalty measures" if language == "en" else "忠诚度测量") in text
