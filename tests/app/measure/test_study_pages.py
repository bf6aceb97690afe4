"""Pages of studies: what they say, who may see them, wrong addresses, forms that refuse with a reason, fast."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.app.measure.test_studies import small_survey

from servloop_app.measure.models import Study

pytestmark = pytest.mark.django_db
KINDS = ("servqual", "kano", "importance", "reliability")


@pytest.fixture
def reader(organisation, client):
    """A signed-in analyst of the whole organisation."""
    client.force_login(organisation.person(("analyst", "head")))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def mixed_survey() -> str:
    """Answers to the shipped SERVQUAL questionnaire, three Kano features in words and an importance grid; three units."""
    names = [f"{kind}{number}" for number in range(1, 23) for kind in ("e", "p")]
    points = ("w_tangibles", "w_reliability", "w_responsiveness", "w_assurance", "w_empathy")
    kano = [f"kano{number}_{place}" for number in (1, 2, 3) for place in (1, 2)]
    grid = [f"ipa{number}_{place}" for number in (1, 2, 3) for place in (1, 2)]
    words = ("喜欢", "理应如此", "无所谓", "能忍受", "不喜欢")
    lines = [",".join(["branch", "sex", *names, *points, *kano, *grid])]
    for row in range(60):
        marks = [
            str(4 + (row * 7 + place * 3) % 4 - (place % 2) * ((row + place) % 3)) for place in range(44)
        ]
        shares = ["20"] * 5 if row % 2 else ["40", "30", "10", "10", "10"]
        pairs = [words[(row * (place + 1)) % 3 if place % 2 == 0 else 4 - row % 2] for place in range(6)]
        places = [str((row * (place + 2)) % 7 + 1) for place in range(6)]
        unit = ("beijing", "tianjin", "shanghai")[row % 3]
        lines.append(",".join([unit, "女" if row % 2 else "男", *marks, *shares, *pairs, *places]))
    return "\n".join(lines) + "\n"


@pytest.fixture
def mixed(bring_in, work_off) -> dict[str, Study]:
    """That survey, imported, with the studies that it was recognised to be for."""
    bring_in(mixed_survey(), "mixed.csv", target="answers", columns={"unit": "branch"})
    work_off()
    return {study.kind: study for study in Study.objects.all()}


def address(study: Study, rest: str = "") -> str:
    return f"/measure/models/{study.public_id}/{rest}"


def test_answers_to_a_template_land_in_their_models_without_configuration(
    mixed, reader, organisation, client
):
    assert set(mixed) >= set(KINDS)
    assert mixed["servqual"].spec["weights"]["reliability"] == "w_reliability"
    assert set(mixed["reliability"].spec["scales"]) == set(mixed["servqual"].spec["weights"])
    assert mixed["kano"].segments == ["sex"]
    listed = reader.get("/measure/models/").content.decode()
    assert all(address(study) in listed for study in mixed.values())
    page = reader.get(address(mixed["servqual"])).content.decode()
    assert "Weighted with each customer" in page
    assert "Responsiveness" in page

    every_page_shows_everyone_a_group_and_a_breakdown(mixed, reader)
    every_chart_can_be_taken_away(mixed, reader)
    client.force_login(organisation.person(("agent", "head")))  # without the right there is no page
    assert client.get("/measure/models/").status_code == 403
    assert client.get(address(mixed["kano"])).status_code == 403


def every_page_shows_everyone_a_group_and_a_breakdown(mixed, reader):
    for language in ("zh-hans", "en"):
        reader.cookies["django_language"] = language
        reader.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        for kind in KINDS:
            for query in ("", "?of=sex=女", "?by=sex&a=女&b=男", "?by=@unit", "?of=@unit=beijing"):
                answer = reader.get(address(mixed[kind], query))
                assert answer.status_code == 200, (kind, query)
                text = answer.content.decode()
                assert "data-chart" in text
                assert ">None<" not in text
            assert reader.get(address(mixed[kind], "?of=sex=nobody")).status_code == 404


def every_chart_can_be_taken_away(mixed, reader):
    charts = {"servqual": "gaps", "kano": "plot", "importance": "grid", "reliability": "alphas"}
    for kind, own in charts.items():
        for ending in ("svg", "csv", "xlsx"):
            for chart in (own, "groups"):
                answer = reader.get(address(mixed[kind], f"{chart}.{ending}"))
                assert answer.status_code == 200
                assert answer.content
            assert reader.get(address(mixed[kind], f"nothing.{ending}")).status_code == 404


def test_a_branch_waits_for_its_own_figures(mixed, organisation, client, work_off):
    client.force_login(organisation.person(("executive", "north")))
    first = client.get(address(mixed["servqual"])).content.decode()
    assert "sl-progress" in first
    assert "data-chart" not in first
    work_off()
    second = client.get(address(mixed["servqual"])).content.decode()
    assert "data-chart" in second
    assert "n = 40" in second
    assert "shanghai" not in second


def test_a_study_is_made_changed_and_taken_out_of_use(mixed, reader, work_off):
    assert reader.get("/measure/models/add/").status_code == 200
    form = reader.get("/measure/models/add/?survey=mixed&kind=reliability")
    assert form.content.decode().count('name="row-item"') > 22
    given = {
        "survey": "mixed",
        "kind": "reliability",
        "name_en": "Two scales",
        "row-scale": ["first", "first", "first", "second", "second", ""],
        "row-item": ["p1", "p2", "p3", "p5", "p6", ""],
        "row-words": [""] * 6,
        "row-reverse": ["1"],
        "exploratory": "no",
        "confirmatory": "no",
        "segments": ["sex"],
    }
    answer = reader.post("/measure/models/add/", given)
    assert answer.status_code == 302, answer.content.decode()
    made = (
        Study.objects.get(name__contains={"en": "Two scales"}) if False else Study.objects.order_by("-pk")[0]
    )
    assert made.spec["scales"] == {"first": ["p1", "p2", "p3"], "second": ["p5", "p6"]}
    assert made.spec["reverse"] == ["p2"]
    work_off()
    assert "item-quality" in reader.get(address(made)).content.decode()

    wrong = given | {"row-item": ["p1", "p2", "nix", "p5", "p6", ""], "reason": "x"}
    refused = reader.post(address(made, "change/"), wrong)
    assert refused.status_code == 422
    without_reason = reader.post(address(made, "change/"), given)
    assert without_reason.status_code == 422
    more = reader.post(address(made, "change/"), given | {"more": "1"})
    assert more.status_code == 200
    assert more.content.decode().count('name="row-item"') == 25

    reader.post(address(made, "use/"), {"active": "0"})
    made.refresh_from_db()
    assert not made.active
    assert "out of use" in reader.get("/measure/models/").content.decode()


def test_text_in_a_number_is_said_on_the_page(bring_in, work_off, reader):
    bring_in(
        small_survey().replace("beijing,男,1,", "beijing,男,好,"),
        "survey.csv",
        target="answers",
        columns={"unit": "branch"},
    )
    work_off()
    given = {
        "survey": "survey",
        "kind": "importance",
        "name_en": "With text",
        "row-name": ["1", "2"],
        "row-importance": ["ipa1_1", "ipa2_1"],
        "row-performance": ["ipa1_2", "ipa2_2"],
    }
    reader.post("/measure/models/add/", given)
    work_off()
    page = reader.get(address(Study.objects.get(origin="", kind="importance"))).content.decode()
    assert "Not computable" in page
    assert "ipa1_1" in page


@pytest.mark.data
def test_a_model_page_from_stored_results_takes_less_than_400_ms(bring_in, work_off, reader, reference: Path):
    bring_in(reference / "data/survey/kiosk_servqual_kano_ipa.csv", target="answers")
    work_off()
    for study in Study.objects.filter(kind__in=KINDS):
        fastest = min(computing(reader, address(study)) for _attempt in range(5))
        assert fastest < 0.4, study.kind


def computing(reader, path: str) -> float:
    """Seconds of computing: those of the clock say how much else the machine does."""
    started = time.process_time()
    assert reader.get(path).status_code == 200
    return time.process_time() - started


def test_the_api_gives_the_same_figures_and_takes_definitions(mixed, organisation, client, work_off):
    from servloop_app.core.actions import Actor, IssueToken, execute

    def as_person(*role):
        person = organisation.person(role)
        token = execute(
            IssueToken("all", ["models.view", "models.edit"]), Actor.of_person(person, "page")
        ).outcome
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

        def call(verb, path, given=None):
            return getattr(client, verb)(
                f"/api/v1{path}", given, content_type="application/json", headers=headers
            )

        return call

    analyst = as_person("analyst", "head")
    listed = analyst("get", "/studies").json()
    assert listed["total"] == len(Study.objects.all())
    one = analyst("get", f"/studies/{mixed['servqual'].public_id}").json()
    assert one["computed"]
    assert one["n"] == 60
    groups = analyst("get", f"/studies/{mixed['servqual'].public_id}/groups").json()
    assert [(group["label"], group["n"]) for group in groups] == [
        ("beijing", 20),
        ("shanghai", 20),
        ("tianjin", 20),
    ]
    assert one["figures"]["dimensions"]["reliability"]["n"] == 60
    assert analyst("get", "/surveys").json()[0]["name"] == "mixed"

    given = {
        "kind": "kano",
        "name": {"zh-CN": "新", "en": "New"},
        "survey": "mixed",
        "spec": {"features": [{"functional": "kano1_1", "dysfunctional": "kano1_2"}]},
        "segments": ["sex"],
    }
    made = analyst("post", "/studies", given).json()["id"]
    work_off()
    assert analyst("get", f"/studies/{made}").json()["figures"]["features"][0]["n"] == 60
    wrong = analyst("put", f"/studies/{made}", given | {"spec": {"features": []}, "reason": "x"})
    assert wrong.status_code in {400, 422}
    assert analyst("put", f"/studies/{made}/use", {"active": False}).status_code == 200

    branch = as_person("executive", "north")
    place = f"/studies/{mixed['kano'].public_id}"
    assert not branch("get", place).json()["computed"]
    assert branch("post", f"{place}/compute").status_code == 200
    work_off()
    assert branch("get", place).json()["n"] == 40
    assert branch("post", "/studies", given).status_code == 403
