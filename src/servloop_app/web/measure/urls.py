"""Addresses of home and of the measure stage."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.measure import (
    catalogue,
    compare,
    edit,
    exports,
    home,
    metric,
    opportunities,
    opportunity,
    records,
)

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
    path("plan/opportunities/", opportunities.opportunities, name="opportunities"),
    path("plan/opportunities/<uuid:public_id>/", opportunity.opportunity, name="opportunity"),
    path(
        "plan/opportunities/<uuid:public_id>/<slug:decision>/",
        opportunities.decide,
        name="opportunity_decide",
    ),
]
