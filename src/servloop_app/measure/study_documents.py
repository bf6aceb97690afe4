"""Results as documents that can be stored once and read in either language.

`Result.to_dict` says warnings and reasons in one language. A stored result is read by people of both, so that the two
documents are folded into one: a text that differs between them becomes ``{"zh-CN": …, "en": …}``.
"""

from __future__ import annotations

from typing import Any

from servloop.messages import LANGUAGES, normalize_language
from servloop.results import Result, plain

_BOTH = frozenset(LANGUAGES)


def bilingual(result: Result | Any) -> Any:
    """A result (or anything `plain` takes) as one JSON-ready document for both languages."""
    documents = [
        result.to_dict(language) if isinstance(result, Result) else plain(result, language)
        for language in LANGUAGES
    ]
    return _folded(*documents)


def _folded(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: _folded(value, second[key]) for key, value in first.items()}
    if isinstance(first, list) and isinstance(second, list):
        return [_folded(*pair) for pair in zip(first, second, strict=True)]
    return first if first == second else dict(zip(LANGUAGES, (first, second), strict=True))


def in_language(document: Any, language: str) -> Any:
    """A stored document as it reads in one language."""
    if isinstance(document, dict):
        if document.keys() == _BOTH:
            return document[normalize_language(language)]
        return {key: in_language(value, language) for key, value in document.items()}
    if isinstance(document, list):
        return [in_language(value, language) for value in document]
    return document
