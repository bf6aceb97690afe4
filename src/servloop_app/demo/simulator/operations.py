"""Staff on duty and costs of the simulated bank, as a planning system would report them."""

from __future__ import annotations

import numpy as np
import polars as pl

from servloop_app.demo.simulator.world import HOTLINE, UNITS, WEIGHTS, ZONE, World

STAFF = "staff_on_duty"
COST = "service_cost"
# Of what the hotline needs on a Monday, so many parts are there when too few are planned.
_MONDAY_SHARE = 0.6
_COST_PER_HEAD = 21_500.0  # yuan a month


def operations(world: World) -> pl.DataFrame:
    """Staff on duty per unit and day, and cost per unit and month: one row per metric, unit and time."""
    random = world.random("operations")
    days = pl.date_range(
        world.start, world.start + pl.duration(days=world.days - 1), interval="1d", eager=True
    )
    heads = np.maximum(np.rint(WEIGHTS * 8), 4)
    weekday = days.dt.weekday().to_numpy()
    busy = np.array([1.25, 1.1, 1.0, 1.0, 1.05, 0.6, 0.45])[weekday - 1]
    planned = busy[:, None] * heads[None, :]
    if world.effect("monday_staffing") is not None:
        planned[weekday == 1, UNITS.index(HOTLINE)] *= _MONDAY_SHARE
    there = np.maximum(np.rint(planned + random.normal(0, 0.4, planned.shape)), 1)
    staff = pl.DataFrame(
        {
            "时间": np.repeat(days.to_numpy(), len(UNITS)),
            "网点": list(UNITS) * len(days),
            "指标": STAFF,
            "数值": there.ravel(),
            "计量单位": "人",
        }
    )
    months = days.dt.truncate("1mo").unique().sort()
    cost = heads[None, :] * _COST_PER_HEAD * random.normal(1.0, 0.03, (len(months), len(UNITS)))
    money = pl.DataFrame(
        {
            "时间": np.repeat(months.to_numpy(), len(UNITS)),
            "网点": list(UNITS) * len(months),
            "指标": COST,
            "数值": np.round(cost.ravel(), 2),
            "计量单位": "元",
        }
    )
    noon = pl.col("时间").cast(pl.Datetime("us")).dt.offset_by("12h").dt.replace_time_zone(str(ZONE))
    return pl.concat([staff, money]).with_columns(noon.dt.convert_time_zone("UTC"))
