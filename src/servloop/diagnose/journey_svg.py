"""The customer's journey and the service blueprint as SVG, the same in pages, in print and in files.

Texts come in ready, in the reader's language; the drawing only places them. In a page the elements carry classes
(``frontend/src/styles/journey.css``), a file that stands alone carries the literal colours of print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from servloop.charts.text_metrics import ELLIPSIS, text_width
from servloop.diagnose.process.map_svg_shapes import num, printable, tag
from servloop.diagnose.process.map_svg_style import FONTS, TOKENS

STYLES: dict[str, dict[str, str]] = {
    "sl-jy-stage": {"fill": "@ink-2"},
    "sl-jy-stage-name": {"fill": "@surface", "font-size": "13", "font-weight": "600"},
    "sl-jy-row": {"fill": "@ink-3", "font-size": "12"},
    "sl-jy-line": {"stroke": "@line", "stroke-width": "1", "fill": "none"},
    "sl-jy-strong": {"fill": "@ink", "font-size": "13", "font-weight": "600"},
    "sl-jy-text": {"fill": "@ink-2", "font-size": "12"},
    "sl-jy-quiet": {"fill": "@ink-3", "font-size": "12"},
    "sl-jy-quote": {"fill": "@ink-2", "font-size": "12", "font-style": "italic"},
    "sl-jy-mood": {"stroke": "@brand-mark", "stroke-width": "2", "fill": "none"},
    "sl-jy-range": {"stroke": "@brand-mark", "stroke-width": "6", "stroke-opacity": ".22"},
    "sl-jy-dot": {"fill": "@brand-mark", "stroke": "@surface", "stroke-width": "1.5"},
    "sl-jy-dot-bad": {"fill": "@bad"},
    "sl-jy-box": {"fill": "@surface", "stroke": "@line-strong", "stroke-width": "1.25"},
    "sl-jy-lane": {"fill": "none", "stroke": "@line", "stroke-width": "1"},
    "sl-jy-visible": {
        "stroke": "@ink-2",
        "stroke-width": "1.5",
        "stroke-dasharray": "7 5",
        "fill": "none",
    },
}

_HEAD = 120.0
_COLUMN = 196.0
_PAGE = 1_130.0
_GAP = 12.0
_LINE = 17.0
_PAD = 12.0
_SCALE_LOW, _SCALE_HIGH = 1.0, 5.0


@dataclass(frozen=True)
class StageColumn:
    """What stands in the column of a stage, as text ready to read.

    Attributes:
        name: of the stage.
        volume: cases and their share.
        time: median with its interval.
        mood, low, high: mean rating from 1 to 5 and its interval; None where it is not told.
        mood_text: the rating in words, or why there is none.
        bad: the mood is clearly bad.
        pains: themes of bad feedback, the most frequent first.
        quotes: in the customers' words, masked.
    """

    name: str
    volume: str
    time: str
    mood: float | None
    low: float | None
    high: float | None
    mood_text: str
    bad: bool
    pains: tuple[str, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class JourneyWords:
    """The names of the rows."""

    volume: str
    time: str
    mood: str
    pains: str
    quotes: str
    title: str


@dataclass(frozen=True)
class BlueprintLane:
    """One lane: its name, the texts of its boxes for each stage, and whether the line of visibility lies below it."""

    name: str
    boxes: tuple[tuple[str, ...], ...]
    visible_below: bool = False


class _Canvas:
    """Collects elements; classes in a page, literal colours in a file."""

    def __init__(self, stages: int, *, standalone: bool) -> None:
        self._standalone = standalone
        # Few stages share the width of a page; many make the drawing wider.
        self.column = max(_COLUMN, (_PAGE - _HEAD - _PAD) / max(stages, 1))
        self.parts: list[str] = []

    def look(self, name: str) -> dict[str, object]:
        if not self._standalone:
            return {"class_": name}
        found: dict[str, object] = {}
        for one in name.split():
            for key, value in STYLES.get(one, {}).items():
                found[key.replace("-", "_")] = TOKENS[value[1:]] if value.startswith("@") else value
        return found

    def text(self, x: float, y: float, content: str, look: str, *, anchor: str = "start") -> None:
        self.parts.append(
            tag("text", escape(printable(content)), x=num(x), y=num(y), text_anchor=anchor, **self.look(look))
        )

    def add(self, name: str, look: str, **attributes: object) -> None:
        self.parts.append(tag(name, **attributes, **self.look(look)))

    def lines(self, x: float, y: float, lines: Sequence[str], look: str) -> float:
        """Lines of text below one another; returns the height that they take."""
        for place, line in enumerate(lines):
            self.text(x, y + _LINE * place, line, look)
        return _LINE * len(lines)

    def document(self, width: float, height: float, *, title: str, language: str) -> str:
        root: dict[str, object] = {
            "viewBox": f"0 0 {num(width)} {num(height)}",
            "width": num(width),
            "height": num(height),
            "role": "img",
            "aria_label": printable(title),
            "class_": "sl-jy",
        }
        if self._standalone:
            root |= {"xmlns": "http://www.w3.org/2000/svg", "font_family": FONTS[language]}
            self.parts.insert(
                0, tag("rect", x=0, y=0, width=num(width), height=num(height), fill=TOKENS["surface"])
            )
        return tag("svg", *self.parts, **root)


def fold(text: str, size: float, limit: float, most: int) -> tuple[str, ...]:
    """Break a text into lines that fit; what does not fit ends with an ellipsis.

    Args:
        text: any text; line breaks count as blanks.
        size: of the font in px.
        limit: width of a line in px.
        most: number of lines.
    """
    words = _words(" ".join(text.split()))
    lines: list[str] = []
    held = ""
    for place, word in enumerate(words):
        if text_width(held + word.rstrip(), size) <= limit or not held:
            held += word
            continue
        lines.append(held.rstrip())
        held = word
        if len(lines) == most:
            rest = "".join(words[place:])
            lines[-1] = _cut(lines[-1] + (" " if lines[-1].isascii() else "") + rest, size, limit)
            held = ""
            break
    if held.strip():
        lines.append(held.rstrip())
    # A word that is wider than a line is cut as well.
    return tuple(line if text_width(line, size) <= limit else _cut(line, size, limit) for line in lines)


def _words(text: str) -> list[str]:
    """Pieces between which a line may break: after blanks, and beside wide characters."""
    pieces: list[str] = []
    for char in text:
        wide = ord(char) > 0x2E7F
        if (pieces and not wide and not pieces[-1].endswith(" ") and ord(pieces[-1][-1]) <= 0x2E7F) or (
            pieces and char in "，。、；：）》”’？！,.;:)?! "
        ):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _cut(text: str, size: float, limit: float) -> str:
    while text and text_width(text + ELLIPSIS, size) > limit:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def journey_svg(
    stages: Sequence[StageColumn], words: JourneyWords, *, language: str, standalone: bool = False
) -> str:
    """Draw the journey: a column for each stage, rows for volume, time, mood, pain and quotes.

    Args:
        stages: in the order in which customers meet them.
        words: names of the rows.
        language: ``en`` or ``zh-CN``, for the fonts of a file.
        standalone: a file of its own, with literal colours.
    """
    canvas = _Canvas(len(stages), standalone=standalone)
    width = _HEAD + len(stages) * canvas.column + _PAD
    inner = canvas.column - _GAP
    names = [fold(stage.name, 13, inner - 20, 2) for stage in stages]
    head = 16 + _LINE * max((len(lines) for lines in names), default=1)
    for place, lines in enumerate(names):
        x = _HEAD + place * canvas.column
        canvas.add("rect", "sl-jy-stage", x=num(x), y=8, width=num(inner), height=num(head), rx=6)
        for line, text in enumerate(lines):
            top = 8 + head / 2 - _LINE * len(lines) / 2 + 13
            canvas.text(x + inner / 2, top + _LINE * line, text, "sl-jy-stage-name", anchor="middle")
    y = 8 + head + 22
    y = _row(canvas, y, width, words.volume, [(fold(s.volume, 13, inner, 2), "sl-jy-strong") for s in stages])
    y = _row(canvas, y, width, words.time, [(fold(s.time, 12, inner, 2), "sl-jy-text") for s in stages])
    y = _moods(canvas, y, width, words.mood, stages)
    pains = [[line for pain in s.pains for line in fold(pain, 12, inner - 10, 2)] or ["—"] for s in stages]
    y = _row(canvas, y, width, words.pains, [(tuple(lines), "sl-jy-text") for lines in pains])
    if any(stage.quotes for stage in stages):
        quotes = [[line for one in s.quotes for line in fold(f"“{one}”", 12, inner - 10, 4)] for s in stages]
        y = _row(canvas, y, width, words.quotes, [(tuple(lines), "sl-jy-quote") for lines in quotes])
    return canvas.document(width, y, title=words.title, language=language)


def _row(
    canvas: _Canvas, y: float, width: float, label: str, cells: Sequence[tuple[tuple[str, ...], str]]
) -> float:
    """A row with its name and its rule below; returns where the next one begins."""
    for place, line in enumerate(fold(label, 12, _HEAD - _GAP, 2)):
        canvas.text(_PAD / 2, y + 12 + _LINE * place, line, "sl-jy-row")
    height = max(
        [
            canvas.lines(_HEAD + place * canvas.column, y + 12, lines, look)
            for place, (lines, look) in enumerate(cells)
        ]
        or [0.0]
    )
    bottom = y + max(height, _LINE) + 8
    canvas.add("path", "sl-jy-line", d=f"M0 {num(bottom)}H{num(width)}")
    return bottom + 14


def _moods(canvas: _Canvas, y: float, width: float, label: str, stages: Sequence[StageColumn]) -> float:
    """The line of the mood through the stages that tell theirs, with intervals."""
    height = 104.0
    canvas.text(_PAD / 2, y + 12, label, "sl-jy-row")
    canvas.text(_HEAD - _GAP, y + 12, "5", "sl-jy-quiet", anchor="end")
    canvas.text(_HEAD - _GAP, y + height + 4, "1", "sl-jy-quiet", anchor="end")

    def at(value: float) -> float:
        part = (min(max(value, _SCALE_LOW), _SCALE_HIGH) - _SCALE_LOW) / (_SCALE_HIGH - _SCALE_LOW)
        return y + 8 + (height - 8) * (1 - part)

    for tick in (1, 3, 5):
        canvas.add("path", "sl-jy-line", d=f"M{num(_HEAD)} {num(at(tick))}H{num(width - _PAD)}")
    points = [
        (_HEAD + place * canvas.column + (canvas.column - _GAP) / 2, at(stage.mood), stage)
        for place, stage in enumerate(stages)
        if stage.mood is not None
    ]
    if len(points) > 1:
        way = "L".join(f"{num(x)} {num(value)}" for x, value, _stage in points)
        canvas.add("path", "sl-jy-mood", d=f"M{way}")
    for x, value, stage in points:
        if stage.low is not None and stage.high is not None:
            canvas.add("path", "sl-jy-range", d=f"M{num(x)} {num(at(stage.high))}V{num(at(stage.low))}")
        look = "sl-jy-dot sl-jy-dot-bad" if stage.bad else "sl-jy-dot"
        canvas.add("circle", look, cx=num(x), cy=num(value), r=6)
    bottom = y + height + 22
    for place, stage in enumerate(stages):
        x = _HEAD + place * canvas.column
        canvas.lines(x, bottom, fold(stage.mood_text, 12, canvas.column - _GAP, 2), "sl-jy-text")
    bottom += _LINE * 2
    canvas.add("path", "sl-jy-line", d=f"M0 {num(bottom)}H{num(width)}")
    return bottom + 14


def blueprint_svg(
    stages: Sequence[str],
    lanes: Sequence[BlueprintLane],
    *,
    visibility: str,
    title: str,
    language: str,
    standalone: bool = False,
) -> str:
    """Draw the service blueprint: stages across, lanes down, the line of visibility between them.

    Args:
        stages: names in their order.
        lanes: from the customer down.
        visibility: the words on the line.
        title: of the drawing, for those who do not see it.
        language: ``en`` or ``zh-CN``.
        standalone: a file of its own, with literal colours.
    """
    canvas = _Canvas(len(stages), standalone=standalone)
    width = _HEAD + len(stages) * canvas.column + _PAD
    inner = canvas.column - _GAP
    names = [fold(name, 13, inner - 20, 2) for name in stages]
    head = 16 + _LINE * max((len(lines) for lines in names), default=1)
    for place, lines in enumerate(names):
        x = _HEAD + place * canvas.column
        canvas.add("rect", "sl-jy-stage", x=num(x), y=8, width=num(inner), height=num(head), rx=6)
        for line, text in enumerate(lines):
            top = 8 + head / 2 - _LINE * len(lines) / 2 + 13
            canvas.text(x + inner / 2, top + _LINE * line, text, "sl-jy-stage-name", anchor="middle")
    y = 8 + head + 16
    for lane in lanes:
        y = _lane(canvas, y, width, lane)
        if lane.visible_below:
            canvas.add("path", "sl-jy-visible", d=f"M0 {num(y + 10)}H{num(width)}")
            canvas.text(width - _PAD, y + 5, visibility, "sl-jy-quiet", anchor="end")
            y += 30
    return canvas.document(width, y + 4, title=title, language=language)


def _lane(canvas: _Canvas, y: float, width: float, lane: BlueprintLane) -> float:
    inner = canvas.column - _GAP
    tallest = 0.0
    for place, boxes in enumerate(lane.boxes):
        x, top = _HEAD + place * canvas.column, y + 10
        for box in boxes:
            lines = fold(box, 12, inner - 16, 3)
            height = 12 + _LINE * len(lines)
            canvas.add("rect", "sl-jy-box", x=num(x), y=num(top), width=num(inner), height=num(height), rx=5)
            canvas.lines(x + 8, top + 18, lines, "sl-jy-text")
            top += height + 6
        tallest = max(tallest, top - y - 10)
    label = fold(lane.name, 12, _HEAD - _GAP, 3)
    height = max(tallest + 14, _LINE * len(label) + 18)
    canvas.add("rect", "sl-jy-lane", x=0.5, y=num(y), width=num(width - 1), height=num(height), rx=6)
    for place, line in enumerate(label):
        canvas.text(_PAD / 2 + 4, y + 22 + _LINE * place, line, "sl-jy-row")
    return y + height + 6
