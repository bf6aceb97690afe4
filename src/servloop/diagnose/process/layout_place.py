"""From the grid to px: room for ranks, rows, channels and gaps, then boxes, ports and the points of every edge.

Everything here runs along two abstract axes: ``along`` the flow and ``across`` it (positive = away from the
spine on the side of the optional steps). `Axes` turns them into x and y: left to right with optional steps
above, or top to bottom with optional steps on the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from servloop.diagnose.process.layout_graph import Flow, FlowEdge
from servloop.diagnose.process.layout_rank import Grid
from servloop.diagnose.process.layout_route import DOWN, UP, Port, Run, Way, Ways

Point = tuple[float, float]

ARROW_ROOM = 24.0  # between a box and the nearest lane: the longest arrow head and a bend
LOOP = 22.0  # how far a self-loop reaches out of its box
PORT_MARGIN = 9.0  # from a corner of the box to the first port
TRACK_PITCH = 14.0
LANE_PITCH = 12.0
BUNDLE_LANES = 3  # minor edges share this many narrow lanes
BUNDLE_PITCH = 5.0


@dataclass(frozen=True)
class Axes:
    """Orientation and the room a label takes along both axes.

    Attributes:
        vertical: the flow runs from top to bottom.
        label_along, label_across: px a label needs along the flow, and across it beside a lane.
        straight_across: px it needs across the flow beside a straight edge.
        gap, end_gap: least distance of two ranks; beside START and END.
        channel: least distance of two rows; with an edge between the two boxes of a rank.
    """

    vertical: bool
    label_along: float
    label_across: float
    straight_across: float
    gap: float
    end_gap: float
    channel: float
    linked_channel: float

    def point(self, along: float, across: float) -> Point:
        """X and y."""
        return (across, along) if self.vertical else (along, -across)


@dataclass(frozen=True)
class Extent:
    """Half sizes of a box along and across the flow."""

    along: float
    across: float


class Placement:
    """Coordinates of everything.

    Attributes:
        along, across: centre of every node.
        points: bends of every edge, in x and y.
        far: largest and smallest ``across`` that rows and channels reach.
    """

    def __init__(self, flow: Flow, grid: Grid, ways: Ways, extents: Sequence[Extent], axes: Axes) -> None:
        self._flow, self._grid, self._ways, self._extents, self._axes = flow, grid, ways, extents, axes
        self._place_ranks()
        self._place_rows()
        self.along = [self._rank_at[r] for r in grid.rank]
        self.across = [self._row_at[r] for r in grid.row]
        self._place_ports()
        self.points = {way.edge.key: self._simplified(self._points(way)) for way in ways.ways}

    # Room along the flow -----------------------------------------------------------------------------------

    def _gap(self, g: int) -> float:
        grid, axes = self._grid, self._axes
        runs = self._ways.tracks.get(g, [])
        ends = (grid.rank[0], grid.rank[self._flow.end] - 1)
        least = axes.end_gap if g in ends else axes.gap
        if not runs:
            return least
        # Tracks never cross the spine, so its labels may stand above them; a label of another row may not.
        beside = any(
            way.kind == "straight"
            and grid.row[way.edge.u] > 0
            and grid.rank[way.edge.u] == g == grid.rank[way.edge.v] - 1
            for way in self._ways.ways
        )
        return max(least, self._tracks_width(runs) + LOOP + 4 + (axes.label_along if beside else 14.0))

    @staticmethod
    def _tracks_width(runs: list[Run]) -> float:
        tracks = 1 + max((run.slot for run in runs if run.edge.main), default=-1)
        return tracks * TRACK_PITCH + (
            BUNDLE_LANES * BUNDLE_PITCH if any(not r.edge.main for r in runs) else 0.0
        )

    def _place_ranks(self) -> None:
        grid = self._grid
        half = [0.0] * grid.ranks
        for node, rank in enumerate(grid.rank):
            half[rank] = max(half[rank], self._extents[node].along)
        self._rank_at = [half[0]]
        self._track_at: list[float] = []
        for g, (left, right) in enumerate(pairwise(half)):
            start = self._rank_at[-1] + left
            self._track_at.append(start + LOOP + 4)
            self._rank_at.append(start + self._gap(g) + right)

    # Room across the flow ----------------------------------------------------------------------------------

    def _place_rows(self) -> None:
        grid, axes = self._grid, self._axes
        half = [0.0] * grid.rows
        for node, row in enumerate(grid.row):
            half[row] = max(half[row], self._extents[node].across)
        # Labels of straight edges lie beside their line, on the side away from the returns.
        reach = [max(h, axes.straight_across + 8) for h in half]
        self._lane_at: dict[int, list[float]] = {}
        self._bundle_at: dict[int, float] = {}
        self.lowest = -half[0] - self._stack(-1, -half[0], DOWN)
        self._row_at = [0.0]
        linked = {
            grid.row[port.node] - (port.side == DOWN)
            for ports in self._ways.ports.values()
            for port in ports
            if port.kind == "vertical"
        }
        for channel in range(grid.rows):
            base = self._row_at[-1] + reach[channel]
            height = self._stack(channel, base, UP)
            if channel + 1 == grid.rows:
                self.highest = base + height
                break
            least = axes.linked_channel if channel in linked else axes.channel
            height = max(height + ARROW_ROOM - 4, least - (reach[channel] - half[channel]))
            self._row_at.append(base + height + half[channel + 1])

    def _stack(self, channel: int, base: float, side: int) -> float:
        """Give the lanes of a channel their places from ``base`` on; returns the height used."""
        runs = self._ways.lanes.get(channel, [])
        main = [run for run in runs if run.edge.main]
        at = ARROW_ROOM
        places = []
        for lane in range(1 + max((run.slot for run in main), default=-1)):
            labelled = any(run.slot == lane and run.edge.labelled for run in main)
            places.append(base + side * at)
            at += 10 + self._axes.label_across if labelled else LANE_PITCH
        self._lane_at[channel] = places
        self._bundle_at[channel] = base + side * at
        if len(main) < len(runs):
            at += BUNDLE_LANES * BUNDLE_PITCH
        return at if runs else 0.0

    # Ports -------------------------------------------------------------------------------------------------

    def _place_ports(self) -> None:
        looped = {edge.u for edge in self._flow.loops}
        for (node, side), ports in self._ways.ports.items():
            extent = self._extents[node].along
            low = PORT_MARGIN - extent
            high = extent - (32.0 if side == DOWN and node in looped else PORT_MARGIN)
            self._spread(ports, side, low, high)

    def _distance(self, port: Port, side: int) -> float:
        """How far from the box the edge turns; corners turn last."""
        if port.lane is None:
            return float("inf")
        return side * self._lane_across(port.lane)

    def _spread(self, ports: list[Port], side: int, low: float, high: float) -> None:
        """Places on one side: ways to the left on the left, the one that turns first outermost."""
        verticals = [p for p in ports if p.kind == "vertical"]
        core = 0.0
        if len(verticals) > 1:  # side by side, at the same distance at both boxes
            core = min(
                14.0, 0.4 * min(self._extents[n].along for p in verticals for n in (p.edge.u, p.edge.v))
            )
        for port in verticals:
            leads_up = (port.node == port.edge.u) == (port.side == UP)
            port.offset = core if leads_up else -core
        main = [p for p in ports if p.edge.main and p.kind != "vertical"]
        main.sort(key=lambda p: (self._distance(p, side), p.edge.u, p.edge.v))
        left = [p for p in main if p.heading < 0]
        right = [p for p in reversed(main) if p.heading >= 0]
        if verticals:
            self._comb(list(reversed(left)), -core, low, -1)
            self._comb(right, core, high, 1)
        else:
            line = left + right
            pitch = min(18.0, (high - low) / max(len(line) - 1, 1))
            middle = min(0.0, high - pitch * (len(line) - 1) / 2)
            for i, port in enumerate(line):
                port.offset = middle + (i - (len(line) - 1) / 2) * pitch
        for port in ports:
            if not port.edge.main:
                port.offset = (low if port.heading < 0 else high) * 0.8

    @staticmethod
    def _comb(ports: list[Port], start: float, limit: float, direction: int) -> None:
        pitch = min(16.0, max(0.0, direction * (limit - start)) / max(len(ports), 1))
        for i, port in enumerate(ports, start=1):
            port.offset = start + direction * i * pitch

    # Points ------------------------------------------------------------------------------------------------

    @staticmethod
    def _share(edge: FlowEdge) -> int:
        """Which of the narrow lanes a minor edge uses."""
        return (edge.u * 7 + edge.v) % BUNDLE_LANES

    def _lane_across(self, run: Run) -> float:
        if run.edge.main:
            return self._lane_at[run.where][run.slot]
        side = DOWN if run.where < 0 else UP
        return self._bundle_at[run.where] + side * BUNDLE_PITCH * self._share(run.edge)

    def _track_along(self, run: Run) -> float:
        start = self._track_at[run.where]
        if run.edge.main:
            return start + run.slot * TRACK_PITCH
        tracks = 1 + max((r.slot for r in self._ways.tracks[run.where] if r.edge.main), default=-1)
        return start + tracks * TRACK_PITCH + BUNDLE_PITCH * self._share(run.edge)

    def _at(self, port: Port) -> tuple[float, float]:
        return (
            self.along[port.node] + port.offset,
            self.across[port.node] + port.side * self._extents[port.node].across,
        )

    def _loop(self, node: int) -> list[tuple[float, float]]:
        extent = self._extents[node]
        right, low = self.along[node] + extent.along, self.across[node] - extent.across
        inside = min(13.0, extent.across - 9)
        leave, out = self.across[node] - inside, right + LOOP
        return [
            (right, leave),
            (out, leave),
            (out, low - LOOP),
            (right - LOOP, low - LOOP),
            (right - LOOP, low),
        ]

    def _points(self, way: Way) -> list[tuple[float, float]]:
        u, v = way.edge.u, way.edge.v
        if way.kind == "loop":
            return self._loop(u)
        if way.kind == "straight":
            return [
                (self.along[u] + self._extents[u].along, self.across[u]),
                (self.along[v] - self._extents[v].along, self.across[v]),
            ]
        if way.kind == "corner":
            return self._corner(way)
        assert way.source is not None
        assert way.target is not None
        start, stop = self._at(way.source), self._at(way.target)
        if way.kind == "vertical":
            return [start, stop]
        levels = [self._lane_across(run) for run in way.lanes]
        if way.track is None:
            return [start, (start[0], levels[0]), (stop[0], levels[0]), stop]
        x = self._track_along(way.track)
        return [start, (start[0], levels[0]), (x, levels[0]), (x, levels[1]), (stop[0], levels[1]), stop]

    def _corner(self, way: Way) -> list[tuple[float, float]]:
        u, v = way.edge.u, way.edge.v
        port = way.source or way.target
        assert port is not None
        foot, upper = self._at(port), v if way.source else u
        side = -port.heading * self._extents[upper].along
        points = [foot, (foot[0], self.across[upper]), (self.along[upper] + side, self.across[upper])]
        return points if way.source else points[::-1]

    def _simplified(self, points: list[tuple[float, float]]) -> tuple[Point, ...]:
        kept: list[tuple[float, float]] = []
        for point in points:
            if not kept or abs(kept[-1][0] - point[0]) + abs(kept[-1][1] - point[1]) > 0.01:
                kept.append(point)
        middle = [
            b
            for a, b, c in zip(kept, kept[1:], kept[2:], strict=False)
            if (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])
        ]
        return tuple(self._axes.point(*p) for p in (kept[0], *middle, kept[-1]))
