"""Which construct stands in which column, and in which order from top to bottom."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import NamedTuple

_FEW = 4  # ranks that fit side by side; beyond, two constructs that follow each other share a column
_MANY = 60  # lines beyond which trying every exchange takes too long


class Arrow(NamedTuple):
    """A path between two constructs, by their places in the model."""

    source: int
    target: int


Lane = tuple[Arrow, int]  # the place of an arrow in a column that it passes
Item = int | Lane


def columns_of(nodes: int, arrows: list[Arrow]) -> list[int]:
    """The column of each construct: causes left of their effects.

    Args:
        nodes: how many constructs.
        arrows: without circles.
    """
    ranks = [0] * nodes
    for _round in range(nodes):
        for source, target in arrows:
            ranks[target] = max(ranks[target], ranks[source] + 1)
    for node in range(nodes):
        targets = [ranks[target] for source, target in arrows if source == node]
        if targets and not any(target == node for _, target in arrows):
            ranks[node] = min(targets) - 1  # a first cause stands next to its first effect
    depth = max(ranks, default=0) + 1
    if depth <= _FEW:
        return ranks
    members = [[node for node in range(nodes) if ranks[node] == rank] for rank in range(depth)]
    # The construct with the most causes stands alone: the model is about it.
    hub = max(range(nodes), key=lambda node: sum(target == node for _, target in arrows))
    column_of_rank: list[int] = []
    column, rank = 0, 0
    while rank < depth:
        column_of_rank.append(column)
        if rank + 1 < depth and _may_share(members[rank], members[rank + 1], hub, arrows):
            column_of_rank.append(column)
            rank += 1
        rank += 1
        column += 1
    return [column_of_rank[rank] for rank in ranks]


def _may_share(upper: list[int], lower: list[int], hub: int, arrows: list[Arrow]) -> bool:
    alone = len(upper) == len(lower) == 1 and hub not in (upper[0], lower[0])
    return alone and Arrow(upper[0], lower[0]) in arrows


def ordered(columns: list[int], arrows: list[Arrow]) -> list[list[Item]]:
    """Every column from top to bottom, with a lane for each arrow that passes it; few lines cross.

    Args:
        columns: column of each construct.
        arrows: the paths.
    """
    order: list[list[Item]] = [[] for _ in range(max(columns, default=-1) + 1)]
    for node, column in enumerate(columns):
        order[column].append(node)
    links: list[tuple[Item, Item]] = []
    inside: list[tuple[int, Item, Item]] = []
    for arrow in arrows:
        first, last = columns[arrow.source], columns[arrow.target]
        if first == last:
            inside.append((first, arrow.source, arrow.target))
            continue
        lanes: list[Item] = [(arrow, column) for column in range(first + 1, last)]
        for column, lane in zip(range(first + 1, last), lanes, strict=True):
            order[column].append(lane)
        links += pairwise([arrow.source, *lanes, arrow.target])
    best, least = [list(column) for column in order], _cost(order, links, inside)
    for sweep in range(8):
        _sort_by_neighbours(order, links, forward=sweep % 2 == 0)
        if len(links) <= _MANY:
            _swap_while_better(order, links, inside)
        cost = _cost(order, links, inside)
        if cost < least:
            best, least = [list(column) for column in order], cost
    return best


def _sort_by_neighbours(order: list[list[Item]], links: list[tuple[Item, Item]], *, forward: bool) -> None:
    for column in order if forward else reversed(order):
        place = {item: i / max(len(other) - 1, 1) for other in order for i, item in enumerate(other)}

        def wish(item: Item, place: dict[Item, float] = place) -> float:
            near = [place[a] for a, b in links if b == item] + [place[b] for a, b in links if a == item]
            return sum(near) / len(near) if near else place[item]

        column.sort(key=wish)


def _swap_while_better(
    order: list[list[Item]], links: list[tuple[Item, Item]], inside: list[tuple[int, Item, Item]]
) -> None:
    cost = _cost(order, links, inside)
    better = True
    while better:
        better = False
        for column in order:
            for i, j in combinations(range(len(column)), 2):
                column[i], column[j] = column[j], column[i]
                changed = _cost(order, links, inside)
                if changed < cost:
                    cost, better = changed, True
                else:
                    column[i], column[j] = column[j], column[i]


def _cost(
    order: list[list[Item]], links: list[tuple[Item, Item]], inside: list[tuple[int, Item, Item]]
) -> float:
    """Crossings; and what stands between two constructs of one column that are joined."""
    place = {item: i for column in order for i, item in enumerate(column)}
    column_of = {item: c for c, column in enumerate(order) for item in column}
    crossings = 0
    for (a, b), (c, d) in combinations(links, 2):
        if column_of[a] == column_of[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0:
            crossings += 1
    between = sum(abs(place[a] - place[b]) - 1 for _, a, b in inside)
    upward = sum(place[a] > place[b] for _, a, b in inside)
    return crossings + 2 * between + 0.1 * upward
