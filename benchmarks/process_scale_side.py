"""One measurement of `process_scale`, in a process of its own: ``python -m benchmarks.process_scale_side WHAT PATH``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, measure, peak_megabytes, print_cost


def rules(path: str) -> Cost:
    """From the table to every violation: building the log is part of it."""
    import polars as pl

    from servloop.diagnose.process.event_log import EventLog
    from servloop.diagnose.process.rules import Rule, check_rules

    frame = pl.read_parquet(path)
    wanted = [
        Rule("init", "Receive request"),
        Rule("existence", "Check completeness"),
        Rule("response", "Receive request", "Inform customer", within_seconds=14_400),
        Rule("precedence", "Prepare solution", "Review solution"),
        Rule("succession", "Assign to team", "Investigate"),
        Rule("not_succession", "Close request", "Reassign"),
        Rule("co_existence", "Order part", "Review solution"),
        Rule("absence", "Escalate", times=2),
    ]

    def check() -> dict[str, Any]:
        found = check_rules(EventLog.from_frame(frame), wanted)
        return {"rules": len(found.outcomes), "events": frame.height}

    return measure(check, repeat=3)


def xes(path: str) -> Cost:
    """Read the file."""
    from servloop.io import read_events

    return measure(lambda: {"events": read_events(path).frame.height})


def simulate(_path: str) -> Cost:
    """Discover the three processes of the sample bank, and simulate a month of each thirty times."""
    import numpy as np

    from servloop.diagnose.process.event_log import EventLog
    from servloop.plan import simulation
    from servloop.plan.simulation_model import discover_model
    from servloop_app.demo.simulator.processes import PROCESSES, events
    from servloop_app.demo.simulator.world import World

    names = {
        "案例编号": "case_id",
        "活动": "activity",
        "开始时间": "start_time",
        "完成时间": "time",
        "经办人": "resource",
        "部门": "department",
    }
    logs = [EventLog.from_frame(events(World(), process).rename(names)) for process in PROCESSES]

    def month() -> dict[str, Any]:
        steps = 0
        for log in logs:
            model = discover_model(log, timezone="Asia/Shanghai")
            warm_up = simulation.warm_up_weeks(log)
            runs = simulation.simulate(model, weeks=30 / 7, warm_up=warm_up, replications=30)
            steps += int(np.mean([one.steps.sum() for one in runs]))
        return {"steps": steps}

    return measure(month)


def disk(path: str) -> Cost:
    """All aggregates of Parquet files, with two gigabytes for the engine."""
    from servloop.facts.engines import Engine, aggregate_files

    files = sorted(Path(path).glob("events-*.parquet"))

    def work() -> dict[str, Any]:
        found = aggregate_files(Engine(memory="2GB", folder=Path(path)), files)
        edges = found.directly_follows().edges
        return {"events": found.summary().events, "edges": len(edges), "variants": found.variants_total}

    cost = measure(work)
    return replace(cost, answer={**cost.answer, "process_mb": peak_megabytes()})


if __name__ == "__main__":
    print_cost({"rules": rules, "xes": xes, "simulate": simulate, "disk": disk}[sys.argv[1]](sys.argv[2]))
