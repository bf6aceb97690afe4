"""Actions of the collect stage."""

from servloop_app.collect.actions.feedback import OpenFeedbackText
from servloop_app.collect.actions.imports import (
    AddImport,
    CancelImport,
    ConfirmImport,
    DiscardImport,
    RecordFailure,
    RecordImport,
    RecordUndo,
    UndoImport,
    find_import,
)
from servloop_app.collect.actions.personal_data import ErasePeople, LookUpPeople, RecordErasure
from servloop_app.collect.actions.quarantine import MAX_REPAIRS, DismissRows, OpenQuarantined, ReplayRows

__all__ = [
    "MAX_REPAIRS",
    "AddImport",
    "CancelImport",
    "ConfirmImport",
    "DiscardImport",
    "DismissRows",
    "ErasePeople",
    "LookUpPeople",
    "OpenFeedbackText",
    "OpenQuarantined",
    "RecordErasure",
    "RecordFailure",
    "RecordImport",
    "RecordUndo",
    "ReplayRows",
    "UndoImport",
    "find_import",
]
