"""`servloop process`: what a process really is and where its time goes, from an event log."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

_VIEWS = "servloop_app.cli.process_views"
_TIMES = "servloop_app.cli.process_times"
_QUESTIONS = "servloop_app.cli.process_questions"
# command → module and name that define it
_COMMANDS = {
    "aggregates": "servloop_app.cli.process_aggregates",
    "bottlenecks": f"{_VIEWS}:bottlenecks",
    "breaches": f"{_TIMES}:breaches",
    "compare": f"{_QUESTIONS}:compare",
    "conformance": f"{_VIEWS}:conformance",
    "handovers": f"{_VIEWS}:handovers",
    "journey": f"{_QUESTIONS}:journey",
    "key-steps": f"{_QUESTIONS}:key_steps",
    "live": f"{_QUESTIONS}:live",
    "map": f"{_VIEWS}:process_map",
    "queues": f"{_TIMES}:queues",
    "rework": f"{_VIEWS}:rework",
    "rework-cost": f"{_QUESTIONS}:rework_cost",
    "slow-cases": f"{_QUESTIONS}:slow_cases",
    "summary": f"{_VIEWS}:summary",
    "temporal-profile": f"{_TIMES}:temporal_profile",
    "times": f"{_TIMES}:times",
    "turnaround": f"{_TIMES}:turnaround",
    "value-stream": f"{_QUESTIONS}:value_stream",
    "variants": f"{_VIEWS}:variants",
    "waiting-causes": f"{_TIMES}:waiting_causes",
    "workload": f"{_VIEWS}:workload",
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Process analysis of an event log (流程分析)."""
