"""The customer-loyalty index: both forms in use, incomplete answers, groups."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from servloop.errors import SpecError
from servloop.measure.loyalty_index import LoyaltyIndexDefinition, loyalty_index

ITEMS = ("recommend", "repurchase", "other")
SIX_POINT = LoyaltyIndexDefinition(ITEMS)
TEN_POINT = LoyaltyIndexDefinition(ITEMS, worst=0, best=10)


def frame(rows: list[list[int | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(ITEMS, pl.Int64), orient="row")


def test_both_forms_reproduce_the_golden_figures(reference: Path) -> None:
    golden = json.loads((reference / "golden/measure/nps_csat_ces_cli.json").read_text())["cli"]
    result = loyalty_index(frame(golden["raw"]), SIX_POINT)
    assert result.persons == pytest.approx(golden["per_resp"], rel=1e-6)
    assert result.estimate.value == pytest.approx(golden["cli"], rel=1e-6)
    variant = golden["cli_0_10_variant"]
    ten = loyalty_index(frame([variant["raw"]]), TEN_POINT)
    assert ten.estimate.value / 10 == pytest.approx(variant["cli"], rel=1e-6)
    assert ten.to_dict()["definition"]["best"] == 10


def test_a_person_enters_with_half_of_the_questions() -> None:
    result = loyalty_index(frame([[1, 1, None], [6, None, None]]), SIX_POINT)
    assert result.estimate.n == 1
    assert result.to_frame()["index"].to_list() == [100.0, None]
    assert result.warnings[0].code == "measure.loyalty_index_incomplete"


def test_answers_outside_the_scale_are_reported() -> None:
    result = loyalty_index(frame([[1, 2, 9], [1, 1, 1]]), SIX_POINT)
    assert result.warnings[0].code == "measure.frame_outside_scale"
    assert result.persons[0] == pytest.approx(90.0)


def test_groups_and_their_difference() -> None:
    data = frame([[1, 2, 1], [3, 3, 4], [6, 6, 6], [2, 1, 2]]).with_columns(
        site=pl.Series(["a", "a", "b", "b"])
    )
    result = loyalty_index(data, SIX_POINT, by="site")
    assert [group.estimate.n for group in result.groups] == [2, 2]
    assert result.differences[0].estimate.value == pytest.approx(-30.0)


@pytest.mark.parametrize(
    "definition", [LoyaltyIndexDefinition(()), LoyaltyIndexDefinition(ITEMS, worst=3, best=3)]
)
def test_definitions_without_meaning_are_refused(definition: LoyaltyIndexDefinition) -> None:
    with pytest.raises(SpecError):
        loyalty_index(frame([[1, 1, 1]]), definition)
