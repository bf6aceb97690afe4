"""Starter scorecards by sector: perspectives, indicators of the catalogue, weights and first targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class StarterIndicator:
    """One indicator: a metric of the catalogue with weight, target (two numbers for a band) and worst value."""

    metric: str
    weight: float
    target: tuple[float, ...]
    worst: float | None = None


@dataclass(frozen=True)
class StarterPerspective:
    """A perspective with its names by language, its weight and its indicators."""

    code: str
    names: Mapping[str, str]
    weight: float
    indicators: tuple[StarterIndicator, ...]


@dataclass(frozen=True)
class StarterCard:
    """A starter scorecard of one sector."""

    code: str
    names: Mapping[str, str]
    perspectives: tuple[StarterPerspective, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Codes of its metrics."""
        return tuple(one.metric for part in self.perspectives for one in part.indicators)


@cache
def starter_cards() -> Mapping[str, StarterCard]:
    """The cards that ship, by sector."""
    import yaml

    path = resources.files("servloop.measure") / "templates" / "scorecards.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = document["perspectives"]
    return {
        card["code"]: StarterCard(
            card["code"],
            card["name"],
            tuple(
                StarterPerspective(
                    part["perspective"],
                    names[part["perspective"]],
                    float(part["weight"]),
                    tuple(_indicator(entry) for entry in part["indicators"]),
                )
                for part in card["perspectives"]
            ),
        )
        for card in document["cards"]
    }


def _indicator(entry: Mapping[str, object]) -> StarterIndicator:
    target, worst = entry["target"], entry.get("worst")
    ends = target if isinstance(target, list) else [target]
    return StarterIndicator(
        str(entry["metric"]),
        _number(entry["weight"]),
        tuple(_number(end) for end in ends),
        None if worst is None else _number(worst),
    )


def _number(value: object) -> float:
    assert isinstance(value, int | float), value
    return float(value)
