"""What a page shows of one process log: the selected cases, their map, and where their time goes.

Nothing here touches files or the database: a log and a selection in, figures out, each computed when first
asked for and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import cached_property

from servloop.diagnose.process.bottlenecks import Bottleneck, Bottlenecks, bottlenecks
from servloop.diagnose.process.directly_follows import DirectlyFollows, directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import Handovers, handovers
from servloop.diagnose.process.layout import END, START, MapEdge, MapGraph, MapLayout, MapNode, layout
from servloop.diagnose.process.map_svg import Shown
from servloop.diagnose.process.rework import Rework, rework
from servloop.diagnose.process.simplify import SimplifiedMap, simplify
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
        log: the whole log.
        selection: which of its cases.
        not_waiting: activities before which nobody waits.
        base: the analysis of the whole log, where ``selection`` is a part.
        zone: in which days begin.
    """

    def __init__(
        self,
        log: EventLog,
        selection: Selection,
        not_waiting: Sequence[str] = (),
        base: Analysis | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        self.selection = selection
        self.log = log if selection.everything else selection.apply(log, zone)
        self.base = base or self
        self.not_waiting = tuple(name for name in not_waiting if name in log.activity_labels)
        self._maps: dict[int, SimplifiedMap] = {}
        self._layouts: dict[tuple[int, str], MapLayout] = {}

    @cached_property
    def summary(self) -> Summary:
        """Counts and throughput."""
        return summary(self.log)

    @cached_property
    def full_map(self) -> DirectlyFollows:
        """All activities and paths."""
        return directly_follows(self.log)

    @cached_property
    def bottlenecks(self) -> Bottlenecks:
        """Where cases wait."""
        return bottlenecks(self.log, not_waiting=self.not_waiting)

    @cached_property
    def variants(self) -> Variants:
        """The most frequent paths."""
        return variants(self.log, top=TOP_VARIANTS)

    @property
    def all_variants(self) -> Variants:
        """Every path; for files, not kept."""
        return variants(self.log)

    @cached_property
    def rework(self) -> Rework:
        """Work done again."""
        return rework(self.log)

    @cached_property
    def handovers(self) -> Handovers | None:
        """Who hands over to whom: departments where the log names them, else people, else nothing."""
        for column, by in (("department", "group"), ("resource", "resource")):
            if self.log.has_column(column):
                return handovers(self.log, by=by)  # type: ignore[arg-type]  # the two literals above
        return None

    @property
    def worst(self) -> Bottleneck | None:
        """The step with the largest part of all waiting, if anything waits."""
        steps = self.bottlenecks.steps
        return steps[0] if steps and steps[0].share else None

    def map(self, share: int) -> SimplifiedMap:
        """The map with a share (in per cent) of activities and paths, and what connects them."""
        if share not in self._maps:
            part = share / 100
            shown = simplify(self.log, activities=part, paths=part, full=self.full_map)
            if len(shown.nodes) > DRAWABLE_ACTIVITIES:
                part = min(part, DRAWABLE_ACTIVITIES / len(self.full_map.nodes) * 0.8)
                shown = simplify(self.log, activities=part, paths=part, full=self.full_map)
            self._maps[share] = shown
        return self._maps[share]

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
        listed = variants(self.log, top=1).variants
        return tuple(dict.fromkeys(listed[0].activities)) if listed else ()

    def layout(self, share: int, language: str) -> MapLayout:
        """Where everything stands on the map.

        The whole log decides, so that a filter moves nothing; only where the selected cases go ways that the
        map of the whole log leaves out at this share, these are added.
        """
        key = (share, language)
        if key not in self._layouts:
            whole, part = self.base.map(share), self.map(share)
            if self.base is not self and _within(part, whole):
                self._layouts[key] = self.base.layout(share, language)
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
