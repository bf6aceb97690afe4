"""Metrics as plain values: what ships, what is recorded of a version, what a form must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from servloop.facts.cells import columns_of
from servloop.measure.catalogue import DIRECTIONS, GROUPS, UNITS, catalogue
from servloop.measure.figures import parse_formula
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.shipped import FORMULAS


@dataclass
class Definition:
    """All that defines a metric, in JSON-ready types."""

    name: LocalizedText
    definition: LocalizedText
    group: str
    unit: str
    direction: str
    source: str = ""
    formula: str = ""
    segment: str = ""
    scoring: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    stakeholders: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    target_min: float | None = None
    target_max: float | None = None

    def check(self) -> None:
        """Refuse what could not be computed or shown.

        Raises:
            ActionError, SpecError: which entry, what was received, what exists.
        """
        if not self.name:
            raise ActionError("measure_app.name_missing")
        for entry, value, known in (
            ("group", self.group, GROUPS),
            ("unit", self.unit, tuple(UNITS)),
            ("direction", self.direction, DIRECTIONS),
        ):
            if value not in known:
                raise ActionError("core.choice_unknown", value=value, choices=list(known), entry=entry)
        if self.target_min is not None and self.target_max is not None and self.target_min > self.target_max:
            raise ActionError("measure_app.target_reversed", low=self.target_min, high=self.target_max)
        if self.formula:
            columns = columns_of(self.source)
            parse_formula(self.formula, columns)
            if self.segment and columns.get(self.segment) != "text":
                texts = sorted(name for name, kind in columns.items() if kind == "text")
                raise ActionError("core.choice_unknown", value=self.segment, choices=texts, entry="segment")

    def values(self) -> dict[str, Any]:
        """Fields of the model."""
        return dict(self.__dict__)


def shipped_definitions() -> dict[str, Definition]:
    """The catalogue that ships, by code, with formulas where the facts can answer."""
    found = {}
    for code, metric in catalogue().items():
        formula = FORMULAS.get(code)
        found[code] = Definition(
            name=LocalizedText.of(metric.names),
            definition=LocalizedText.of(metric.definitions),
            group=metric.group,
            unit=metric.unit,
            direction=metric.direction,
            source=formula.source if formula else "",
            formula=formula.formula if formula else "",
            segment=formula.segment if formula else "",
            scoring=formula.scoring if formula else "",
            classes=dict(metric.classes),
            stakeholders=list(metric.stakeholders),
            needs=list(metric.data),
            target_min=metric.target_min,
            target_max=metric.target_max,
        )
    return found | _volumes()


def _volumes() -> dict[str, Definition]:
    """How much there was: the base of all rates."""
    entries = {
        "feedback_volume": (
            LocalizedText("反馈量", "Feedback volume"),
            LocalizedText("收到的反馈条数。", "Feedback records received."),
            "feedback",
        ),
        "case_volume": (
            LocalizedText("办件量", "Case volume"),
            LocalizedText("办结的流程案例数。", "Cases of a process that ended."),
            "operation",
        ),
    }
    classes = {
        "scope": "internal",
        "dimension": "technical",
        "object": "kpi",
        "method": "quantitative",
        "nature": "objective",
    }
    return {
        code: Definition(
            name=name,
            definition=definition,
            group=group,
            unit="count",
            direction="band",
            source=FORMULAS[code].source,
            formula=FORMULAS[code].formula,
            segment=FORMULAS[code].segment,
            classes=classes,
            stakeholders=["management"],
            needs=["feedback" if group == "feedback" else "events"],
        )
        for code, (name, definition, group) in entries.items()
    }
