"""What the collect stage tells the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from servloop_app.core.hooks import Event


@dataclass(frozen=True)
class ImportStored(Event):
    """An import ended; its rows are in the facts.

    Attributes:
        source: public id of the import.
        tables: fact tables that it brought rows to.
    """

    name = "import.stored"
    source: str
    tables: list[str]


@dataclass(frozen=True)
class ImportUndone(Event):
    """An import was taken back; its rows are gone."""

    name = "import.undone"
    source: str
    tables: list[str]


@dataclass(frozen=True)
class PersonalDataErased(Event):
    """People were erased; figures and files made of the facts are to be made anew.

    Attributes:
        tables: fact tables that rows may have gone from.
    """

    name = "personal_data.erased"
    tables: list[str]
