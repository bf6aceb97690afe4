"""The temporal profile: how long it usually is from one activity to any later one, and where it was not.

Source: Stertz, Mangler & Rinderle-Ma, Temporal conformance checking at runtime based on time-infused process
models (2020): mean and standard deviation of the time between all pairs of activities that follow each other
in a case, directly or later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.durations import MICROSECONDS
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.ordering import Float64, Int64
from servloop.errors import SpecError
from servloop.results import Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class ProfilePair:
    """Time from one activity to a later one: occurrences, mean and standard deviation (n - 1) in seconds."""

    source: str
    target: str
    n: int
    mean_seconds: float
    sd_seconds: float


@dataclass(frozen=True, slots=True)
class TemporalDeviation:
    """A pair of events whose time is further from the mean than the limit; ``z`` is None where sd is 0."""

    case: str
    source: str
    target: str
    source_row: int
    target_row: int
    seconds: float
    z: float | None


@dataclass(frozen=True, kw_only=True)
class TemporalProfile(Result):
    """The profile and the deviations from it.

    Attributes:
        n: pairs of events that entered.
        pairs: by source, then target.
        deviations: by case, then rows of the source table.
        cases_with_deviation: how many.
        zeta: the limit in standard deviations.
    """

    n: int
    pairs: tuple[ProfilePair, ...]
    deviations: tuple[TemporalDeviation, ...]
    cases_with_deviation: int
    zeta: float
    method: str = "eventually_follows_sample_sd"

    def to_frame(self) -> pl.DataFrame:
        """One row per pair."""
        import polars as pl

        return pl.DataFrame([asdict(pair) for pair in self.pairs], infer_schema_length=None)


def temporal_profile(log: EventLog, *, zeta: float = 2.0) -> TemporalProfile:
    """Learn the profile of a log and find its own deviations.

    Args:
        log: the event log; a time is from the completion of the first to the begin of the second event, and
            pairs that overlap do not enter.
        zeta: how many standard deviations from the mean are usual.

    Raises:
        SpecError: ``process.zeta_out_of_range`` unless positive.
    """
    if zeta <= 0:
        raise SpecError("process.zeta_out_of_range", received=zeta)
    labels = log.activity_labels
    size = len(labels) ** 2
    count, total, squares = np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size)
    for _, _, pair, seconds in _pairs(log):
        count += np.bincount(pair, minlength=size)
        total += np.bincount(pair, seconds, size)
    mean = total / np.maximum(count, 1)
    for _, _, pair, seconds in _pairs(log):
        squares += np.bincount(pair, (seconds - mean[pair]) ** 2, size)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    deviations = _deviations(log, mean, sd, zeta)
    return TemporalProfile(
        n=int(count.sum()),
        pairs=tuple(
            ProfilePair(
                labels[code // len(labels)],
                labels[code % len(labels)],
                int(count[code]),
                float(mean[code]),
                float(sd[code]),
            )
            for code in np.flatnonzero(count).tolist()
        ),
        deviations=deviations,
        cases_with_deviation=len({deviation.case for deviation in deviations}),
        zeta=zeta,
        warnings=log.warnings,
    )


def _pairs(log: EventLog) -> Iterator[tuple[Int64, Int64, Int64, Float64]]:
    """Pairs of events of one case by their distance: places of both, code of the activities, seconds between."""
    last_of_case = np.repeat(log.offsets[1:], log.lengths)
    first = np.arange(log.events, dtype=np.int64)
    distance = 0
    while True:
        distance += 1
        first = first[first + distance < last_of_case[first]]
        if len(first) == 0:
            return
        second = first + distance
        between = log.begin[second] - log.end[first]
        forward = between >= 0
        pair = log.activity[first].astype(np.int64) * len(log.activity_labels) + log.activity[second]
        yield first[forward], second[forward], pair[forward], between[forward] / MICROSECONDS


def _deviations(log: EventLog, mean: Float64, sd: Float64, zeta: float) -> tuple[TemporalDeviation, ...]:
    found: list[TemporalDeviation] = []
    labels = log.activity_labels
    # Rounding alone is no deviation: means of equal times differ from them in the last digits.
    tolerance = 1e-6 + 1e-9 * np.abs(mean)
    for first, second, pair, seconds in _pairs(log):
        off = np.abs(seconds - mean[pair])
        far = np.flatnonzero(off > zeta * sd[pair] + tolerance[pair])
        ids = log.case_ids(log.case_index[first[far]])
        for place, case in zip(far.tolist(), ids, strict=True):
            code, spread = int(pair[place]), float(sd[pair[place]])
            found.append(
                TemporalDeviation(
                    case=case,
                    source=labels[code // len(labels)],
                    target=labels[code % len(labels)],
                    source_row=int(log.rows[first[place]]),
                    target_row=int(log.rows[second[place]]),
                    seconds=float(seconds[place]),
                    z=float((seconds[place] - mean[code]) / spread) if spread else None,
                )
            )
    return tuple(sorted(found, key=lambda d: (d.case, d.source_row, d.target_row)))
