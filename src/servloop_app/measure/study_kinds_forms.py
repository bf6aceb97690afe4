"""Two forms that ship: operational excellence, and the five aspects that practice documents call ACSI (they are not)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servloop.errors import SpecError
from servloop.measure import excellence, five_aspects
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.study_documents import bilingual
from servloop_app.measure.study_kinds import KINDS, Layout, ModelKind, Proposal, Spec
from servloop_app.measure.study_sources import SurveyColumns

if TYPE_CHECKING:
    from types import ModuleType

    import polars as pl


def _kind(code: str, name: LocalizedText, form: ModuleType) -> ModelKind:
    statements = {one.code: one for one in form.STATEMENTS}
    areas = form.AREAS if hasattr(form, "AREAS") else form.ASPECTS
    labels = {one.code: LocalizedText(one.zh, one.en) for one in form.STATEMENTS}
    labels |= {key: LocalizedText(*names[:2]) for key, names in areas.items()}

    def check(document: Any) -> Spec:
        columns = document.get("columns", {}) if isinstance(document, dict) else None
        if not isinstance(columns, dict) or not all(isinstance(one, str) for one in columns.values()):
            raise SpecError("measure.spec_not_a_mapping", name=code, received=type(document).__name__)
        unknown = sorted(set(columns) - set(statements))
        if unknown:
            raise SpecError(
                "assess.unknown_choice", name="columns", received=", ".join(unknown), known=list(statements)
            )
        return {"columns": {key: columns.get(key, key) for key in statements}}

    def columns(spec: Spec) -> list[str]:
        return list(check(spec)["columns"].values())

    def figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:  # noqa: ARG001  # nothing is drawn
        score = excellence.self_assessment if form is excellence else five_aspects.satisfaction_form
        return bilingual(score(frame, columns=spec["columns"]))

    def layout(survey: SurveyColumns) -> list[Proposal]:
        return [Proposal("form", {"columns": {}}, labels)] if set(statements) <= set(survey.names) else []

    layouts: tuple[Layout, ...] = (layout,)
    return ModelKind(code, name, check, columns, figures, layouts=layouts)


EXCELLENCE = _kind("excellence", LocalizedText("卓越运营自评", "Operational excellence"), excellence)
FIVE_ASPECTS = _kind(
    "five_aspects", LocalizedText("五方面满意度表", "Five-aspect satisfaction form"), five_aspects
)


def register() -> None:
    """Make the kinds known."""
    for kind in (EXCELLENCE, FIVE_ASPECTS):
        KINDS.add(kind.code, kind)
