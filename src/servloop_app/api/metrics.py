"""The metric catalogue and its figures: each with n, interval and method, limited to the caller's units."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop.measure.figures import Change
from servloop.results import Estimate, plain
from servloop_app.api.schemas import Code, Page
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries
from servloop_app.measure.figures import By, Cells, Figure, Row
from servloop_app.measure.models import Metric
from servloop_app.measure.selection import Selection

router = Router()
_LAST_PAGE = 100_000


class MetricOut(Schema):
    """What a metric means and how it is computed."""

    code: str = Field(examples=["csat"])
    version: int = Field(examples=[1])
    name: dict[str, str] = Field(examples=[{"zh-CN": "满意度", "en": "Customer satisfaction"}])
    definition: dict[str, str]
    group: str = Field(examples=["customer"])
    unit: str = Field(examples=["percent"])
    direction: str = Field(examples=["higher"])
    source: str = Field(examples=["feedback"])
    formula: str = Field(examples=["share(rating >= 4)"])
    segment: str = Field(examples=["kind"])
    scoring: str = Field(examples=["top2"])
    classes: dict[str, str]
    stakeholders: list[str]
    needs: list[str]
    target_min: float | None
    target_max: float | None
    shipped: bool
    active: bool

    @classmethod
    def of(cls, metric: Metric) -> "MetricOut":
        """From the row."""
        taken = {
            name: getattr(metric, name) for name in cls.model_fields if name not in {"name", "definition"}
        }
        return cls(name=metric.name.to_dict(), definition=metric.definition.to_dict(), **taken)


class EstimateOut(Schema):
    """One figure; without a value it says why."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    method: str = Field(examples=["wilson"])
    level: float = Field(examples=[0.95])
    reason: dict[str, Any] | None = None

    @classmethod
    def of(cls, found: Estimate, language: str) -> "EstimateOut":
        """From the library's value, reasons in a language."""
        return cls(**plain(found, language))


class ChangeOut(Schema):
    """A tested difference."""

    difference: EstimateOut
    p: float | None
    q: float | None
    test: str = Field(examples=["z, pooled"])
    clear: bool

    @classmethod
    def of(cls, change: Change, language: str) -> "ChangeOut":
        """From the library's value."""
        return cls(
            difference=EstimateOut.of(change.difference, language),
            p=change.p,
            q=change.q,
            test=change.test,
            clear=change.clear,
        )


class MonthOut(Schema):
    """The figure of one month."""

    month: date
    estimate: EstimateOut


class BenchmarkOut(Schema):
    """The figure against one of others."""

    code: str
    value: float
    statement: str
    source: str
    difference: EstimateOut
    verdict: str | None
    verified: bool


class FigureOut(Schema):
    """A figure with its change against the period before, its months and its benchmarks."""

    metric: str
    first: date
    last: date
    as_of: datetime
    estimate: EstimateOut
    change: ChangeOut
    verdict: str
    on_target: str
    left_out: int
    months: list[MonthOut]
    benchmarks: list[BenchmarkOut]

    @classmethod
    def of(cls, figure: Figure, selection: Selection, language: str) -> "FigureOut":
        """From the application's value."""
        return cls(
            metric=figure.metric.code,
            first=selection.first,
            last=selection.last,
            as_of=figure.result.as_of,
            estimate=EstimateOut.of(figure.estimate, language),
            change=ChangeOut.of(figure.change, language),
            verdict=figure.verdict,
            on_target=figure.on_target,
            left_out=figure.left_out,
            months=[
                MonthOut(month=month, estimate=EstimateOut.of(found, language))
                for month, found in figure.months
            ],
            benchmarks=[
                BenchmarkOut(
                    code=compared.benchmark.code,
                    value=compared.benchmark.value,
                    statement=compared.benchmark.statement(language),
                    source=compared.benchmark.source(language),
                    difference=EstimateOut.of(compared.difference, language),
                    verdict=compared.verdict,
                    verified=compared.benchmark.verified,
                )
                for compared in figure.benchmarks
            ],
        )


