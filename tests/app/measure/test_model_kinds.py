"""Satisfaction index, drivers and sample: recognised by their columns, golden figures, pages in both languages."""

import csv
import io
import json

import polars as pl
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from servloop_app.core import guard
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.models import Study, StudyResult
from servloop_app.measure.studies import compute_study, scope_key
from servloop_app.measure.study_kinds_models import DRIVERS, INDEX, SAMPLE
from servloop_app.measure.study_layouts_models import driver_marks, index_constructs, marks
from servloop_app.measure.study_sources import CHANNEL, LANGUAGE, UNIT, WEIGHT, SurveyColumn, SurveyColumns

_BOOKS = (Study._meta.db_table, StudyResult._meta.db_table)


def column(name, *, low=1.0, high=10.0, numeric=True, distinct=8, values=()):
    return SurveyColumn(name, 250, numeric, low, high, whole=numeric, distinct=distinct, values=values)


def survey(*names, **about):
    return SurveyColumns("survey", 250, None, None, tuple(column(name, **about) for name in names))


@pytest.fixture(scope="module")
def mobi(reference):
    """The mobile-phone survey as the engine reads it, with units."""
    frame = pl.read_csv(reference / "data/survey/ecsi_mobi.csv")
    units = ["beijing" if place % 2 else "tianjin" for place in range(frame.height)]
    return frame.cast(pl.Float64).with_columns(
        pl.Series(UNIT, units),
        pl.lit(None, pl.String).alias(CHANNEL),
        pl.lit(None, pl.String).alias(LANGUAGE),
        pl.lit(None, pl.Float64).alias(WEIGHT),
    )


@pytest.fixture(scope="module")
def proposals(mobi):
    found = survey(*[name for name in mobi.columns if not name.startswith("@")])
    return {"index": index_constructs(found), "drivers": driver_marks(found), "sample": marks(found)}


def test_the_usual_codes_of_the_european_questionnaire_are_recognised(proposals):
    (proposal,) = proposals["index"]
    assert (proposal.layout, proposal.spec["model"], proposal.spec["scale"]) == ("ecsi", "ecsi", [1.0, 10.0])
    sizes = {one["name"]: len(one["items"]) for one in proposal.spec["constructs"]}
    assert sizes == {
        "Image": 5, "Expectation": 3, "Quality": 7, "Value": 2, "Satisfaction": 3, "Complaints": 1, "Loyalty": 3
    }  # fmt: skip
    assert proposal.labels["Satisfaction"].zh == "客户满意"


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["期望1", "期望2", "质量1", "价值1", "满意1", "抱怨1", "忠诚1"], "acsi"),
        (
            ["image1", "expectation1", "quality1", "value1", "satisfaction1", "complaints1", "loyalty1"],
            "ecsi",
        ),
        (["quality1", "satisfaction1"], None),
    ],
)
def test_layouts_by_words(names, layout):
    found = index_constructs(survey(*names))
    assert [one.layout for one in found] == ([layout] if layout else [])


def test_drivers_of_an_overall_mark_and_what_is_no_scale():
    found = SurveyColumns(
        "s", 90, None, None,
        (
            column("总体满意度", high=5.0), column("速度", high=5.0), column("态度", high=5.0), column("环境", high=5.0),
            column("年龄", low=18.0, high=80.0, distinct=50), column("性别", low=0.0, high=1.0, distinct=2),
        ),
    )  # fmt: skip
    (proposal,) = driver_marks(found)
    assert proposal.spec["outcome"] == "总体满意度"
    assert proposal.spec["drivers"] == ["速度", "态度", "环境"]
    assert marks(found)[0].spec["items"] == ["总体满意度", "速度", "态度", "环境"]
    assert driver_marks(survey("a", "b", "c")) == []  # nothing to explain


@pytest.fixture(scope="module")
def computed(mobi, proposals):
    """The index study of everyone and by unit, with few resamples."""
    return compute_study(INDEX, mobi, INDEX.check(proposals["index"][0].spec | {"bootstrap": 60}))


def test_the_index_is_the_golden_one(computed, reference):
    document = computed.document
    golden = json.loads((reference / "golden/measure/acsi_index_mobi.json").read_text(encoding="utf-8"))
    for construct, expected in golden["index"]["centroid"].items():
        assert document["index"][construct] == pytest.approx(expected["mean"], rel=1e-6)
    published = json.loads((reference / "golden/measure/pls_mobi_semPLS.json").read_text(encoding="utf-8"))
    assert published  # the paths below are those of both programs
    assert document["paths"]["Quality>Satisfaction"] == pytest.approx(0.51254524, rel=1e-6)
    assert document["paths"]["Image>Expectation"] == pytest.approx(0.50470564, rel=1e-6)
    assert document["r2"]["Satisfaction"] == pytest.approx(0.6802811, rel=1e-6)
    assert document["gof"] == pytest.approx(0.4714668, rel=1e-6)
    low, high = (document["bootstrap"]["index"]["Satisfaction"][end] for end in ("low", "high"))
    assert low < 72.543 < high


