"""A made-up service log of any size, for trials, benchmarks and demonstrations.

Requests walk through ten stages. At each stage a usual activity or one of two others happens; now and then a
stage is skipped, repeated, or visited again after a return, and one stage is a planted bottleneck. No person,
organisation or record stands behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.ordering import Int64
from servloop.errors import SpecError

if TYPE_CHECKING:
    import polars as pl

STAGES = (
    ("Receive request", "Receive call", "Receive message"),
    ("Check completeness", "Ask for documents", "Receive documents"),
    ("Classify request", "Correct category", "Set priority"),
    ("Assign to team", "Reassign", "Escalate"),
    ("Investigate", "Consult expert", "Ask customer back"),
    ("Prepare solution", "Order part", "Draft reply"),
    ("Review solution", "Return for correction", "Approve exception"),
    ("Inform customer", "Call customer", "Send letter"),
    ("Confirm solution", "Handle objection", "Grant compensation"),
    ("Close request", "Archive", "Ask for rating"),
)
ACTIVITIES = tuple(activity for stage in STAGES for activity in stage)
BOTTLENECK_STAGE = 6  # reviews wait four times as long as other steps
DEPARTMENTS = ("Front desk", "Service", "Technology", "Quality", "Back office")
CHANNELS = ("phone", "web", "app", "branch")

_EVENTS_A_CASE = 8
_MOVES = ((1, 0.74), (0, 0.07), (2, 0.14), (-2, 0.05))  # on, repeat, skip one, return
_CHOICE = (0.80, 0.15, 0.05)
_YEAR = 365 * 86_400
_BEGIN = 1_735_689_600  # 2025-01-01T00:00:00Z


def generate_log(
    events: int, *, seed: int = 0, resources: int = 200, intervals: bool = False, zone: str = "UTC"
) -> pl.DataFrame:
    """Make an event log; rows are in the order of time, so the cases are interleaved.

    Args:
        events: about how many events (8 a case on average, at least 2).
        seed: the same seed gives the same log.
        resources: how many people work on the requests.
        intervals: also say when work began (``start_time``).
        zone: time zone in which the times are given.

    Returns:
        ``case_id, activity, time, [start_time,] resource, department, channel``; times are whole seconds.

    Raises:
        SpecError: ``process.too_few_events`` for fewer than 2 events.
    """
    import polars as pl

    if events < 2:
        raise SpecError("process.too_few_events", received=events)
    random = np.random.default_rng(seed)
    lengths, stage = _walks(random, max(1, round(events / _EVENTS_A_CASE)))
    cases = len(lengths)
    case = np.repeat(np.arange(cases), lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    position = np.arange(len(case)) - first
    choice = random.choice(3, len(case), p=_CHOICE)
    activity = np.where(position == 0, np.minimum(choice, 2), stage * 3 + choice)
    wait = random.lognormal(7.5, 1.4, len(case)) * np.where(stage == BOTTLENECK_STAGE, 4.0, 1.0)
    service = np.ceil(random.lognormal(5.5, 0.8, len(case))).astype(np.int64)
    elapsed = np.where(position == 0, 0, np.ceil(wait).astype(np.int64)) + service
    running = np.cumsum(elapsed)
    begin = _BEGIN + np.sort(random.integers(0, _YEAR, cases))
    end = np.repeat(begin, lengths) + running - (running - elapsed)[first]
    person = (
        stage * resources // len(STAGES) + random.integers(0, max(resources // 5, 1), len(case))
    ) % resources
    order = np.argsort(end, kind="stable")
    width = len(str(cases))

    def times(seconds: Int64) -> pl.Series:
        moments = pl.Series(seconds[order] * 1_000_000).cast(pl.Datetime("us", "UTC"))
        return moments.dt.convert_time_zone(zone)

    def names(labels: list[str], codes: Int64) -> pl.Series:
        return pl.Series(labels).gather(codes)

    channel = random.integers(0, len(CHANNELS), cases)
    columns = {
        "case_id": names([f"R{number:0{width}d}" for number in range(cases)], case[order]),
        "activity": names(list(ACTIVITIES), activity[order]),
        "time": times(end),
    }
    if intervals:
        columns["start_time"] = times(end - service)
    columns["resource"] = names([f"P{number:03d}" for number in range(resources)], person[order])
    columns["department"] = names(list(DEPARTMENTS), stage[order] * len(DEPARTMENTS) // len(STAGES))
    columns["channel"] = names(list(CHANNELS), channel[case[order]])
    return pl.DataFrame(columns)


def _walks(random: np.random.Generator, cases: int) -> tuple[Int64, Int64]:
    """Walk the cases through the stages; a case ends at the last stage, or is still open.

    Returns:
        Events of each case, and the stage of each event.
    """
    lengths = 2 + random.negative_binomial(7, 0.5, cases)
    case = np.repeat(np.arange(cases), lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    moves, chances = zip(*_MOVES, strict=True)
    move = random.choice(moves, len(case), p=chances)
    move[first] = 0
    walked = np.cumsum(move)
    stage = np.clip(walked - walked[first], 0, len(STAGES) - 1)
    closed = np.cumsum(stage == len(STAGES) - 1)
    closed_before = closed - (stage == len(STAGES) - 1)
    kept = closed_before == closed_before[first]  # nothing happens after the first closing
    return np.bincount(case[kept], minlength=cases), stage[kept]
