"""What a chart shows, without how it is drawn.

Every description carries what the rules of the project ask of a chart: a title that says the finding, measure, unit
and period in the line under it, n, and intervals where there are any. It is made from a result and never changed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from servloop.charts.scales import ticks

Role = Literal["subject", "context", "comparison", "other"]
State = Literal["plain", "good", "watch", "bad", "neutral"]


@dataclass(frozen=True, kw_only=True)
class ChartSpec:
    """Base of all charts.

    Attributes:
        title: the finding, one sentence.
        subtitle: measure, unit, period, and what a band or bar means.
        unit: of the values, appended in tables and text alternatives; empty for counts.
        n: observations behind the chart, None where there is no single number.
        method: how the figures were made.
        decimals: digits after the point in labels.
    """

    title: str
    subtitle: str = ""
    unit: str = ""
    n: int | None = None
    method: str = ""
    decimals: int = 1


@dataclass(frozen=True)
class Point:
    """One value over time; without a value it is a gap with its reason in ``note``."""

    at: dt.date
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Line:
    """A series over time; its interval is drawn as a band."""

    name: str
    points: tuple[Point, ...]
    role: Role = "subject"
    dashed: bool = False


@dataclass(frozen=True)
class Reference:
    """A value to compare with: a target (dashed) or a benchmark (dotted), labelled in the plot."""

    value: float
    label: str
    kind: Literal["target", "benchmark", "mean"] = "target"


@dataclass(frozen=True)
class Intervention:
    """Something that began on a day: a vertical line with its name on top."""

    at: dt.date
    label: str


@dataclass(frozen=True, kw_only=True)
class LineChart(ChartSpec):
    """How does it move?"""

    lines: tuple[Line, ...]
    references: tuple[Reference, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    y_from_zero: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar; negative values go left."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    state: State = "plain"


@dataclass(frozen=True, kw_only=True)
class BarChart(ChartSpec):
    """How much of each? Horizontal bars from 0, in the order given."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Dot:
    """One unit's value with its interval."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    state: State = "plain"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DotChart(ChartSpec):
    """Where do units stand? Dots with intervals, and a line for all together."""

    dots: tuple[Dot, ...]
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Dumbbell:
    """Two values of one item and their difference, second − first, with its interval."""

    label: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    state: State = "plain"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DumbbellChart(ChartSpec):
    """Expectation against perception: two marks a row with the difference between them.

    Attributes:
        first_name, second_name: of the two marks.
        difference_name: of the difference, in tables.
    """

    rows: tuple[Dumbbell, ...]
    first_name: str
    second_name: str
    difference_name: str


@dataclass(frozen=True, kw_only=True)
class HeatChart(ChartSpec):
    """When, or where with what? ``cells[row][column]``; None is a cell that is empty or not shown."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    counts: tuple[tuple[int | None, ...], ...] = ()


@dataclass(frozen=True)
class ControlPoint:
    """One point of a control chart with its own limits and the rules it breaks."""

    label: str
    value: float | None
    centre: float
    lower: float | None
    upper: float | None
    rules: tuple[str, ...] = ()
    n: int | None = None


@dataclass(frozen=True, kw_only=True)
class ControlChart(ChartSpec):
    """Is it in control? The first ``baseline`` points gave the limits.

    Attributes:
        points: in the order of time.
        baseline: how many points at the beginning are shaded.
        phases: (place, name) of points from which limits of their own count; marked by a line.
    """

    points: tuple[ControlPoint, ...]
    baseline: int | None = None
    phases: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class QuadrantPoint:
    """An item between two measures; hollow when its place is not certain. Its role gives colour and shape."""

    label: str
    x: float
    y: float
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    hollow: bool = False
    n: int | None = None
    role: Role = "subject"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class QuadrantChart(ChartSpec):
    """What first? Two measures crossed at a point; quadrants are named by what to do.

    Attributes:
        names: of the quadrants: top left, top right, bottom left, bottom right.
        highlighted: which of them (0-3) is tinted.
        extent: both axes run so far, where their scale has ends (shares from 0 to 1).
    """

    x_name: str
    y_name: str
    points: tuple[QuadrantPoint, ...]
    x_cross: float
    y_cross: float
    names: tuple[str, str, str, str] = ("", "", "", "")
    highlighted: int | None = None
    extent: tuple[float, float] | None = None

    def axis(self, direction: Literal["x", "y"]) -> tuple[float, ...]:
        """Tick marks of an axis, from end to end."""
        if self.extent is not None:
            return tuple(ticks(*self.extent))
        ends = [
            value
            for point in self.points
            for value in (getattr(point, direction + end) for end in ("", "_low", "_high"))
            if value is not None
        ]
        cross = self.x_cross if direction == "x" else self.y_cross
        return tuple(ticks(min(*ends, cross), max(*ends, cross)))


@dataclass(frozen=True, kw_only=True)
class DistributionChart(ChartSpec):
    """How long, how often? Shares per bin (sum 1 per group), the second group as a step line.

    Attributes:
        edges: of the bins, one more than shares.
        shares: of the subject.
        name, compared_name: of the two groups.
        compared: shares of the comparison group, or empty.
        median: of the subject, marked by a line.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    name: str
    x_name: str
    compared: tuple[float, ...] = ()
    compared_name: str = ""
    median: float | None = None