def test_units_are_measured_with_one_yardstick_and_tested(computed):
    (by_unit,) = (one for one in computed.breakdowns if one.by == UNIT)
    assert {group.label: group.n for group in by_unit.groups} == {"beijing": 125, "tianjin": 125}
    differences = by_unit.differences
    assert set(differences["index"]) == {"beijing", "tianjin"}
    (test,) = differences["index_differences"]["Satisfaction"]
    gap = (
        differences["index"]["tianjin"]["Satisfaction"]["value"]
        - differences["index"]["beijing"]["Satisfaction"]["value"]
    )
    assert test["estimate"]["value"] == pytest.approx(gap)
    assert 0 <= test["p_adjusted"] <= 1
    assert differences["path:Quality>Satisfaction"][0]["estimate"]["low"] is not None


def store(kind, spec, labels, computed, survey_name="ecsi"):
    """A study with a result, as the job leaves them."""
    with guard.opening(*_BOOKS):
        study = Study.objects.create(
            kind=kind.code, name=LocalizedText("手机问卷", "Phones"), source={"survey": survey_name}, spec=spec,
            labels={key: text.to_dict() for key, text in labels.items()},
        )  # fmt: skip
        StudyResult.objects.create(
            study=study, version=1, epoch="e", scope=scope_key(None), as_of=timezone.now(), n=computed.n,
            document=computed.document, breakdowns=[one.summary() for one in computed.breakdowns],
        )  # fmt: skip
    return study


@pytest.fixture
def analyst(organisation, client):
    person = organisation.person(("analyst", "head"), home="head")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("en", "Satisfaction"), ("zh-hans", "客户满意")])
def test_the_index_page_shows_the_golden_figures(analyst, proposals, computed, language, word):
    (proposal,) = proposals["index"]
    study = store(INDEX, INDEX.check(proposal.spec), proposal.labels, computed)
    with override(language):
        answer = analyst.get(reverse("study", args=[study.public_id]), headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert word in page
    for shown in ("72.5", "75.0", "62.3", "0.51", "0.68"):
        assert shown in page, shown
    assert "sl-pd-box-main" in page  # the path diagram
    file = analyst.get(reverse("study_chart", args=[study.public_id, "paths", "csv"]))
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert any("→" in row[0] and row[1].startswith("0.5125") for row in rows[1:])
    assert analyst.get(reverse("study_chart", args=[study.public_id, "paths", "svg"])).content.startswith(
        b"<svg"
    )
    assert analyst.get(reverse("study_chart", args=[study.public_id, "index", "xlsx"])).content.startswith(
        b"PK"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", [DRIVERS, SAMPLE], ids=["drivers", "sample"])
def test_pages_of_drivers_and_of_the_sample(analyst, mobi, proposals, kind, language):
    (proposal,) = proposals[kind.code]
    more = (
        {"bootstrap": 50}
        if kind is DRIVERS
        else {"invited": 1000, "margins": [{"column": UNIT, "totals": {"beijing": 2, "tianjin": 1}}]}
    )
    spec = kind.check(proposal.spec | more)
    study = store(kind, spec, proposal.labels, compute_study(kind, mobi, spec))
    answer = analyst.get(reverse("study", args=[study.public_id]), headers={"accept-language": language})
    page = answer.content.decode()
    assert answer.status_code == 200
    if kind is DRIVERS:
        assert "44%" in page  # quality's share of R², 0.2954 of 0.6694
    else:
        assert "25.0%" in page  # response rate
        assert "225" in page  # effective n of 250 with weights 4/3 and 2/3
    from servloop_app.web.measure.models.kinds import PAGES

    for chart in PAGES[kind.code].charts:
        for ending in ("svg", "csv", "xlsx"):
            address = reverse("study_chart", args=[study.public_id, chart, ending])
            assert analyst.get(address).status_code == 200, (chart, ending)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_cannot_be_computed_is_said_on_the_page(analyst, mobi, proposals, language):
    flat = mobi.with_columns(pl.lit(7.0).alias("CUSA1"))
    for kind in (INDEX, DRIVERS, SAMPLE):
        (proposal,) = proposals[kind.code]
        spec = kind.check(proposal.spec | ({} if kind is SAMPLE else {"bootstrap": 0}))
        few = compute_study(kind, flat.head(6), spec)
        study = store(kind, spec, proposal.labels, few)
        answer = analyst.get(reverse("study", args=[study.public_id]), headers={"accept-language": language})
        assert answer.status_code == 200, kind.code
