"""From a user's file to rows that fit the facts: map, check, set wrong rows aside, keep the right ones."""

from servloop.io.imports.mapping import Mapping, suggest_mapping
from servloop.io.imports.report import QualityReport
from servloop.io.imports.staging import Staged, stage_file, stage_rows
from servloop.io.imports.targets import TARGETS, Field, Target

__all__ = [
    "TARGETS",
    "Field",
    "Mapping",
    "QualityReport",
    "Staged",
    "Target",
    "stage_file",
    "stage_rows",
    "suggest_mapping",
]
