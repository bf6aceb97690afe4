"""The metric catalogue: what is measured here, and what the other metrics would need."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from servloop.measure.catalogue import GROUPS
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.actions import InstallCatalogue, RefreshMetrics, UseMetric
from servloop_app.measure.models import Metric, MetricResult
from servloop_app.web.measure.freshness import run_under_way
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.words import GROUP_LABELS, SOURCE_LABELS
from servloop_app.web.submit import submit

STATES = ("in_use", "waiting", "elsewhere")


@dataclass(frozen=True)
class Entry:
    """A metric in the list.

    Attributes:
        metric: the metric.
        result: its newest result.
        state: ``in_use`` (has a figure), ``waiting`` (has a formula, no rows yet), ``elsewhere`` (the facts alone cannot
            answer it).
    """

    metric: Metric
    result: MetricResult | None
    state: str

    @property
    def needs(self) -> list[Promise | str]:
        """Data that it is computed from."""
        names = [self.metric.source] if self.metric.computable else self.metric.needs
        return [SOURCE_LABELS.get(name, name) for name in names]


@policy(queries.PERMISSION)
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """All metrics by group; searched by name and definition in both languages."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("q", "group", "state")}
    everything = list(Metric.objects.select_related("owner"))
    results = queries.newest_results(everything)
    entries = [entry_of(one, results.get(one.pk)) for one in everything]
    found = [entry for entry in entries if _meets(entry, wanted)]
    by_group = attrgetter("metric.group")
    found.sort(
        key=lambda entry: (_place(entry.metric.group), STATES.index(entry.state), entry.metric.sort_key)
    )
    rights = policy_of(request)
    in_use = sum(entry.state == "in_use" for entry in entries)
    context = {
        "groups": [(GROUP_LABELS.get(name, name), list(rows)) for name, rows in groupby(found, key=by_group)],
        "wanted": wanted,
        "labels": GROUP_LABELS,
        "total": len(entries),
        "in_use": in_use,
        "heading": _heading(in_use, len(entries)),
        "running": run_under_way(),
        "may_edit": rights.may("metrics.edit"),
    }
    return page(request, "web/measure/catalogue.html", context)


def entry_of(metric: Metric, result: MetricResult | None) -> Entry:
    """A metric with its state."""
    if not metric.computable:
        return Entry(metric, result, "elsewhere")
    return Entry(metric, result, "in_use" if result is not None and result.cells else "waiting")


def _heading(in_use: int, total: int) -> str:
    if not total:
        return _("No metrics yet")
    said = ngettext(
        "%(n)s metric of %(total)s has figures", "%(n)s metrics of %(total)s have figures", in_use
    )
    return said % {"n": in_use, "total": total}


def _place(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)


def _meets(entry: Entry, wanted: dict[str, str]) -> bool:
    metric = entry.metric
    name, about = metric.name, metric.definition
    words = f"{metric.code} {name.zh} {name.en} {about.zh} {about.en}".casefold()
    return (
        wanted["q"].casefold() in words
        and wanted["group"] in {"", metric.group}
        and wanted["state"] in {"", entry.state}
    )


@policy("metrics.edit")
@require_POST
def install(request: HttpRequest) -> HttpResponse:
    """Add the metrics that ship."""
    done = submit(request, InstallCatalogue())
    if done is not None:
        added = ngettext("%(n)s metric was added", "%(n)s metrics were added", done.outcome)
        messages.success(request, added % {"n": done.outcome})
    return redirect("metrics")


@policy("metrics.edit")
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Compute all figures for the facts as they are now."""
    submit(request, RefreshMetrics(), _("The figures are being computed; you may leave this page"))
    return redirect("metrics")


@policy("metrics.edit")
@require_POST
def use(request: HttpRequest, code: str) -> HttpResponse:
    """Take a metric into use, or out of use."""
    active = request.POST.get("active") == "1"
    said = _("The metric is in use again") if active else _("The metric is out of use; its history stays")
    submit(request, UseMetric(code, active), said)
    return redirect("metric", code)
