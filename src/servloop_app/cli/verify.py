"""`servloop verify`: did it help? Experiments, before and after, comparison units, control charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from servloop_app.cli.output import print_table
from servloop_app.cli.verify_data import (
    Data,
    Request,
    Rule,
    data_command,
    effect_row,
    estimate_row,
    first_row_from,
    numbers,
    verdict_options,
)

if TYPE_CHECKING:
    import polars as pl

    from servloop.monitor.control_charts import ControlChart, Design

_DECLARED = click.option("--declared", is_flag=True, help="Metric and date were fixed before the change.")


@click.group()
def command() -> None:
    """Judge whether a change helped (效果验证)."""


@command.command()
@data_command
@verdict_options
@click.option("--group", required=True, metavar="C", help="Column that names the group of each subject.")
@click.option(
    "--outcome", required=True, metavar="C", help="Column of outcomes; 0 and 1 are compared as shares."
)
@click.option("--control", metavar="NAME", help="The control group (default: the first in sorted order).")
@click.option("--earlier", metavar="C", help="Figure from before the experiment, to reduce variance (CUPED).")
@click.option("--denominator", metavar="C", help="Compare ratios of sums, outcome over this column.")
@click.option(
    "--share", type=float, default=0.5, show_default=True, help="Intended share of the control group."
)
def ab(
    request: Request,
    *,
    group: str,
    outcome: str,
    control: str | None,
    earlier: str | None,
    denominator: str | None,
    share: float,
    rule: Rule,
) -> None:
    """Compare two randomized groups, after checking their sizes (实验对比)."""
    import polars as pl

    from servloop.errors import InputError
    from servloop.verify.experiment import Group, experiment

    data = request.read(group, outcome, earlier, denominator)
    labels = data.frame[group].cast(pl.String)
    names = sorted(labels.drop_nulls().unique().to_list())
    if len(names) != 2:
        raise InputError("verify.groups_two", column=group, received=names)
    if control is not None and control not in names:
        raise InputError("verify.control_unknown", control=control, column=group, received=names)
    if control == names[1]:
        names.reverse()

    def arm(name: str) -> Group:
        rows = data.frame.filter(labels == name)
        return Group(
            name,
            numbers(rows, outcome),
            None if earlier is None else numbers(rows, earlier),
            None if denominator is None else numbers(rows, denominator),
        )

    result = experiment(arm(names[0]), arm(names[1]), share=share)
    found = result.comparison
    rows = [
        estimate_row(names[0], found.control),
        estimate_row(names[1], found.treatment),
        effect_row("effect", found.effect),
        estimate_row("relative", found.relative),
    ]
    data.answer_effect(result, found.method, rows, found.effect.estimate, rule)


@command.command("before-after")
@data_command
@verdict_options
@click.option("--value", required=True, metavar="C", help="Column of the metric at equal steps of time.")
@click.option(
    "--start", required=True, metavar="T", help="First time (without --time: row from 0) of the change."
)
@click.option("--time", metavar="C", help="Column of times; rows are sorted by it.")
@click.option("--season", type=click.IntRange(2), metavar="N", help="Length of the season in rows.")
@click.option("--phase", metavar="C", help="Column that names the season of each row (month, weekday).")
@click.option("--log", "logarithm", is_flag=True, help="Model the logarithm: relative effects.")
@click.option("--no-slope", is_flag=True, help="A step only, no change of slope.")
@click.option("--lags", type=click.IntRange(0), metavar="N", help="Memory of the errors in rows.")
@_DECLARED
def before_after(
    request: Request,
    *,
    value: str,
    start: str,
    time: str | None,
    season: int | None,
    phase: str | None,
    logarithm: bool,
    no_slope: bool,
    lags: int | None,
    declared: bool,
    rule: Rule,
) -> None:
    """Interrupted time series of one metric, without comparison (前后对比)."""
    import polars as pl

    from servloop.errors import InputError
    from servloop.verify.before_after import Model, before_after

    data = request.read(value, time, phase)
    frame = data.frame if time is None else data.frame.sort(time, maintain_order=True)
    if time is not None:
        place = first_row_from(frame, time, start)
    elif start.isdecimal():
        place = int(start)
    else:
        raise InputError("verify.start_not_a_row", start=start)
    result = before_after(
        numbers(frame, value),
        place,
        Model(slope_change=not no_slope, season=season, logarithm=logarithm, lags=lags),
        phase=None if phase is None else frame[phase].cast(pl.String).fill_null("").to_numpy(),
        declared=declared,
    )
    rows = [
        effect_row("effect", result.effect),
        estimate_row("relative", result.relative),
        effect_row("level", result.level_change),
    ]
    if result.slope_change is not None:
        rows.append(effect_row("slope", result.slope_change))
    data.answer_effect(result, result.method, rows, result.effect.estimate, rule)


@command.command()
@data_command
@verdict_options
@click.option("--outcome", required=True, metavar="C", help="Column of the metric.")
@click.option("--unit", metavar="C", help="Column of units (branches, teams).")
@click.option("--time", metavar="C", help="Column of periods.")
@click.option("--treatment", metavar="C", help="Column with 1 where the change was in force in that period.")
@click.option("--treated", metavar="C", help="Without units: column with 1 for the group with the change.")
@click.option("--after", metavar="C", help="Without units: column with 1 after the start.")
@_DECLARED
def did(
    request: Request,
    *,
    outcome: str,
    unit: str | None,
    time: str | None,
    treatment: str | None,
    treated: str | None,
    after: str | None,
    declared: bool,
    rule: Rule,
) -> None:
    """Difference in differences against units without the change (双重差分)."""
    from servloop.verify.difference_in_differences import difference_in_differences, two_by_two

    data = request.read(outcome, unit, time, treatment, treated, after)
    frame = data.frame
    if unit is not None and time is not None and treatment is not None:
        frame = frame.drop_nulls([unit, time])
        result = difference_in_differences(
            numbers(frame, outcome),
            frame[unit].to_numpy(),
            frame[time].to_numpy(),
            numbers(frame, treatment),
            declared=declared,
        )
    elif treated is not None and after is not None:
        result = two_by_two(
            numbers(frame, outcome), numbers(frame, treated), numbers(frame, after), declared=declared
        )
    else:
        raise click.UsageError("give --unit, --time and --treatment, or --treated and --after")
    rows = [effect_row("effect", result.effect), effect_row("pre-trend", result.pre_trend)]
    rows += [effect_row(event.period, event.effect) for event in result.events]
    data.answer_effect(result, result.method, rows, result.effect.estimate, rule)


@command.command()
@data_command
@click.option("--outcome", required=True, metavar="C", help="Column of the metric.")
@click.option("--unit", required=True, metavar="C", help="Column of units.")
@click.option("--time", required=True, metavar="C", help="Column of periods.")
@click.option("--treated", required=True, metavar="NAME", help="The unit with the change.")
@click.option("--start", required=True, metavar="T", help="First period of the change.")
@_DECLARED
def synthetic(
    request: Request, *, outcome: str, unit: str, time: str, treated: str, start: str, declared: bool
) -> None:
    """Compare one unit with a weighted mix of others (合成控制)."""
    from servloop.errors import InputError
    from servloop.verify.synthetic_control import synthetic_control

    data = request.read(outcome, unit, time)
    frame = data.frame.drop_nulls([unit, time])
    if frame.select(unit, time).is_duplicated().any():
        raise InputError("verify.panel_incomplete")
    numbers(frame, outcome)
    wide = frame.pivot(on=unit, index=time, values=outcome).sort(time)
    result = synthetic_control(
        wide.drop(time).to_numpy().T,
        wide.columns[1:],
        treated,
        first_row_from(wide, time, start),
        declared=declared,
    )
    rows = [estimate_row("effect", result.effect)]
    rows += [(name, weight, None, None, None, None) for name, weight in result.weights]
    rank = "" if result.placebo_rank is None else f", {result.placebo_rank} / {result.units}"
    data.answer_effect(result, result.effect.method + rank, rows, result.effect, Rule(None, "increase"))


@command.command()
@data_command
@click.option("--value", required=True, metavar="C", help="Column of values or counts.")
@click.option(
    "--kind",
    type=click.Choice(["i", "mr", "run", "xbar", "r", "s", "p", "c", "u", "g", "t"]),
    default="i",
    show_default=True,
    help="Kind of chart.",
)
@click.option("--size", metavar="C", help="p and u: column of items or exposure.")
@click.option("--subgroup", metavar="C", help="xbar, r and s: column that names the subgroup of each value.")
@click.option("--baseline", type=click.IntRange(2), metavar="N", help="The first N points set the limits.")
@click.option(
    "--phase", "phases", type=int, multiple=True, metavar="ROW", help="A phase begins here (from 0)."
)
@click.option(
    "--rules",
    type=click.Choice(["western-electric", "nelson"]),
    default="western-electric",
    show_default=True,
    help="Rules of signals.",
)
def spc(
    request: Request,
    *,
    value: str,
    kind: str,
    size: str | None,
    subgroup: str | None,
    baseline: int | None,
    phases: tuple[int, ...],
    rules: str,
) -> None:
    """Control chart of a series with its signals (控制图)."""
    from servloop.monitor.control_charts import NELSON, WESTERN_ELECTRIC, Design

    data = request.read(value, size, subgroup)
    design = Design(phases, baseline, rules=NELSON if rules == "nelson" else WESTERN_ELECTRIC)
    if kind in {"p", "u"}:
        chart = _rate_chart(data, value, kind, size, design)
    elif kind in {"xbar", "r", "s"}:
        chart = _subgroup_chart(data, value, kind, subgroup, design)
    else:
        chart = _series_chart(numbers(data.frame, value), kind, design)

    def table() -> None:
        names = ("index", "value", "center", "lower", "upper", "phase", "signals")
        rows = [(*row[:-1], " ".join(row[-1])) for row in chart.to_frame().select(names).rows()]
        print_table(f"{kind}: {chart.method}", names, rows)
        if chart.reason is not None:
            click.echo(chart.reason.message(request.language), err=True)

    data.answer(chart, table)


def _rate_chart(data: Data, value: str, kind: str, size: str | None, design: Design) -> ControlChart:
    from servloop.monitor.control_charts import p_chart, u_chart

    if size is None:
        raise click.UsageError("p and u charts need --size")
    make = p_chart if kind == "p" else u_chart
    return make(numbers(data.frame, value), numbers(data.frame, size), design)


def _subgroup_chart(data: Data, value: str, kind: str, subgroup: str | None, design: Design) -> ControlChart:
    import numpy as np

    from servloop.monitor.control_charts import subgroup_chart

    if subgroup is None:
        raise click.UsageError("xbar, r and s charts need --subgroup")
    numbers(data.frame, value)
    groups: pl.Series = data.frame.group_by(subgroup, maintain_order=True).agg(value)[value]
    longest = int(groups.list.len().max() or 0)  # type: ignore[arg-type]  # lengths are integers
    table = np.array([[*group, *[None] * (longest - len(group))] for group in groups.to_list()], dtype=float)
    return subgroup_chart(table, design, kind=kind)  # type: ignore[arg-type]  # one of the three kinds


def _series_chart(values: object, kind: str, design: Design) -> ControlChart:
    from servloop.monitor import control_charts as charts

    make: Mapping[str, Callable[..., ControlChart]] = {
        "i": charts.individuals,
        "mr": charts.moving_ranges,
        "run": charts.run_chart,
        "c": charts.c_chart,
        "g": charts.g_chart,
        "t": charts.t_chart,
    }
    return make[kind](values, design)
