"""The metric catalogue that ships: what each metric means, how it is computed, what it needs, how it is classified.

The definitions are data (``servloop/measure/metrics/*.yaml``), so that an organisation can read, extend and translate
them; this module reads and checks them. Technical and perceived reliability, technical and functional availability,
technical and perceived security are separate metrics, because they move apart in practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from servloop.errors import SpecError
from servloop.messages import normalize_language

GROUPS = ("operation", "system", "customer", "feedback", "business")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "scope": ("internal", "external"),
    "dimension": ("technical", "functional", "relational", "expected", "perceived"),
    "object": ("kpi", "customer_satisfaction", "business_outcome"),
    "method": ("quantitative", "qualitative", "mixed"),
    "nature": ("objective", "subjective"),
}
STAKEHOLDERS = ("customer", "staff", "management", "owner", "society")
DIRECTIONS = ("higher", "lower", "band")
#: Tables of facts that a metric can be computed from.
DATA = (
    "answers",
    "customers",
    "event_cases",
    "events",
    "feedback",
    "measurements",
    "transactions",
)
UNITS: Mapping[str, Mapping[str, str]] = {
    "coefficient": {"zh-CN": "系数", "en": "coefficient"},
    "count": {"zh-CN": "个", "en": "count"},
    "money": {"zh-CN": "金额", "en": "money"},
    "per 1000": {"zh-CN": "每千次", "en": "per 1,000"},
    "per customer": {"zh-CN": "每客户", "en": "per customer"},
    "per hour": {"zh-CN": "每小时", "en": "per hour"},
    "percent": {"zh-CN": "%", "en": "%"},
    "points": {"zh-CN": "分", "en": "points"},
    "ratio": {"zh-CN": "比值", "en": "ratio"},
    "score": {"zh-CN": "得分", "en": "score"},
    "seconds": {"zh-CN": "秒", "en": "seconds"},
    "units": {"zh-CN": "单位", "en": "units"},
}


@dataclass(frozen=True)
class MetricDefinition:
    """One metric.

    Attributes:
        code: stable name.
        group: of `GROUPS`.
        names, definitions, formulas: by language (``zh-CN``, ``en``).
        unit: of `UNITS`.
        direction: ``higher`` or ``lower`` is better, or ``band``.
        classes: class → value, as `CLASSES` lists them.
        stakeholders: whose view it takes.
        data: tables of facts it needs.
        target_min, target_max: default target, editable; None without one.
    """

    code: str
    group: str
    names: Mapping[str, str]
    definitions: Mapping[str, str]
    formulas: Mapping[str, str]
    unit: str
    direction: str
    classes: Mapping[str, str]
    stakeholders: tuple[str, ...]
    data: tuple[str, ...]
    target_min: float | None = None
    target_max: float | None = None

    def name(self, language: str = "en") -> str:
        """The metric's name in a language."""
        return self.names[normalize_language(language)]

    def definition(self, language: str = "en") -> str:
        """What it means."""
        return self.definitions[normalize_language(language)]

    def formula(self, language: str = "en") -> str:
        """How it is computed."""
        return self.formulas[normalize_language(language)]

    def unit_name(self, language: str = "en") -> str:
        """Its unit as shown."""
        return UNITS[self.unit][normalize_language(language)]


@cache
def catalogue() -> Mapping[str, MetricDefinition]:
    """All metrics that ship, by code, group by group."""
    metrics: dict[str, MetricDefinition] = {}
    for group in GROUPS:
        for entry in _entries(group):
            metric = _metric(group, entry)
            metrics[metric.code] = metric
    return metrics


def _entries(name: str) -> list[dict[str, Any]]:
    import yaml

    path = resources.files("servloop.measure") / "metrics" / f"{name}.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return entries


def _metric(group: str, entry: Mapping[str, Any]) -> MetricDefinition:
    target = entry.get("target", {})
    return MetricDefinition(
        code=entry["code"],
        group=group,
        names=entry["name"],
        definitions=entry["definition"],
        formulas=entry["formula"],
        unit=entry["unit"],
        direction=entry["direction"],
        classes=entry["classes"],
        stakeholders=tuple(entry["stakeholders"]),
        data=tuple(entry["data"]),
        target_min=target.get("min"),
        target_max=target.get("max"),
    )


def metric(code: str) -> MetricDefinition:
    """One metric.

    Raises:
        SpecError: no such metric; the sentence lists what exists.
    """
    known = catalogue()
    if code not in known:
        raise SpecError("assess.unknown_choice", name="metric", received=code, known=sorted(known))
    return known[code]


def select(
    *, group: str | None = None, stakeholder: str | None = None, data: str | None = None, **classes: str
) -> list[MetricDefinition]:
    """Metrics of a group, a stakeholder's view, a table of facts, a class (``dimension="perceived"``).

    Raises:
        SpecError: a value that does not exist.
    """
    asked: dict[str, tuple[str | None, tuple[str, ...]]] = {
        "group": (group, GROUPS),
        "stakeholder": (stakeholder, STAKEHOLDERS),
        "data": (data, DATA),
    }
    for name, value in classes.items():
        if name not in CLASSES:
            raise SpecError("assess.unknown_choice", name="class", received=name, known=sorted(CLASSES))
        asked[name] = (value, CLASSES[name])
    for name, (chosen, known) in asked.items():
        if chosen is not None and chosen not in known:
            raise SpecError("assess.unknown_choice", name=name, received=chosen, known=list(known))
    return [
        m
        for m in catalogue().values()
        if (group is None or m.group == group)
        and (stakeholder is None or stakeholder in m.stakeholders)
        and (data is None or data in m.data)
        and all(m.classes[name] == value for name, value in classes.items())
    ]
