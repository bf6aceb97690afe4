"""`servloop monitor`: what is unusual now."""

from __future__ import annotations

import click

from servloop_app.cli.output import print_table
from servloop_app.cli.verify_data import Request, data_command, numbers


@click.group()
def command() -> None:
    """Watch metrics for what is unusual (监测)."""


@command.command()
@data_command
@click.option("--value", required=True, metavar="C", help="Column of the metric at equal steps of time.")
@click.option(
    "--period", required=True, type=click.IntRange(1), metavar="N", help="Rows in a season (7, 24, 336)."
)
@click.option("--time", metavar="C", help="Column of times; rows are sorted by it, episodes show it.")
@click.option(
    "--history", type=click.IntRange(2), default=8, show_default=True, help="Earlier seasons looked at."
)
@click.option("--threshold", type=float, default=5.0, show_default=True, help="Robust standard deviations.")
@click.option("--lasting", type=click.IntRange(1), default=1, show_default=True, help="Rows in a row.")
@click.option("--no-log", is_flag=True, help="Work on the values, not on their logarithms.")
@click.option(
    "--floor", type=float, default=0.03, show_default=True, help="Smallest standard deviation assumed."
)
def anomalies(
    request: Request,
    *,
    value: str,
    period: int,
    time: str | None,
    history: int,
    threshold: float,
    lasting: int,
    no_log: bool,
    floor: float,
) -> None:
    """Points that differ from the same slot of earlier seasons (异常点)."""
    from servloop.monitor.anomalies import Baseline, seasonal_anomalies

    data = request.read(value, time)
    frame = data.frame if time is None else data.frame.sort(time, maintain_order=True)
    baseline = Baseline(
        period,
        history,
        fewest=min(4, history),
        threshold=threshold,
        lasting=lasting,
        floor=floor,
        logarithm=not no_log,
    )
    result = seasonal_anomalies(numbers(frame, value), baseline)

    def table() -> None:
        labels = range(frame.height) if time is None else frame[time].to_list()
        rows = [
            (
                str(labels[item.first]),
                str(labels[item.last]),
                item.last - item.first + 1,
                item.high,
                item.peak,
            )
            for item in result.episodes
        ]
        print_table(result.method, ("first", "last", "rows", "high", "peak"), rows)

    data.answer(result, table)
