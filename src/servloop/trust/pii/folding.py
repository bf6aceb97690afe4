"""One form for matching, with a way back: full-width and compatibility characters, dashes, invisible ones."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Joiners, soft hyphens, byte-order marks, emoji variation and keycap marks: people do not see them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


class _Pieces(dict[str, str]):
    """Character → what it is matched as; filled as characters are met."""

    def __missing__(self, character: str) -> str:
        piece = unicodedata.normalize("NFKC", character)
        if _INVISIBLE.match(character):
            piece = ""
        elif piece in _DASHES:
            piece = "-"
        if len(self) < 70_000:  # bounded by the characters in use, not by what a text may send
            self[character] = piece
        return piece


_PIECES = _Pieces()


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is matched.

    Attributes:
        text: the folded text.
        starts: for each folded character the offset of the original one that it came from, and the length of
            the original at the end; None when offsets are equal.
    """

    text: str
    starts: tuple[int, ...] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text behind a span of the folded text (``end`` exclusive)."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end - 1] + 1


def fold(text: str) -> Folded:
    """NFKC character by character, dashes as ``-``, invisible characters dropped.

    Folding by character keeps the way back exact; combining marks that NFKC would join across characters do
    not occur in the numbers and addresses that are looked for.
    """
    if text.isascii():
        return Folded(text, None)
    pieces = [_PIECES[character] for character in text]
    folded = "".join(pieces)
    if len(folded) == len(text) and not _INVISIBLE.search(text):
        return Folded(folded, None)
    starts = [place for place, piece in enumerate(pieces) for _ in piece]
    return Folded(folded, (*starts, len(text)))
