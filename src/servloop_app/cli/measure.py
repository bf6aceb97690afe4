"""`servloop measure`: service-quality models on any table; each command lives in its own module."""

from __future__ import annotations

import click

from servloop_app.cli import LazyGroup

# command → module:name
_MODULES = {
    "agreement": "servloop_app.cli.measure_agreement",
    "balanced-scorecard": "servloop_app.cli.measure_scorecard:balanced_scorecard",
    "ces": "servloop_app.cli.measure_loyalty:ces",
    "cfa": "servloop_app.cli.measure_factors:cfa",
    "csat": "servloop_app.cli.measure_loyalty:csat",
    "drivers": "servloop_app.cli.measure_drivers",
    "efa": "servloop_app.cli.measure_factors:efa",
    "efqm": "servloop_app.cli.measure_scorecard:efqm",
    "importance": "servloop_app.cli.measure_importance:importance",
    "index": "servloop_app.cli.measure_index:index",
    "kano": "servloop_app.cli.measure_kano:kano",
    "loyalty-index": "servloop_app.cli.measure_loyalty:loyalty_index",
    "nps": "servloop_app.cli.measure_loyalty:nps",
    "penalty-reward": "servloop_app.cli.measure_importance:penalty_reward",
    "quality": "servloop_app.cli.measure_quality",
    "reliability": "servloop_app.cli.measure_reliability:reliability",
    "retention": "servloop_app.cli.measure_value:retention",
    "sample-size": "servloop_app.cli.measure_weights:sample_size",
    "self-assessment": "servloop_app.cli.measure_scorecard:self_assessment",
    "servqual": "servloop_app.cli.measure_servqual:servqual",
    "servqual-gaps": "servloop_app.cli.measure_servqual:gaps",
    "servqual-template": "servloop_app.cli.measure_servqual:template",
    "servqual-zone": "servloop_app.cli.measure_servqual:zone",
    "value": "servloop_app.cli.measure_value:value",
    "weights": "servloop_app.cli.measure_weights:weights",
    "weights-of-criteria": "servloop_app.cli.measure_criteria",
}


@click.group(cls=LazyGroup, modules=_MODULES)
def command() -> None:
    """Measure service quality, satisfaction and loyalty (测量)."""
