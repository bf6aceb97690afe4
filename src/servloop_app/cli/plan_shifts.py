"""`servloop plan shifts`: who begins which shift when, from a YAML file of demand and shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from servloop.errors import SpecError
from servloop.messages import message
from servloop_app.cli.output import common_options, print_result, print_table
from servloop_app.cli.process_log import read_yaml

if TYPE_CHECKING:
    import numpy as np

    from servloop.plan.shifts import ShiftPlan, ShiftTemplate

_DAY_MINUTES = 1440
_FIGURES = ("cost", "lower_bound", "shifts", "least_people", "shortfall")


@click.command()
@click.argument("path", metavar="FILE", type=click.Path())
@common_options
def command(
    *,
    path: str,
    as_json: bool,
    language: str,
    seed: int,  # noqa: ARG001  # the same options on every command; nothing here is random
    timezone: str | None,  # noqa: ARG001
) -> None:
    """The cheapest shifts that cover demand (排班).

    \b
    period_minutes: 30
    demand:                # one row per day; people, or with `service` calls
      - [0, 0, 3, 5, …]    # from 00:00, one number per period
    service: {handling: 240, level: 0.8, within: 20, patience: 120, shrinkage: 0.3}
    shifts:
      - {name: early, start: ["08:00", "08:30"], hours: 8.5, breaks: [4], cost: 300, days: [0, 1], most: 20}
    shortfall_cost: 50     # leave out when demand must be covered
    """  # noqa: D301  # click's mark for a block that is not wrapped
    from servloop.plan.shifts import plan_shifts

    spec = read_yaml(path)
    minutes, demand = _demand(spec)
    shifts = [_template(item, minutes) for item in spec["shifts"]]
    result = plan_shifts(demand, shifts, shortfall_cost=spec.get("shortfall_cost"))
    print_result(result, as_json=as_json, language=language, table=lambda: _table(result, minutes, language))


def _demand(spec: Any) -> tuple[int, np.ndarray[Any, Any]]:
    import numpy as np

    from servloop.plan.staffing import Target, agents_per_period

    if not isinstance(spec, Mapping) or not isinstance(spec.get("shifts"), list) or "demand" not in spec:
        raise SpecError("plan.spec_invalid", problem="demand, shifts")
    minutes = spec.get("period_minutes", 30)
    if not isinstance(minutes, int) or minutes < 1 or _DAY_MINUTES % minutes:
        raise SpecError("plan.spec_invalid", problem=f"period_minutes: {minutes}")
    try:
        demand = np.asarray(spec["demand"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SpecError("plan.spec_invalid", problem="demand") from error
    service = spec.get("service")
    if service is None:
        return minutes, demand
    if not isinstance(service, Mapping) or not isinstance(service.get("handling"), int | float):
        raise SpecError("plan.spec_invalid", problem="service: handling")
    needed = agents_per_period(
        demand,
        period_seconds=minutes * 60,
        service_seconds=service["handling"],
        target=Target(service.get("level", 0.8), service.get("within", 20)),
        patience_seconds=service.get("patience"),
        shrinkage=service.get("shrinkage", 0.0),
    )
    return minutes, needed


def _template(item: Any, minutes: int) -> ShiftTemplate:
    from servloop.plan.shifts import ShiftTemplate

    try:
        days = item.get("days")
        return ShiftTemplate(
            str(item["name"]),
            tuple(_period(start, minutes) for start in item["start"]),
            _periods(item["hours"], minutes),
            tuple(_periods(after, minutes) for after in item.get("breaks", ())),
            float(item.get("cost", 1.0)),
            None if days is None else tuple(int(day) for day in days),
            item.get("most"),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SpecError("plan.spec_invalid", problem=f"shifts: {item}") from error


def _period(clock: Any, minutes: int) -> int:
    # YAML 1.1 reads 08:30 without quotes as the number of minutes 510.
    if isinstance(clock, int):
        return clock // minutes
    hours, _, rest = str(clock).partition(":")
    return (int(hours) * 60 + int(rest)) // minutes


def _periods(hours: float, minutes: int) -> int:
    return round(float(hours) * 60 / minutes)


def _table(result: ShiftPlan, minutes: int, language: str) -> None:
    def words(kind: str, names: Sequence[str]) -> list[str]:
        return [message(f"plan.{kind}_{name}", language=language) for name in names]

    rows = [
        (
            item.day + 1,
            item.shift,
            f"{item.start * minutes // 60:02d}:{item.start * minutes % 60:02d}",
            item.people,
        )
        for item in result.assignments
    ]
    title = message("plan.title_shifts", language=language)
    print_table(title, words("column", ("day", "shift", "start", "people")), rows)
    figures = zip(words("figure", _FIGURES), (getattr(result, name) for name in _FIGURES), strict=True)
    print_table(result.method, words("column", ("figure", "value")), list(figures))
