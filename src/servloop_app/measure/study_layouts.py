"""Recognising what the columns of a survey were made for, from their names, their scale and the wording of answers.

A layout proposes only what it can fill in whole: nothing is guessed that people could not check at a glance. What is
recognised can be changed on the page of the study.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from servloop_app.core.localized import LocalizedText
from servloop_app.measure.study_kinds import Proposal
from servloop_app.measure.study_sources import SurveyColumn, SurveyColumns

_PAIR = re.compile(r"^([A-Za-z\u3400-\u9fff]+)[\s._-]?(\d+)[\s._-]([12])$")
_NUMBERED = re.compile(r"^(.*?[^\d\s._-])[\s._-]?(\d+)(?:[\s._-]([12]))?$")
_MOST_POINTS = 11  # a scale has at most so many points
_LEAST_ITEMS = 3
_FIRST, _SECOND = "1", "2"


@dataclass(frozen=True)
class _Pairs:
    """Columns that come twice: ``sq1_1`` and ``sq1_2``, and so on."""

    prefix: str
    pairs: tuple[tuple[str, SurveyColumn, SurveyColumn], ...]  # number, first, second

    @property
    def columns(self) -> list[SurveyColumn]:
        return [column for _number, first, second in self.pairs for column in (first, second)]


def _pairs(survey: SurveyColumns) -> list[_Pairs]:
    found: defaultdict[str, dict[str, dict[str, SurveyColumn]]] = defaultdict(dict)
    for column in survey.columns:
        if match := _PAIR.match(column.name):
            prefix, number, place = match.groups()
            found[prefix.lower()].setdefault(number, {})[place] = column
    groups = []
    for prefix, numbers in found.items():
        whole = all(parts.keys() == {_FIRST, _SECOND} for parts in numbers.values())
        if whole and len(numbers) >= _LEAST_ITEMS:
            ordered = sorted(numbers.items(), key=lambda entry: int(entry[0]))
            groups.append(_Pairs(prefix, tuple((n, p[_FIRST], p[_SECOND]) for n, p in ordered)))
    return groups


def _scale(columns: Sequence[SurveyColumn]) -> list[float] | None:
    """The scale that answers lie on: 1 to 5, 7, 9, 10 or 0 to 10; None when they lie on none."""
    if not columns or not all(column.numeric and column.whole for column in columns):
        return None
    low = min(column.low for column in columns if column.low is not None)
    high = max(column.high for column in columns if column.high is not None)
    if low < 0 or high > _MOST_POINTS - 1:
        return None
    if low == 0:
        return [0, 10] if high > 5 else [0, high]
    return [1, next(top for top in (5, 7, 9, 10) if top >= high)]


def servqual_template(survey: SurveyColumns) -> list[Proposal]:
    """Answers to the questionnaire that ships: ``e1`` … ``e22``, ``p1`` … ``p22``, and the points if they were asked."""
    from servloop.measure.servqual_spec import template  # noqa: PLC0415  # reads a file

    questionnaire = template()
    names = set(survey.names)
    numbers = [item["number"] for item in questionnaire["items"]]
    if not {f"p{number}" for number in numbers} <= names:
        return []
    asked = {f"e{number}" for number in numbers} <= names
    dimensions = {dimension["code"]: dimension for dimension in questionnaire["dimensions"]}
    items = [
        {"name": str(item["number"]), "dimension": item["dimension"], "perception": f"p{item['number']}"}
        | ({"expectation": f"e{item['number']}"} if asked else {})
        for item in questionnaire["items"]
    ]
    spec: dict[str, object] = {"scale": questionnaire["scale"]["range"], "items": items}
    if {f"w_{code}" for code in dimensions} <= names:
        spec["weights"] = {code: f"w_{code}" for code in dimensions}
    labels = {code: LocalizedText.of(dimension["name"]) for code, dimension in dimensions.items()} | {
        str(item["number"]): LocalizedText.of(item["perception"]) for item in questionnaire["items"]
    }
    return [Proposal("servqual-template", spec, labels)]


def servqual_pairs(survey: SurveyColumns) -> list[Proposal]:
    """``sq1_1`` (expectation) and ``sq1_2`` (perception), and so on; which item belongs to which dimension is left open."""
    found = []
    for group in _pairs(survey):
        scale = _scale(group.columns)
        if scale is None or group.prefix not in {"sq", "servqual", "q", "期望感知", "服务质量"}:
            continue
        items = [
            {"name": number, "expectation": first.name, "perception": second.name}
            for number, first, second in group.pairs
        ]
        found.append(Proposal(f"servqual-pairs:{group.prefix}", {"scale": scale, "items": items}))
    return found


def kano_pairs(survey: SurveyColumns) -> list[Proposal]:
    """Functional and dysfunctional questions in pairs, told by their prefix or by the five answers in words."""
    from servloop.measure.kano_answers import answer_levels, normalise  # noqa: PLC0415

    words = answer_levels({})
    found = []
    for group in _pairs(survey):
        named = group.prefix.startswith("kano")
        said = [value for column in group.columns for value in column.values]
        in_words = bool(said) and all(normalise(value) in words for value in said)
        coded = _scale(group.columns) == [1, 5]
        if not (in_words or (named and coded)):
            continue
        features = [
            {"name": number, "functional": first.name, "dysfunctional": second.name}
            for number, first, second in group.pairs
        ]
        found.append(Proposal(f"kano-pairs:{group.prefix}", {"features": features}))
    return found


def importance_pairs(survey: SurveyColumns) -> list[Proposal]:
    """``ipa1_1`` (importance) and ``ipa1_2`` (performance), and so on."""
    found = []
    for group in _pairs(survey):
        scale = _scale(group.columns)
        if scale is None or group.prefix not in {"ipa", "imp", "importance", "重要性表现"}:
            continue
        items = [
            {"name": number, "importance": first.name, "performance": second.name}
            for number, first, second in group.pairs
        ]
        found.append(Proposal(f"importance-pairs:{group.prefix}", {"scale": scale, "items": items}))
    return found


def scales(survey: SurveyColumns) -> list[Proposal]:
    """Perceptions of the questionnaire that ships by its dimensions, second answers of pairs, and columns numbered alike.

    ``IMAG1`` … ``IMAG5``, ``PERQ1`` … are one scale each; a scale of numbers is asked for, and three items.
    """
    template = servqual_template(survey)
    if template:
        items = template[0].spec["items"]
        by_dimension: dict[str, list[str]] = {}
        for item in items:
            by_dimension.setdefault(item["dimension"], []).append(item["perception"])
        return [_quality("servqual-template", by_dimension, template[0].labels)]
    found = []
    for group in _pairs(survey):
        if _scale(group.columns) is not None and group.prefix in {"sq", "servqual", "q"}:
            block = [second.name for _number, _first, second in group.pairs]
            found.append(
                _quality(
                    f"servqual-pairs:{group.prefix}",
                    {group.prefix: block},
                    {group.prefix: LocalizedText("感知题项", "Perceptions")},
                )
            )
    if not found and (alike := _numbered_alike(survey)):
        found.append(_quality("numbered-columns", alike, {}))
    return found


def _quality(layout: str, blocks: dict[str, list[str]], labels: object) -> Proposal:
    spec = {"scales": blocks, "exploratory": {}, "confirmatory": len(blocks) > 1}
    return Proposal(layout, spec, labels if isinstance(labels, dict) else {})


def _numbered_alike(survey: SurveyColumns) -> dict[str, list[str]]:
    blocks: defaultdict[str, list[SurveyColumn]] = defaultdict(list)
    for column in survey.columns:
        match = _NUMBERED.match(column.name)
        if match and match.group(3) is None:
            blocks[match.group(1)].append(column)
    return {
        prefix: [column.name for column in columns]
        for prefix, columns in blocks.items()
        if len(columns) >= _LEAST_ITEMS and _scale(columns) is not None
    }
