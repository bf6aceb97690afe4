"""`servloop process`: the views of one log — what it holds, its map, its paths, who works, what departs from the standard."""

from __future__ import annotations

from typing import Literal

import click

from servloop.results import plain
from servloop_app.cli.process_log import LogRequest, log_command


@click.command()
@log_command
def summary(request: LogRequest) -> None:
    """What the log holds, and how long its cases take (概况)."""
    from servloop.diagnose.process.summary import summary as compute
    from servloop_app.cli.process_tables import summary_table

    loaded = request.read()
    result = compute(loaded.log)
    loaded.report(result, lambda: summary_table(result, request.language))


@click.command("map")
@log_command
@click.option(
    "--activities", type=click.FloatRange(0, 1), metavar="SHARE", help="Show this share of the activities."
)
@click.option("--paths", type=click.FloatRange(0, 1), metavar="SHARE", help="Show this share of the paths.")
def process_map(request: LogRequest, activities: float | None, paths: float | None) -> None:
    """Which activity follows which: how often, after what time (流程图)."""
    from servloop.diagnose.process.directly_follows import directly_follows
    from servloop.diagnose.process.simplify import simplify
    from servloop_app.cli.process_tables import map_table

    loaded = request.read()
    result = directly_follows(loaded.log)
    if activities is not None or paths is not None:
        result = simplify(
            loaded.log,
            activities=1.0 if activities is None else activities,
            paths=1.0 if paths is None else paths,
            full=result,
        )
    loaded.report(result, lambda: map_table(result, request.language))


@click.command()
@log_command
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N", help="Only the N most frequent (default: all)."
)
def variants(request: LogRequest, top: int | None) -> None:
    """The different paths of cases, the most frequent first (变体)."""
    from servloop.diagnose.process.variants import variants as compute
    from servloop_app.cli.process_tables import variants_table

    loaded = request.read()
    result = compute(loaded.log, top=top)
    loaded.report(result, lambda: variants_table(result, request.language), listing=plain(result.variants))


@click.command()
@log_command
def rework(request: LogRequest) -> None:
    """Activities done again, loops, and cases right the first time (返工)."""
    from servloop.diagnose.process.rework import rework as compute
    from servloop_app.cli.process_tables import rework_table

    loaded = request.read()
    result = compute(loaded.log)
    loaded.report(result, lambda: rework_table(result, request.language))


@click.command()
@log_command
@click.option(
    "--by",
    type=click.Choice(["resource", "group"]),
    default="resource",
    show_default=True,
    help="Between people, or between departments.",
)
def handovers(request: LogRequest, by: Literal["resource", "group"]) -> None:
    """Who hands work over to whom (交接)."""
    from servloop.diagnose.process.handovers import handovers as compute
    from servloop_app.cli.process_tables import handovers_table

    loaded = request.read()
    result = compute(loaded.log, by=by)
    loaded.report(result, lambda: handovers_table(result, request.language))


@click.command()
@log_command
@click.option(
    "--not-waiting",
    multiple=True,
    metavar="ACTIVITY",
    help="An administrative activity: nobody waits before it. Repeatable.",
)
def bottlenecks(request: LogRequest, not_waiting: tuple[str, ...]) -> None:
    """Steps by the time that cases spend before them (瓶颈)."""
    from servloop.diagnose.process.bottlenecks import bottlenecks as compute
    from servloop_app.cli.process_tables import bottlenecks_table

    loaded = request.read()
    result = compute(loaded.log, not_waiting=not_waiting)
    loaded.report(result, lambda: bottlenecks_table(result, request.language), listing=plain(result.steps))


@click.command()
@log_command
@click.option(
    "--by",
    type=click.Choice(["resource", "group"]),
    default="resource",
    show_default=True,
    help="Of people, or of departments.",
)
def workload(request: LogRequest, by: Literal["resource", "group"]) -> None:
    """Who is busy how much, and whether the process keeps up (负荷)."""
    from servloop.diagnose.process.workload import workload as compute
    from servloop_app.cli.process_tables import workload_table

    loaded = request.read()
    result = compute(loaded.log, by=by, timezone=request.timezone or "UTC")
    loaded.report(result, lambda: workload_table(result, request.language))


@click.command()
@log_command
@click.option("--model", type=click.Path(), metavar="FILE.bpmn", help="The process as designed (BPMN 2.0).")
@click.option("--rules", type=click.Path(), metavar="RULES.yaml", help="Rules of the service standard.")
def conformance(request: LogRequest, model: str | None, rules: str | None) -> None:
    """Which cases part from the model or break the rules, and where (符合性)."""
    from dataclasses import replace

    from servloop.diagnose.process.bpmn import parse_bpmn
    from servloop.diagnose.process.conformance import conformance as align_with_model
    from servloop.diagnose.process.rules import check_rules
    from servloop.diagnose.process.rules_spec import rules_from_spec
    from servloop_app.cli.process_log import read_bytes, read_yaml
    from servloop_app.cli.process_tables import conformance_table, rules_table

    if model is None and rules is None:
        raise click.UsageError("--model FILE.bpmn or --rules RULES.yaml is needed.")
    net = None if model is None else parse_bpmn(read_bytes(model))
    wanted = None if rules is None else rules_from_spec(read_yaml(rules))
    loaded = request.read()
    checked = None if wanted is None else check_rules(loaded.log, wanted)
    if net is None:
        assert checked is not None  # one of the two is given
        loaded.report(checked, lambda: rules_table(checked, request.language))
        return
    result = replace(align_with_model(loaded.log, net), rules=checked)
    if checked is not None:
        new = tuple(notice for notice in checked.warnings if notice not in result.warnings)
        result = replace(result, warnings=result.warnings + new)
    loaded.report(result, lambda: conformance_table(result, request.language))
