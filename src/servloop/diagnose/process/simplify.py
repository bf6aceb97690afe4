"""A map that can be read: fewer activities and paths, still connected, and honest about what it hides.

Every activity shown keeps its strongest path from the start and its strongest path to the end: the path whose
weakest edge is the strongest possible (the path in a maximum spanning tree; Hu, 1961). Counts are never
changed; how many cases run wholly inside what is shown goes with the map.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from servloop.diagnose.process.directly_follows import DirectlyFollows, Edge, Node, directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.filtering import within_edges
from servloop.diagnose.process.layout_graph import END, START
from servloop.errors import SpecError
from servloop.results import Estimate, plain

if TYPE_CHECKING:
    import polars as pl

Arc = tuple[str, str]
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class SimplifiedMap(DirectlyFollows):
    """What is left of a map.

    Attributes:
        cases_shown: cases whose every activity, succession, beginning and end is in what is shown, with their
            share of all cases.
        hidden_activities, hidden_edges: how many are left out.
    """

    cases_shown: Estimate
    cases_shown_count: int
    hidden_activities: int
    hidden_edges: int

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The map with ``cases_shown``, ``cases_share``, ``hidden_activities`` and ``hidden_edges``."""
        return super().to_dict(language) | {
            "cases_shown": self.cases_shown_count,
            "cases_share": plain(self.cases_shown.value),
            "hidden_activities": self.hidden_activities,
            "hidden_edges": self.hidden_edges,
        }

    def to_frame(self) -> pl.DataFrame:
        """One row per edge shown."""
        return super().to_frame()


def simplify(
    log: EventLog,
    *,
    activities: float = 1.0,
    paths: float = 1.0,
    full: DirectlyFollows | None = None,
) -> SimplifiedMap:
    """Show the most frequent activities and paths, and what connects them.

    Args:
        log: the event log.
        activities: share of the activities to show, most frequent first; 1 shows all, 0 the most frequent one.
        paths: share of the edges between these to show, most frequent first; 0 keeps only what connects.
        full: the map of this log, where it is known already.

    Raises:
        SpecError: ``process.share_out_of_range``.
    """
    full = directly_follows(log) if full is None else full
    return simplify_map(full, lambda kept: _cases_within(log, kept), activities=activities, paths=paths)


def simplify_map(
    full: DirectlyFollows,
    cases_within: Callable[[AbstractSet[Arc]], int | None],
    *,
    activities: float = 1.0,
    paths: float = 1.0,
) -> SimplifiedMap:
    """The same from a map whose log is elsewhere.

    Args:
        full: the whole map.
        cases_within: how many cases run wholly along some arcs (`START` and `END` among their ends); None where
            that is not known.
        activities: as in `simplify`.
        paths: as in `simplify`.

    Raises:
        SpecError: ``process.share_out_of_range``.
    """
    for name, share in (("activities", activities), ("paths", paths)):
        if not 0 <= share <= 1:
            raise SpecError("process.share_out_of_range", name=name, received=share)
    weight = _weights(full)
    shown = _top(full.nodes, activities, at_least=1)
    names = {node.activity for node in shown}
    kept: set[Arc] = set()
    kept |= _strongest_paths(weight, START, names)
    reverse = {(target, source): count for (source, target), count in weight.items()}
    kept |= {(target, source) for source, target in _strongest_paths(reverse, END, names)}
    names |= {name for arc in kept for name in arc} - {START, END}
    inside = [arc for arc in weight if arc[0] in names | {START} and arc[1] in names | {END}]
    kept |= set(_top(sorted(inside, key=lambda arc: (-weight[arc], arc)), paths))
    return _result(full, names, kept, cases_within)


def _weights(full: DirectlyFollows) -> dict[Arc, int]:
    weight = {(edge.source, edge.target): edge.count for edge in full.edges}
    weight |= {(START, activity): count for activity, count in full.start.items()}
    weight |= {(activity, END): count for activity, count in full.end.items()}
    return weight


def _top(items: Sequence[Item], share: float, at_least: int = 0) -> Sequence[Item]:
    return items[: max(at_least, math.ceil(share * len(items) - 1e-9))]


def _strongest_paths(weight: Mapping[Arc, int], origin: str, goals: set[str]) -> set[Arc]:
    """Arcs of the paths from the origin to the goals whose weakest arc is as strong as possible.

    Among equally strong paths the one with fewer arcs is taken, then the one that comes first by name.
    """
    neighbours: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (source, target), count in weight.items():
        neighbours[source].append((target, count))
    before: dict[str, str] = {}
    queue = [(-math.inf, 0, origin, "")]
    while queue:
        weakest, arcs, name, parent = heapq.heappop(queue)
        if name in before:
            continue
        before[name] = parent
        for target, count in neighbours[name]:
            if target not in before:
                heapq.heappush(queue, (max(weakest, -count), arcs + 1, target, name))
    kept: set[Arc] = set()
    for goal in goals:
        name = goal
        while name in before and before[name] and (before[name], name) not in kept:
            kept.add((before[name], name))
            name = before[name]
    return kept


def _result(
    full: DirectlyFollows,
    names: set[str],
    kept: set[Arc],
    cases_within: Callable[[AbstractSet[Arc]], int | None],
) -> SimplifiedMap:
    nodes: tuple[Node, ...] = tuple(node for node in full.nodes if node.activity in names)
    edges: tuple[Edge, ...] = tuple(edge for edge in full.edges if (edge.source, edge.target) in kept)
    count = cases_within(kept)
    if count is None:
        cases_shown = Estimate.not_computable(full.n, "process.too_many_variants")
    elif full.n == 0:
        cases_shown = Estimate.not_computable(0, "process.no_cases")
    else:
        cases_shown = Estimate(count / full.n, full.n, method="cases_wholly_inside")
    return SimplifiedMap(
        n=full.n,
        nodes=nodes,
        edges=edges,
        start={activity: cases for activity, cases in full.start.items() if (START, activity) in kept},
        end={activity: cases for activity, cases in full.end.items() if (activity, END) in kept},
        method=full.method,
        warnings=full.warnings,
        cases_shown=cases_shown,
        cases_shown_count=count or 0,
        hidden_activities=len(full.nodes) - len(nodes),
        hidden_edges=len(full.edges) - len(edges),
    )


def _cases_within(log: EventLog, kept: AbstractSet[Arc]) -> int:
    labels = log.activity_labels
    whole = within_edges(log, kept)
    for end, first in ((START, log.offsets[:-1]), (END, log.offsets[1:] - 1)):
        allowed = [((end, label) if end == START else (label, end)) in kept for label in labels]
        whole &= np.array(allowed, np.bool_)[log.activity[first]]
    return int(whole.sum())
