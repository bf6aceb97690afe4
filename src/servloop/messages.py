"""Texts behind codes, in two languages.

Errors and warnings travel as a code and parameters; people read a sentence in their own language. The
sentences live in gettext catalogues, one domain per stage: code ``io.empty_file`` is the entry
``io.empty_file`` of ``locale/<language>/LC_MESSAGES/io.po``. Entries are `str.format` patterns over the
parameters, so a translator may put them in any order.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
_LOCALE_DIRECTORY = Path(__file__).parent / "locale"


def normalize_language(tag: str | None) -> str:
    """Return ``"zh-CN"`` or ``"en"`` for any language tag (``zh``, ``zh-Hans``, ``zh_CN.UTF-8``, ``en-GB``…)."""
    return "zh-CN" if (tag or "").lower().startswith("zh") else "en"


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    return gettext.translation(
        domain, localedir=_LOCALE_DIRECTORY, languages=[language.replace("-", "_")], fallback=True
    )


def message(code: str, params: Mapping[str, object] | None = None, language: str = "en") -> str:
    """The sentence for a code, filled with its parameters.

    Args:
        code: ``domain.name``, for example ``io.empty_file``.
        params: values for the placeholders of the sentence.
        language: any language tag; everything that is not Chinese is answered in English.

    Returns:
        The sentence; a code without an entry comes back as itself with its parameters, so that nothing
        is hidden even when a catalogue is incomplete (a test keeps them complete).
    """
    params = dict(params or {})
    pattern = _catalogue(code.partition(".")[0], normalize_language(language)).gettext(code)
    if pattern == code:
        return f"{code} {params}" if params else code
    return pattern.format_map(_Shown(params))


class _Shown(dict[str, object]):
    """Parameters as people read them: integers with thousands separators, a missing one as ``{name}``."""

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        if isinstance(value, list | tuple):
            return ", ".join(str(item) for item in value)
        return value

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
