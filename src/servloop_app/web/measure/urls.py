"""Addresses of home and of the measure stage."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.measure import (
    advisor,
    benchmarks,
    catalogue,
    compare,
    edit,
    exports,
    home,
    metric,
    opportunities,
    opportunity,
    records,
    scorecard_edit,
    scorecard_units,
    scorecards,
)
from servloop_app.web.measure.models import edit as study_edit
from servloop_app.web.measure.models import listing, one

urlpatterns: list[URLPattern] = [
    path("home/", home.home, name="home"),
    path("views/save/", home.save_view, name="view_save"),
    path("measure/metrics/", catalogue.catalogue, name="metrics"),
    path("measure/metrics/install/", catalogue.install, name="metrics_install"),
    path("measure/metrics/refresh/", catalogue.refresh, name="metrics_refresh"),
    path("measure/metrics/add/", edit.add, name="metric_add"),
    path("measure/metrics/check/", edit.check, name="metric_check"),
    path("measure/metrics/<slug:code>/", metric.metric, name="metric"),
    path("measure/metrics/<slug:code>/change/", edit.change, name="metric_change"),
    path("measure/metrics/<slug:code>/use/", catalogue.use, name="metric_use"),
    path("measure/metrics/<slug:code>/records/", records.records, name="metric_records"),
    path("measure/metrics/<slug:code>/<slug:chart>.<slug:ending>", exports.chart_file, name="metric_chart"),
    path("measure/compare/", compare.compare, name="compare"),
    path("measure/advisor/", advisor.advisor, name="advisor"),
    path("measure/benchmarks/", benchmarks.benchmarks, name="benchmarks"),
    path("measure/benchmarks/add/", benchmarks.add, name="benchmark_add"),
    path("measure/benchmarks/<uuid:public_id>/remove/", benchmarks.remove, name="benchmark_remove"),
    path("measure/benchmarks/standing.<slug:ending>", benchmarks.chart_file, name="benchmarks_file"),
    path("measure/models/", listing.studies, name="studies"),
    path("measure/models/add/", study_edit.add, name="study_add"),
    path("measure/models/<uuid:public_id>/", one.study, name="study"),
    path("measure/models/<uuid:public_id>/change/", study_edit.change, name="study_change"),
    path("measure/models/<uuid:public_id>/use/", one.use, name="study_use"),
    path("measure/models/<uuid:public_id>/<slug:chart>.<slug:ending>", one.chart_file, name="study_chart"),
    path("measure/scorecards/", scorecards.cards, name="scorecards"),
    path("measure/scorecards/add/", scorecard_edit.add, name="scorecard_add"),
    path("measure/scorecards/starter/", scorecards.add_starter, name="scorecard_starter"),
    path("measure/scorecards/<uuid:public_id>/", scorecards.card, name="scorecard"),
    path("measure/scorecards/<uuid:public_id>/change/", scorecard_edit.change, name="scorecard_change"),
    path("measure/scorecards/<uuid:public_id>/use/", scorecards.use, name="scorecard_use"),
    path("measure/scorecards/<uuid:public_id>/units/", scorecard_units.units, name="scorecard_units"),
    path("measure/scorecards/<uuid:public_id>/judge/", scorecard_units.judge, name="scorecard_judge"),
    path(
        "measure/scorecards/<uuid:public_id>/<slug:chart>.<slug:ending>",
        scorecard_units.chart_file,
        name="scorecard_chart",
    ),
    path("plan/opportunities/", opportunities.opportunities, name="opportunities"),
    path("plan/opportunities/<uuid:public_id>/", opportunity.opportunity, name="opportunity"),
    path(
        "plan/opportunities/<uuid:public_id>/<slug:decision>/",
        opportunities.decide,
        name="opportunity_decide",
    ),
]
