"""Computing one study for one set of units: everyone, each unit, each segment, small groups kept hidden. Pure.

Hiding a small group is not enough where its figures follow from those of everyone and of the other groups; so further
groups are hidden with it (`servloop.trust.small_groups`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from servloop.errors import ServLoopError
from servloop.measure.frames import text_column
from servloop.results import plain
from servloop.trust.small_groups import suppress_small_groups
from servloop_app.core.errors import ActionError
from servloop_app.measure.figures import SMALLEST_GROUP
from servloop_app.measure.study_kinds import ModelKind, Spec
from servloop_app.measure.study_sources import BREAKDOWNS, UNIT

if TYPE_CHECKING:
    import polars as pl

EVERYTHING = "all"
MOST_SEGMENTS = 60  # labels of a segment; units may be more
SEED = 0


def scope_key(units: Iterable[str] | None) -> str:
    """A name for a set of units; one for everything."""
    if units is None:
        return EVERYTHING
    return hashlib.sha256("\n".join(sorted(units)).encode()).hexdigest()


@dataclass(frozen=True)
class Failure:
    """Why something could not be computed: a code with parameters, said in the reader's language."""

    code: str
    params: dict[str, Any]

    @classmethod
    def of(cls, error: ServLoopError) -> Failure:
        """From what was raised."""
        return cls(error.code, plain(error.params))


@dataclass(frozen=True)
class ComputedGroup:
    """One unit or segment: its figures, or why there are none. ``n`` is None when it may not be told."""

    label: str
    n: int | None
    document: Any = None
    failure: Failure | None = None


@dataclass(frozen=True)
class Breakdown:
    """All groups of one column.

    Attributes:
        by: the column.
        groups: in the order of their labels; rows that say nothing have the label "" and come last.
        differences: tests between the groups that are told, where the kind has any.
        failure: why there are no groups at all.
    """

    by: str
    groups: tuple[ComputedGroup, ...] = ()
    differences: Any = None
    failure: Failure | None = None

    def summary(self) -> dict[str, Any]:
        """What is stored of the breakdown as a whole."""
        return {
            "by": self.by,
            "groups": len(self.groups),
            "hidden": sum(group.n is None for group in self.groups),
            "differences": self.differences,
            "error_code": self.failure.code if self.failure else "",
            "error_params": self.failure.params if self.failure else {},
        }


@dataclass(frozen=True)
class Computed:
    """A study over the rows of one scope."""

    n: int
    document: Any = None
    failure: Failure | None = None
    breakdowns: tuple[Breakdown, ...] = field(default=())


def compute_study(
    kind: ModelKind,
    frame: pl.DataFrame,
    spec: Spec,
    *,
    segments: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Computed:
    """All figures of a study.

    Args:
        kind: the model.
        frame: from the kind's ``read``; one row a respondent.
        spec: a checked specification.
        segments: columns to break down by, besides the unit, the channel and the language of the response.
        progress: told how many breakdowns are done.
    """
    n = frame.height
    if n == 0:
        return Computed(0, failure=Failure("studies.no_answers", {}))
    if kind.people and n < SMALLEST_GROUP:
        return Computed(n, failure=Failure("measure_app.small_group", {"smallest": SMALLEST_GROUP}))
    try:
        document = kind.figures(frame, spec, SEED)
    except ServLoopError as error:
        return Computed(n, failure=Failure.of(error))
    wanted = [by for by in dict.fromkeys((*BREAKDOWNS, *segments)) if _divides(frame, by)]
    breakdowns = []
    for done, by in enumerate(wanted):
        if progress:
            progress(done, len(wanted))
        breakdowns.append(_breakdown(kind, frame, spec, by))
    return Computed(n, document, breakdowns=tuple(breakdowns))


def _divides(frame: pl.DataFrame, by: str) -> bool:
    if by not in frame.columns:
        return by not in BREAKDOWNS  # a segment that is gone is said; a unit that nobody has is not
    return by not in BREAKDOWNS or frame[by].drop_nulls().n_unique() > 1


def _breakdown(kind: ModelKind, frame: pl.DataFrame, spec: Spec, by: str) -> Breakdown:
    import polars as pl  # noqa: PLC0415  # in jobs only

    of_groups = kind.for_groups(spec) if kind.for_groups else spec
    try:
        labels = text_column(frame, by).cast(pl.String).fill_null("").alias("@group")
    except ServLoopError as error:
        return Breakdown(by, failure=Failure.of(error))
    present = sorted(label for label in labels.unique().to_list() if label)
    if by != UNIT and len(present) > MOST_SEGMENTS:
        return Breakdown(
            by, failure=Failure("studies.too_many_groups", {"column": by, "most": MOST_SEGMENTS})
        )
    order = [*present, *([""] if (labels == "").any() else [])]
    parts = {label: frame.filter(labels == label) for label in order}
    shown = _shown({label: part.height for label, part in parts.items()}, people=kind.people)
    groups = tuple(_group(kind, of_groups, label, part, told=label in shown) for label, part in parts.items())
    return Breakdown(by, groups, _differences(kind, frame.filter(labels.is_in(list(shown - {""}))), spec, by))


def _shown(sizes: dict[str, int], *, people: bool) -> frozenset[str]:
    """Groups whose figures may be told beside those of everyone."""
    if not people:
        return frozenset(sizes)
    counts = suppress_small_groups(list(sizes.values()), SMALLEST_GROUP).counts
    return frozenset(label for label, count in zip(sizes, counts, strict=True) if count is not None)


def _group(kind: ModelKind, spec: Spec, label: str, part: pl.DataFrame, *, told: bool) -> ComputedGroup:
    if not told:
        return ComputedGroup(
            label, None, failure=Failure("studies.group_hidden", {"smallest": SMALLEST_GROUP})
        )
    try:
        return ComputedGroup(label, part.height, kind.figures(part, spec, SEED))
    except ServLoopError as error:
        return ComputedGroup(label, part.height, failure=Failure.of(error))


def _differences(kind: ModelKind, frame: pl.DataFrame, spec: Spec, by: str) -> Any:
    if kind.differences is None or frame[by].drop_nulls().n_unique() < 2:
        return None
    try:
        return kind.differences(frame, spec, by)
    except ServLoopError:
        return None  # the groups themselves say what is wrong


def check_segments(segments: Sequence[str], known: Sequence[str]) -> None:
    """Refuse breakdowns that the source does not have.

    Raises:
        ActionError: `core.choice_unknown`.
    """
    for column in segments:
        if column not in known:
            raise ActionError("core.choice_unknown", value=column, choices=list(known), entry="segments")
