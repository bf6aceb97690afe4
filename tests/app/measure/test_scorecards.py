"""Scorecards: figures of the metrics against targets, weights of what is missing, ranks of units, one's own units only."""

import csv
import io

import pytest
from django.urls import reverse
from tests.app.organisation import SYSTEM

from servloop.errors import SpecError
from servloop.measure.scorecard_templates import starter_cards
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute, undo
from servloop_app.core.errors import ActionError, NotAllowed, NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.measure import scorecard_scoring as scoring
from servloop_app.measure.actions import InstallCatalogue
from servloop_app.measure.actions_scorecards import (
    AddScorecard,
    ChangeScorecard,
    JudgeScorecard,
    UseScorecard,
)
from servloop_app.measure.models import BalancedScorecard, Metric
from servloop_app.measure.queries import newest_month
from servloop_app.measure.scorecard_definitions import CardDefinition, CardIndicator, CardPerspective
from servloop_app.measure.scorecard_queries import data_of, one_scorecard, scorecards
from servloop_app.measure.scorecard_ranking import rank_units
from servloop_app.measure.selection import Selection

pytestmark = pytest.mark.django_db
HAPPY, UNHAPPY, NPS = "happy", "unhappy", "nps"


def card(*, unit="", target=50.0, second=HAPPY, **more):
    """Two perspectives: what customers say, and a metric that has no data."""
    return CardDefinition(
        LocalizedText("服务计分卡", "Service card"),
        [
            CardPerspective(
                LocalizedText("客户", "Customers"),
                60,
                [CardIndicator(second, 70, target), CardIndicator(UNHAPPY, 30, 40.0, worst=90.0)],
            ),
            CardPerspective(LocalizedText("财务", "Finance"), 40, [CardIndicator("roi", 100, 10.0)]),
        ],
        unit,
        **more,
    )


@pytest.fixture
def metrics(feedback, add_metric, work_off):  # rows to count
    """Two metrics over the imported feedback, computed, and one that has no formula."""
    add_metric("", "", code="roi", group="business")
    add_metric("feedback", "share(rating >= 4)", code=HAPPY)
    add_metric("feedback", "share(rating <= 2)", code=UNHAPPY, direction="lower")
    work_off()


@pytest.fixture
def made(metrics) -> BalancedScorecard:
    return execute(AddScorecard(card()), SYSTEM).outcome


def scored(made, policy=None):
    data = data_of(policy or EverythingPolicy(), made)
    selection = Selection.latest(newest_month(data.cells), 12)
    figures = scoring.figures_of(data.cells, selection)
    return data, selection, scoring.score(data.definition, data.metrics, figures)


def test_a_card_is_scored_from_the_figures_and_passes_the_weight_of_gaps_on(made, feedback):
    _data, _selection, found = scored(made)
    rated = feedback["rating"].drop_nulls()
    happy, unhappy = 100 * (rated >= 4).mean(), 100 * (rated <= 2).mean()
    expected = 0.7 * min(happy / 50, 1.2) + 0.3 * min(max((unhappy - 90) / (40 - 90), 0), 1.2)
    assert found.score.value == pytest.approx(100 * expected, rel=1e-6)
    assert (found.total.n, found.total.indicators) == (2, 3)
    assert found.total.coverage == pytest.approx(0.6)
    assert [one.metric.code for one in found.missing] == ["roi"]
    assert found.missing[0].figure.reason.code == "scorecards.needs_data"
    assert found.score.low < found.score.value < found.score.high
    assert found.uneven == {}


