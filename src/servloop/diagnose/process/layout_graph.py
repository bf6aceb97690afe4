"""What a process map is drawn from: activities, directly-follows edges, starts, ends, and the spine.

The layout works on small integers; `Flow` is the same graph with START as node 0 and END as the last node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from servloop.errors import InputError

# No activity of a readable log can hold a NUL character, so these names never collide with one.
START = "\x00start"
END = "\x00end"

EdgeKey = tuple[str, str]

# An edge below this share of the cases belongs to the faded rest of the map.
FADED_SHARE = 0.10
# A label that rests on fewer cases shows on focus only.
LABEL_MIN_CASES = 5


@dataclass(frozen=True)
class MapNode:
    """One activity: its executions and the cases that hold it."""

    name: str
    events: int
    cases: int


@dataclass(frozen=True)
class MapEdge:
    """One directly-follows relation. Times are seconds between the two events; None where not known."""

    source: str
    target: str
    count: int
    cases: int
    median_seconds: float | None = None
    p90_seconds: float | None = None
    total_seconds: float | None = None

    @property
    def key(self) -> EdgeKey:
        """Source and target."""
        return (self.source, self.target)


@dataclass(frozen=True)
class MapGraph:
    """A directly-follows graph with its most frequent variant.

    Attributes:
        nodes: the activities, each name once.
        edges: relations between them, each pair once; self-loops allowed.
        start, end: cases that begin or end with an activity.
        spine: activities of the most frequent variant in order, each once.
        cases: cases of the log.
    """

    nodes: tuple[MapNode, ...]
    edges: tuple[MapEdge, ...]
    start: Mapping[str, int]
    end: Mapping[str, int]
    spine: tuple[str, ...]
    cases: int

    def __post_init__(self) -> None:
        """Refuse a graph whose parts do not belong together.

        Raises:
            InputError: ``map.repeated`` (a node, an edge or a spine step twice) or ``map.unknown_activity``.
        """
        names = [node.name for node in self.nodes]
        keys = [edge.key for edge in self.edges]
        for part, items in (("nodes", names), ("edges", keys), ("spine", list(self.spine))):
            if len(set(items)) != len(items):
                raise InputError("map.repeated", part=part)
        known = set(names)
        mentioned = [name for key in keys for name in key]
        for name in [*mentioned, *self.start, *self.end, *self.spine]:
            if name not in known:
                raise InputError("map.unknown_activity", name=name)

    @cached_property
    def all_edges(self) -> tuple[MapEdge, ...]:
        """The edges together with those from START and to END (which take no time)."""
        starts = (MapEdge(START, name, n, n) for name, n in sorted(self.start.items()))
        ends = (MapEdge(name, END, n, n) for name, n in sorted(self.end.items()))
        return (*self.edges, *starts, *ends)

    @cached_property
    def edge(self) -> dict[EdgeKey, MapEdge]:
        """`all_edges` by key."""
        return {edge.key: edge for edge in self.all_edges}

    @cached_property
    def node(self) -> dict[str, MapNode]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def spine_edges(self) -> frozenset[EdgeKey]:
        """START to the first step, step to step, the last step to END."""
        path = (START, *self.spine, END)
        return frozenset(pairwise(path))


@dataclass(frozen=True)
class FlowEdge:
    """An edge of `Flow`: ``u`` to ``v`` with its cases; ``main`` edges get room of their own."""

    u: int
    v: int
    cases: int
    key: EdgeKey
    main: bool
    labelled: bool


class Flow:
    """The graph on integers, ordered by name so that the order of the input does not matter.

    Attributes:
        names: node names; 0 is START, the last is END.
        edges: without self-loops, most cases first.
        loops: self-loops.
        spine: indices of START, the most frequent variant, END.
    """

    def __init__(self, graph: MapGraph) -> None:
        self.names = (START, *sorted(node.name for node in graph.nodes), END)
        index = {name: i for i, name in enumerate(self.names)}
        self.end = len(self.names) - 1
        self.spine = (0, *(index[name] for name in graph.spine), self.end)
        self.on_spine = frozenset(self.spine)
        limit = max(LABEL_MIN_CASES, FADED_SHARE * graph.cases)
        main = self._main_edges(graph)
        edges = [
            FlowEdge(index[e.source], index[e.target], e.cases, e.key, e.key in main, e.cases >= limit)
            for e in graph.all_edges
        ]
        edges.sort(key=lambda e: (-e.cases, e.u, e.v))
        self.edges = tuple(e for e in edges if e.u != e.v)
        self.loops = tuple(e for e in edges if e.u == e.v)

    @staticmethod
    def _main_edges(graph: MapGraph) -> frozenset[EdgeKey]:
        """The edges a reader follows: the spine, everything not faded, each step's strongest way in and out.

        The long tail of rare relations shares narrow bundles instead, else a log with hundreds of them
        would stretch the map until nothing can be read.
        """
        ranked = sorted(graph.all_edges, key=lambda e: (-e.cases, e.source, e.target))
        moves = [edge for edge in ranked if edge.source != edge.target]
        chosen = set(graph.spine_edges)
        chosen.update(e.key for e in ranked if e.cases >= FADED_SHARE * graph.cases)
        chosen.update({e.source: e.key for e in reversed(moves)}.values())
        chosen.update({e.target: e.key for e in reversed(moves)}.values())
        wanted = len(graph.nodes) * 2
        for edge in ranked:
            if len(chosen) >= wanted:
                break
            if edge.cases >= LABEL_MIN_CASES:
                chosen.add(edge.key)
        return frozenset(chosen)
