"""Ways for the edges, on the grid: which side they leave, which channel, track or free row they take.

Rows are separated by channels and ranks by gaps, and neither holds a box; so a way made of channel lanes,
gap tracks and free cells cannot pass through a box, whatever the graph. Six kinds of way, simplest first:

======== =====================================================================================
straight along a row to the next box
vertical along a rank to the next box
corner   up from a box and along a free row into the side of the other box (or the reverse)
lane     out of a box, along one channel, into the other box
track    lane, up or down a gap, lane
loop     around the corner of one box
======== =====================================================================================

Channel k lies between rows k and k + 1; channel -1 lies below the spine and carries its returns and skips.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from servloop.diagnose.process.layout_graph import Flow, FlowEdge
from servloop.diagnose.process.layout_rank import Grid

Kind = Literal["straight", "vertical", "corner", "lane", "track", "loop"]
UP, DOWN = 1, -1

# Width of a box in units of ranks when lanes are compared: ports lie within it.
_REACH = 0.4


@dataclass
class Run:
    """A stretch along a channel (or gap) between two places; ``slot`` is its lane (or track) in there.

    ``low``/``high`` are ranks for a lane and channels for a track; the owners are the nodes at either end
    (-1 at a track), so that two runs that meet at one box need no separate lanes.
    """

    where: int
    low: float
    high: float
    low_owner: int
    high_owner: int
    edge: FlowEdge
    group: tuple[float, ...]
    slot: int = 0

    def meets(self, other: Run) -> bool:
        """Whether the two would overlap on one lane."""
        if self.high_owner == other.low_owner != -1 and self.high == other.low:
            return False
        if other.high_owner == self.low_owner != -1 and other.high == self.low:
            return False
        return self.low - _REACH < other.high + _REACH and other.low - _REACH < self.high + _REACH


@dataclass
class Port:
    """Where an edge touches the upper or lower side of a box; ``offset`` from the middle of the side in px."""

    node: int
    side: int
    heading: int
    edge: FlowEdge
    kind: Kind
    lane: Run | None = None
    offset: float = 0.0


@dataclass
class Way:
    """The way of one edge before it has coordinates."""

    edge: FlowEdge
    kind: Kind
    source: Port | None = None
    target: Port | None = None
    lanes: tuple[Run, ...] = ()
    track: Run | None = None


@dataclass
class Ways:
    """All ways with the runs they need.

    Attributes:
        lanes: runs by channel; tracks: runs by gap (gap g lies right of rank g).
        ports: by node and side.
    """

    ways: list[Way] = field(default_factory=list)
    lanes: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    tracks: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    ports: dict[tuple[int, int], list[Port]] = field(default_factory=lambda: defaultdict(list))


class _Router:
    def __init__(self, flow: Flow, grid: Grid) -> None:
        self.grid = grid
        self.out = Ways()
        self._side_taken: set[tuple[int, int]] = set()
        self._row_taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for edge in flow.edges:
            way = self._straight(edge)
            if way is not None:
                self.out.ways.append(way)
        routed = {way.edge.key for way in self.out.ways}
        for edge in flow.edges:
            if edge.key not in routed:
                self.out.ways.append(self._vertical(edge) or self._corner(edge) or self._channel(edge))
        self.out.ways.extend(Way(edge, "loop") for edge in flow.loops)

    def _empty_row(self, row: int, low: int, high: int) -> bool:
        """No box in the cells low … high of a row."""
        return all((rank, row) not in self.grid.cell for rank in range(low, high + 1))

    def _empty_rank(self, rank: int, low: int, high: int) -> bool:
        return all((rank, row) not in self.grid.cell for row in range(low, high + 1))

    def _row_is_clear(self, row: int, low: float, high: float) -> bool:
        return all(high <= a or b <= low for a, b in self._row_taken[row])

    def _add(self, port: Port) -> Port:
        self.out.ports[port.node, port.side].append(port)
        return port

    def _straight(self, edge: FlowEdge) -> Way | None:
        rank, row = self.grid.rank, self.grid.row
        u, v = edge.u, edge.v
        if row[u] != row[v] or rank[u] >= rank[v] or not self._empty_row(row[u], rank[u] + 1, rank[v] - 1):
            return None
        self._side_taken |= {(u, 1), (v, -1)}
        self._row_taken[row[u]].append((rank[u], rank[v]))
        return Way(edge, "straight")

    def _vertical(self, edge: FlowEdge) -> Way | None:
        rank, row = self.grid.rank, self.grid.row
        u, v = edge.u, edge.v
        low, high = sorted((row[u], row[v]))
        if not edge.main or rank[u] != rank[v] or not self._empty_rank(rank[u], low + 1, high - 1):
            return None
        side = UP if row[v] > row[u] else DOWN
        return Way(
            edge,
            "vertical",
            self._add(Port(u, side, 0, edge, "vertical")),
            self._add(Port(v, -side, 0, edge, "vertical")),
        )

    def _corner(self, edge: FlowEdge) -> Way | None:
        """An edge whose upper end can be reached along its own row."""
        rank, row = self.grid.rank, self.grid.row
        lower, upper = sorted((edge.u, edge.v), key=lambda w: row[w])
        if not edge.main or row[lower] == row[upper] or rank[lower] == rank[upper]:
            return None
        heading = 1 if rank[upper] > rank[lower] else -1
        # Flow reads along the ranks: into a box from behind, out of it to the front.
        entering = upper == edge.v
        if heading != (1 if entering else -1) or (upper, -heading) in self._side_taken:
            return None
        between = range(rank[lower], rank[upper], heading)
        low, high = min(between), max(between)
        clear = (
            self._empty_row(row[upper], low, high)
            and self._row_is_clear(row[upper], *sorted((rank[lower], rank[upper])))
            and self._empty_rank(rank[lower], row[lower] + 1, row[upper])
        )
        if not clear:
            return None
        self._side_taken.add((upper, -heading))
        turn = rank[lower] - heading * _REACH
        self._row_taken[row[upper]].append((min(turn, rank[upper]), max(turn, rank[upper])))
        port = self._add(Port(lower, UP, heading, edge, "corner"))
        return Way(edge, "corner", source=port) if entering else Way(edge, "corner", target=port)

    def _channel(self, edge: FlowEdge) -> Way:
        rank, row, position = self.grid.rank, self.grid.row, self.grid.position
        u, v = edge.u, edge.v
        if row[u] == row[v]:
            above = row[u] > 0 and position[v] > position[u]
            return self._lane(edge, row[u] if above else row[u] - 1)
        lower, upper = sorted((u, v), key=lambda w: row[w])
        for channel in range(row[lower], row[upper]):
            if self._empty_rank(rank[lower], row[lower] + 1, channel) and self._empty_rank(
                rank[upper], channel + 1, row[upper] - 1
            ):
                return self._lane(edge, channel)
        return self._track(edge)

    def _heading(self, a: int, b: int) -> int:
        return (self.grid.rank[b] > self.grid.rank[a]) - (self.grid.rank[b] < self.grid.rank[a])

    def _run(self, channel: int, a: int, b: int, edge: FlowEdge) -> Run:
        """A lane from box to box, with the order that lets lanes of its channel cross least.

        Arches over the lower row nest with the shortest inside, arches under the upper row likewise from
        the other end; between them run the ways that change rows.
        """
        rank, row = self.grid.rank, self.grid.row
        low, high = sorted((a, b), key=lambda w: rank[w])
        span = rank[high] - rank[low]
        if row[a] == row[b]:
            group = (0, span, rank[low]) if row[a] <= channel or channel == -1 else (2, -span, rank[low])
        else:
            lower, upper = sorted((a, b), key=lambda w: row[w])
            group = (1, 0, -rank[lower]) if rank[upper] >= rank[lower] else (1, 1, rank[lower])
        return Run(channel, rank[low], rank[high], low, high, edge, group)

    def _lane(self, edge: FlowEdge, channel: int) -> Way:
        row = self.grid.row
        u, v = edge.u, edge.v
        run = self._run(channel, u, v, edge)
        self.out.lanes[channel].append(run)
        ports = [
            self._add(Port(a, UP if channel >= row[a] else DOWN, self._heading(a, b), edge, "lane", run))
            for a, b in ((u, v), (v, u))
        ]
        return Way(edge, "lane", ports[0], ports[1], (run,))

    def _track(self, edge: FlowEdge) -> Way:
        rank, row = self.grid.rank, self.grid.row
        u, v = edge.u, edge.v
        side = UP if row[v] > row[u] else DOWN
        first = row[u] if side == UP else row[u] - 1
        last = row[v] - 1 if side == UP else row[v]
        from_behind = rank[v] > rank[u] or rank[v] == self.grid.ranks - 1
        gap = rank[v] - 1 if from_behind else rank[v]
        at = gap + 0.5
        lanes = []
        for channel, node in ((first, u), (last, v)):
            low, high = sorted((rank[node], at))
            owners = (node, -1) if rank[node] < at else (-1, node)
            upward = node == (u if side == UP else v)
            run = Run(channel, low, high, *owners, edge, (1, 2, -rank[node] if upward else rank[node]))
            self.out.lanes[channel].append(run)
            lanes.append(run)
        track = Run(gap, min(first, last), max(first, last), -1, -1, edge, (abs(last - first), first))
        self.out.tracks[gap].append(track)
        ports = [
            self._add(Port(node, way, 1 if at > rank[node] else -1, edge, "lane", run))
            for node, way, run in ((u, side, lanes[0]), (v, -side, lanes[1]))
        ]
        return Way(edge, "track", ports[0], ports[1], tuple(lanes), track)


def _assign(runs: list[Run]) -> None:
    """Lanes of one channel: in crossing order, each above all earlier lanes that it meets."""
    placed: list[Run] = []
    for run in sorted(
        (r for r in runs if r.edge.main), key=lambda r: (r.group, -r.edge.cases, r.edge.u, r.edge.v)
    ):
        run.slot = 1 + max((other.slot for other in placed if other.meets(run)), default=-1)
        placed.append(run)


def find_ways(flow: Flow, grid: Grid) -> Ways:
    """Ways of all edges with lanes and tracks assigned; minor edges get no lane of their own."""
    out = _Router(flow, grid).out
    for runs in (*out.lanes.values(), *out.tracks.values()):
        _assign(runs)
    return out
