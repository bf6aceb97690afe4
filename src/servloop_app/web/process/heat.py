"""Shades of the cells of a table: six levels, so that the colour is a class and the page needs no style of its own."""

from __future__ import annotations

from collections.abc import Sequence

LEVELS = 6


def level_of(value: float, most: float) -> int:
    """The level of a value, 0 for nothing."""
    if value <= 0 or most <= 0:
        return 0
    return min(LEVELS, 1 + int(LEVELS * value / most * 0.9999))


def levels(values: Sequence[Sequence[float]]) -> list[list[int]]:
    """The levels of a table."""
    most = max((value for row in values for value in row), default=0)
    return [[level_of(value, most) for value in row] for row in values]
