"""The process map as SVG, the same for pages, files and tests.

In a page the elements carry classes only (``frontend/src/styles/process_map.css`` gives them the design
tokens, so that both themes work and the page's content security policy needs no exception); a stand-alone
file carries literal colours. Nodes and edges can be reached by keyboard and carry ``data-`` attributes; a
script in the page adds zoom, selection and focus, nothing that is needed to read the map.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from html import escape

from servloop.charts.text_metrics import text_width
from servloop.diagnose.process.layout import (
    END,
    FADED_SHARE,
    LABEL_MIN_CASES,
    LEAST_WIDTH,
    SMALL_SIZE,
    START,
    EdgeKey,
    EdgeRoute,
    MapEdge,
    MapGraph,
    MapLayout,
    NodeBox,
)
from servloop.diagnose.process.layout_labels import LINE_HEIGHT, LabelSlot, Rect
from servloop.diagnose.process.map_svg_call_out import MAX_CALL_OUTS, call_outs
from servloop.diagnose.process.map_svg_key import legend
from servloop.diagnose.process.map_svg_scale import Bottleneck, MapComparison, Mode, Scale
from servloop.diagnose.process.map_svg_shapes import (
    arrow_head,
    arrow_length,
    line_width,
    num,
    path_data,
    printable,
    shortened,
    tag,
)
from servloop.diagnose.process.map_svg_shapes import text as svg_text
from servloop.diagnose.process.map_svg_style import FONTS, TOKENS, Style
from servloop.diagnose.process.map_svg_text import duration, node_counts, percent, text

__all__ = ["Bottleneck", "MapComparison", "Shown", "render_map"]


_WIDE = 1400  # px; a wider map keeps its size and scrolls instead of shrinking
_FRAME_MARGIN = 30.0


@dataclass(frozen=True)
class Shown:
    """What a simplification leaves on the map; edges from `START` and to `END` belong to it as well."""

    nodes: frozenset[str]
    edges: frozenset[EdgeKey]

    def includes(self, edge: MapEdge) -> bool:
        """Whether the edge and both its ends are shown."""
        return edge.key in self.edges and all(name in self.nodes or name in (START, END) for name in edge.key)


@dataclass
class _Drawing:
    """Everything that the parts of one map share."""

    layout: MapLayout
    graph: MapGraph
    scale: Scale
    style: Style
    shown: Shown | None
    selected: str | EdgeKey | None
    hot: tuple[Bottleneck, ...]
    not_waiting: frozenset[str]
    most: int = 0
    drawn: frozenset[EdgeKey] = frozenset()
    hot_keys: frozenset[EdgeKey] = frozenset()
    labels: list[Rect] = field(default_factory=list)

    def __post_init__(self) -> None:
        edges = self.graph.all_edges
        visible = [
            e for e in edges if e.key in self.layout.route and (self.shown is None or self.shown.includes(e))
        ]
        self.drawn = frozenset(edge.key for edge in visible)
        self.most = max((edge.cases for edge in edges), default=0)
        self.hot_keys = frozenset(bottleneck.key for bottleneck in self.hot)

    # What is faded -----------------------------------------------------------------------------------------

    def _touches_selection(self, key: EdgeKey) -> bool:
        return self.selected == key or self.selected in key

    def edge_is_faded(self, edge: MapEdge) -> bool:
        if edge.key in self.hot_keys:
            return False
        if self.selected is not None:
            return not self._touches_selection(edge.key)
        return edge.cases < FADED_SHARE * self.graph.cases and edge.key not in self.graph.spine_edges

    def node_is_faded(self, box: NodeBox) -> bool:
        if box.kind != "activity" or self.selected == box.name:
            return False
        if self.selected is not None:
            pairs = [key for key in self.drawn if self._touches_selection(key)]
            return not any(box.name in key for key in pairs)
        node = self.graph.node.get(box.name)
        return not box.on_spine and (node is None or node.cases < FADED_SHARE * self.graph.cases)

    # Nodes -------------------------------------------------------------------------------------------------

    def node(self, box: NodeBox) -> str:
        x1, y1, _, _ = box.rect
        if box.kind != "activity":
            word = svg_text(
                box.x, box.y + 4.5, box.lines[0], text_anchor="middle", **self.style("sl-pm-pill-name")
            )
            pill = tag(
                "rect", x=x1, y=y1, width=box.width, height=box.height, rx=14, **self.style("sl-pm-pill")
            )
            return tag("g", pill, word, class_=f"sl-pm-node sl-pm-{box.kind}", data_kind=box.kind)
        node = self.graph.node.get(box.name)
        counts = node_counts(node, self.layout.language) if node else "—"
        hot = any(box.name == bottleneck.target for bottleneck in self.hot)
        look = (
            "sl-pm-box",
            "sl-pm-box-hot" if hot else "",
            "sl-pm-box-selected" if self.selected == box.name else "",
        )
        parts = [tag("rect", x=x1, y=y1, width=box.width, height=box.height, rx=6, **self.style(*look))]
        y = box.y - 17.0 * len(box.lines) / 2 + 5.5
        for line in box.lines:
            parts.append(svg_text(box.x, y, line, text_anchor="middle", **self.style("sl-pm-name")))
            y += 17
        parts.append(svg_text(box.x, y, counts, text_anchor="middle", **self.style("sl-pm-count")))
        if box.shortened:
            parts.insert(0, tag("title", escape(printable(box.name))))
        return tag(
            "g",
            *parts,
            **_group("sl-pm-node", faded=self.node_is_faded(box), style=self.style),
            data_kind="activity",
            data_activity=box.name,
            data_events=node.events if node else 0,
            data_cases=node.cases if node else 0,
            data_not_waiting="true" if box.name in self.not_waiting else None,
            tabindex=0,
            role="button",
            aria_label=text("aria_node", self.layout.language, name=box.name, counts=counts),
            aria_pressed="true" if self.selected == box.name else None,
        )

    # Edges -------------------------------------------------------------------------------------------------

    def edge(self, route: EdgeRoute) -> str:
        edge = self.graph.edge[route.key]
        width = line_width(edge.cases, self.most)
        hot = route.key in self.hot_keys
        step = self.scale.step(edge)
        colour = "sl-pm-hot" if hot else "sl-pm-plain" if step is None else f"sl-pm-step-{step}"
        line = path_data(shortened(route.points, arrow_length(width) - 1), route.radius)
        whole = path_data(route.points, route.radius)
        dashed = "sl-pm-dashed" if route.returns else ""
        parts = (
            [tag("path", d=whole, stroke_width=14, **self.style("sl-pm-hit"))]
            if not self.style.standalone
            else []
        )
        if hot:
            parts.append(tag("path", d=line, stroke_width=width + 14, **self.style("sl-pm-halo")))
        parts.append(tag("path", d=line, stroke_width=width, **self.style("sl-pm-line", colour, dashed)))
        parts.append(tag("path", d=arrow_head(route.points, width), **self.style(f"{colour}-head")))
        parts.append(self._label(route, edge, hot=hot))
        ends = {START: "start", END: "end"}
        faded = self.edge_is_faded(edge)
        kind = "rework" if route.returns else ends.get(route.source, ends.get(route.target, "flow"))
        return tag(
            "g",
            *parts,
            **_group("sl-pm-edge", faded=faded, style=self.style),
            data_kind=kind,
            data_source=None if route.source == START else route.source,
            data_target=None if route.target == END else route.target,
            data_count=edge.count,
            data_cases=edge.cases,
            data_median_seconds=None if edge.median_seconds is None else f"{edge.median_seconds:.0f}",
            tabindex=-1 if faded else 0,
            role="button",
            aria_label=self._edge_sentence(edge, rework=route.returns),
            aria_pressed="true" if self.selected == route.key else None,
        )

    def _edge_sentence(self, edge: MapEdge, *, rework: bool) -> str:
        language = self.layout.language
        names = [
            text({START: "start", END: "end"}[n], language) if n in (START, END) else n for n in edge.key
        ]
        facts = {"source": names[0], "target": names[1], "count": edge.count, "cases": edge.cases}
        if edge.median_seconds is None:
            sentence = text("aria_edge", language, **facts)
        else:
            sentence = text(
                "aria_edge_wait", language, **facts, value=duration(edge.median_seconds, language)
            )
        return text("aria_rework", language, edge=sentence) if rework else sentence

    def _label(self, route: EdgeRoute, edge: MapEdge, *, hot: bool) -> str:
        content = self.scale.label(edge)
        if content is None or (hot and self.scale.mode != "frequency"):
            return ""  # the call-out says it
        slot = route.label
        value, compared = content
        quiet = (
            not slot.free
            or edge.cases < LABEL_MIN_CASES
            or bool(slot.crossed_by & self.drawn)
            or not _fits(slot, value, compared)
        )
        if quiet and self.style.standalone:
            return ""
        if not quiet:
            self.labels.append((slot.x, slot.y, slot.x + slot.width, slot.y + slot.height))
        look = ("sl-pm-label", "sl-pm-label-hot" if hot else "")
        parts = [
            svg_text(
                x, y, line, text_anchor=slot.anchor, **self.style(*look, "sl-pm-compared" if second else "")
            )
            for x, y, line, second in _lines(slot, value, compared)
        ]
        return tag("g", *parts, class_="sl-pm-tag sl-pm-quiet" if quiet else "sl-pm-tag")

    # The whole ---------------------------------------------------------------------------------------------

    def finding(self) -> str:
        """The map in two sentences, for those who do not see it."""
        language = self.layout.language
        path = text("step_separator", language).join(self.graph.spine)
        parts = [text("aria_map", language, cases=self.graph.cases, steps=len(self.graph.nodes), path=path)]
        parts += [
            text(
                "aria_bottleneck_p90" if self.scale.mode == "p90" else "aria_bottleneck",
                language,
                source=bottleneck.source,
                target=bottleneck.target,
                value=duration(bottleneck.seconds, language),
                share=percent(bottleneck.share),
            )
            for bottleneck in self.hot
        ]
        return ("" if language == "zh-CN" else " ").join(parts)


def _group(name: str, *, faded: bool, style: Style) -> dict[str, object]:
    if style.standalone:
        return {"class_": name, **(style("sl-pm-faded") if faded else {})}
    return style(name, "sl-pm-faded" if faded else "")


def _fits(slot: LabelSlot, value: str, compared: str | None) -> bool:
    widths = [text_width(line, SMALL_SIZE) for line in (value, compared or "")]
    needed = sum(widths) if slot.lines == 1 else max(widths)
    return needed <= slot.width + 2


def _lines(slot: LabelSlot, value: str, compared: str | None) -> list[tuple[float, float, str, bool]]:
    """Lines of a label with their anchor points; text stands next to its edge, whatever the slot holds."""
    x = {"start": slot.x, "middle": slot.x + slot.width / 2, "end": slot.x + slot.width}[slot.anchor]
    texts = [(value, False)]
    if compared and slot.lines == 2:
        texts.append((compared, True))
    elif compared:
        texts = [(value + compared if compared.startswith("（") else f"{value} {compared}", False)]
    room = slot.height - LINE_HEIGHT * len(texts)
    top = slot.y + (0.0 if slot.hang else room if slot.anchor == "middle" else room / 2)
    return [(x, top + 11.5 + i * LINE_HEIGHT, line, second) for i, (line, second) in enumerate(texts)]


def _frame(layout: MapLayout, shown: Shown | None, drawn: Collection[EdgeKey]) -> Rect:
    """The part of the layout that is drawn: the side of the optional steps is cut where nothing is shown.

    It follows from what is shown alone, and the corner where spine and legend stand stays where it is, so
    that a change of mode or selection moves nothing.
    """
    boxes = [
        box.rect for box in layout.nodes if shown is None or box.kind != "activity" or box.name in shown.nodes
    ]
    routes = [route for route in layout.edges if route.key in drawn]
    slots = [route.label for route in routes if route.label.free]
    if layout.vertical:
        far = [x2 for _, _, x2, _ in boxes] + [x for route in routes for x, _ in route.points]
        far += [slot.x + slot.width for slot in slots]
        return (
            0.0,
            0.0,
            min(layout.width, max(LEAST_WIDTH, *(x + _FRAME_MARGIN for x in far))),
            layout.height,
        )
    far = [y1 for _, y1, _, _ in boxes] + [y for route in routes for _, y in route.points]
    far += [slot.y for slot in slots]
    return (0.0, max(0.0, min(far) - _FRAME_MARGIN), layout.width, layout.height)


def render_map(
    layout: MapLayout,
    graph: MapGraph,
    *,
    mode: Mode = "frequency",
    shown: Shown | None = None,
    bottlenecks: Sequence[Bottleneck] = (),
    not_waiting: Collection[str] = (),
    comparison: MapComparison | None = None,
    selected: str | EdgeKey | None = None,
    standalone: bool = False,
) -> str:
    """Draw the map.

    Args:
        layout: positions, from the full graph; its language is the language of all texts.
        graph: what is drawn: the full graph or a filtered one (a unit, a period) of the same activities.
        mode: label and colour: cases, median wait, 90th percentile of waits, or share of all waiting.
        shown: what a simplification leaves; None draws everything.
        bottlenecks: largest share first; three at most are called out. They show in the time modes only.
        not_waiting: activities before which time is no waiting; listed in the legend.
        comparison: the other group's waits, in brackets.
        selected: an activity or an edge; all that does not touch it fades.
        standalone: a file of its own, with literal colours of the light theme.

    Returns:
        One ``<svg>`` element; every text from the log is escaped.
    """
    language = layout.language
    style = Style(standalone=standalone)
    scale = Scale(graph, mode, language, not_waiting, comparison)
    hot = (
        () if mode == "frequency" else tuple(b for b in bottlenecks if b.key in layout.route)[:MAX_CALL_OUTS]
    )
    drawing = _Drawing(layout, graph, scale, style, shown, selected, hot, frozenset(not_waiting))
    leaving: dict[str, list[EdgeRoute]] = {}
    for route in layout.edges:
        if route.key in drawing.drawn:
            leaving.setdefault(route.source, []).append(route)
    parts: list[str] = []
    # Each step is followed by the ways out of it: the order of the document is the order of reading.
    for box in layout.nodes:
        if box.kind == "activity" and shown is not None and box.name not in shown.nodes:
            continue
        parts.append(drawing.node(box))
        parts += [drawing.edge(route) for route in leaving.get(box.name, ())]
    called = [b for b in hot if b.key in drawing.drawn]
    frame = _frame(layout, shown, drawing.drawn)
    room = (frame[0], frame[1], frame[2], layout.legend_top)
    parts.append(
        call_outs(
            layout, called, comparison, frame=room, drawn=drawing.drawn, labels=drawing.labels, style=style
        )
    )
    parts.append(legend(layout, frame, scale, drawing.not_waiting, hot=bool(called), style=style))
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    root: dict[str, object] = {
        "viewBox": f"{num(frame[0])} {num(frame[1])} {num(width)} {num(height)}",
        "width": num(width),
        "height": num(height),
        "role": "img" if standalone else "group",
        "aria_label": drawing.finding(),
        "class_": "sl-pm sl-pm-wide" if width > _WIDE else "sl-pm",
        "data_mode": mode,
        "data_vertical": str(layout.vertical).lower(),
    }
    if standalone:
        root |= {"xmlns": "http://www.w3.org/2000/svg", "font_family": FONTS[language]}
        parts.insert(
            0, tag("rect", x=frame[0], y=frame[1], width=width, height=height, fill=TOKENS["surface"])
        )
    return tag("svg", *parts, **root)
