"""Benchmarks: figures of others with source and date, and where the organisation stands against them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servloop.charts import Dot, DotChart, Reference
from servloop.charts.spec import State
from servloop.measure.benchmarks import BenchmarkComparison
from servloop_app.core.errors import NotFound
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.actions_benchmarks import AddBenchmark, RemoveBenchmark
from servloop_app.measure.benchmark_queries import KnownBenchmark, compared, known_benchmarks, unit_of, unused
from servloop_app.measure.figures import Cells
from servloop_app.measure.models import Metric
from servloop_app.web.figures import rounded
from servloop_app.web.measure import charts
from servloop_app.web.measure.drawings import interval_bar
from servloop_app.web.measure.exports import WRITERS, answer_file, exportable
from servloop_app.web.measure.filters import Filter
from servloop_app.web.measure.pages import page
from servloop_app.web.measure.values import Scale, joined, scale_of, why_not
from servloop_app.web.submit import submit

_OLD_DAYS = 3 * 365
VERDICTS: Mapping[str, State] = {
    "better": "good",
    "worse": "bad",
    "no_difference": "neutral",
    "different": "watch",
}


@dataclass(frozen=True)
class Row:
    """A benchmark as the page shows it."""

    known: KnownBenchmark
    result: BenchmarkComparison
    metric: Metric
    scale: Scale

    @property
    def statement(self) -> str:
        """What the figure says: the sentence of one that ships, whose figure it is for the others."""
        return self.known.subject or self.known.benchmark.statement(charts.language())

    @property
    def value(self) -> str:
        """Of the others."""
        bench = self.known.benchmark
        if bench.unit != unit_of(self.metric):
            unit = "%" if bench.unit.startswith("percent") else f" {bench.unit}"
            return f"{rounded(bench.value, 1)}{unit}"
        sign = {"at_least": "≥ ", "at_most": "≤ "}.get(bench.relation, "")
        return sign + self.scale.value(bench.value)

    @property
    def own(self) -> str:
        """Of the organisation."""
        return self.scale.value(self.result.own.value)

    @property
    def basis(self) -> str:
        """Interval and n of the own figure."""
        if self.result.own.value is None:
            return ""
        n = f"n\u00a0=\u00a0{rounded(self.result.own.n, 0)}"
        return joined(filter(None, (self.scale.interval(self.result.own), n)))

    @property
    def difference(self) -> str:
        """Own less benchmark."""
        return self.scale.change(self.result.difference.value)

    @property
    def interval(self) -> str:
        """Of the difference."""
        return self.scale.interval(self.result.difference)

    @property
    def bar(self) -> str:
        """The difference as a drawing."""
        found = self.result.difference
        ends = [end for end in (found.value, found.low, found.high, 0.0) if end is not None]
        return interval_bar(found, min(ends), max(ends), 0.0, self.meaning)

    @property
    def meaning(self) -> str:
        """Colour only where the interval decides."""
        return VERDICTS.get(self.result.verdict or "", "neutral")

    @property
    def word(self) -> str:
        """The verdict in a word."""
        words = {
            "better": _("better"),
            "worse": _("worse"),
            "no_difference": _("no clear difference"),
            "different": _("different"),
        }
        return words.get(self.result.verdict or "", _("not testable"))

    @property
    def reason(self) -> str:
        """Why there is no comparison."""
        reason = self.result.difference.reason
        if reason is not None and reason.code == "assess.benchmark_unit":
            return _("The benchmark is stated on another basis than the metric; they cannot be compared")
        return why_not(self.result.difference)

    @property
    def source(self) -> str:
        """Where the figure comes from."""
        return self.known.benchmark.source(charts.language())

    @property
    def old(self) -> bool:
        """Whether it was published more than three years ago."""
        return (timezone.localdate() - self.known.benchmark.recorded).days > _OLD_DAYS


class BenchmarkForm(forms.Form):
    """A figure of others."""

    metric = forms.ChoiceField(label=gettext_lazy("Metric"))
    value = forms.FloatField(label=gettext_lazy("Value"))
    subject = forms.CharField(
        label=gettext_lazy("Whose figure"),
        max_length=120,
        help_text=gettext_lazy("Industry, competitor or leader."),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        help_text=gettext_lazy("Publication and page, or address."),
    )
    published = forms.DateField(
        label=gettext_lazy("Published on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    practice = forms.CharField(
        label=gettext_lazy("Practice behind it"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    verified = forms.BooleanField(label=gettext_lazy("I have read the original source"), required=False)

    def __init__(self, *args: Any, metrics: Sequence[Metric], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["metric"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(metric.code, str(metric)) for metric in metrics]


@policy(queries.PERMISSION)
@require_GET
def benchmarks(request: HttpRequest) -> HttpResponse:
    """All benchmarks with the comparison."""
    rights = policy_of(request)
    rows, cells, filtered = _rows(request, rights)
    spec = chart(rows, filtered.period)
    tested = [row for row in rows if row.result.verdict is not None]
    as_of = max((one.result.as_of for one in cells.values()), default=None)
    context: dict[str, Any] = {
        "rows": rows,
        "filter": filtered,
        "heading": heading(rows),
        "tested": len(tested),
        "unused": unused({row.metric.code: row.metric for row in rows}) if rows else 0,
        "may_edit": rights.may("metrics.edit"),
        "card": charts.ChartCard(
            "standing",
            spec,
            1,
            as_of or dt.datetime.now(dt.UTC),
            downloads=reverse("benchmarks_file", args=["svg"]).removesuffix(".svg")
            if rights.may("data.export")
            else "",
            query=filtered.query(),
        )
        if spec
        else None,
    }
    return page(request, "web/measure/benchmarks.html", context)


def _rows(request: HttpRequest, rights: Policy) -> tuple[list[Row], dict[str, Cells], Filter]:
    metrics = {metric.code: metric for metric in queries.metrics()}
    known = known_benchmarks(metrics)
    wanted = {one.benchmark.metric for one in known}
    cells = queries.cells_of(rights, [metrics[code] for code in sorted(wanted) if metrics[code].computable])
    filtered = Filter.of(request, rights, cells)
    figures = {code: one.value(filtered.selection, filtered.units) for code, one in cells.items()}
    rows = [
        Row(
            one,
            result,
            metrics[one.benchmark.metric],
            scale_of(metrics[one.benchmark.metric], result.own.value, one.benchmark.value),
        )
        for one, result in compared(known, metrics, figures)
    ]
    # What can be compared first, then by metric.
    rows.sort(key=lambda row: (row.result.difference.value is None, row.metric.sort_key))
    return rows, cells, filtered


def heading(rows: Sequence[Row]) -> str:
    """The finding."""
    worse = [row for row in rows if row.result.verdict == "worse"]
    tested = [row for row in rows if row.result.verdict is not None]
    if worse:
        said = {"n": len(worse), "all": len(tested), "first": str(worse[0].metric.name)}
        return _("%(n)s of %(all)s comparable figures are worse than the benchmark, first “%(first)s”") % said
    if tested:
        return _("No figure is clearly worse than its benchmark")
    return _("No figure can be compared with a benchmark yet")


def chart(rows: Sequence[Row], period: str) -> DotChart | None:
    """Own figures in per cent of the benchmarks, where both are above 0; None when there are none."""
    dots = []
    for row in rows:
        bench, own = row.known.benchmark.value, row.result.own
        if row.result.difference.value is None or own.value is None or bench <= 0:
            continue
        low, high = (None if end is None else 100 * end / bench for end in (own.low, own.high))
        # Two of one metric are told apart by whose figure it is; long labels leave a phone no room for the plot.
        alone = sum(other.metric == row.metric for other in rows) == 1
        label = str(row.metric.name) if alone or not row.known.subject else row.known.subject
        dots.append(
            Dot(
                label,
                100 * own.value / bench,
                low,
                high,
                own.n,
                VERDICTS.get(row.result.verdict or "", "neutral"),
                row.word,
            )
        )
    if not dots:
        return None
    return DotChart(
        title=heading(rows),
        subtitle=_(
            "Own figure in per cent of the benchmark, %(period)s; bar = 95%% interval of the own figure"
        )
        % {"period": period},
        unit="%",
        method=_("the benchmark counts as exact"),
        dots=tuple(dots),
        references=(Reference(100.0, pgettext("reference line", "Benchmark"), "benchmark"),),
    )


@policy("metrics.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Enter a benchmark."""
    form = BenchmarkForm(request.POST or None, metrics=list(queries.metrics()), initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        action = AddBenchmark(
            given["metric"],
            given["value"],
            given["source"],
            given["published"],
            given["subject"],
            practice=given["practice"],
            verified=given["verified"],
        )
        if submit(request, action, _("The benchmark is there"), form) is not None:
            return redirect("benchmarks")
    return page(
        request, "web/measure/benchmark_form.html", {"form": form}, status=422 if form.errors else 200
    )


@policy("metrics.edit")
@require_POST
def remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a benchmark away that a person entered."""
    submit(request, RemoveBenchmark(public_id), _("The benchmark was taken away"))
    return redirect("benchmarks")


@policy("data.export")
@require_GET
def chart_file(request: HttpRequest, ending: str) -> HttpResponse:
    """The comparison as a file, in the units whose data the person may both see and take away."""
    seen = policy_of(request)
    if not seen.may(queries.PERMISSION) or ending not in WRITERS:
        raise NotFound("file", f"benchmarks.{ending}")
    rows, _cells, filtered = _rows(request, exportable(seen))
    spec = chart(rows, filtered.period)
    if spec is None:
        raise NotFound("file", f"benchmarks.{ending}")
    return answer_file(spec, ending, f"{_('Benchmarks')} {filtered.first} {filtered.last}")
