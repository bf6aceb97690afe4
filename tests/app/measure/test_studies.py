"""Studies: recognised from an import, computed once per state of the facts and scope, read within one's units."""

from __future__ import annotations

import json

import pytest
from django.utils.translation import override
from tests.app.organisation import SYSTEM

from servloop_app.collect.actions import UndoImport
from servloop_app.core.actions import execute, undo
from servloop_app.core.errors import ActionError, NotAllowed, NotFound
from servloop_app.core.localized import LocalizedText
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.measure import study_queries as queries
from servloop_app.measure.actions_studies import ChangeStudy, ComputeStudy, CreateStudy, UseStudy
from servloop_app.measure.models import Study, StudyResult, Survey
from servloop_app.measure.study_definitions import StudyDefinition

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


DIMENSIONS = {
    "tangible": (4, 5, 6, 22),
    "security": (19, 20, 21),
    "economy": (10, 11, 18),
    "convenience": (13, 14, 15, 16, 17),
    "reliability": (1, 2, 3),
    "control": (7, 8),
}


@pytest.fixture
def kiosk(bring_in, work_off, reference):
    """The kiosk survey, imported; what it was recognised to be for."""
    bring_in(reference / "data/survey/kiosk_servqual_kano_ipa.csv", target="answers")
    work_off()
    return {study.kind: study for study in Study.objects.all()}


