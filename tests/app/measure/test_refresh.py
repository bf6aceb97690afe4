"""Computing figures in the background: once per state of the facts, only what is missing, safe to be killed."""

import pytest
from tests.app.organisation import SYSTEM

from servloop.messages import message
from servloop_app.collect.actions import UndoImport
from servloop_app.core import guard
from servloop_app.core.actions import execute
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import Interrupted, RunContext, perform
from servloop_app.measure.actions import REFRESH_JOB, RefreshMetrics
from servloop_app.measure.models import Metric, MetricResult
from servloop_app.measure.tasks import FOLLOW_JOB

pytestmark = pytest.mark.django_db

FEEDBACK = "id,date,rating,comment\n" + "".join(
    f"F{n},2026-0{n % 3 + 1}-05,{n % 5 + 1},意见\n" for n in range(30)
)


def refresh(work_off):
    execute(RefreshMetrics(), SYSTEM)
    work_off()


def of_metrics(kinds):
    return [kind for kind in kinds if kind.startswith("metric.")]


def test_an_import_has_its_figures_computed_and_undoing_it_again(bring_in, carry_out, add_metric, work_off):
    metric = add_metric("feedback", "mean(rating)")
    work_off()
    found = bring_in(FEEDBACK, "f.csv", target="feedback", timezone="UTC")
    assert of_metrics(work_off()) == [FOLLOW_JOB, REFRESH_JOB]
    first = metric.results.first()
    assert (first.complete, first.error_code, first.cells) == (True, "", 3)

    carry_out(execute(UndoImport(found.public_id), SYSTEM).outcome)
    assert of_metrics(work_off()) == [FOLLOW_JOB, REFRESH_JOB]
    assert metric.results.first().cells == 0


def test_many_imports_ask_for_one_refresh(bring_in, add_metric, work_off):
    add_metric("feedback", "mean(rating)")
    work_off()
    for number in range(3):
        bring_in(FEEDBACK.replace("F", f"G{number}"), f"f{number}.csv", target="feedback", timezone="UTC")
    assert of_metrics(work_off()) == [FOLLOW_JOB, FOLLOW_JOB, FOLLOW_JOB, REFRESH_JOB]


def test_what_is_there_is_not_computed_again(bring_in, add_metric, work_off):
    bring_in(FEEDBACK, "f.csv", target="feedback", timezone="UTC")
    metric = add_metric("feedback", "mean(rating)")
    work_off()
    ids = set(MetricResult.objects.values_list("pk", flat=True))
    refresh(work_off)
    assert set(MetricResult.objects.values_list("pk", flat=True)) == ids
    assert Run.objects.filter(kind=REFRESH_JOB).first().result == {"metrics": 1, "computed": 0}
    add_metric("feedback", "count()", code="more", unit="count")
    refresh(work_off)
    assert metric.results.count() == 1


def test_only_the_newest_results_are_kept(bring_in, add_metric, work_off):
    metric = add_metric("feedback", "mean(rating)")
    for number in range(5):
        bring_in(FEEDBACK.replace("F", f"G{number}"), f"f{number}.csv", target="feedback", timezone="UTC")
        work_off()
    assert metric.results.count() == 3
    assert len({result.epoch for result in metric.results.all()}) == 3


def test_a_formula_that_no_longer_fits_says_so_and_others_are_computed(bring_in, add_metric, work_off):
    bring_in(FEEDBACK, "f.csv", target="feedback", timezone="UTC")
    broken = add_metric("feedback", "mean(rating)", code="broken")
    fine = add_metric("feedback", "mean(rating)", code="fine")
    with guard.maintaining():
        # As after an update that took a column away.
        Metric.objects.filter(pk=broken.pk).update(formula="mean(mood)", version=2)
        Metric.objects.filter(pk=fine.pk).update(version=2)
    refresh(work_off)
    result = broken.results.first()
    assert (result.complete, result.error_code) == (True, "figures.unknown_column")
    assert "mood" in message(result.error_code, result.error_params, "en")
    assert fine.results.first().cells == 3


def test_a_killed_refresh_goes_on_where_it_was(bring_in, add_metric, work_off, monkeypatch):
    bring_in(FEEDBACK, "f.csv", target="feedback", timezone="UTC")
    for code in ("one", "two", "three"):
        add_metric("feedback", "mean(rating)", code=code)
    Run.objects.filter(state=Run.State.QUEUED)
    with guard.maintaining():
        Run.objects.all().delete()
    execute(RefreshMetrics(), SYSTEM)
    run = Run.objects.get(kind=REFRESH_JOB)
    progress, seen = RunContext.progress, []

    def stop_at_third(self, done, *rest, **more):
        seen.append(done)
        if done == 2 and seen.count(2) == 1:
            raise Interrupted
        progress(self, done, *rest, **more)

    monkeypatch.setattr(RunContext, "progress", stop_at_third)
    perform(run.public_id)
    assert MetricResult.objects.count() == 2
    before = set(MetricResult.objects.values_list("public_id", flat=True))
    work_off()
    assert MetricResult.objects.count() == 3
    assert before < set(MetricResult.objects.values_list("public_id", flat=True))