class RowOut(Schema):
    """One group of a breakdown, against all others together."""

    key: str
    estimate: EstimateOut
    change: ChangeOut
    left_out: int

    @classmethod
    def of(cls, row: Row, language: str) -> "RowOut":
        """From the application's value."""
        return cls(
            key=row.key,
            estimate=EstimateOut.of(row.estimate, language),
            change=ChangeOut.of(row.change, language),
            left_out=row.left_out,
        )


class RecordsOut(Schema):
    """A page of the rows behind a figure."""

    items: list[dict[str, Any]]
    more: bool


class Chosen(Schema):
    """What to look at; without a period the newest three months."""

    first: str = Field("", alias="from", examples=["2026-01"])
    last: str = Field("", alias="to", examples=["2026-03"])
    unit: list[str] = Field([], examples=[["beijing"]])
    channel: list[str] = Field([], examples=[["app"]])
    segment: list[str] = Field([])

    def selection(self, cells: dict[str, Cells]) -> Selection:
        """As the application holds it."""
        query = {
            "from": [self.first],
            "to": [self.last],
            "unit": self.unit,
            "channel": self.channel,
            "segment": self.segment,
        }
        return Selection.of_query(query, queries.newest_month(cells))


class PageOfRecords(Chosen):
    """What to look at, and which page of it."""

    page: int = Field(0, ge=0, le=_LAST_PAGE)


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", "en"))


def _cells(held: Policy, code: str) -> dict[str, Cells]:
    """The cells of a metric that exists.

    Raises:
        NotFound: there is no such metric.
    """
    return queries.cells_of(held, [queries.one_metric(code)])


@router.get("", response=Page[MetricOut])
@policy("metrics.view")
def list_metrics(request: HttpRequest, group: str = "", computable: bool | None = None) -> Page[MetricOut]:  # noqa: ARG001
    """The metrics in use."""
    found = queries.metrics(computable=computable)
    items = [MetricOut.of(metric) for metric in (found.filter(group=group) if group else found)]
    return Page[MetricOut](items=items, total=len(items))


@router.get("/{code}", response=MetricOut)
@policy("metrics.view")
def read_metric(request: HttpRequest, code: Code) -> MetricOut:  # noqa: ARG001
    """One metric."""
    return MetricOut.of(queries.one_metric(code))


@router.get("/{code}/figure", response=FigureOut)
@policy("metrics.view")
def read_figure(request: HttpRequest, code: Code, chosen: Query[Chosen]) -> FigureOut:
    """The figure of a selection; a metric that was never computed is a problem (``measure_app.not_computed``)."""
    held = policy_of(request)
    cells = _cells(held, code)
    selection = chosen.selection(cells)
    figure = queries.computed(cells, code).figure(selection, queries.selected_units(held, selection))
    return FigureOut.of(figure, selection, _language(request))


@router.get("/{code}/breakdown", response=list[RowOut])
@policy("metrics.view")
def read_breakdown(
    request: HttpRequest,
    code: Code,
    chosen: Query[Chosen],
    by: Literal["unit", "channel", "segment", "month"] = "unit",
) -> list[RowOut]:
    """The figure by unit, channel, segment or month, largest groups first."""
    held = policy_of(request)
    cells = _cells(held, code)
    selection = chosen.selection(cells)
    dimension: By = "unit_code" if by == "unit" else by
    rows = queries.computed(cells, code).breakdown(
        dimension, selection, queries.selected_units(held, selection)
    )
    return [RowOut.of(row, _language(request)) for row in rows]


@router.get("/{code}/records", response=RecordsOut)
@policy("metrics.view")
def read_records(request: HttpRequest, code: Code, chosen: Query[PageOfRecords]) -> RecordsOut:
    """The rows behind a figure, newest first, personal data masked; rows of too small groups are not among them."""
    held = policy_of(request)
    metric = queries.one_metric(code)
    selection = chosen.selection(queries.cells_of(held, [metric]))
    rows = queries.records(held, metric, selection, chosen.page)
    shown = rows.head(queries.RECORDS_PER_PAGE)
    return RecordsOut(items=shown.to_dicts(), more=rows.height > shown.height)
