"""The catalogue: what ships, metrics of one's own, and their history."""

import pytest
from tests.app.organisation import SYSTEM

from servloop.errors import SpecError
from servloop.facts.cells import columns_of
from servloop.measure.catalogue import catalogue
from servloop.measure.figures import parse_formula
from servloop_app.core.actions import Actor, execute, undo
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import Policy
from servloop_app.measure import queries
from servloop_app.measure.actions import AddMetric, ChangeMetric, InstallCatalogue, SaveView, UseMetric
from servloop_app.measure.definitions import Definition, shipped_definitions
from servloop_app.measure.models import Metric, MetricVersion, SavedView

pytestmark = pytest.mark.django_db


def definition(**changes):
    given = {
        "name": LocalizedText("差评率", "Low ratings"),
        "definition": LocalizedText("评分不高于 2 的占比。", "Share of ratings of 2 or less."),
        "group": "feedback",
        "unit": "percent",
        "direction": "lower",
        "source": "feedback",
        "formula": "share(rating <= 2)",
    }
    return Definition(**(given | changes))


def test_what_ships_is_installed_once_and_left_as_people_changed_it(organisation, work_off):
    assert execute(InstallCatalogue(), SYSTEM).outcome == len(catalogue()) + 2 == Metric.objects.count()
    assert MetricVersion.objects.count() == Metric.objects.count()
    execute(ChangeMetric("csat", definition(), "我们的口径不同"), SYSTEM)
    assert execute(InstallCatalogue(), SYSTEM).outcome == 0
    assert str(Metric.objects.get(code="csat").formula) == "share(rating <= 2)"
    assert (
        queries.metrics(computable=True).count() + queries.metrics(computable=False).count()
        == len(catalogue()) + 2
    )
    work_off()


def test_every_shipped_formula_can_be_computed_and_says_its_scoring():
    for code, shipped in shipped_definitions().items():
        shipped.check()
        if shipped.formula:
            assert parse_formula(shipped.formula, columns_of(shipped.source)).aggregate, code
        else:
            assert shipped.needs, f"{code} neither has a formula nor says what it needs"
    assert {code: shipped_definitions()[code].scoring for code in ("nps", "csat", "ces")} == {
        "nps": "net",
        "csat": "top2",
        "ces": "mean",
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"formula": "share(mood > 3)"}, "figures.unknown_column"),
        ({"formula": "__import__('os')"}, "figures.no_aggregate"),
        ({"source": "core_person"}, "figures.unknown_source"),
        ({"segment": "rating"}, "core.choice_unknown"),
        ({"unit": "bananas"}, "core.choice_unknown"),
        ({"group": "fruit"}, "core.choice_unknown"),
        ({"name": LocalizedText()}, "measure_app.name_missing"),
        ({"target_min": 5.0, "target_max": 1.0}, "measure_app.target_reversed"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_both_languages(organisation, changes, code):
    with pytest.raises((ActionError, SpecError)) as caught:
        execute(AddMetric("own", definition(**changes)), SYSTEM)
    assert caught.value.code == code
    for language in ("en", "zh-CN"):
        assert code not in caught.value.message(language)
    assert not Metric.objects.exists()


def test_a_metric_is_added_once_by_who_may(organisation):
    analyst = organisation.actor(("analyst", "head"))
    made = execute(AddMetric("low-ratings", definition()), analyst).outcome
    assert (made.owner, made.version, made.shipped) == (analyst.person, 1, False)
    with pytest.raises(Conflict):
        execute(AddMetric("low-ratings", definition()), analyst)
    with pytest.raises(ActionError):
        execute(AddMetric("no code!", definition()), analyst)
    with pytest.raises(NotAllowed):
        execute(AddMetric("other", definition()), organisation.actor(("supervisor", "head")))


def test_a_change_asks_for_a_reason_and_keeps_history(organisation, work_off):
    analyst = organisation.actor(("analyst", "head"))
    metric = execute(AddMetric("low", definition()), analyst).outcome
    work_off()
    with pytest.raises(ActionError, match="No reason"):
        execute(ChangeMetric("low", definition(), "  "), analyst)
    with pytest.raises(NotFound):
        execute(ChangeMetric("nothing", definition(), "因为"), analyst)
    execute(ChangeMetric("low", definition(formula="share(rating <= 1)"), "只算最差"), analyst)
    metric.refresh_from_db()
    assert (metric.version, metric.formula) == (2, "share(rating <= 1)")
    assert [(v.version, v.definition["formula"], v.reason) for v in metric.versions.all()] == [
        (2, "share(rating <= 1)", "只算最差"),
        (1, "share(rating <= 2)", ""),
    ]
    # Until the new definition is computed there is no figure: the old one answers another question.
    assert queries.newest_results([metric]) == {}
    work_off()
    assert queries.newest_results([metric])[metric.pk].version == 2


def test_taking_out_of_use_can_be_undone(organisation):
    execute(AddMetric("low", definition()), SYSTEM)
    done = execute(UseMetric("low", active=False), SYSTEM)
    assert not queries.metrics().exists()
    undo(done.seq, SYSTEM)
    assert queries.metrics().get().code == "low"
    assert LogLeaf.objects.filter(object="metric:low").count() == 3


def test_a_view_leads_to_a_page_of_ours_only(organisation):
    person = organisation.person(("analyst", "head"))
    actor = Actor.of_person(person, "page")
    execute(SaveView("北京本季", "/measure/metrics/?unit=beijing"), actor)
    for address in ("//evil.example", "https://evil.example", "/\\evil.example", "/" + "x" * 600):
        with pytest.raises(ActionError):
            execute(SaveView("x", address), actor)
    assert [view.name for view in queries.saved_views(Policy(person))] == ["北京本季"]
    assert SavedView.objects.count() == 1
    assert not queries.saved_views(Policy(organisation.person(("analyst", "head")))).exists()
