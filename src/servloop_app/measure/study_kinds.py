"""The kinds of studies: what the engine must know of a service-quality model.

A study applies one model to one source of the facts. The engine reads the source, keeps small groups hidden, computes
everyone, each unit and each segment in a job, and stores what the pages show. **To add a model**:

1. Write three functions over a data frame with one row a respondent (a Polars frame; `study_sources.read_survey` says
   which columns it has): ``check(document)`` validates a specification (the YAML of the command, as a dictionary) and
   returns it with defaults; ``columns(spec)`` lists the columns it reads; ``figures(frame, spec, seed)`` calls the
   kernel of `servloop.measure` and returns a JSON-ready document, as a rule ``bilingual(kernel(...))``. Import kernels
   inside the functions: the web process loads this module, but only jobs may load scipy. A `ServLoopError` that the kernel
   raises is stored as "not computable, because".
   Units and segments are computed by the same function: where that would take too long, give a lighter ``for_groups(spec)``.
2. Where differences between groups can be tested, write ``differences(frame, spec, by)``; ``frame`` then holds the rows
   of the groups that may be told. Its document stands in the breakdown under ``"differences"``.
3. If files can be recognised, write layouts: functions from a `study_sources.SurveyColumns` to `Proposal`s.
4. Add the `ModelKind` to `KINDS` from the ``ready`` of the app (see `study_kinds_survey.register`), and a page for it to
   ``servloop_app.web.measure.models.kinds.PAGES``. The page reads `study_queries.view_of`; never the facts.

A model that reads something else than a survey (metrics by unit, say) sets ``read``: it gets a `Reading` (a connection to the
facts that shows only the scope's rows, the codes of the scope's units, the study's ``source``) and returns a frame with a
column ``@unit`` if there is something to break down by. ``tables`` names the fact tables whose change makes results stale;
``people=False`` says that rows are not single people, so that no small groups need hiding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from servloop_app.core.errors import ActionError
from servloop_app.core.hooks import Registry
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.study_sources import Reading, SurveyColumns, read_survey

if TYPE_CHECKING:
    import polars as pl

Spec = dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """A study that a layout recognised in a survey.

    Attributes:
        layout: stable name of what was recognised; one survey gets one study per kind and layout.
        spec: a valid specification of the kind.
        labels: name in the specification → its words.
    """

    layout: str
    spec: Spec
    labels: Mapping[str, LocalizedText] = field(default_factory=dict)


Layout = Callable[[SurveyColumns], Sequence[Proposal]]


@dataclass(frozen=True)
class ModelKind:
    """A service-quality model as a kind of study.

    Attributes:
        code: as in the command, for example ``"servqual"``.
        name: in both languages.
        check: a specification, validated and with defaults.
        columns: the columns that a specification reads.
        figures: the model's document for the rows of a frame.
        differences: tests between the groups of a column.
        for_groups: a lighter specification for units and segments, where everyone's would take too long many times over.
        layouts: what recognises files made for it.
        read: how the source becomes a frame.
        tables: fact tables that results depend on.
        people: rows are single people.
    """

    code: str
    name: LocalizedText
    check: Callable[[Any], Spec]
    columns: Callable[[Spec], list[str]]
    figures: Callable[[pl.DataFrame, Spec, int], Any]
    differences: Callable[[pl.DataFrame, Spec, str], Any] | None = None
    for_groups: Callable[[Spec], Spec] | None = None
    layouts: tuple[Layout, ...] = ()
    read: Callable[[Reading], pl.DataFrame] = read_survey
    tables: tuple[str, ...] = ("answers", "responses")
    people: bool = True


KINDS: Registry[ModelKind] = Registry("model_kinds")


def kind_of(code: str) -> ModelKind:
    """The kind of a code.

    Raises:
        ActionError: `core.choice_unknown`.
    """
    if code not in KINDS:
        raise ActionError("core.choice_unknown", value=code, choices=list(KINDS), entry="kind")
    return KINDS[code]
