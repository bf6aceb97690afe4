"""`servloop plan erlang`: agents for a promised service level, or the service level of so many agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from servloop.messages import message
from servloop_app.cli.output import common_options, print_result, print_table

if TYPE_CHECKING:
    from servloop.plan.staffing import QueueForecast

_FIGURES = (
    "agents", "load", "utilisation", "wait_probability", "service_level", "within_seconds",
    "mean_wait_seconds", "mean_queue", "abandonment",
)  # fmt: skip


@click.command()
@click.option("--calls", type=float, required=True, metavar="N", help="Expected calls in a period.")
@click.option(
    "--period", type=float, default=1800.0, show_default=True, metavar="S", help="Length of the period."
)
@click.option("--handling", type=float, required=True, metavar="S", help="Mean handling time of a call.")
@click.option("--patience", type=float, metavar="S", help="Mean time until a waiting caller hangs up.")
@click.option("--within", type=float, default=20.0, show_default=True, metavar="S", help="Promised time.")
@click.option("--level", type=float, default=0.8, show_default=True, help="Share to be served within it.")
@click.option("--max-utilisation", type=float, default=1.0, show_default=True, help="Limit of busy time.")
@click.option("--max-abandonment", type=float, default=1.0, show_default=True, help="Limit of hang-ups.")
@click.option("--agents", type=int, metavar="N", help="Say what so many agents give, instead of how many.")
@click.option("--loss", is_flag=True, help="Nobody can wait: Erlang B (needs --agents).")
@common_options
def command(
    *,
    calls: float,
    period: float,
    handling: float,
    patience: float | None,
    within: float,
    level: float,
    max_utilisation: float,
    max_abandonment: float,
    agents: int | None,
    loss: bool,
    as_json: bool,
    language: str,
    seed: int,  # noqa: ARG001  # the same options on every command; nothing here is random
    timezone: str | None,  # noqa: ARG001
) -> None:
    """Agents that a queue needs: Erlang C, with --patience Erlang A (座席数).

    Example: servloop plan erlang --calls 360 --handling 240 --within 15
    """
    from servloop.plan.staffing import Demand, Target, forecast, loss_forecast, required_agents

    demand = Demand.of_calls(calls, period, handling, patience)
    if loss:
        if agents is None:
            raise click.UsageError("--loss needs --agents N.")
        result = loss_forecast(demand, agents)
    elif agents is None:
        result = required_agents(demand, Target(level, within, max_utilisation, max_abandonment))
    else:
        result = forecast(demand, agents, within_seconds=within)
    print_result(result, as_json=as_json, language=language, table=lambda: _table(result, language))


def _table(result: QueueForecast, language: str) -> None:
    columns = [message(f"plan.column_{name}", language=language) for name in ("figure", "value")]
    rows = [(message(f"plan.figure_{name}", language=language), getattr(result, name)) for name in _FIGURES]
    print_table(f"{message('plan.title_queue', language=language)} ({result.method})", columns, rows)
    if result.reason is not None:
        click.echo(f"! {result.reason.message(language)}", err=True)