def test_months_and_units_each_have_their_score(made):
    data, selection, _found = scored(made)
    months = scoring.by_month(data.definition, data.metrics, data.cells, selection)
    assert len(months) == 6
    units = scoring.by_unit(data.definition, data.metrics, data.cells, selection)
    assert set(units) == {"beijing", "tianjin", "shanghai"}
    ranking = rank_units(data.definition, data.metrics, units, "card")
    assert {unit.rank for unit in ranking.index.units} == {1, 2, 3}
    assert all(unit.rank_low <= unit.rank <= unit.rank_high for unit in ranking.index.units)
    assert sum(unit.first for unit in ranking.index.units) == pytest.approx(1.0, abs=0.01)
    assert ranking.weights["card"] == pytest.approx({HAPPY: 0.7, UNHAPPY: 0.3})
    assert sum(ranking.weights["entropy"].values()) == pytest.approx(1.0)
    assert set(ranking.closeness) == set(units)
    # a way of weighing that nobody gave the comparisons for gives way to the card's own
    assert rank_units(data.definition, data.metrics, units, "ahp").scheme == "card"
    one = rank_units(data.definition, data.metrics, {"beijing": units["beijing"]}, "card")
    assert one is None


def test_pairwise_comparisons_give_weights_and_can_be_taken_back(made):
    done = execute(JudgeScorecard(made.public_id, {f"{HAPPY}:{UNHAPPY}": 3.0}), SYSTEM)
    data, selection, _found = scored(BalancedScorecard.objects.get())
    units = scoring.by_unit(data.definition, data.metrics, data.cells, selection)
    ranking = rank_units(data.definition, data.metrics, units, "ahp")
    assert ranking.scheme == "ahp"
    assert ranking.weights["ahp"] == pytest.approx({HAPPY: 0.75, UNHAPPY: 0.25})
    undo(done.seq, SYSTEM)
    assert BalancedScorecard.objects.get().judgements == {}
    for wrong, code in (
        ({f"{HAPPY}:other": 3.0}, "scorecards.judgement_unknown"),
        ({f"{HAPPY}:{UNHAPPY}": 20.0}, "scorecards.judgement_out_of_range"),
    ):
        with pytest.raises(ActionError) as caught:
            execute(JudgeScorecard(made.public_id, wrong), SYSTEM)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: c.perspectives.clear(), "scorecards.without_indicators"),
        (lambda c: c.perspectives[0].indicators.clear(), "scorecards.without_indicators"),
        (lambda c: setattr(c.perspectives[1].indicators[0], "metric", HAPPY), "scorecards.metric_twice"),
        (
            lambda c: setattr(c.perspectives[1].indicators[0], "metric", "nothing"),
            "scorecards.metric_unknown",
        ),
        (lambda c: setattr(c.perspectives[0].indicators[0], "weight", -1.0), "assess.weights_not_positive"),
        (
            lambda c: setattr(c.perspectives[0].indicators[0], "weight", float("nan")),
            "assess.weights_not_positive",
        ),
        (lambda c: setattr(c.perspectives[0].indicators[0], "target", 0.0), "assess.target_unusable"),
        (lambda c: setattr(c.perspectives[0].indicators[1], "worst", 1.0), "assess.target_unusable"),
        (lambda c: setattr(c, "name", LocalizedText()), "measure_app.name_missing"),
    ],
)
def test_a_card_that_cannot_be_scored_is_refused_in_words(metrics, change, code):
    wrong = card()
    change(wrong)
    with pytest.raises((ActionError, SpecError)) as caught:
        execute(AddScorecard(wrong), SYSTEM)
    assert caught.value.code == code
    assert not BalancedScorecard.objects.exists()


def test_weights_that_are_not_100_are_brought_to_it_and_said(metrics):
    uneven = card()
    uneven.perspectives[0].indicators[0].weight = 60
    made = execute(AddScorecard(uneven), SYSTEM).outcome
    _data, _selection, found = scored(made)
    assert list(found.uneven.values()) == [90]


def test_every_change_keeps_the_earlier_definition(made):
    with pytest.raises(ActionError, match="reason"):
        execute(ChangeScorecard(made.public_id, card(target=60.0), " "), SYSTEM)
    execute(ChangeScorecard(made.public_id, card(target=60.0, unit="north"), "新目标"), SYSTEM)
    made.refresh_from_db()
    assert (made.version, made.unit) == (2, None)  # its unit stays
    targets = [v.definition["perspectives"][0]["indicators"][0]["target"] for v in made.versions.all()]
    assert targets == [60.0, 50.0]
    done = execute(UseScorecard(made.public_id, active=False), SYSTEM)
    assert not scorecards(EverythingPolicy()).exists()
    undo(done.seq, SYSTEM)
    assert scorecards(EverythingPolicy()).count() == 1


