"""Calls to the hotline of the simulated bank: a real queue, with the people who were on duty that day.

Unlike the other records, waits are not drawn here: they come about because calls arrive and people are busy. On
Mondays too few people are planned (``PLANTED["monday_staffing"]``), so the same calls in a world without planted
effects say what enough people would have changed.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from servloop_app.demo.simulator.world import ZONE, World

WEEKS = 26
PEOPLE = 12
REGISTERED, CALLED_BACK = "来电登记", "回电处理"
DESK = "热线坐席"
_HEADS = 6
_BUSY = (1.25, 1.1, 1.0, 1.0, 1.05, 0.6, 0.45)
_MONDAY_SHARE = 0.75  # of the people that a Monday needs, when too few are planned
_CALLS = 95.0  # on a usual day
_OPEN, _CLOSED, _LAST_CALL = 9 * 3_600, 18 * 3_600, 17.5 * 3_600
_TALK_SECONDS, _TALK_SPREAD = 24 * 60.0, 0.6


@dataclass
class _Desk:
    """Calls that wait, and what was written down so far."""

    waiting: deque[tuple[int, float, float]] = field(default_factory=deque)  # call, ready, seconds of talk
    rows: list[tuple[int, str, float, float, str, str]] = field(default_factory=list)
    calls: int = 0

    def take(self, moment: float, talk: float) -> None:
        """A call is registered at once, and waits."""
        self.rows.append((self.calls, REGISTERED, moment, moment + 30, "语音系统", "语音系统"))
        self.waiting.append((self.calls, moment + 30, talk))
        self.calls += 1

    def work(self, midnight: float, people: list[str]) -> None:
        """A day's work: first come, first served; what is not begun by closing time waits for the next day."""
        free = dict.fromkeys(people, midnight + _OPEN)
        while self.waiting:
            call, ready, talk = self.waiting[0]
            person = min(free, key=lambda name: (free[name], name))
            begin = max(free[person], ready)
            if begin >= midnight + _CLOSED:
                return
            self.waiting.popleft()
            free[person] = begin + talk
            self.rows.append((call, CALLED_BACK, begin, begin + talk, person, DESK))


def hotline_calls(world: World) -> pl.DataFrame:
    """The event log of the calls of the last half year, in the columns of the other processes; times in UTC."""
    random = world.random("hotline")
    desk = _Desk()
    for day in range(world.days - WEEKS * 7, world.days):
        date = world.start + dt.timedelta(days=day)
        midnight = dt.datetime.combine(date, dt.time(), ZONE).timestamp()
        # Everything random is drawn alike in either world: they differ by the people on duty alone.
        busy = _BUSY[date.weekday()]
        moments = np.sort(random.uniform(_OPEN, _LAST_CALL, random.poisson(_CALLS * busy)))
        talks = _TALK_SECONDS * random.lognormal(-(_TALK_SPREAD**2) / 2, _TALK_SPREAD, len(moments))
        roster = [f"坐席{person:02d}" for person in random.permutation(PEOPLE) + 1]
        for moment, talk in zip(moments.tolist(), talks.tolist(), strict=True):
            desk.take(midnight + moment, talk)
        desk.work(midnight, roster[: heads(world, date.weekday())])
    return _table(desk.rows)


def heads(world: World, weekday: int) -> int:
    """People on duty on a day of the week (0 = Monday)."""
    short = weekday == 0 and world.effect("monday_staffing") is not None
    return round(_HEADS * _BUSY[weekday] * (_MONDAY_SHARE if short else 1.0))


def _table(rows: list[tuple[int, str, float, float, str, str]]) -> pl.DataFrame:
    columns = ("案例编号", "活动", "开始时间", "完成时间", "经办人", "部门")
    table = pl.DataFrame(rows, schema=columns, orient="row")
    moment = (pl.col("开始时间", "完成时间") * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    call = pl.format("HJ-{}", pl.col("案例编号").cast(pl.String).str.zfill(6))
    return table.sort("开始时间", maintain_order=True).with_columns(moment, call.alias("案例编号"))
