"""Scorecards with their scores, benchmarks with the comparison, the model advisor, and the EFQM self-assessment."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from servloop.measure.advisor import QUESTIONS, advise
from servloop.measure.efqm import assess
from servloop.measure.scorecard_templates import starter_cards
from servloop.measure.specs import validated
from servloop_app.api.changes import carry_out
from servloop_app.api.metrics import EstimateOut
from servloop_app.api.schemas import Localized, Recorded, Strict, Text
from servloop_app.core.errors import NotFound
from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import queries, scorecard_scoring
from servloop_app.measure.actions_benchmarks import AddBenchmark, RemoveBenchmark
from servloop_app.measure.actions_scorecards import AddScorecard, ChangeScorecard
from servloop_app.measure.advisor_data import counts, data_at_hand
from servloop_app.measure.benchmark_queries import compared, known_benchmarks
from servloop_app.measure.scorecard_definitions import CardDefinition, CardIndicator, CardPerspective
from servloop_app.measure.scorecard_models import BalancedScorecard
from servloop_app.measure.scorecard_queries import PERMISSION, data_of, one_scorecard, scorecards
from servloop_app.measure.selection import Selection

router = Router()
benchmarks = Router()
models = Router()


class Period(Schema):
    """Months, as in the metrics' figures; the newest three when left out."""

    first: str = Field("", alias="from", examples=["2026-08"])
    last: str = Field("", alias="to", examples=["2026-10"])
    unit: list[str] = Field(default_factory=list)

    def query(self) -> dict[str, list[str]]:
        """As parameters of an address."""
        return {"from": [self.first], "to": [self.last], "unit": self.unit}


class CardOut(Schema):
    """A scorecard."""

    id: UUID
    version: int
    name: dict[str, str]
    unit: str | None
    active: bool

    @classmethod
    def of(cls, card: BalancedScorecard) -> "CardOut":
        """From the row."""
        return cls(**_stated(card))


def _stated(card: BalancedScorecard) -> dict[str, Any]:
    return {
        "id": card.public_id,
        "version": card.version,
        "name": card.name.to_dict(),
        "unit": card.unit.code if card.unit else None,
        "active": card.active,
    }


class IndicatorOut(Schema):
    """An indicator with its figure, target and light."""

    metric: str
    weight: float
    target: float | None
    target_high: float | None
    figure: EstimateOut
    attainment: float | None = Field(description="share of the target, 0 to 1.2")
    effective_weight: float | None = Field(description="share of the card after gaps were passed on")
    light: str = Field(examples=["yellow"])
    open: bool = Field(description="the figure's interval reaches over a limit between two lights")


class PartOut(Schema):
    """A perspective with its indicators."""

    name: str
    weight: float
    light: str
    attainment: float | None
    indicators: list[IndicatorOut]


class ScoredOut(CardOut):
    """A scorecard with its score for a period, in the caller's units."""

    first: date
    last: date
    score: EstimateOut = Field(description="100: every target met; an indicator counts up to 120")
    light: str
    perspectives: list[PartOut]
    missing: list[str] = Field(
        description="metrics without figure or target; their weight went to their siblings"
    )


class CardIndicatorIn(Strict):
    """One indicator."""

    metric: Text = Field(examples=["csat"])
    weight: float = Field(1.0, ge=0, examples=[40])
    target: float | None = Field(None, description="in the direction of the metric; empty: the metric's own")
    target_high: float | None = Field(None, description="upper end of a band")
    worst: float | None = Field(None, description="where nothing of the target is reached")


class CardPerspectiveIn(Strict):
    """One perspective."""

    name: Localized
    weight: float = Field(1.0, ge=0, examples=[40])
    indicators: list[CardIndicatorIn]


