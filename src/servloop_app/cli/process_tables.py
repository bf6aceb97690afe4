"""Process results as tables for people, in their language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from servloop.messages import message
from servloop_app.cli.output import print_table

if TYPE_CHECKING:
    from servloop.diagnose.process.bottlenecks import Bottlenecks
    from servloop.diagnose.process.conformance import Conformance
    from servloop.diagnose.process.directly_follows import DirectlyFollows
    from servloop.diagnose.process.handovers import Handovers
    from servloop.diagnose.process.rework import Rework
    from servloop.diagnose.process.rules import RuleCheck
    from servloop.diagnose.process.summary import Summary
    from servloop.diagnose.process.variants import Variants
    from servloop.diagnose.process.workload import Workload

_ROWS = 20  # a person reads the top; scripts get everything
_UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0))


def duration(seconds: float | None, language: str) -> str | None:
    """A duration in the largest unit that it fills, None as it is."""
    if seconds is None:
        return None
    for unit, length in _UNITS:
        if abs(seconds) >= length:
            return message(f"process.duration_{unit}", {"value": f"{seconds / length:,.1f}"}, language)
    return message("process.duration_seconds", {"value": f"{seconds:,.1f}"}, language)


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}"


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], language: str) -> None:
    """One table; what does not fit the screen is said, not hidden."""
    headings = [message(f"process.column_{column}", language=language) for column in columns]
    print_table(message(f"process.title_{name}", language=language), headings, rows[:_ROWS])
    if len(rows) > _ROWS:
        click.echo(message("process.more_rows", {"count": len(rows) - _ROWS}, language))


def summary_table(result: Summary, language: str) -> None:
    """One row per figure."""
    counts = {
        "cases": result.n,
        "events": result.events,
        "activities": result.activities,
        "variants": result.variants,
        "resources": result.resources,
        "first": result.first and result.first.isoformat(sep=" ", timespec="seconds"),
        "last": result.last and result.last.isoformat(sep=" ", timespec="seconds"),
        "median_time": duration(result.throughput.median.value, language),
        "mean_time": duration(result.throughput.mean.value, language),
        "p90_time": duration(result.throughput.p90.value, language),
    }
    rows = [(message(f"process.column_{name}", language=language), _text(v)) for name, v in counts.items()]
    _table("summary", ("figure", "value"), rows, language)


def _text(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) else value


def map_table(result: DirectlyFollows, language: str) -> None:
    """Activities, then successions."""
    _table(
        "nodes",
        ("activity", "events", "cases", "starts", "ends"),
        [
            (n.activity, n.events, n.cases, result.start.get(n.activity, 0), result.end.get(n.activity, 0))
            for n in result.nodes
        ],
        language,
    )
    _table(
        "edges",
        ("source", "target", "count", "cases", "median_time", "mean_time", "p90_time"),
        [
            (
                edge.source,
                edge.target,
                edge.count,
                edge.cases,
                duration(edge.median_seconds, language),
                duration(edge.mean_seconds, language),
                duration(edge.p90_seconds, language),
            )
            for edge in result.edges
        ],
        language,
    )
    from servloop.diagnose.process.simplify import SimplifiedMap

    if isinstance(result, SimplifiedMap):
        facts = {
            "count": result.cases_shown_count,
            "cases": result.n,
            "share": _share(result.cases_shown.value),
            "activities": result.hidden_activities,
            "paths": result.hidden_edges,
        }
        click.echo(message("process.map_simplified", facts, language))


def variants_table(result: Variants, language: str) -> None:
    """One row per path."""
    rows = [
        (place, " → ".join(v.activities), v.cases, _share(v.share), duration(v.median_seconds, language))
        for place, v in enumerate(result.variants, start=1)
    ]
    _table("variants", ("place", "path", "cases", "share", "median_time"), rows, language)
    facts = {"total": result.total, "covering": result.covering_80}
    click.echo(message("process.variants_covering", facts, language))


def rework_table(result: Rework, language: str) -> None:
    """One row per activity that was done again."""
    rows = [
        (activity, extra, result.rework_cases[activity], result.self_loops.get(activity, 0))
        for activity, extra in result.extra_executions.items()
    ]
    _table("rework", ("activity", "extra_executions", "rework_cases", "self_loops"), rows, language)
    facts = {
        "count": result.cases_with_rework,
        "cases": result.n,
        "share": _share(result.first_time_right.value),
    }
    click.echo(message("process.first_time_right", facts, language))


def handovers_table(result: Handovers, language: str) -> None:
    """One row per pair."""
    rows = [(pair.source, pair.target, pair.count) for pair in result.handovers]
    _table("handovers", ("giver", "taker", "count"), rows, language)
    facts = {"between": result.between, "within": result.within}
    click.echo(message("process.handovers_total", facts, language))


def bottlenecks_table(result: Bottlenecks, language: str) -> None:
    """One row per step."""
    rows = [
        (
            step.source,
            step.target,
            step.count,
            step.cases,
            duration(step.total_seconds, language),
            _share(step.share),
            duration(step.median_seconds, language),
            None if step.low is None else f"{duration(step.low, language)} – {duration(step.high, language)}",
        )
        for step in result.steps
    ]
    columns = ("source", "target", "count", "cases", "total_time", "share", "median_time", "interval")
    _table("bottlenecks", columns, rows, language)


def workload_table(result: Workload, language: str) -> None:
    """One row per resource or group."""
    rows = [
        (
            load.name,
            load.events,
            load.cases,
            duration(load.busy_seconds, language),
            _share(load.utilisation),
            None if load.multitasking is None else round(load.multitasking, 2),
        )
        for load in result.loads
    ]
    columns = ("who", "events", "cases", "busy_time", "utilisation", "multitasking")
    _table("workload", columns, rows, language)
    little = result.little
    if little.mean_seconds is not None:
        facts = {
            "in_progress": f"{little.in_progress:,.1f}",
            "arrivals": f"{little.arrivals_per_second * 86_400:,.1f}",
            "mean": duration(little.mean_seconds, language),
        }
        click.echo(message("process.little_figures", facts, language))


def conformance_table(result: Conformance, language: str) -> None:
    """Deviating steps with their cases counted, then the rules."""
    cases: dict[tuple[str, str], set[str]] = {}
    for deviation in result.deviations:
        cases.setdefault((deviation.step, deviation.kind), set()).add(deviation.case)
    ranked = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [
        (step, message(f"process.kind_{kind}", language=language), len(found), min(found))
        for (step, kind), found in ranked
    ]
    _table("conformance", ("activity", "deviation", "cases", "example"), rows, language)
    facts = {
        "fitting": result.fitting_cases,
        "cases": result.n,
        "fitness": _share(result.fitness.value),
        "undecided": len(result.undecided_cases),
    }
    click.echo(message("process.conformance_total", facts, language))
    if result.rules is not None:
        rules_table(result.rules, language)


def rules_table(result: RuleCheck, language: str) -> None:
    """One row per rule."""
    rows = [
        (
            outcome.rule.name or outcome.rule.template,
            outcome.rule.activity,
            outcome.rule.other,
            outcome.activations,
            outcome.violations,
            _share(outcome.support),
            outcome.witnesses[0].case if outcome.witnesses else None,
        )
        for outcome in result.outcomes
    ]
    columns = ("rule", "activity", "other", "activations", "violations", "support", "example")
    _table("rules", columns, rows, language)
    facts = {"share": _share(result.kept_by.value), "cases": result.n}
    click.echo(message("process.rules_total", facts, language))
