"""Placeholders in the place of personal data."""

from __future__ import annotations

from collections.abc import Iterable

from servloop.messages import normalize_language
from servloop.trust.pii.detectors import PiiKind, PiiSpan

# Masked texts are stored, searched and counted: these words are data and never change.
PLACEHOLDERS: dict[str, dict[PiiKind, str]] = {
    "en": {
        "id_card": "[ID card]",
        "uscc": "[company code]",
        "mobile": "[mobile]",
        "landline": "[landline]",
        "bank_card": "[bank card]",
        "passport": "[passport]",
        "plate": "[number plate]",
        "email": "[e-mail]",
    },
    "zh-CN": {
        "id_card": "[身份证号]",
        "uscc": "[统一社会信用代码]",
        "mobile": "[手机号]",
        "landline": "[固定电话]",
        "bank_card": "[银行卡号]",
        "passport": "[护照号]",
        "plate": "[车牌号]",
        "email": "[邮箱]",
    },
}


def mask(text: str, spans: Iterable[PiiSpan], language: str = "zh-CN") -> str:
    """The text with each span replaced by the name of its kind in brackets.

    Args:
        text: the text in which the spans were found.
        spans: from `detect`, in any order; they must not overlap.
        language: of the placeholders.
    """
    words = PLACEHOLDERS[normalize_language(language)]
    parts: list[str] = []
    place = 0
    for span in sorted(spans, key=lambda item: item.start):
        parts += [text[place : span.start], words[span.kind]]
        place = span.end
    return "".join((*parts, text[place:]))
