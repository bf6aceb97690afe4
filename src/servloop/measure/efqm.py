"""EFQM self-assessment: points of the 2020 and 2013 models and RADAR marks. Numbers and our own words only.

The EFQM Model is published by EFQM, whose criterion texts are protected: they are not reproduced here. Points per
criterion and part are facts of the published scoring; what a part asks about is put in our own short words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servloop.errors import SpecError
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

#: RADAR bands in per cent, lowest to highest.
BANDS = ((0, 9), (10, 39), (40, 69), (70, 89), (90, 100))


@dataclass(frozen=True)
class Criterion:
    """One criterion.

    Attributes:
        key: its number.
        zh, en: what it is about, in our words.
        points: of 1,000.
        area: group of criteria.
        parts: part → share of the criterion's points; empty when scored whole.
    """

    key: str
    zh: str
    en: str
    points: int
    area: str
    parts: Mapping[str, float]


def _even(key: str, count: int) -> dict[str, float]:
    return {f"{key}.{i}": 1 / count for i in range(1, count + 1)}


MODELS: dict[str, tuple[Criterion, ...]] = {
    "2020": (
        Criterion("1", "为何存在、走向何方", "Why we exist and where we go", 100, "direction", _even("1", 5)),
        Criterion("2", "文化与领导方式", "Culture and how we lead", 100, "direction", _even("2", 5)),
        Criterion("3", "让相关方参与", "Involving those concerned", 100, "execution", _even("3", 5)),
        Criterion("4", "长久地创造价值", "Creating value that lasts", 200, "execution", _even("4", 4)),
        Criterion(
            "5", "推动绩效与变革", "Running today, changing for tomorrow", 100, "execution", _even("5", 5)
        ),
        Criterion("6", "相关方怎么看", "How those concerned see us", 200, "results", {}),
        Criterion("7", "战略与运营成果", "What strategy and operation achieved", 200, "results", {}),
    ),
    "2013": (
        Criterion("1", "领导", "Leading", 100, "enablers", _even("1", 5)),
        Criterion("2", "战略", "Strategy", 100, "enablers", _even("2", 4)),
        Criterion("3", "员工", "Staff", 100, "enablers", _even("3", 5)),
        Criterion("4", "伙伴与资源", "Partners and means", 100, "enablers", _even("4", 5)),
        Criterion("5", "流程、产品与服务", "Processes, products, services", 100, "enablers", _even("5", 5)),
        Criterion("6", "客户成果", "Results for customers", 150, "results", {"6a": 0.75, "6b": 0.25}),
        Criterion("7", "员工成果", "Results for staff", 100, "results", {"7a": 0.75, "7b": 0.25}),
        Criterion("8", "社会成果", "Results for society", 100, "results", {"8a": 0.5, "8b": 0.5}),
        Criterion("9", "经营成果", "Results of the business", 150, "results", {"9a": 0.5, "9b": 0.5}),
    ),
}

#: RADAR elements and the attributes that are marked under each, in our words.
RADAR = {
    "results": ("relevance", "usability", "trend", "target", "comparison", "outlook"),
    "approach": ("reasoned", "aligned"),
    "deployment": ("carried_out", "flexible"),
    "assessment": ("understood", "improved"),
}


@dataclass(frozen=True)
class ScoredCriterion:
    """One criterion: per cent reached, points, band (1 lowest … 5 highest), parts that were marked."""

    key: str
    zh: str
    en: str
    area: str
    percent: float | None
    points: float | None
    possible: int
    band: int | None
    marked_parts: int
    parts: int


@dataclass(frozen=True, kw_only=True)
class EfqmAssessment(Result):
    """A scored self-assessment.

    Attributes:
        model: ``2020`` or ``2013``.
        score: points of 1,000; None while a criterion has no mark (``reason``).
        low, high: points if every missing criterion had 0 or 100 per cent.
        areas: points reached by area.
        criteria: in the model's order.
        n: criteria marked.
    """

    model: str
    score: float | None
    low: float
    high: float
    areas: Mapping[str, float]
    criteria: tuple[ScoredCriterion, ...]
    n: int
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row a criterion."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "criterion": c.key,
                    "zh": c.zh,
                    "en": c.en,
                    "area": c.area,
                    "percent": c.percent,
                    "points": c.points,
                    "possible": c.possible,
                    "band": c.band,
                }
                for c in self.criteria
            ],
            infer_schema_length=None,
        )


def assess(marks: Mapping[str, float | None], *, model: str = "2020") -> EfqmAssessment:
    """Score marks in per cent.

    Args:
        marks: criterion (``"4"``) or part (``"4.2"``, ``"6a"``) → 0 … 100; parts count before the whole criterion.
            A missing part gives its weight to the other parts, with a warning.
        model: ``2020`` or ``2013``.

    Raises:
        SpecError: unknown model or key, a mark outside 0 … 100.
    """
    if model not in MODELS:
        raise SpecError("assess.unknown_choice", name="model", received=model, known=sorted(MODELS))
    criteria = MODELS[model]
    known = {c.key for c in criteria} | {part for c in criteria for part in c.parts}
    unknown = sorted(set(marks) - known)
    if unknown:
        raise SpecError(
            "assess.unknown_choice", name="marks", received=", ".join(unknown), known=sorted(known)
        )
    for key, mark in marks.items():
        if mark is not None and not 0 <= mark <= 100:
            raise SpecError("assess.number_out_of_range", name=key, low=0, high=100, received=mark)
    scored = tuple(_scored(criterion, marks) for criterion in criteria)
    notices = []
    partial = [c.key for c in scored if c.parts and 0 < c.marked_parts < c.parts]
    if partial:
        notices.append(Notice("assess.parts_missing", len(partial), {"names": partial}))
    missing = [c.key for c in scored if c.points is None]
    reached = sum(c.points for c in scored if c.points is not None)
    open_points = sum(c.possible for c in scored if c.points is None)
    areas: dict[str, float] = {}
    for c in scored:
        areas[c.area] = areas.get(c.area, 0.0) + (c.points or 0.0)
    return EfqmAssessment(
        warnings=tuple(notices),
        model=model,
        score=None if missing else reached,
        low=reached,
        high=reached + open_points,
        areas=areas,
        criteria=scored,
        n=len(scored) - len(missing),
        reason=Notice("assess.criteria_missing", len(missing), {"names": missing}) if missing else None,
    )


def _scored(criterion: Criterion, marks: Mapping[str, float | None]) -> ScoredCriterion:
    given = {part: mark for part in criterion.parts if (mark := marks.get(part)) is not None}
    if given:
        weight = sum(criterion.parts[part] for part in given)
        percent: float | None = sum(criterion.parts[part] * mark for part, mark in given.items()) / weight
    else:
        percent = marks.get(criterion.key)
    return ScoredCriterion(
        criterion.key,
        criterion.zh,
        criterion.en,
        criterion.area,
        percent,
        None if percent is None else criterion.points * percent / 100,
        criterion.points,
        None if percent is None else band(percent),
        len(given),
        len(criterion.parts),
    )


def band(percent: float) -> int:
    """RADAR band of a mark: 1 (0 %), 2 (10–30), 3 (40–60), 4 (70–80), 5 (90–100); between bands the lower one."""
    return 1 + sum(percent >= low for low, _ in BANDS[1:])


def radar(attributes: Mapping[str, Sequence[float]]) -> float:
    """The mark of a part from its RADAR attributes: the mean of the elements' means, held by the weakest approach.

    A deployment or an assessment cannot be worth more than the approach it carries out, so the mark of an enabler
    is not above that of its approach; results are the mean of their attributes.

    Args:
        attributes: element of `RADAR` → marks of its attributes, 0 … 100.

    Raises:
        SpecError: unknown elements, no marks, marks outside 0 … 100.
    """
    unknown = sorted(set(attributes) - set(RADAR))
    if unknown:
        raise SpecError(
            "assess.unknown_choice", name="radar", received=", ".join(unknown), known=sorted(RADAR)
        )
    means = {}
    for element, marks in attributes.items():
        if not marks:
            raise SpecError("assess.no_columns", name=element)
        for mark in marks:
            if not 0 <= mark <= 100:
                raise SpecError("assess.number_out_of_range", name=element, low=0, high=100, received=mark)
        means[element] = sum(marks) / len(marks)
    if not means:
        raise SpecError("assess.no_columns", name="radar")
    overall = sum(means.values()) / len(means)
    return min(overall, means.get("approach", overall))
