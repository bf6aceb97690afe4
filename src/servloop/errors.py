"""The one error base of the library: what happened, what was expected, what to do, behind a stable code."""

from __future__ import annotations

from servloop.messages import message


class ServLoopError(Exception):
    """An input or a request that cannot be served, said in one clear sentence.

    Args:
        code: ``domain.name``; its texts are in ``servloop/locale`` in both languages.
        **params: the facts of the sentence (file, line, expected, received…); JSON-ready values.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def message(self, language: str = "en") -> str:
        """The sentence in the given language."""
        return message(self.code, self.params, language)

    def __str__(self) -> str:
        return self.message()


class InputError(ServLoopError):
    """A file or table that cannot be read as what it is said to be."""


class SpecError(ServLoopError):
    """A specification (YAML, parameters) that does not fit the method or the data."""
