"""What a process really is and where its time goes: pure functions on an integer-coded event log.

Start with `event_log.EventLog.from_frame`; every other module is one question to the log. A function takes
the log and parameters and returns a frozen `servloop.results.Result`.
"""

from __future__ import annotations

from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.compare import compare
from servloop.diagnose.process.conformance import conformance
from servloop.diagnose.process.directly_follows import directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import handovers
from servloop.diagnose.process.queues import queues
from servloop.diagnose.process.rework import rework
from servloop.diagnose.process.rules import check_rules
from servloop.diagnose.process.simplify import simplify
from servloop.diagnose.process.slow_cases import slow_cases
from servloop.diagnose.process.summary import summary
from servloop.diagnose.process.temporal_profile import temporal_profile
from servloop.diagnose.process.times import step_times
from servloop.diagnose.process.variants import variants
from servloop.diagnose.process.workload import workload

__all__ = [
    "EventLog",
    "bottlenecks",
    "check_rules",
    "compare",
    "conformance",
    "directly_follows",
    "handovers",
    "queues",
    "rework",
    "simplify",
    "slow_cases",
    "step_times",
    "summary",
    "temporal_profile",
    "variants",
    "workload",
]
