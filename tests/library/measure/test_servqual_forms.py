"""SERVQUAL specifications, the ready questionnaire, the zone of tolerance and gaps 1 to 4."""

from __future__ import annotations

import polars as pl
import pytest

from servloop.errors import SpecError
from servloop.measure.servqual_gaps import internal_gaps
from servloop.measure.servqual_spec import parse_spec, template, template_spec
from servloop.measure.servqual_zone import zone_of_tolerance
from servloop.measure.specs import schema, schema_names, validated

ITEM = {"dimension": "a", "expectation": "e", "perception": "p"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "measure.spec_not_a_mapping"),
        ({"items": []}, "measure.spec_invalid"),
        ({"items": [ITEM], "skale": [1, 7]}, "measure.spec_invalid"),
        ({"items": [ITEM], "scale": [7, 1]}, "measure.servqual_scale"),
        ({"items": [ITEM, ITEM]}, "measure.servqual_item_twice"),
        ({"items": [ITEM, {"perception": "q"}]}, "measure.servqual_expectation_missing"),
        ({"items": [ITEM], "weights": {"b": "w"}}, "measure.servqual_dimension_unknown"),
        (
            {"items": [ITEM, {**ITEM, "perception": "q", "dimension": "b"}], "weights": {"a": 100}},
            "measure.servqual_weight_missing",
        ),
    ],
)
def test_wrong_specifications_are_named(document: object, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert caught.value.code == code
    assert "{" not in caught.value.message("zh")


def test_schemas_can_be_listed_and_an_unknown_one_says_which_exist() -> None:
    assert "servqual" in schema_names()
    assert schema("servqual")["type"] == "object"
    with pytest.raises(SpecError, match="servqual"):
        schema("nothing")
    assert validated("servqual", {"items": [ITEM]})["scale"] == [1, 7]


def test_the_ready_questionnaire_is_complete_in_both_languages() -> None:
    questionnaire = template()
    assert [item["number"] for item in questionnaire["items"]] == list(range(1, 23))
    dimensions = [item["dimension"] for item in questionnaire["items"]]
    assert [dimensions.count(d["code"]) for d in questionnaire["dimensions"]] == [4, 5, 4, 4, 5]
    statements = [
        item[part][language]
        for item in questionnaire["items"]
        for part in ("expectation", "perception")
        for language in ("zh-CN", "en")
    ]
    assert len(set(statements)) == 88
    spec = template_spec()
    assert len(spec.items) == 22
    assert list(spec.weights) == [d["code"] for d in questionnaire["dimensions"]]


ZONE = {"items": [{"dimension": "a", "expectation": "d", "perception": "p", "minimum": "m"}]}


def test_zone_of_tolerance() -> None:
    frame = pl.DataFrame({"m": [3, 4, 5, 6, None], "d": [6, 6, 6, 5, 7], "p": [2, 5, 7, 6, 7]})
    result = zone_of_tolerance(frame, parse_spec(ZONE))
    zone = result.items["p"]
    assert zone.adequacy.n == 4
    assert zone.adequacy.value == pytest.approx((-1 + 1 + 2 + 0) / 4)
    assert zone.superiority.value == pytest.approx((-4 - 1 + 1 + 1) / 4)
    assert (zone.below, zone.within, zone.above) == (0.25, 0.25, 0.5)
    assert result.dimensions["a"].adequacy.value == zone.adequacy.value
    assert result.warnings[0].code == "measure.servqual_zone_inverted"
    assert result.to_frame().height == 2


def test_zone_of_tolerance_without_its_columns_or_answers() -> None:
    with pytest.raises(SpecError, match="minimum"):
        zone_of_tolerance(pl.DataFrame({"e": [1], "p": [1]}), parse_spec({"items": [ITEM]}))
    empty = pl.DataFrame({"m": [None], "d": [6], "p": [2]}, schema=dict.fromkeys("mdp", pl.Int64))
    zone = zone_of_tolerance(empty, parse_spec(ZONE)).items["p"]
    assert zone.below is None
    assert zone.adequacy.reason is not None


STAFF = {"items": [ITEM], "staff": {"a": {"managers": ["m1", "m2"], "standards": "s", "delivery": "l"}}}


def test_gaps_one_to_four() -> None:
    customers = pl.DataFrame({"e": [6, 7, 6, 5], "p": [4, 4, 5, 5]})
    staff = pl.DataFrame({"m1": [5, 4, None], "m2": [5, 5, 99], "s": [4, 5, 6], "l": [7, 7, 7]})
    result = internal_gaps(staff, customers, parse_spec(STAFF))
    gaps = result.dimensions["a"]
    assert gaps.knowledge.estimate.value == pytest.approx(4.75 - 6)
    assert gaps.knowledge.p_value is not None
    assert gaps.standards.value == pytest.approx(-2)
    assert gaps.delivery.value == 0
    assert gaps.delivery.low < 0
    assert gaps.communication.reason.code == "measure.servqual_not_asked"
    assert result.warnings[0].count == 1
    assert result.to_frame()["gap"].to_list() == [1, 2, 3, 4]


def test_gaps_without_managers_or_without_a_form() -> None:
    customers = pl.DataFrame({"e": [6, 7], "p": [4, 4]})
    with pytest.raises(SpecError, match="staff"):
        internal_gaps(customers, customers, parse_spec({"items": [ITEM]}))
    spec = parse_spec({"items": [ITEM], "staff": {"a": {"standards": "s"}}})
    result = internal_gaps(pl.DataFrame({"s": [5]}), customers, spec)
    assert result.dimensions["a"].knowledge is None
    assert result.to_frame()["value"].to_list() == [None, -2.0, None, None]
