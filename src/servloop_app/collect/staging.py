"""Stage an import's file with what the platform knows: units, people, masking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
from django.utils import timezone

from servloop.io.imports import Mapping, Staged, stage_file
from servloop.io.imports.checks import UnitIndex
from servloop.io.imports.staging import Surroundings
from servloop.trust.pii import detect_many, mask
from servloop_app.collect import files, people
from servloop_app.collect.models import Import
from servloop_app.core.models import Unit
from servloop_app.core.policy import EverythingPolicy


def stage(found: Import, source: Path, progress: Callable[[int], None]) -> Staged:
    """Read, map and check an import's file; nothing is stored yet but keys of people who were not known.

    Feedback keeps its clear text here: the work database seals it, and the facts get a masked copy.
    """
    mapping = Mapping.from_dict(found.mapping)
    return stage_file(
        source,
        mapping,
        files.fresh_staging(found.public_id),
        now=timezone.now(),
        surroundings=Surroundings(
            unit_index(found.unit),
            person_keys=_keys_of_people,
            mask=None if mapping.target == "feedback" else mask_column,
        ),
        places=files.places_of(found.public_id),
        progress=progress,
    )


def unit_index(root: Unit) -> UnitIndex:
    """The units below one, by code and by name in both languages; the unit itself is the default."""
    below = EverythingPolicy().tree.subtree(root.pk)
    ids: dict[str, str] = {}
    zones: dict[str, str] = {}
    standard = timezone.get_default_timezone_name()
    for unit in Unit.objects.filter(pk__in=list(below)):
        for name in (unit.code, unit.name.zh, unit.name.en):
            if name.strip():
                ids[name.strip().lower()] = unit.code
        zones[unit.code] = unit.time_zone or standard
    return UnitIndex(ids, zones, root.code, standard)


def _keys_of_people(identifiers: pl.Series) -> pl.Series:
    keys = people.keys_of(identifiers.drop_nulls().unique().to_list())
    return people.keyed(identifiers, keys)


def mask_column(texts: pl.Series) -> pl.Series:
    """Texts with structured personal data replaced; each distinct text is looked at once."""
    distinct = texts.drop_nulls().unique().to_list()
    found = zip(distinct, detect_many(distinct), strict=True)
    masked = {text: mask(text, spans) for text, spans in found if spans}
    return texts.replace(masked) if masked else texts
