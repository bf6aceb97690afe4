"""`servloop measure`: service-quality models on any table; each command lives in its own module."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

# command → module:name
_MODULES = {
    "ces": "servloop_app.cli.measure_loyalty:ces",
    "cfa": "servloop_app.cli.measure_factors:cfa",
    "csat": "servloop_app.cli.measure_loyalty:csat",
    "efa": "servloop_app.cli.measure_factors:efa",
    "index": "servloop_app.cli.measure_index:index",
    "kano": "servloop_app.cli.measure_kano:kano",
    "loyalty-index": "servloop_app.cli.measure_loyalty:loyalty_index",
    "nps": "servloop_app.cli.measure_loyalty:nps",
    "reliability": "servloop_app.cli.measure_reliability:reliability",
    "servqual": "servloop_app.cli.measure_servqual:servqual",
    "servqual-gaps": "servloop_app.cli.measure_servqual:gaps",
    "servqual-template": "servloop_app.cli.measure_servqual:template",
    "servqual-zone": "servloop_app.cli.measure_servqual:zone",
}


@click.group(cls=LazyGroup, modules=_MODULES)
def command() -> None:
    """Measure service quality, satisfaction and loyalty (测量)."""
