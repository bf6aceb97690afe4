"""What an edge says in each mode: its label, its comparison, its colour step."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from servloop.diagnose.process.layout_graph import END, FADED_SHARE, START, EdgeKey, MapEdge, MapGraph
from servloop.diagnose.process.map_svg_text import duration, in_unit_of, percent, text

Mode = Literal["frequency", "median", "p90", "total"]
STEPS = 5
_FREQUENCY_STEP = 4


@dataclass(frozen=True)
class MapComparison:
    """Waits of the comparison group, in the statistic that the map shows; ``label`` names it ("others")."""

    label: str
    seconds: Mapping[EdgeKey, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Bottleneck:
    """An edge that holds a large share of all waiting; ``seconds`` is the statistic that the map shows."""

    source: str
    target: str
    seconds: float
    share: float

    @property
    def key(self) -> EdgeKey:
        """Source and target."""
        return (self.source, self.target)


class Scale:
    """Labels and colour steps of a graph in one mode.

    Steps follow the square root of the value over the largest: waits are skewed, and equal steps would paint
    all but the longest alike. Edges of START and END and those into steps that are not waiting stay neutral
    in both time modes.
    """

    def __init__(
        self,
        graph: MapGraph,
        mode: Mode,
        language: str,
        not_waiting: Collection[str],
        comparison: MapComparison | None,
    ) -> None:
        self.mode, self._language, self._comparison = mode, language, comparison
        self._not_waiting = frozenset(not_waiting)
        waits = [edge for edge in graph.edges if self._waits(edge)]
        self._all_waiting = sum(edge.total_seconds or 0.0 for edge in waits)
        # The faded rest must not decide the scale: one rare, very long wait would make all others look short.
        solid = [edge for edge in waits if edge.cases >= FADED_SHARE * graph.cases] or waits
        self.maximum = max((self._value(edge) or 0.0 for edge in solid), default=0.0)

    def _waits(self, edge: MapEdge) -> bool:
        return edge.source != START and edge.target not in {END, *self._not_waiting}

    def _value(self, edge: MapEdge) -> float | None:
        if self.mode == "median":
            return edge.median_seconds
        if self.mode == "p90":
            return edge.p90_seconds
        if edge.total_seconds is None or self._all_waiting <= 0:
            return None
        return edge.total_seconds / self._all_waiting

    def step(self, edge: MapEdge) -> int | None:
        """1 (little) to 5 (much); None is neutral."""
        if self.mode == "frequency":
            return None if START in edge.key or END in edge.key else _FREQUENCY_STEP
        value = self._value(edge) if self._waits(edge) else None
        if value is None:
            return None
        if self.maximum <= 0 or value <= 0:
            return 1
        return min(STEPS, math.ceil(STEPS * math.sqrt(value / self.maximum)))

    def label(self, edge: MapEdge) -> tuple[str, str | None] | None:
        """The label and what stands in brackets; None where there is nothing to say."""
        if self.mode == "frequency":
            return f"{edge.cases:,}", None
        value = self._value(edge) if self._waits(edge) else None
        if value is None:
            return None
        if self.mode == "total":
            return percent(value), None
        other = self._comparison.seconds.get(edge.key) if self._comparison else None
        shown = duration(value, self._language)
        if other is None:
            return shown, None
        return shown, text("comparison", self._language, value=in_unit_of(other, value))

    def legend_range(self) -> str | None:
        """What the colours span; None in frequency mode."""
        if self.mode == "frequency":
            return None
        if self.mode in {"median", "p90"}:
            return text("legend_range", self._language, maximum=duration(self.maximum, self._language))
        return text("legend_share_range", self._language, maximum=percent(self.maximum))