class ScorecardIn(Strict):
    """A scorecard; or the code of one that ships."""

    name: Localized
    perspectives: list[CardPerspectiveIn] = Field(default_factory=list)
    unit: Text = ""
    starter: Text = Field("", examples=["bank"])

    def definition(self) -> CardDefinition:
        """As the application holds it."""
        starter = starter_cards().get(self.starter)
        if starter is not None and not self.perspectives:
            return replace(CardDefinition.of_starter(starter), name=self.name.value(), unit=self.unit)
        return CardDefinition(
            self.name.value(),
            [
                CardPerspective(
                    part.name.value(), part.weight, [CardIndicator(**one.dict()) for one in part.indicators]
                )
                for part in self.perspectives
            ],
            self.unit,
        )


class ScorecardChangeIn(ScorecardIn):
    """Another definition, with the reason that stays in the history."""

    reason: Text = Field(examples=["新年度目标"])


@router.get("", response=list[CardOut])
@policy(PERMISSION)
def list_scorecards(request: HttpRequest) -> list[CardOut]:
    """Scorecards in use that concern the caller's units."""
    return [CardOut.of(card) for card in scorecards(policy_of(request))]


@router.post("", response=Recorded)
@policy("models.edit")
def add_scorecard(request: HttpRequest, given: ScorecardIn) -> Recorded:
    """Make a scorecard, or take one that ships."""
    return carry_out(request, AddScorecard(given.definition(), given.starter))


@router.get("/{card}", response=ScoredOut)
@policy(PERMISSION)
def read_scorecard(request: HttpRequest, card: UUID, period: Query[Period]) -> ScoredOut:
    """One scorecard, scored for a period and units."""
    held = policy_of(request)
    found = one_scorecard(held, card)
    data = data_of(held, found)
    selection = Selection.of_query(period.query(), queries.newest_month(data.cells))
    chosen = queries.selected_units(held, selection)
    units = data.units if chosen is None else chosen if data.units is None else chosen & data.units
    scored = scorecard_scoring.score(
        data.definition, data.metrics, scorecard_scoring.figures_of(data.cells, selection, units)
    )
    language = getattr(request, "LANGUAGE_CODE", "en")
    return ScoredOut(
        **_stated(found),
        first=selection.first,
        last=selection.last,
        score=EstimateOut.of(scored.score, language),
        light=scored.light,
        perspectives=[
            PartOut(
                name=part.name,
                weight=part.weight,
                light=part.light,
                attainment=part.node.attainment if part.node else None,
                indicators=[
                    IndicatorOut(
                        metric=one.metric.code,
                        weight=one.given.weight,
                        target=one.target[0],
                        target_high=one.target[1],
                        figure=EstimateOut.of(one.figure, language),
                        attainment=one.node.attainment if one.node else None,
                        effective_weight=one.node.effective_weight if one.node else None,
                        light=one.light,
                        open=one.open,
                    )
                    for one in part.indicators
                ],
            )
            for part in scored.parts
        ],
        missing=[one.metric.code for one in scored.missing],
    )


@router.put("/{card}", response=Recorded)
@policy("models.edit")
def change_scorecard(request: HttpRequest, card: UUID, given: ScorecardChangeIn) -> Recorded:
    """Define a scorecard anew; the earlier definition stays on record."""
    found = one_scorecard(policy_of(request), card)
    return carry_out(request, ChangeScorecard(found.public_id, given.definition(), given.reason))


class KnownBenchmarkOut(Schema):
    """A benchmark with its source and the comparison with the own figure."""

    id: UUID | None
    metric: str
    value: float
    unit: str
    subject: str
    practice: str
    source: str
    published: date
    verified: bool
    origin: str = Field(examples=["entered"])
    own: EstimateOut
    difference: EstimateOut
    verdict: str | None = Field(examples=["worse"])


class BenchmarkIn(Strict):
    """A figure of others."""

    metric: Text = Field(examples=["csat"])
    value: float = Field(examples=[85])
    source: Text = Field(examples=["行业年度客户体验报告 2025，第 14 页"])
    published: date = Field(examples=["2025-06-30"])
    subject: Text = Field("", description="industry, competitor or leader")
    unit: Text = Field("", description="empty: that of the metric")
    practice: Text = ""
    verified: bool = Field(default=False, description="the original source was read")


