"""Process records of the simulated bank: account opening, loans, and replacing a card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from servloop_app.demo.simulator.world import BRANCHES, WEIGHTS, Floats, Ints, World

_HOUR = 3_600.0


@dataclass(frozen=True)
class Step:
    """One step: its name, department, median working time and median wait before it (hours), chance to be sent back."""

    name: str
    department: str
    work: float
    wait: float
    back: float = 0.0


@dataclass(frozen=True)
class Process:
    """A process: its steps in order, and how many cases there are at scale 1."""

    name: str
    cases: int
    steps: tuple[Step, ...]


PROCESSES = (
    Process(
        "对公开户",
        16_000,
        (
            Step("提交申请", "柜面", 0.2, 0.0),
            Step("材料审核", "运营部", 0.5, 1.6, 0.28),
            Step("尽职调查", "尽调组", 1.5, 9.7, 0.05),
            Step("账户审批", "审批中心", 0.4, 4.8),
            Step("开立账户", "运营部", 0.3, 2.2),
            Step("网银激活", "柜面", 0.2, 1.0),
        ),
    ),
    Process(
        "个人贷款",
        14_000,
        (
            Step("提交申请", "客户经理", 0.3, 0.0),
            Step("资料核对", "客户经理", 0.8, 6.0, 0.22),
            Step("征信查询", "审批中心", 0.2, 3.0),
            Step("额度审批", "审批中心", 1.0, 20.0, 0.08),
            Step("签订合同", "客户经理", 0.7, 30.0),
            Step("抵押登记", "运营部", 2.0, 26.0),
            Step("放款", "运营部", 0.3, 10.0),
        ),
    ),
    Process(
        "换卡补卡",
        22_000,
        (
            Step("受理申请", "柜面", 0.1, 0.0),
            Step("身份核验", "柜面", 0.1, 0.1, 0.06),
            Step("制卡", "制卡中心", 1.0, 16.0),
            Step("寄送", "制卡中心", 0.2, 20.0),
            Step("激活", "柜面", 0.1, 40.0),
        ),
    ),
)


def events(world: World, process: Process) -> pl.DataFrame:
    """The event log of one process as a workflow system would export it; times in UTC."""
    walk = _Walk(world, process)
    everybody = np.arange(walk.cases)
    for place, step in enumerate(process.steps):
        walk.go(step, everybody)
        # A case that is sent back repeats the step before, and then this one.
        again = np.flatnonzero(walk.random.random(walk.cases) < step.back)
        if len(again) and place:
            walk.go(process.steps[place - 1], again)
            walk.go(step, again)
    return walk.log()


class _Walk:
    """All cases of a process on their way: where the clock of each stands, and the rows written so far."""

    def __init__(self, world: World, process: Process) -> None:
        self.random = world.random(process.name)
        self.cases = int(process.cases * world.scale)
        self._world = world
        self._process = process
        self._days = world.busy_days(self.random, self.cases)
        weights = WEIGHTS[: len(BRANCHES)]
        self._units = self.random.choice(len(BRANCHES), size=self.cases, p=weights / weights.sum())
        self._clock = world.moments(self.random, self._days).astype(np.float64)
        self._rows: list[pl.DataFrame] = []

    def go(self, step: Step, cases: Ints) -> None:
        """Let some cases wait for a step and be worked on."""
        count = len(cases)
        wait = step.wait * _HOUR * self.random.lognormal(0, 0.55, count)
        if step.name == "尽职调查":
            slow = self._world.inside("document_check_waits", self._days[cases], self._units[cases])
            wait = np.where(slow, wait * max(self._world.size("document_check_waits"), 1.0), wait)
        start = self._clock[cases] + wait
        end = start + step.work * _HOUR * self.random.lognormal(0, 0.4, count)
        self._clock[cases] = end
        branch = np.array(BRANCHES)[self._units[cases]]
        staff = self.random.integers(1, 6, count)
        self._rows.append(
            pl.DataFrame({"案例编号": cases, "网点": branch, "staff": staff}).select(
                "案例编号",
                pl.lit(step.name).alias("活动"),
                _times(start).alias("开始时间"),
                _times(end).alias("完成时间"),
                pl.format("{}-{}-{}", "网点", pl.lit(step.department), "staff").alias("经办人"),
                pl.lit(step.department).alias("部门"),
                "网点",
            )
        )

    def log(self) -> pl.DataFrame:
        """The rows in the order in which work began; what was not done when the data were taken is not in them."""
        name = pl.format("{}-{}", pl.lit(self._process.name), pl.col("案例编号").cast(pl.String).str.zfill(6))
        done = pl.concat(self._rows).filter(pl.col("完成时间") < self._world.end)
        return done.sort("开始时间", maintain_order=True).with_columns(name.alias("案例编号"))


def _times(seconds: Floats) -> pl.Series:
    return pl.Series((seconds * 1e6).astype(np.int64)).cast(pl.Datetime("us", "UTC"))