def test_each_sees_her_own_units_and_nobody_changes_others(made, organisation):
    branch = organisation.person(("analyst", "tianjin"), home="tianjin")
    rights = Policy(branch)
    _data, _selection, whole = scored(made)
    data, selection, own = scored(made, rights)
    assert own.score.n == 2
    assert own.indicators[0].figure.n < whole.indicators[0].figure.n
    assert set(scoring.by_unit(data.definition, data.metrics, data.cells, selection)) == {"tianjin"}
    with pytest.raises(NotAllowed):
        execute(ChangeScorecard(made.public_id, card(), "x"), Actor.of_person(branch, "page"))
    elsewhere = execute(AddScorecard(card(unit="shanghai")), SYSTEM).outcome
    with pytest.raises(NotFound):
        one_scorecard(rights, elsewhere.public_id)
    own_card = execute(AddScorecard(card(unit="tianjin")), Actor.of_person(branch, "page")).outcome
    assert one_scorecard(rights, own_card.public_id).unit.code == "tianjin"
    with pytest.raises(NotFound):
        one_scorecard(Policy(organisation.person(("agent", "shanghai"))), own_card.public_id)


@pytest.fixture
def manager(organisation, client):
    person = organisation.person(("quality_manager", "head"), home="head")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_and_files(manager, made, language):
    headers = {"accept-language": language}
    period = "?from=2026-01&to=2026-06"
    shown = manager.get(reverse("scorecard", args=[made.public_id]) + period, headers=headers)
    assert shown.status_code == 200
    assert manager.get(reverse("scorecards"), headers=headers).status_code == 200
    assert manager.get(reverse("scorecard_change", args=[made.public_id]), headers=headers).status_code == 200
    for scheme in ("card", "equal", "entropy", "ahp"):
        address = reverse("scorecard_units", args=[made.public_id]) + f"{period}&weights={scheme}"
        assert manager.get(address, headers=headers).status_code == 200
    for chart in ("attainment", "trend", "units"):
        for ending in ("svg", "csv", "xlsx"):
            address = reverse("scorecard_chart", args=[made.public_id, chart, ending]) + period
            assert manager.get(address, headers=headers).status_code == 200, (chart, ending)
    file = manager.get(reverse("scorecard_chart", args=[made.public_id, "units", "csv"]) + period)
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert manager.get(reverse("scorecard_chart", args=[made.public_id, "other", "csv"])).status_code == 404


def test_a_starter_becomes_a_card_of_ones_own(manager, metrics):
    with guard.opening(Metric._meta.db_table):
        Metric.objects.filter(code="roi").update(code="roi-own")
    execute(InstallCatalogue(), SYSTEM)
    answer = manager.post(reverse("scorecard_starter"), {"starter": "bank"})
    made = BalancedScorecard.objects.get()
    assert answer.url == reverse("scorecard", args=[made.public_id])
    assert (made.starter, len(made.perspectives)) == ("bank", 4)
    assert manager.get(answer.url).status_code == 200
    for code, starter in starter_cards().items():
        CardDefinition.of_starter(starter).check()
        assert code


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(manager, metrics):
    typed = {
        "name_zh": "卡", "name_en": "Card", "p0_zh": "客户", "p0_en": "Customers", "p0_weight": "100",
        "p0i0_metric": HAPPY, "p0i0_weight": "100", "p0i0_target": "many", "p0i0_target_high": "", "p0i0_worst": "",
    }  # fmt: skip
    answer = manager.post(reverse("scorecard_add"), typed)
    assert answer.status_code == 422
    assert "many" in answer.content.decode()
    assert not BalancedScorecard.objects.exists()
    answer = manager.post(reverse("scorecard_add"), typed | {"p0i0_target": "60,5"})
    assert answer.status_code == 302
    assert BalancedScorecard.objects.get().perspectives[0]["indicators"][0]["target"] == 60.5
