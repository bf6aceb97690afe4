"""A metric of one's own: the form, the live check of its formula, the preview of its figure, a new version."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from servloop.errors import ServLoopError
from servloop.facts.cells import SOURCES, columns_of
from servloop.measure.catalogue import DIRECTIONS, GROUPS, UNITS
from servloop.measure.figures import AGGREGATES, parse_formula
from servloop.measure.figures.formula import FUNCTIONS
from servloop_app.core.localized import LocalizedText, LocalizedTextFormField
from servloop_app.core.routes import policy
from servloop_app.measure import queries
from servloop_app.measure.actions import AddMetric, ChangeMetric
from servloop_app.measure.definitions import Definition
from servloop_app.measure.models import Metric
from servloop_app.web.errors import sentence
from servloop_app.web.measure.charts import language
from servloop_app.web.measure.words import DIRECTION_LABELS, GROUP_LABELS, SOURCE_LABELS
from servloop_app.web.submit import submit


def _choices(codes: Any, labels: Any) -> list[tuple[str, Any]]:
    return [(code, labels.get(code, code)) for code in codes]


class MetricForm(forms.Form):
    """Definition of a metric."""

    name = LocalizedTextFormField(label=_("Name"))
    definition = LocalizedTextFormField(
        label=_("Definition"), required=False, help_text=_("What it says, in one sentence.")
    )
    group = forms.ChoiceField(label=_("Group"), choices=lambda: _choices(GROUPS, GROUP_LABELS))
    source = forms.ChoiceField(label=_("Computed from"), choices=lambda: _choices(SOURCES, SOURCE_LABELS))
    formula = forms.CharField(
        label=_("Formula"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text=_('For example: share(rating >= 4, where=channel == "web")'),
    )
    segment = forms.CharField(
        label=_("Split by"), max_length=60, required=False, help_text=_("A text column, for a breakdown.")
    )
    unit = forms.ChoiceField(
        label=_("Unit of the value"),
        choices=lambda: [(code, names[language()]) for code, names in UNITS.items()],
    )
    direction = forms.ChoiceField(
        label=_("Direction"), choices=lambda: _choices(DIRECTIONS, DIRECTION_LABELS)
    )
    target_min = forms.FloatField(label=_("Target from"), required=False)
    target_max = forms.FloatField(label=_("Target to"), required=False)

    def value(self, known: Metric | None = None) -> Definition:
        """The definition that was entered; what the form does not ask stays as it is."""
        given = self.cleaned_data
        return Definition(
            name=given["name"],
            definition=given["definition"] or LocalizedText(),
            group=given["group"],
            unit=given["unit"],
            direction=given["direction"],
            source=given["source"],
            formula=given["formula"].strip(),
            segment=given["segment"].strip(),
            classes=known.classes if known else {},
            stakeholders=known.stakeholders if known else [],
            needs=known.needs if known else ["events" if given["source"] == "cases" else given["source"]],
            target_min=given["target_min"],
            target_max=given["target_max"],
        )


class NewMetricForm(MetricForm):
    """A metric that is not there yet."""

    code = forms.SlugField(
        label=_("Code"), max_length=60, help_text=_("Short and lasting; addresses and exports use it.")
    )
    field_order = ("name", "code", "definition")


class ChangedMetricForm(MetricForm):
    """A metric defined anew."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Stays with the earlier definition in its history.")
    )


@policy("metrics.edit")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A metric of one's own."""
    initial = {"source": "feedback", "group": "customer", "unit": "percent", "direction": "higher"}
    form = NewMetricForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = submit(request, AddMetric(form.cleaned_data["code"], form.value()), form=form)
        if done is not None:
            return redirect("metric", done.outcome.code)
    return _page(request, form, None)


@policy("metrics.edit")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Another definition of a metric; the earlier one stays in its history."""
    metric = queries.one_metric(code)
    names = [name for name in MetricForm.base_fields if hasattr(metric, name)]
    form = ChangedMetricForm(request.POST or None, initial={name: getattr(metric, name) for name in names})
    if request.method == "POST" and form.is_valid():
        action = ChangeMetric(code, form.value(metric), form.cleaned_data["reason"])
        if submit(request, action, form=form) is not None:
            return redirect("metric", code)
    return _page(request, form, metric)


def _page(request: HttpRequest, form: MetricForm, metric: Metric | None) -> HttpResponse:
    source = str(form["source"].value() or "feedback")
    context = {"form": form, "metric": metric, **_about(source, str(form["formula"].value() or ""))}
    return render(request, "web/measure/form.html", context, status=422 if form.errors else 200)


@policy("metrics.edit")
@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Whether a formula can be read, while it is typed; and what may be named in it."""
    about = _about(request.GET.get("source", ""), request.GET.get("formula", ""))
    return render(request, "web/measure/form_check.html", about)


def _about(source: str, formula: str) -> dict[str, Any]:
    """What a formula over a source may name, and what is wrong with this one."""
    about: dict[str, Any] = {"aggregates": AGGREGATES, "functions": FUNCTIONS, "formula": formula}
    try:
        about["columns"] = columns_of(source)
        if formula.strip():
            read = parse_formula(formula, about["columns"])
            about |= {"aggregate": read.aggregate, "read_columns": sorted(read.columns)}
    except ServLoopError as error:
        about["why"] = sentence(error)
    return about
