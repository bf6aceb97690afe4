"""Where each step stands along the flow (rank) and across it (row).

Ranks: the most frequent variant is a fixed chain; every other step hangs on its strongest way in and its
strongest way out. Edges are admitted heaviest first and only while they close no cycle, so a cycle breaks at
its weakest link; ranks are then longest paths (layered drawing after Sugiyama, Tagawa and Toda, 1981).
A step that mainly goes back where it came from (rework) stands over its host.

Rows: steps off the spine are linked into heavy chains, each on one straight row; sweeps move every chain to
the row nearest to the weighted mean of its neighbours (barycentre) that is free.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from servloop.diagnose.process.layout_graph import Flow

_SWEEPS = 3


@dataclass(frozen=True)
class Grid:
    """Rank and row of every node; row 0 is the spine, rows count away from it.

    Attributes:
        rank, row: per node.
        position: order along the flow that decides what is a return.
        cell: node at (rank, row).
        ranks, rows: how many of each.
    """

    rank: tuple[int, ...]
    row: tuple[int, ...]
    position: tuple[int, ...]
    cell: dict[tuple[int, int], int]
    ranks: int
    rows: int


def _satellites(flow: Flow) -> dict[int, int]:
    """Steps whose strongest way in and out is the same step, with at least half of their flow: their host."""
    strongest_in: dict[int, tuple[int, int]] = {}
    strongest_out: dict[int, tuple[int, int]] = {}
    total: dict[int, int] = defaultdict(int)
    for edge in flow.edges:
        strongest_out.setdefault(edge.u, (edge.v, edge.cases))
        strongest_in.setdefault(edge.v, (edge.u, edge.cases))
        total[edge.u] += edge.cases
        total[edge.v] += edge.cases
    host: dict[int, int] = {}
    hosts: set[int] = set()
    for v in sorted(total, key=lambda v: (-total[v], v)):
        before, after = strongest_in.get(v), strongest_out.get(v)
        if before is None or after is None or before[0] != after[0]:
            continue
        if v in flow.on_spine or v in hosts:
            continue
        h = before[0]
        if h not in (0, flow.end) and h not in host and 2 * (before[1] + after[1]) >= total[v]:
            host[v] = h
            hosts.add(h)
    return host


class _Order:
    """Precedence constraints (a before b by at least a length), kept free of cycles by reachability masks."""

    def __init__(self, n: int) -> None:
        self._reach = [1 << i for i in range(n)]
        self.after: list[dict[int, int]] = [{} for _ in range(n)]

    def add(self, a: int, b: int, length: int) -> bool:
        if self._reach[b] >> a & 1:
            return False
        self.after[a][b] = max(length, self.after[a].get(b, 0))
        for x, mask in enumerate(self._reach):
            if mask >> a & 1:
                self._reach[x] = mask | self._reach[b]
        return True

    def sorted(self) -> list[int]:
        """A topological order; of several possible steps the one with the lowest number comes first."""
        waiting = [0] * len(self.after)
        for targets in self.after:
            for b in targets:
                waiting[b] += 1
        ready = [i for i, n in enumerate(waiting) if n == 0]
        order: list[int] = []
        while ready:
            a = min(ready)
            ready.remove(a)
            order.append(a)
            for b in self.after[a]:
                waiting[b] -= 1
                if waiting[b] == 0:
                    ready.append(b)
        return order


def _constraints(flow: Flow, host: dict[int, int]) -> _Order:
    order = _Order(len(flow.names))
    for a, b in pairwise(flow.spine):
        order.add(a, b, 1)
    fixed = flow.on_spine | host.keys()
    free = [v for v in range(len(flow.names)) if v not in fixed]
    needs_in, needs_out = set(free), set(free)
    for edge in flow.edges:
        a, b = host.get(edge.u, edge.u), host.get(edge.v, edge.v)
        if a == b or not (b in needs_in or a in needs_out):
            continue
        # An optional step may stand over the spine step it leads to; all else moves one rank on.
        joins_spine = b in flow.on_spine and a not in flow.on_spine
        if order.add(a, b, 0 if joins_spine else 1):
            needs_in.discard(b)
            needs_out.discard(a)
    for v in free:
        order.add(0, v, 1)
        order.add(v, flow.end, 0)
    return order


def _ranks(flow: Flow, host: dict[int, int]) -> tuple[list[int], list[int]]:
    order = _constraints(flow, host)
    sequence = [v for v in order.sorted() if v not in host]
    rank = [0] * len(flow.names)
    for a in sequence:
        for b, length in order.after[a].items():
            rank[b] = max(rank[b], rank[a] + length)
    # A step whose way out is stronger than its way in stands near what it leads to.
    incoming: dict[int, int] = defaultdict(int)
    outgoing: dict[int, int] = defaultdict(int)
    for edge in flow.edges:
        outgoing[edge.u] = max(outgoing[edge.u], edge.cases)
        incoming[edge.v] = max(incoming[edge.v], edge.cases)
    for a in reversed(sequence):
        if a not in flow.on_spine and outgoing[a] > incoming[a]:
            latest = min(rank[b] - (1 if b == flow.end else length) for b, length in order.after[a].items())
            rank[a] = max(rank[a], latest)
    for v, h in host.items():
        rank[v] = rank[h]
    used = sorted(set(rank))
    compact = {value: i for i, value in enumerate(used)}
    place = {v: i for i, v in enumerate(sequence)}
    anchor: list[int] = [host.get(v, v) for v in range(len(flow.names))]
    along = sorted(range(len(anchor)), key=lambda v: (rank[v], place[anchor[v]], v in host, v))
    position = [0] * len(along)
    for i, v in enumerate(along):
        position[v] = i
    return [compact[value] for value in rank], position


def _chains(flow: Flow, rank: list[int], host: dict[int, int]) -> list[tuple[int, ...]]:
    """Heavy paths of steps off the spine, heaviest first; rework steps stand alone."""
    following: dict[int, int] = {}
    preceding: dict[int, int] = {}
    for edge in flow.edges:
        u, v = edge.u, edge.v
        if u in flow.on_spine or v in flow.on_spine or u in host or v in host or rank[u] >= rank[v]:
            continue
        if u not in following and v not in preceding:
            following[u] = v
            preceding[v] = u
    chains = []
    for v in range(1, flow.end):
        if v in flow.on_spine or v in preceding:
            continue
        chain = [v]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(tuple(chain))
    weight: dict[int, int] = defaultdict(int)
    for edge in flow.edges:
        weight[edge.u] += edge.cases
        weight[edge.v] += edge.cases
    chains.sort(key=lambda chain: (-max(weight[v] for v in chain), chain))
    return chains


class _Rows:
    """Chains on rows: no two chains of one row share a rank."""

    def __init__(self, flow: Flow, rank: list[int]) -> None:
        self._rank = rank
        self.row = dict.fromkeys(flow.spine, 0)
        self._taken: list[dict[int, tuple[int, int]]] = []
        self._near: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for edge in flow.edges:
            self._near[edge.u].append((edge.v, edge.cases))
            self._near[edge.v].append((edge.u, edge.cases))

    def _span(self, chain: tuple[int, ...]) -> tuple[int, int]:
        return self._rank[chain[0]], self._rank[chain[-1]]

    def _free(self, row: int, chain: tuple[int, ...]) -> bool:
        if row > len(self._taken):
            return True
        low, high = self._span(chain)
        return all(high < a or b < low for a, b in self._taken[row - 1].values())

    def lift(self, chain: tuple[int, ...]) -> None:
        del self._taken[self.row[chain[0]] - 1][chain[0]]
        for v in chain:
            del self.row[v]

    def place(self, chain: tuple[int, ...]) -> None:
        pulls = [(self.row[w], n) for v in chain for w, n in self._near[v] if w in self.row]
        total = sum(n for _, n in pulls) or 1
        centre = sum(row * n for row, n in pulls) / total
        options = [row for row in range(1, len(self._taken) + 2) if self._free(row, chain)]
        best = min(options, key=lambda row: (abs(row - centre) + 0.5 * row, row))
        while len(self._taken) < best:
            self._taken.append({})
        self._taken[best - 1][chain[0]] = self._span(chain)
        for v in chain:
            self.row[v] = best


def assign_grid(flow: Flow) -> Grid:
    """Rank and row of every node of the flow."""
    host = _satellites(flow)
    rank, position = _ranks(flow, host)
    rows = _Rows(flow, rank)
    chains = _chains(flow, rank, host)
    for chain in chains:
        rows.place(chain)
    for _ in range(_SWEEPS):
        for chain in chains:
            rows.lift(chain)
            rows.place(chain)
    used = sorted(set(rows.row.values()))
    compact = {value: i for i, value in enumerate(used)}
    row = tuple(compact[rows.row[v]] for v in range(len(flow.names)))
    cell = {(rank[v], row[v]): v for v in range(len(flow.names))}
    return Grid(tuple(rank), row, tuple(position), cell, max(rank) + 1, len(used))
