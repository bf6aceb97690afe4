"""`servloop process`: what a process really is and where its time goes, from an event log."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

_VIEWS = "servloop_app.cli.process_views"
# command → module and name that define it
_COMMANDS = {
    "aggregates": "servloop_app.cli.process_aggregates",
    "bottlenecks": f"{_VIEWS}:bottlenecks",
    "conformance": f"{_VIEWS}:conformance",
    "handovers": f"{_VIEWS}:handovers",
    "map": f"{_VIEWS}:process_map",
    "rework": f"{_VIEWS}:rework",
    "summary": f"{_VIEWS}:summary",
    "variants": f"{_VIEWS}:variants",
    "workload": f"{_VIEWS}:workload",
}


@click.group(cls=LazyGroup, modules=_COMMANDS)
def command() -> None:
    """Process analysis of an event log (流程分析)."""