def small_survey(units=("beijing",) * 8 + ("tianjin",) * 6 + ("shanghai",) * 2) -> str:
    lines = ["branch,sex,ipa1_1,ipa1_2,ipa2_1,ipa2_2,ipa3_1,ipa3_2"]
    for number, unit in enumerate(units):
        marks = [(number * step) % 7 + 1 for step in range(1, 7)]
        lines.append(",".join([unit, "女" if number % 2 else "男", *map(str, marks)]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def survey(bring_in, work_off) -> Study:
    """A small survey of three units, one of them with two respondents; its importance–performance study."""
    bring_in(small_survey(), "survey.csv", target="answers", columns={"unit": "branch"})
    work_off()
    return Study.objects.get(kind="importance")


def view(study: Study, policy: Policy | None = None):
    study.refresh_from_db()
    return queries.view_of(policy or EverythingPolicy(), study)


def golden(reference, name):
    return json.loads((reference / f"golden/measure/{name}.json").read_text(encoding="utf-8"))


def test_a_file_that_nobody_prepared_is_recognised_and_gives_the_golden_figures(kiosk, reference, work_off):
    assert set(kiosk) == {"servqual", "kano", "importance", "reliability", "drivers", "sample"}
    assert {study.source["survey"] for study in kiosk.values()} == {"kiosk_servqual_kano_ipa"}

    gaps = view(kiosk["servqual"]).document
    wanted = golden(reference, "servqual_kiosk")
    assert gaps["item_mean_gap"] == pytest.approx(wanted["overall_item_mean_gap"], rel=1e-6)
    for item in wanted["item"]:
        found = gaps["items"][str(item["item"])]
        assert (found["gap"], found["t"]) == pytest.approx((item["gap"], item["t"]), rel=1e-6)
    assert gaps["gap"] is None, "no dimensions are guessed"

    features = {one["name"]: one for one in view(kiosk["kano"]).document["features"]}
    for name, item in golden(reference, "kano_kiosk")["items"].items():
        found = features[name.removeprefix("kano")]
        assert found["counts"] == item["counts"]
        assert (found["better"], found["worse"]) == pytest.approx((item["better"], item["worse"]), rel=1e-6)
        assert found["fong_significant"] == item["fong"]["significant"]

    grid = view(kiosk["importance"]).document
    wanted = golden(reference, "ipa_kiosk")
    assert grid["cross"]["importance"] == pytest.approx(wanted["grand"]["importance"], rel=1e-6)
    assert grid["quadrants"] == {"concentrate": 5, "keep_up": 12, "low_priority": 7, "overkill": 0}
    for item, found in zip(wanted["items"], grid["items"], strict=True):
        assert found["gap"] == pytest.approx(item["gap"], rel=1e-6)

    quality = view(kiosk["reliability"]).document
    fitness = quality["exploratory"]["adequacy"]
    wanted = golden(reference, "efa_kiosk")
    assert fitness["kmo"] == pytest.approx(wanted["KMO"], rel=1e-6)
    assert fitness["bartlett_chi2"] == pytest.approx(wanted["bartlett"]["chisq"], rel=1e-6)
    assert fitness["eigenvalues"] == pytest.approx(wanted["eigenvalues"], rel=1e-6)

    # a document reads in both languages
    with override("zh-hans"):
        chinese = view(kiosk["servqual"]).document["estimates"]["gap"]
    assert chinese["reason"]["message"] != gaps["estimates"]["gap"]["reason"]["message"]
    assert chinese["n"] == gaps["estimates"]["gap"]["n"]

    # segments are what divides people and is no model's own
    assert kiosk["servqual"].segments == ["sex", "frequency"]
    found = view(kiosk["servqual"])
    by_sex = found.groups("sex")
    assert [(group.label, group.n) for group in by_sex] == [("남", 52), ("여", 142)]
    assert sum(group.n * group.document["item_mean_gap"] for group in by_sex) / 194 == pytest.approx(
        found.document["item_mean_gap"]
    )
    assert found.breakdowns["sex"]["differences"]["overall"] is not None

    # dimensions that a person adds
    study = kiosk["servqual"]
    definition = StudyDefinition.of(study)
    of_item = {str(item): name for name, items in DIMENSIONS.items() for item in items}
    definition.spec["items"] = [
        item | ({"dimension": of_item[item["name"]]} if item["name"] in of_item else {})
        for item in definition.spec["items"]
    ]
    execute(ChangeStudy(study.public_id, definition, "dimensions of the questionnaire"), SYSTEM)
    assert view(study).computing
    work_off()
    wanted = golden(reference, "servqual_kiosk")
    gaps = view(study).document
    assert gaps["gap"] == pytest.approx(wanted["overall_unweighted_gap_mean_of_dims"], rel=1e-6)
    assert gaps["servperf"] == pytest.approx(wanted["servperf_overall"], rel=1e-6)
    for name, dimension in wanted["dims"].items():
        assert gaps["dimensions"][name]["gap"] == pytest.approx(dimension["gap"], rel=1e-6)
        assert gaps["dimensions"][name]["alpha_gap"] == pytest.approx(dimension["alpha_gap"], rel=1e-6)
    assert [version.version for version in study.versions.all()] == [2, 1]


def test_small_groups_stay_hidden_also_from_subtraction(survey):
    found = view(survey)
    assert found.result.n == 16
    groups = {group.label: group for group in found.groups("@unit")}
    assert groups["shanghai"].n is None
    assert groups["shanghai"].document is None
    assert "fewer than 5" in groups["shanghai"].reason
    told = [group for group in groups.values() if group.n is not None]
    assert 16 - sum(group.n for group in told) >= 5
    assert "shanghai" not in json.dumps(found.breakdowns["@unit"]["differences"])


def test_a_person_sees_figures_of_her_units_only(survey, organisation, work_off):
    north = organisation.person(("analyst", "north"))
    policy = Policy(north)
    assert [study.pk for study in queries.studies(policy)] == [survey.pk] or survey in queries.studies(policy)
    first = view(survey, policy)
    assert first.computing
    assert not StudyResult.objects.exclude(units=None).exists(), "nothing is computed while reading"
    execute(ComputeStudy(survey.public_id), organisation.actor(("analyst", "north")))
    work_off()
    found = view(survey, policy)
    assert found.result.n == 14
    assert {group.label for group in found.groups("@unit")} == {"beijing", "tianjin"}
    only_south = Policy(organisation.person(("analyst", "south")))
    assert view(survey, only_south).computing


def test_a_scope_that_was_asked_for_is_kept_fresh_while_someone_has_it(
    survey, organisation, work_off, bring_in
):
    actor = organisation.actor(("executive", "north"))
    assert execute(ComputeStudy(survey.public_id), actor).outcome is True
    assert execute(ComputeStudy(survey.public_id), actor).outcome is False, "it waits already"
    work_off()
    more = small_survey(("beijing",) * 20)
    bring_in(more, "survey.csv", target="answers", columns={"unit": "branch"})
    work_off()
    assert view(survey, actor.policy).result.n > 14


def test_too_few_in_the_scope_is_said_not_told(survey, organisation, work_off):
    actor = organisation.actor(("executive", "south"))
    execute(ComputeStudy(survey.public_id), actor)
    work_off()
    found = view(survey, actor.policy)
    assert found.document is None
    assert "5" in found.reason


def test_what_is_there_is_not_computed_again_and_undoing_the_import_is_followed(
    bring_in, work_off, carry_out
):
    source = bring_in(small_survey(), "survey.csv", target="answers", columns={"unit": "branch"})
    work_off()
    study = Study.objects.get(kind="importance")
    before = set(StudyResult.objects.values_list("pk", flat=True))
    execute(ComputeStudy(study.public_id), SYSTEM)
    work_off()
    assert set(StudyResult.objects.values_list("pk", flat=True)) == before
    carry_out(execute(UndoImport(source.public_id), SYSTEM).outcome)
    work_off()
    assert not Survey.objects.exists()
    assert view(study).document is None
    assert "no answers" in view(study).reason


def test_a_study_taken_out_of_use_is_not_recognised_anew(survey, bring_in, work_off):
    done = execute(UseStudy(survey.public_id, active=False), SYSTEM)
    bring_in(small_survey(("beijing",) * 30), "survey.csv", target="answers", columns={"unit": "branch"})
    work_off()
    assert Study.objects.filter(kind="importance").count() == 1
    assert survey not in queries.studies(EverythingPolicy())
    undo(done.seq, SYSTEM)
    assert survey in queries.studies(EverythingPolicy())


def test_wrong_definitions_are_refused_with_what_is_there(survey):
    definition = StudyDefinition.of(survey)
    definition.spec = {"items": [{"performance": "ipa9_9", "importance": "ipa1_1"}]}
    with pytest.raises(ActionError, match="no question ipa9_9"):
        execute(CreateStudy(definition), SYSTEM)
    definition.source = {"survey": "other"}
    with pytest.raises(ActionError, match="Known surveys: survey"):
        execute(CreateStudy(definition), SYSTEM)
    definition = StudyDefinition.of(survey)
    with pytest.raises(ActionError):
        execute(ChangeStudy(survey.public_id, definition, " "), SYSTEM)
    definition.name = LocalizedText()
    with pytest.raises(ActionError):
        execute(CreateStudy(definition), SYSTEM)


def test_text_in_a_numeric_column_is_not_computable_because(bring_in, work_off):
    bring_in(
        small_survey().replace("beijing,男,1,", "beijing,男,好,"),
        "survey.csv",
        target="answers",
        columns={"unit": "branch"},
    )
    work_off()
    definition = StudyDefinition(
        kind="importance",
        name=LocalizedText("有文字", "With text"),
        source={"survey": "survey"},
        spec={"items": [{"importance": f"ipa{n}_1", "performance": f"ipa{n}_2"} for n in (1, 2, 3)]},
    )
    study = execute(CreateStudy(definition), SYSTEM).outcome
    work_off()
    assert view(study).document is None
    assert "ipa1_1" in view(study).reason


def test_a_study_of_the_organisation_is_changed_by_who_decides_about_it(survey, organisation):
    branch = organisation.actor(("analyst", "north"))
    with pytest.raises(NotAllowed):
        execute(UseStudy(survey.public_id, active=False), branch)
    definition = StudyDefinition.of(survey)
    definition.unit = "north"
    made = execute(CreateStudy(definition), branch).outcome
    assert made.unit.code == "north"
    with pytest.raises(NotFound):
        queries.one_study(Policy(organisation.person(("analyst", "south"))), made.public_id)
