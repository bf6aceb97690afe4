"""What a page shows of one process log: the selected cases, their map, and where their time goes.

Nothing here touches files or the database: a log and a selection in, figures out, each computed when first
asked for and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from servloop.diagnose.process.aggregates import By, ProcessAggregates
from servloop.diagnose.process.bottlenecks import Bottleneck, Bottlenecks, bottlenecks
from servloop.diagnose.process.directly_follows import DirectlyFollows, directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import Handovers, handovers
from servloop.diagnose.process.layout import END, START, MapEdge, MapGraph, MapLayout, MapNode, layout
from servloop.diagnose.process.map_svg import Shown
from servloop.diagnose.process.rework import Rework, rework
from servloop.diagnose.process.simplify import SimplifiedMap, simplify, simplify_map
from servloop.diagnose.process.summary import Summary, summary
from servloop.diagnose.process.variants import Variants, variants
from servloop_app.diagnose.selection import Selection

__all__ = [
    "SHARES",
    "Analysis",
    "Selection",
    "map_graph",
    "shown_parts",
]

# A first look shows no more than can be read at once; the reader may ask for more.
READABLE_ACTIVITIES = 18
READABLE_EDGES = 36
# The layout is tested up to this many activities.
DRAWABLE_ACTIVITIES = 60
SHARES = (100, 80, 60, 50, 40, 30, 20, 15, 10, 5, 0)
TOP_VARIANTS = 12


class Analysis:
    """The figures of the selected cases of a log.

    Args:
        log: the whole log, or how to load it.
        selection: which of its cases.
        not_waiting: activities before which nobody waits.
        base: the analysis of the whole log, where ``selection`` is a part.
        zone: in which days begin.
        aggregates: of the whole log, where an engine made them: then the events are loaded only to select some.
    """

    def __init__(
        self,
        log: EventLog | Callable[[], EventLog],
        selection: Selection,
        not_waiting: Sequence[str] = (),
        base: Analysis | None = None,
        zone: tzinfo | None = None,
        *,
        aggregates: ProcessAggregates | None = None,
    ) -> None:
        self.selection = selection
        self._source = log
        self._zone = zone
        self._aggregates = aggregates if selection.everything else None
        self.base = base or self
        self.activities = self.log.activity_labels if self._aggregates is None else self._aggregates.labels
        self.not_waiting = tuple(name for name in not_waiting if name in self.activities)
        self._maps: dict[tuple[int, int], SimplifiedMap] = {}
        self._layouts: dict[tuple[int, int | None, str], MapLayout] = {}

    @cached_property
    def log(self) -> EventLog:
        """The events of the selected cases."""
        whole = self._source if isinstance(self._source, EventLog) else self._source()
        return whole if self.selection.everything else self.selection.apply(whole, self._zone)

    @property
    def cases(self) -> int:
        """How many are selected."""
        return self.log.cases if self._aggregates is None else self._aggregates.totals.cases

    @property
    def events(self) -> int:
        """Events that are kept in memory for this analysis."""
        return self.log.events if "log" in self.__dict__ else 0

    @property
    def throughput_seconds(self) -> NDArray[np.float64]:
        """How long the cases take; from aggregates to 1 %, which no drawing shows."""
        if self._aggregates is not None:
            return self._aggregates.throughput_seconds()
        return self.log.throughput / 1e6

    @cached_property
    def summary(self) -> Summary:
        """Counts and throughput."""
        return summary(self.log) if self._aggregates is None else self._aggregates.summary()

    @cached_property
    def full_map(self) -> DirectlyFollows:
        """All activities and paths."""
        return directly_follows(self.log) if self._aggregates is None else self._aggregates.directly_follows()

    @cached_property
    def bottlenecks(self) -> Bottlenecks:
        """Where cases wait."""
        if self._aggregates is not None:
            return self._aggregates.bottlenecks(not_waiting=self.not_waiting)
        return bottlenecks(self.log, not_waiting=self.not_waiting)

    @cached_property
    def variants(self) -> Variants:
        """The most frequent paths."""
        return self._paths(TOP_VARIANTS)

    @property
    def all_variants(self) -> Variants:
        """Every path; for files, not kept."""
        return self._paths(None)

    def _paths(self, top: int | None) -> Variants:
        return variants(self.log, top=top) if self._aggregates is None else self._aggregates.variants(top=top)

    @cached_property
    def rework(self) -> Rework:
        """Work done again."""
        return rework(self.log) if self._aggregates is None else self._aggregates.rework()

    @cached_property
    def handovers(self) -> Handovers | None:
        """Who hands over to whom: departments where the log names them, else people, else nothing."""
        sides: tuple[tuple[str, By], ...] = (("department", "group"), ("resource", "resource"))
        for column, by in sides:
            if self._aggregates is not None:
                if by in self._aggregates.handovers:
                    return self._aggregates.handover(by)
            elif self.log.has_column(column):
                return handovers(self.log, by=by)
        return None

    @property
    def worst(self) -> Bottleneck | None:
        """The step with the largest part of all waiting, if anything waits."""
        steps = self.bottlenecks.steps
        return steps[0] if steps and steps[0].share else None

    def map(self, share: int, steps: int | None = None) -> SimplifiedMap:
        """The map with shares (in per cent) of paths and of activities, and what connects them.

        Args:
            share: of the paths.
            steps: of the activities; the same as of the paths without it.
        """
        key = (share, share if steps is None else steps)
        if key not in self._maps:
            paths, activities = key[0] / 100, key[1] / 100
            shown = self._simplified(paths, activities)
            if len(shown.nodes) > DRAWABLE_ACTIVITIES:
                most = DRAWABLE_ACTIVITIES / len(self.full_map.nodes) * 0.8
                shown = self._simplified(min(paths, most), min(activities, most))
            self._maps[key] = shown
        return self._maps[key]

    def _simplified(self, paths: float, activities: float) -> SimplifiedMap:
        if self._aggregates is None:
            return simplify(self.log, activities=activities, paths=paths, full=self.full_map)
        return simplify_map(self.full_map, self._aggregates.cases_within, activities=activities, paths=paths)

    @cached_property
    def readable_share(self) -> int:
        """The largest share whose map can be read at once."""
        full = self.full_map
        for share in SHARES:
            if len(full.nodes) * share > READABLE_ACTIVITIES * 100:
                continue
            shown = self.map(share)
            if len(shown.nodes) <= READABLE_ACTIVITIES and len(shown.edges) <= READABLE_EDGES:
                return share
        return 0

    @cached_property
    def spine(self) -> tuple[str, ...]:
        """The steps of the most frequent path, each once: the straight line of the map."""
        listed = self._paths(1).variants
        return tuple(dict.fromkeys(listed[0].activities)) if listed else ()

    def layout(self, share: int, language: str, steps: int | None = None) -> MapLayout:
        """Where everything stands on the map.

        The whole log decides, so that a filter moves nothing; only where the selected cases go ways that the
        map of the whole log leaves out at this share, these are added.
        """
        key = (share, steps, language)
        if key not in self._layouts:
            whole, part = self.base.map(share, steps), self.map(share, steps)
            if self.base is not self and _within(part, whole):
                self._layouts[key] = self.base.layout(share, language, steps)
            else:
                graph = map_graph(_union(self.base.full_map, whole, part), self.base.spine)
                self._layouts[key] = layout(graph, language=language)
        return self._layouts[key]


def map_graph(shown: DirectlyFollows, spine: Sequence[str]) -> MapGraph:
    """A map in the form in which it is drawn.

    Args:
        shown: activities and paths.
        spine: the straight line; steps that are not on the map are left out of it.
    """
    names = {node.activity for node in shown.nodes}
    return MapGraph(
        nodes=tuple(MapNode(node.activity, node.events, node.cases) for node in shown.nodes),
        edges=tuple(
            MapEdge(
                edge.source,
                edge.target,
                edge.count,
                edge.cases,
                median_seconds=edge.median_seconds,
                p90_seconds=edge.p90_seconds,
                total_seconds=edge.total_seconds,
            )
            for edge in shown.edges
        ),
        start=shown.start,
        end=shown.end,
        spine=tuple(name for name in spine if name in names),
        cases=shown.n,
    )


def shown_parts(simplified: SimplifiedMap) -> Shown:
    """What a simplified map leaves on the drawing."""
    return Shown(frozenset(node.activity for node in simplified.nodes), _keys(simplified))


def _keys(shown: DirectlyFollows) -> frozenset[tuple[str, str]]:
    return frozenset(
        [
            *((edge.source, edge.target) for edge in shown.edges),
            *((START, activity) for activity in shown.start),
            *((activity, END) for activity in shown.end),
        ]
    )


def _within(part: DirectlyFollows, whole: DirectlyFollows) -> bool:
    names = {node.activity for node in whole.nodes}
    return all(node.activity in names for node in part.nodes) and _keys(part) <= _keys(whole)


def _union(full: DirectlyFollows, *parts: DirectlyFollows) -> DirectlyFollows:
    """The activities and paths of several maps, with the figures of the full one."""
    names = {node.activity for part in parts for node in part.nodes}
    keys = frozenset[tuple[str, str]]().union(*map(_keys, parts))
    return replace(
        full,
        nodes=tuple(node for node in full.nodes if node.activity in names),
        edges=tuple(edge for edge in full.edges if (edge.source, edge.target) in keys),
        start={activity: n for activity, n in full.start.items() if (START, activity) in keys},
        end={activity: n for activity, n in full.end.items() if (activity, END) in keys},
    )
