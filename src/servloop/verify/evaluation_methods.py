"""The methods beside the declared one: they rest on other assumptions, so that agreement means something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from servloop.verify.before_after import Model, before_after
from servloop.verify.difference_in_differences import difference_in_differences
from servloop.verify.effects import Effect, Floats
from servloop.verify.synthetic_control import synthetic_control

if TYPE_CHECKING:
    from servloop.verify.evaluation import Declaration, Observed, UnitSeries

FEWEST_DONORS = 5
_FEWEST_CLUSTERS = 4


@dataclass(frozen=True)
class MethodEffect:
    """The effect by one method.

    Attributes:
        key: ``"difference"``, ``"its"``, ``"units"`` (unit by unit, clustered errors), ``"synthetic"``, ``"plain"``,
            or ``"others"`` (what changed in the comparison units meanwhile).
        effect: estimate, standard error, p.
        primary: it is the one that was declared.
    """

    key: str
    effect: Effect
    primary: bool = False


def other_methods(
    observed: Observed,
    declaration: Declaration,
    first: int,
    changed: Floats,
    comparison: Floats | None,
    *,
    model: Model,
) -> tuple[MethodEffect, ...]:
    """Every further method that the data allow, in a fixed order."""
    level = 1 - declaration.alpha
    flat = replace(model, trend=False, season=None)
    found: list[MethodEffect] = []
    if comparison is not None:
        own = replace(model, trend=True)
        found.append(MethodEffect("its", before_after(changed, first, own, level=level).effect))
        found += _by_unit(observed.units, first, level)
        found += _synthetic(observed.units, changed, first)
    found.append(MethodEffect("plain", before_after(changed, first, flat, level=level).effect))
    if comparison is not None:
        found.append(MethodEffect("others", before_after(comparison, first, flat, level=level).effect))
    return tuple(one for one in found if one.effect.estimate.computable)


def _by_unit(units: Sequence[UnitSeries], first: int, level: float) -> list[MethodEffect]:
    """Two-way fixed effects; clustered errors need several units on both sides."""
    sides = [sum(unit.changed is side for unit in units) for side in (True, False)]
    if min(sides) < _FEWEST_CLUSTERS:
        return []
    rows = [
        (value, unit.name, place, unit.changed and place >= first)
        for unit in units
        for place, value in enumerate(unit.values)
        if value is not None
    ]
    outcome, names, places, on = (list(column) for column in zip(*rows, strict=True))
    found = difference_in_differences(outcome, names, places, on, declared=True, level=level)
    return [MethodEffect("units", found.effect)]


def _synthetic(units: Sequence[UnitSeries], changed: Floats, first: int) -> list[MethodEffect]:
    """The changed units together against a mix of comparison units with complete series."""
    whole = [unit for unit in units if not unit.changed and None not in unit.values]
    used = ~np.isnan(changed)  # a period that is left out is left out of all
    if len(whole) < FEWEST_DONORS or (first < len(used) and not used[:first].any()):
        return []
    table = np.vstack([changed[used], *(np.array(unit.values, dtype=np.float64)[used] for unit in whole)])
    names = ["", *(unit.name for unit in whole)]
    found = synthetic_control(table, names, "", int(used[:first].sum()), declared=True)
    return [MethodEffect("synthetic", Effect(found.effect, None, found.placebo_p))]
