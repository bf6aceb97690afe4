"""Places for the coefficients: on their own line, never on a construct, on another label or on another line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Rect = tuple[float, float, float, float]
_CLEARANCE = 3.0
_ALONG = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.15, 0.85)
_ON_LABEL, _ON_NODE = 100.0, 100.0


@dataclass(frozen=True)
class Label:
    """A placed label: its middle and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def rect(self) -> Rect:
        """Left, top, right, bottom."""
        return (
            self.x - self.width / 2,
            self.y - self.height / 2,
            self.x + self.width / 2,
            self.y + self.height / 2,
        )


def touch(a: Rect, b: Rect, clearance: float = 0.0) -> bool:
    """Whether two rectangles are nearer than ``clearance``."""
    return (
        a[0] < b[2] + clearance
        and b[0] < a[2] + clearance
        and a[1] < b[3] + clearance
        and b[1] < a[3] + clearance
    )


def crosses(rect: Rect, line: Sequence[Point], clearance: float = 0.0) -> bool:
    """Whether a finely drawn line runs through a rectangle."""
    left, top, right, bottom = rect
    return any(
        left - clearance < x < right + clearance and top - clearance < y < bottom + clearance for x, y in line
    )


def place_labels(
    lines: Sequence[Sequence[Point]],
    lanes: Sequence[Sequence[Point]],
    sizes: Sequence[tuple[float, float]],
    boxes: Sequence[Rect],
) -> tuple[list[Label], float]:
    """One label a line.

    Args:
        lines: finely drawn.
        lanes: good places of each line, tried first.
        sizes: width and height of each label.
        boxes: what must stay free.

    Returns:
        The labels, and how badly they stand: 0 when none touches anything but its own line.
    """
    fine = [_fine(line) for line in lines]
    placed: dict[int, Label] = {}
    penalty = 0.0

    def cost(which: int, label: Label) -> float:
        rect = label.rect
        found = _ON_NODE * sum(touch(rect, box, _CLEARANCE) for box in boxes)
        found += _ON_LABEL * sum(touch(rect, other.rect, _CLEARANCE) for other in placed.values())
        return found + sum(
            crosses(rect, line, _CLEARANCE) for other, line in enumerate(fine) if other != which
        )

    def candidates(which: int) -> list[Label]:
        line = fine[which]
        along = [line[round(share * (len(line) - 1))] for share in _ALONG]
        return [Label(x, y, *sizes[which]) for x, y in [*lanes[which], *along]]

    open_lines = set(range(len(lines)))
    while open_lines:
        # Whoever has the fewest free places goes first.
        free = {
            which: [(cost(which, label), i, label) for i, label in enumerate(candidates(which))]
            for which in open_lines
        }
        which = min(open_lines, key=lambda w: (sum(c == 0 for c, _, _ in free[w]), w))
        found, _, label = min(free[which], key=lambda entry: entry[:2])
        placed[which] = label
        penalty += found
        open_lines.remove(which)
    return [placed[which] for which in range(len(lines))], penalty


def _fine(line: Sequence[Point]) -> list[Point]:
    """The same line with a point at least every 4 px."""
    found: list[Point] = [line[0]]
    for (x1, y1), (x2, y2) in pairwise(line):
        steps = max(1, int(max(abs(x2 - x1), abs(y2 - y1)) // 4) + 1)
        found += [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(1, steps + 1)]
    return found
