"""Text as lists, search, labels and exports show it: personal data replaced by placeholders."""

from __future__ import annotations

from servloop.trust.pii import detect, mask


def masked(text: str, language: str = "zh-CN") -> str:
    """The text with structured personal data (numbers, addresses of e-mail…) replaced."""
    return mask(text, detect(text), language)
