"""Recognising questionnaires of the ECSI and ACSI type, drivers of an overall satisfaction, and marks on one scale."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from servloop_app.core.localized import LocalizedText
from servloop_app.measure.study_kinds import Proposal
from servloop_app.measure.study_sources import SurveyColumn, SurveyColumns

_STEM = re.compile(r"^(.*?)[\s._-]?(\d*)$")
_SECOND = re.compile(r"^(.*?)[\s._-]?\d+[\s._-]2$")
_LEAST_MARKS = 3
_TOP = 10.0
_FEWEST = 3  # different answers of a mark; two are a yes and a no
_MOST_LMG = 12  # beyond, Johnson's weights, which take no time
# Stems of column names of a construct, lower case: the usual codes of the European and American questionnaires, and words.
_STEMS = {
    "Image": ("imag", "image", "img", "形象", "品牌形象", "企业形象"),
    "Expectation": ("cuex", "expe", "expectation", "exp", "期望", "客户期望", "顾客期望"),
    "Quality": ("perq", "qual", "quality", "qua", "质量", "感知质量"),
    "Value": ("perv", "value", "val", "价值", "感知价值"),
    "Satisfaction": ("cusa", "sati", "satisfaction", "sat", "满意", "客户满意", "顾客满意", "满意度"),
    "Complaints": ("cusco", "comp", "complaints", "complaint", "抱怨", "投诉"),
    "Loyalty": ("cusl", "loya", "loyalty", "loy", "忠诚", "客户忠诚", "顾客忠诚"),
}
LABELS = {
    "Image": LocalizedText("品牌形象", "Image"),
    "Expectation": LocalizedText("客户期望", "Expectation"),
    "Quality": LocalizedText("感知质量", "Perceived quality"),
    "Value": LocalizedText("感知价值", "Perceived value"),
    "Satisfaction": LocalizedText("客户满意", "Satisfaction"),
    "Complaints": LocalizedText("抱怨处理", "Complaint handling"),
    "Loyalty": LocalizedText("客户忠诚", "Loyalty"),
}
_OVERALL = re.compile(
    r"^(overall([ _-]?satisfaction)?|satisfaction[ _-]?overall|total[ _-]?satisfaction|total1|csat|总体满意度?|总满意度|整体满意度?)$",
    re.IGNORECASE,
)


def scale_of(columns: Sequence[SurveyColumn]) -> list[float] | None:
    """The scale that whole numbers lie on: 1 to 5, 7, 9 or 10, or 0 to 10; None when they lie on none."""
    if not columns or not all(column.numeric and column.whole for column in columns):
        return None
    low = min((column.low for column in columns if column.low is not None), default=-1.0)
    high = max((column.high for column in columns if column.high is not None), default=_TOP + 1.0)
    if low < 0 or high > _TOP:
        return None
    if low == 0:
        return [0.0, 10.0 if high > 5 else high]
    return [1.0, next(top for top in (5.0, 7.0, 9.0, 10.0) if top >= high)]


def _blocks(survey: SurveyColumns) -> dict[str, list[SurveyColumn]]:
    """Construct → its columns, by the stems of their names."""
    construct_of = {stem: construct for construct, stems in _STEMS.items() for stem in stems}
    found: defaultdict[str, list[SurveyColumn]] = defaultdict(list)
    for column in survey.columns:
        match = _STEM.match(column.name)
        construct = construct_of.get(match.group(1).lower()) if match else None
        if construct is not None and column.numeric:
            found[construct].append(column)
    return {construct: found[construct] for construct in _STEMS if construct in found}


def index_constructs(survey: SurveyColumns) -> list[Proposal]:
    """Columns for each construct of the European model, or without the image those of the American one."""
    blocks = _blocks(survey)
    wanted = set(_STEMS)
    model = "ecsi" if wanted <= set(blocks) else "acsi" if wanted - {"Image"} <= set(blocks) else ""
    columns = [column for block in blocks.values() for column in block]
    scale = scale_of(columns)
    if not model or scale is None:
        return []
    constructs = [
        {"name": construct, "items": [column.name for column in block]}
        for construct, block in blocks.items()
        if not (model == "acsi" and construct == "Image")
    ]
    return [Proposal(model, {"model": model, "constructs": constructs, "scale": scale}, LABELS)]


def driver_marks(survey: SurveyColumns) -> list[Proposal]:
    """Constructs that act on satisfaction, else single marks beside a question on overall satisfaction."""
    blocks = _blocks(survey)
    causes = [name for name in ("Image", "Expectation", "Quality", "Value") if name in blocks]
    if "Satisfaction" in blocks and len(causes) > 1:
        columns = [column for block in blocks.values() for column in block]
        scale = scale_of(columns)
        spec: dict[str, object] = {
            "outcome": _variable("Satisfaction", blocks["Satisfaction"]),
            "drivers": [_variable(name, blocks[name]) for name in causes],
            "method": "lmg",
        }
        if scale:
            spec["scale"] = scale
        labels = {name: LABELS[name] for name in ("Satisfaction", *causes)}
        return [Proposal("constructs", spec, labels)]
    outcome = next((column for column in survey.columns if _OVERALL.match(column.name)), None)
    if outcome is None or not outcome.numeric:
        return []
    marks = _marks([column for column in survey.columns if column is not outcome and not _is_total(column)])
    if len(marks) < _LEAST_MARKS:
        return []
    scale = scale_of(marks)
    spec = {
        "outcome": outcome.name,
        "drivers": [column.name for column in marks],
        "method": "lmg" if len(marks) <= _MOST_LMG else "johnson",
    }
    if scale:
        spec["scale"] = scale
    return [Proposal("overall", spec)]


def _is_total(column: SurveyColumn) -> bool:
    return column.name.lower().startswith("total")


def _variable(name: str, columns: list[SurveyColumn]) -> dict[str, object]:
    return {"name": name, "columns": [column.name for column in columns]}


def marks(survey: SurveyColumns) -> list[Proposal]:
    """All marks on the scale that most questions share, in the order of the questionnaire."""
    found = _marks(list(survey.columns))
    if len(found) < _LEAST_MARKS:
        return []
    # No scales for the even-odd index: over a handful of them it flags half of all careful people.
    spec: dict[str, object] = {"items": [column.name for column in found]}
    return [Proposal("marks", spec)]


def _marks(columns: list[SurveyColumn]) -> list[SurveyColumn]:
    """Second answers of pairs (perception, performance) if there are any, else all; of one scale only."""
    pairs: list[SurveyColumn] = []
    for prefix in dict.fromkeys(
        match.group(1) for column in columns if (match := _SECOND.match(column.name))
    ):
        block = [column for column in columns if (m := _SECOND.match(column.name)) and m.group(1) == prefix]
        if scale_of(block) is not None and len(block) > len(pairs):
            pairs = block
    scales: defaultdict[tuple[float, ...], list[SurveyColumn]] = defaultdict(list)
    for column in pairs or columns:
        scale = scale_of([column])
        if scale is not None and column.distinct >= _FEWEST:
            scales[tuple(scale)].append(column)
    if not scales:
        return []
    largest = max(len(block) for block in scales.values())
    # Nobody chose the end of the scale for some questions: a shorter scale lies within the larger one.
    top = max(scale[1] for scale in scales)
    whole = [column for block in scales.values() for column in block]
    joined = scale_of(whole)
    if joined is not None and joined[1] == top and largest * 2 > len(whole):
        return [column for column in columns if column in whole]
    return max(scales.values(), key=len)
