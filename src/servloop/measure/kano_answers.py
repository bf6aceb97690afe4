"""The five answers of a Kano questionnaire, recognised by code or by wording.

Level 0 "I like it", 1 "it must be so", 2 "neutral", 3 "I can live with it", 4 "I dislike it".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import IntArray

if TYPE_CHECKING:
    import polars as pl

LEVELS = ("like", "must_be", "neutral", "live_with", "dislike")
MISSING = -1

# Wordings in use in questionnaires; compared without case, spaces at the ends and closing punctuation.
_WORDINGS: dict[str, tuple[str, ...]] = {
    "like": (
        "like", "i like it", "i like it that way", "i would like it", "i enjoy it that way", "satisfied",
        "喜欢", "我喜欢", "我喜欢这样", "很喜欢", "非常喜欢", "满意",
        "마음에 든다", "마음에 듭니다", "좋다", "좋아한다",
    ),
    "must_be": (
        "must be", "it must be that way", "i expect it", "expect it", "it should be that way",
        "it is a basic necessity", "i expect it to be that way",
        "理应如此", "理所当然", "必须这样", "应该如此", "应当如此", "必须有", "它理应如此",
        "당연하다", "당연합니다", "당연히 그래야 한다",
    ),
    "neutral": (
        "neutral", "i am neutral", "i'm neutral", "i feel neutral", "i don't care", "indifferent",
        "无所谓", "我无所谓", "一般", "中立", "没感觉",
        "아무런 느낌이 없다", "아무 느낌이 없다", "상관없다", "보통이다",
    ),
    "live_with": (
        "live with", "i can live with it", "i can live with it that way", "i can tolerate it", "tolerate",
        "can live with it",
        "勉强接受", "可以忍受", "能忍受", "我能忍受", "可以接受", "勉强可以接受", "能够忍受",
        "하는 수 없다", "어쩔 수 없다", "참을 수 있다",
    ),
    "dislike": (
        "dislike", "i dislike it", "i dislike it that way", "i do not like it", "i don't like it",
        "dissatisfied",
        "不喜欢", "我不喜欢", "我不喜欢这样", "很不喜欢", "讨厌", "不满意",
        "마음에 안 든다", "마음에 들지 않는다", "마음에 안듭니다", "싫다", "싫어한다",
    ),
}  # fmt: skip
_CODES: dict[str, tuple[str, ...]] = {level: (str(code),) for code, level in enumerate(LEVELS, start=1)}
_CLOSING = re.compile(r"[\s.。!！…~～]+$")


def answer_levels(answers: Mapping[str, Sequence[str | float]]) -> dict[str, int]:
    """Normalised wording or code → level.

    Args:
        answers: level name → further wordings or codes. When it names any numeric code, the usual codes
            1 … 5 are not assumed; its wordings outrank the known ones.

    Raises:
        SpecError: ``measure.kano_answer_twice`` when one wording is given for two levels.
    """
    given: dict[str, int] = {}
    for position, level in enumerate(LEVELS):
        for wording in answers.get(level, ()):
            text = normalise(_as_text(wording))
            if given.get(text, position) != position:
                raise SpecError("measure.kano_answer_twice", answer=text)
            given[text] = position
    any_code = any(text.lstrip("-").isdigit() for text in given)
    known = _WORDINGS if any_code else {level: _WORDINGS[level] + _CODES[level] for level in LEVELS}
    levels = {
        normalise(wording): position for position, level in enumerate(LEVELS) for wording in known[level]
    }
    return levels | given


def _as_text(wording: str | float) -> str:
    return str(int(wording)) if isinstance(wording, float) and wording.is_integer() else str(wording)


def normalise(text: str) -> str:
    """The form in which wordings are compared."""
    return _CLOSING.sub("", " ".join(text.replace("’", "'").split())).casefold()


def read_levels(values: pl.Series, levels: Mapping[str, int]) -> tuple[IntArray, dict[str, int]]:
    """Level of each answer, and the answers that were not understood.

    Args:
        values: answers as text.
        levels: from `answer_levels`.

    Returns:
        Shape (rows,) levels 0 … 4 or -1, and unknown answer → how often.
    """
    import polars as pl

    counted = values.drop_nulls().value_counts(name="rows")
    texts, rows = counted[values.name].to_list(), counted["rows"].to_list()
    known = {text: levels[normalise(text)] for text in texts if normalise(text) in levels}
    unknown = {text: count for text, count in zip(texts, rows, strict=True) if text not in known}
    coded = values.replace_strict(known, default=MISSING, return_dtype=pl.Int64).fill_null(MISSING)
    return coded.to_numpy().astype(np.int64), unknown
