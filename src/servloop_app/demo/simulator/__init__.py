"""A seeded simulator of a bank with twelve branches and a hotline over two years, with planted, documented effects."""

from servloop_app.demo.simulator.feedback import feedback, survey
from servloop_app.demo.simulator.operations import operations
from servloop_app.demo.simulator.processes import PROCESSES, Process, events
from servloop_app.demo.simulator.quality_survey import quality_survey
from servloop_app.demo.simulator.world import PLANTED, Planted, World

__all__ = [
    "PLANTED",
    "PROCESSES",
    "Planted",
    "Process",
    "World",
    "events",
    "feedback",
    "operations",
    "quality_survey",
    "survey",
]
