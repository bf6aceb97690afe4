"""How much room a text needs, estimated without a font file, and how a long name breaks into two lines.

The estimate is deliberately a little generous: a box that is 3 px too wide is invisible, a cut letter is not.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_NARROW = frozenset("ijlI.,:;'|!`·")
_SLIM = frozenset('ftr()[]{}-/\\" ')
_WIDE = frozenset("mwMW@%—…×→")
_BREAK_AFTER = frozenset(" -_+/·、，,;；:：)）")
_BOLD = 1.07
ELLIPSIS = "…"


@lru_cache(maxsize=4096)
def _em(char: str) -> float:
    """Advance width of one character in em."""
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Mn", "Me"}:
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in _NARROW:
        return 0.30
    if char in _SLIM:
        return 0.38
    if char in _WIDE:
        return 0.95
    if char.isupper():
        return 0.68
    if char.isascii():
        return 0.575
    return 1.0 if unicodedata.east_asian_width(char) == "A" else 0.65


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimated width in px of one line at the given font size."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0)


def _breaks(text: str) -> list[int]:
    """Positions where a line may end: after a separator, or beside a wide (CJK) character."""
    wide = [unicodedata.east_asian_width(char) in "WF" for char in text]
    closing = frozenset("，。、；：）》”’？！,.;:)?!")
    return [
        i
        for i in range(1, len(text))
        if (text[i - 1] in _BREAK_AFTER or wide[i - 1] or wide[i])
        and text[i] not in closing
        and text[i] != " "
    ]


def _fit(text: str, size: float, limit: float) -> str:
    """The text, cut with an ellipsis where it is wider than the limit."""
    if text_width(text, size, bold=True) <= limit:
        return text
    room = limit - text_width(ELLIPSIS, size, bold=True)
    used, kept = 0.0, 0
    for char in text:
        used += text_width(char, size, bold=True)
        if used > room:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def wrap(text: str, size: float, limit: float) -> tuple[str, ...]:
    """The name in one or two lines no wider than ``limit`` px; what does not fit ends in an ellipsis."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if text_width(text, size, bold=True) <= limit:
        return (text,)
    width = {i: text_width(text[:i].rstrip(), size, bold=True) for i in _breaks(text)}
    total = text_width(text, size, bold=True)
    fitting = [i for i in width if width[i] <= limit]
    if not fitting:
        return (_fit(text, size, limit),)
    # Two lines of about equal length read best; if the rest is too long anyway, fill the first line.
    cut = min(fitting, key=lambda i: (max(width[i], total - width[i]) > limit, abs(total - 2 * width[i])))
    if total - width[cut] > limit:
        cut = max(fitting)
    return (text[:cut].rstrip(), _fit(text[cut:].lstrip(), size, limit))
