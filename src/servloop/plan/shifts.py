"""Shift plans: how many people begin which shift on which day, so that demand is covered at the least cost.

The set covering model of Dantzig, A comment on Edie's "Traffic delays at toll booths" (1954), as an integer
programme with a break pattern per shift, solved by HiGHS through SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

_WEEK = 7


@dataclass(frozen=True, slots=True)
class ShiftTemplate:
    """A kind of shift, in periods of the day.

    Attributes:
        name: what people call it.
        starts: periods of the day in which it may begin.
        length: periods from begin to end, breaks included.
        breaks: periods after the begin in which the person is away.
        cost: of one such shift.
        days: days on which it may begin, 0 is the first; None for all.
        most: at most so many people begin it on a day, all its starts together; None for no limit.
    """

    name: str
    starts: tuple[int, ...]
    length: int
    breaks: tuple[int, ...] = ()
    cost: float = 1.0
    days: tuple[int, ...] | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        inside = all(0 < place < self.length for place in self.breaks)
        if self.length < 1 or not self.starts or not inside:
            raise SpecError("plan.shift_invalid", shift=self.name)
        if not (math.isfinite(self.cost) and self.cost > 0) or (self.most is not None and self.most < 0):
            raise SpecError("plan.shift_cost_invalid", shift=self.name, received=self.cost)


@dataclass(frozen=True, slots=True)
class Assignment:
    """So many people begin a shift in a period of a day."""

    day: int
    shift: str
    start: int
    people: int


@dataclass(frozen=True, kw_only=True)
class ShiftPlan(Result):
    """The plan.

    Attributes:
        n: periods with demand.
        assignments: by day, start and shift.
        cost: of all shifts.
        lower_bound: no plan that covers the same demand is cheaper than this.
        optimal: proven to be the cheapest.
        demand, scheduled: people needed and at work, days x periods.
        shortfall: person-periods that lack; 0 unless a shortfall was allowed.
        surplus_share: scheduled person-periods beyond the demand, as a share of those scheduled.
        shifts: number of shifts.
        least_people: nobody can work the plan with fewer people, at ``days_per_person`` shifts each and one a day.
    """

    n: int
    assignments: tuple[Assignment, ...]
    cost: float
    lower_bound: float
    optimal: bool
    demand: npt.NDArray[np.int64]
    scheduled: npt.NDArray[np.int64]
    shortfall: int
    surplus_share: float
    shifts: int
    least_people: int
    method: str = "set_covering_milp_highs"

    def to_frame(self) -> pl.DataFrame:
        """One row per assignment."""
        import polars as pl

        schema = {"day": pl.Int64, "shift": pl.String, "start": pl.Int64, "people": pl.Int64}
        return pl.DataFrame([asdict(item) for item in self.assignments], schema=schema)


def plan_shifts(
    demand: npt.ArrayLike,
    templates: Sequence[ShiftTemplate],
    *,
    shortfall_cost: float | None = None,
    days_per_person: int = 5,
    time_limit_seconds: float = 20.0,
    tolerance: float = 1e-6,
) -> ShiftPlan:
    """The cheapest plan that covers demand.

    A shift that goes past midnight continues on the next day; past the last of seven days it continues on the
    first (a week repeats), in other plans it is cut.

    Args:
        demand: people needed, days x periods of a day; whole numbers.
        templates: kinds of shifts.
        shortfall_cost: price of one lacking person-period; None when demand must be covered.
        days_per_person: shifts that one person works in the plan, for ``least_people``.
        time_limit_seconds: the best plan found by then is returned, with ``optimal`` False.
        tolerance: relative gap to the bound at which the search ends.

    Raises:
        SpecError: ``plan.demand_not_table``, ``plan.shift_start_outside``, ``plan.demand_not_coverable`` (with
            the first period), ``plan.no_shift_plan`` when limits or time leave no plan.
    """
    needed = _demand_table(demand)
    days, periods = needed.shape
    starts, cover = _candidates(templates, days, periods)
    flat = needed.ravel()
    if shortfall_cost is None:
        blank = np.flatnonzero((flat > 0) & ~cover.any(axis=1))
        if len(blank):
            day, period = divmod(int(blank[0]), periods)
            raise SpecError("plan.demand_not_coverable", periods=len(blank), day=day + 1, period=period + 1)
    people, lacking, bound, optimal = _solve(
        flat,
        cover,
        starts,
        templates,
        shortfall_cost=shortfall_cost,
        time_limit=time_limit_seconds,
        tolerance=tolerance,
    )
    scheduled = (cover @ people).astype(np.int64).reshape(days, periods)
    cost = float(
        sum(templates[kind].cost * count for (_, kind, _), count in zip(starts, people, strict=True))
    )
    per_day = np.zeros(days, dtype=np.int64)
    np.add.at(per_day, [day for day, _, _ in starts], people)
    total = int(people.sum())
    short = int(lacking.sum())
    surplus = int(np.maximum(scheduled - needed, 0).sum())
    return ShiftPlan(
        n=int((needed > 0).sum()),
        assignments=tuple(
            Assignment(day, templates[kind].name, start, int(count))
            for (day, kind, start), count in sorted(
                zip(starts, people.tolist(), strict=True),
                key=lambda item: (item[0][0], item[0][2], item[0][1]),
            )
            if count
        ),
        cost=cost,
        lower_bound=bound,
        optimal=optimal,
        demand=needed,
        scheduled=scheduled,
        shortfall=short,
        surplus_share=surplus / scheduled.sum() if scheduled.any() else 0.0,
        shifts=total,
        least_people=max(math.ceil(total / days_per_person), int(per_day.max(initial=0))),
        warnings=((Notice("plan.shortfall", count=short),) if short else ())
        + (() if optimal else (Notice("plan.not_proven_cheapest", params={"bound": f"{bound:.2f}"}),)),
    )


def _demand_table(demand: npt.ArrayLike) -> npt.NDArray[np.int64]:
    table = np.asarray(demand, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all() or (table < 0).any():
        raise SpecError("plan.demand_not_table", shape=list(table.shape))
    return np.ceil(table - 1e-9).astype(np.int64)


def _candidates(
    templates: Sequence[ShiftTemplate], days: int, periods: int
) -> tuple[list[tuple[int, int, int]], npt.NDArray[np.bool_]]:
    """Every (day, template, start), and the periods in which each has its person at work (one column each)."""
    starts: list[tuple[int, int, int]] = []
    columns: list[npt.NDArray[np.bool_]] = []
    total = days * periods
    for kind, template in enumerate(templates):
        if min(template.starts) < 0 or max(template.starts) >= periods or template.length > total:
            raise SpecError("plan.shift_start_outside", shift=template.name, periods=periods)
        present = np.setdiff1d(np.arange(template.length), template.breaks)
        allowed = range(days) if template.days is None else [day for day in template.days if 0 <= day < days]
        for day in allowed:
            for start in template.starts:
                worked = day * periods + start + present
                worked = worked % total if days == _WEEK else worked[worked < total]
                column = np.zeros(total, dtype=np.bool_)
                column[worked] = True
                starts.append((day, kind, start))
                columns.append(column)
    cover = np.array(columns, dtype=np.bool_).T if columns else np.zeros((total, 0), dtype=np.bool_)
    return starts, cover


def _solve(
    demand: npt.NDArray[np.int64],
    cover: npt.NDArray[np.bool_],
    starts: Sequence[tuple[int, int, int]],
    templates: Sequence[ShiftTemplate],
    *,
    shortfall_cost: float | None,
    time_limit: float,
    tolerance: float,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], float, bool]:
    """People per candidate, lacking people per period, lower bound of the cost, whether it is proven."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack

    shifts, total = len(starts), len(demand)
    if not demand.any():
        return np.zeros(shifts, np.int64), np.zeros(total, np.int64), 0.0, True
    cost = np.array([templates[kind].cost for _, kind, _ in starts])
    rows: Any = csr_array(cover.astype(np.float64))
    highest = np.full(shifts, float(demand.max()))
    if shortfall_cost is not None:
        rows = hstack([rows, eye_array(total)])
        cost = np.concatenate((cost, np.full(total, shortfall_cost)))
        highest = np.concatenate((highest, demand.astype(np.float64)))
    constraints = [LinearConstraint(rows, lb=demand)]
    limited = _limits(starts, templates, len(cost))
    if limited is not None:
        constraints.append(LinearConstraint(limited[0], ub=limited[1]))
    answer = milp(
        cost,
        integrality=np.ones(len(cost), dtype=np.int64),
        bounds=Bounds(0, highest),
        constraints=constraints,
        options={"time_limit": time_limit, "mip_rel_gap": tolerance},
    )
    if answer.x is None:
        raise SpecError("plan.no_shift_plan", reason=str(answer.message))
    whole = np.rint(answer.x).astype(np.int64)
    bound = answer.get("mip_dual_bound")
    return whole[:shifts], whole[shifts:], float(cost @ whole if bound is None else bound), answer.status == 0


def _limits(
    starts: Sequence[tuple[int, int, int]], templates: Sequence[ShiftTemplate], variables: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """One row per (day, template with a limit)."""
    groups = sorted({(day, kind) for day, kind, _ in starts if templates[kind].most is not None})
    if not groups:
        return None
    rows = np.zeros((len(groups), variables))
    for place, (day, kind, _) in enumerate(starts):
        if templates[kind].most is not None:
            rows[groups.index((day, kind)), place] = 1
    return rows, np.array([templates[kind].most for _, kind in groups], dtype=np.float64)