@benchmarks.get("", response=list[KnownBenchmarkOut])
@policy(queries.PERMISSION)
def list_benchmarks(request: HttpRequest, period: Query[Period]) -> list[KnownBenchmarkOut]:
    """Benchmarks that ship and the organisation's own, each against the figure of the caller's units."""
    held = policy_of(request)
    language = getattr(request, "LANGUAGE_CODE", "en")
    metrics = {metric.code: metric for metric in queries.metrics()}
    known = known_benchmarks(metrics)
    wanted = sorted({one.benchmark.metric for one in known})
    cells = queries.cells_of(held, [metrics[code] for code in wanted if metrics[code].computable])
    selection = Selection.of_query(period.query(), queries.newest_month(cells))
    units = queries.selected_units(held, selection)
    figures = {code: one.value(selection, units) for code, one in cells.items()}
    return [
        KnownBenchmarkOut(
            id=one.public_id,
            metric=one.benchmark.metric,
            value=one.benchmark.value,
            unit=one.benchmark.unit,
            subject=one.subject,
            practice=one.practice,
            source=one.benchmark.source(language),
            published=one.benchmark.recorded,
            verified=one.benchmark.verified,
            origin=one.origin,
            own=EstimateOut.of(result.own, language),
            difference=EstimateOut.of(result.difference, language),
            verdict=result.verdict,
        )
        for one, result in compared(known, metrics, figures)
    ]


@benchmarks.post("", response=Recorded)
@policy("metrics.edit")
def add_benchmark(request: HttpRequest, given: BenchmarkIn) -> Recorded:
    """Enter a benchmark with its source and date."""
    action = AddBenchmark(
        given.metric,
        given.value,
        given.source,
        given.published,
        given.subject,
        given.unit,
        given.practice,
        verified=given.verified,
    )
    return carry_out(request, action)


@benchmarks.delete("/{benchmark}", response=Recorded)
@policy("metrics.edit")
def remove_benchmark(request: HttpRequest, benchmark: UUID) -> Recorded:
    """Take a benchmark away that was entered by hand."""
    return carry_out(request, RemoveBenchmark(benchmark))


@models.get("/advice", response=dict[str, Any])
@policy(PERMISSION)
def read_advice(request: HttpRequest) -> dict[str, Any]:
    """Which model fits, why, and what is missing; the six questions are parameters of the address."""
    given = {name: value for name in QUESTIONS if (value := request.GET.get(name, ""))}
    advice = advise(given, counts(data_at_hand(policy_of(request))))
    return advice.to_dict(getattr(request, "LANGUAGE_CODE", "en"))


class EfqmIn(Strict):
    """Marks in per cent, by criterion or part; null for what was not marked."""

    model: Text = Field("2020", examples=["2020"])
    marks: dict[str, float | None] = Field(
        examples=[{"1": 45, "2": 50, "3": 55, "4": 60, "5": 50, "6": 40, "7": 45}]
    )


@models.post("/efqm", response=dict[str, Any])
@policy(PERMISSION)
def score_efqm(request: HttpRequest, given: EfqmIn) -> dict[str, Any]:
    """Points of an EFQM self-assessment, with the range that missing marks leave open. Nothing is stored."""
    spec = validated("efqm", given.dict())
    return assess(spec["marks"], model=spec["model"]).to_dict(getattr(request, "LANGUAGE_CODE", "en"))


@models.get("/starters/{starter}", response=dict[str, Any])
@policy(PERMISSION)
def read_starter(request: HttpRequest, starter: str) -> dict[str, Any]:  # noqa: ARG001  # the same for everyone
    """A scorecard that ships, as a definition to change and send back."""
    found = starter_cards().get(starter)
    if found is None:
        raise NotFound("starter", starter)
    return CardDefinition.of_starter(found).stored()
