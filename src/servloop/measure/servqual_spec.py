"""The SERVQUAL specification: which columns are which item, and the questionnaire that is ready to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from servloop.errors import SpecError
from servloop.measure.specs import validated

Scale = tuple[float, float]


@dataclass(frozen=True)
class ServqualItem:
    """One item and its columns.

    Attributes:
        name: in results.
        perception: column of the perception.
        expectation: column of the expectation; None in SERVPERF.
        dimension: None for an item that counts in item means only.
        minimum: column of the minimum acceptable level (zone of tolerance).
        reverse: negatively worded, so that an answer x counts as low + high − x.
    """

    name: str
    perception: str
    expectation: str | None = None
    dimension: str | None = None
    minimum: str | None = None
    reverse: bool = False


@dataclass(frozen=True)
class StaffColumns:
    """Columns of the manager and staff form for one dimension."""

    managers: tuple[str, ...] = ()
    standards: str | None = None
    delivery: str | None = None
    communication: str | None = None


@dataclass(frozen=True)
class ServqualSpec:
    """A questionnaire: items, scale, importance weights and, if there is one, the staff form.

    Attributes:
        items: in the order of the questionnaire.
        scale: lowest and highest answer.
        weights: dimension → column of a respondent's points, or fixed points; empty for none.
        staff: dimension → columns of the staff form.
    """

    items: tuple[ServqualItem, ...]
    scale: Scale = (1, 7)
    weights: Mapping[str, str | float] = field(default_factory=dict)
    staff: Mapping[str, StaffColumns] = field(default_factory=dict)

    @property
    def dimensions(self) -> dict[str, list[int]]:
        """Dimension → positions of its items, in the order of first mention."""
        found: dict[str, list[int]] = {}
        for position, item in enumerate(self.items):
            if item.dimension is not None:
                found.setdefault(item.dimension, []).append(position)
        return found

    @property
    def with_expectations(self) -> bool:
        """Whether the form asked for expectations (SERVQUAL) or for perceptions only (SERVPERF)."""
        return self.items[0].expectation is not None

    @property
    def with_minimum(self) -> bool:
        """Whether the form asked for the minimum acceptable level of every item."""
        return all(item.minimum is not None for item in self.items)


def parse_spec(document: Any) -> ServqualSpec:
    """A specification from a mapping (a YAML file), checked.

    Raises:
        SpecError: the schema is violated, a scale without extent, an item twice, expectations for some
            items only, weights for other dimensions than those of the items.
    """
    checked = validated("servqual", document)
    low, high = checked["scale"]
    if low >= high:
        raise SpecError("measure.servqual_scale", low=low, high=high)
    items = tuple(
        ServqualItem(
            name=entry.get("name", entry["perception"]),
            perception=entry["perception"],
            expectation=entry.get("expectation"),
            dimension=entry.get("dimension"),
            minimum=entry.get("minimum"),
            reverse=entry.get("reverse", False),
        )
        for entry in checked["items"]
    )
    staff = {
        dimension: StaffColumns(**{**columns, "managers": tuple(columns.get("managers", ()))})
        for dimension, columns in checked.get("staff", {}).items()
    }
    spec = ServqualSpec(items, (low, high), checked.get("weights", {}), staff)
    _check(spec)
    return spec


def _check(spec: ServqualSpec) -> None:
    names = [item.name for item in spec.items]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SpecError("measure.servqual_item_twice", items=repeated)
    without = [item.name for item in spec.items if item.expectation is None]
    if without and len(without) < len(spec.items):
        raise SpecError("measure.servqual_expectation_missing", items=without)
    dimensions = list(spec.dimensions)
    for part, given in (("weights", spec.weights), ("staff", spec.staff)):
        unknown = sorted(set(given) - set(dimensions))
        if unknown:
            raise SpecError(
                "measure.servqual_dimension_unknown", part=part, unknown=unknown, known=dimensions
            )
    absent = sorted(set(dimensions) - set(spec.weights))
    if spec.weights and absent:
        raise SpecError("measure.servqual_weight_missing", dimensions=absent)


@cache
def template() -> dict[str, Any]:
    """The ready 22-item questionnaire in Chinese and English, in our own wording.

    Returns:
        ``scale`` with its end labels, ``dimensions`` (code, names) and ``items`` (number, dimension,
        expectation and perception statement in both languages).
    """
    import yaml

    text = (resources.files("servloop.measure") / "templates" / "servqual.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def template_spec() -> ServqualSpec:
    """The specification of answers to the ready questionnaire: columns e1 … e22, p1 … p22 and w_<dimension>."""
    questionnaire = template()
    return parse_spec(
        {
            "scale": questionnaire["scale"]["range"],
            "items": [
                {
                    "name": str(item["number"]),
                    "dimension": item["dimension"],
                    "expectation": f"e{item['number']}",
                    "perception": f"p{item['number']}",
                }
                for item in questionnaire["items"]
            ],
            "weights": {
                dimension["code"]: f"w_{dimension['code']}" for dimension in questionnaire["dimensions"]
            },
        }
    )
