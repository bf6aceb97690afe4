"""The model behind a what-if: arrivals, routes, service times, delays and people, discovered from an event log.

Arrivals are a Poisson process with a rate per hour of the week. A case takes the route of an observed case,
drawn at random. Service times are drawn from those observed for the activity. People work in pools; how many
are there in an hour is the number of those who regularly begin work in it, but no more than work on such a day of
the week. What cases wait although somebody of the pool was free (reasons that a queue does not explain) is drawn as
a delay; waits for people are not drawn, they come about in the simulation. After Rozinat et al., Discovering simulation models (2009), and Chapela-Campa &
Dumas, Enhancing business process simulation models with extraneous activity delays (2024).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.handovers import COLUMNS
from servloop.diagnose.process.times import waits_after_latest_end
from servloop.errors import InputError, SpecError

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

HOUR = 3_600
SLOTS = 168
WEEK = SLOTS * HOUR
_MICROSECONDS = 1_000_000
_FEWEST_CASES = 30
# A person counts as there in an hour in which they begin something on this share of their days,
# and on at least two.
_PRESENT = 0.02
_PRESENT_DAYS = 2
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# People on duty on a day of the week: from at least so many such days, and so far up among them.
_DUTY_DAYS = 4
_DUTY_QUANTILE = 0.95


@dataclass(frozen=True, eq=False)
class ProcessModel:
    """A process that can be simulated; times are seconds since Monday 00:00 of the log's zone.

    Attributes:
        activities: names by code.
        rates: arrivals per hour in each of the 168 hours of the week.
        route_offsets, route_activity: activities of all observed routes, one after the other.
        service, delay: observed seconds per activity, ascending; empty where there are none.
        pool_of: pool of each activity, -1 where nobody is needed or known.
        pools: names of the pools.
        capacity: people of each pool in each hour of the week (pools x 168).
        n: cases it was discovered from.
        removed: activities that are left out of the routes.
        merged: pairs of activities: the second, where it follows the first, is done in one go with it.
    """

    activities: tuple[str, ...]
    rates: Float64
    route_offsets: Int64
    route_activity: Int64
    service: tuple[Float64, ...]
    delay: tuple[Float64, ...]
    pool_of: Int64
    pools: tuple[str, ...]
    capacity: Int64
    n: int
    removed: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int], ...] = ()

    def code_of(self, activity: str) -> int:
        """Code of an activity.

        Raises:
            SpecError: ``plan.no_such_activity``.
        """
        if activity not in self.activities:
            raise SpecError("plan.no_such_activity", activity=activity, found=list(self.activities))
        return self.activities.index(activity)

    def with_staff(self, pool: str, add: int, days: Collection[int] = range(7)) -> ProcessModel:
        """So many people more (or fewer) in every hour in which the pool works on some days of the week.

        Args:
            pool: its name.
            add: people.
            days: 0 for Monday; all without it.

        Raises:
            SpecError: ``plan.no_such_pool``, ``plan.pool_without_people``.
        """
        if pool not in self.pools:
            raise SpecError("plan.no_such_pool", pool=pool, found=list(self.pools))
        capacity = self.capacity.copy()
        row = self.pools.index(pool)
        chosen = np.isin(np.arange(SLOTS) // 24, list(days)) & (capacity[row] > 0)
        capacity[row] = np.where(chosen, np.maximum(capacity[row] + add, 0), capacity[row])
        if not capacity[row].any():
            raise SpecError("plan.pool_without_people", pool=pool)
        return replace(self, capacity=capacity)

    def without_step(self, activity: str) -> ProcessModel:
        """The activity is left out.

        Raises:
            SpecError: ``plan.no_such_activity``.
        """
        return replace(self, removed=self.removed | {self.code_of(activity)})

    def with_merged(self, first: str, second: str) -> ProcessModel:
        """Where the second directly follows the first, the same person does both without a wait between.

        Raises:
            SpecError: ``plan.no_such_activity``.
        """
        return replace(self, merged=(*self.merged, (self.code_of(first), self.code_of(second))))

    def with_automated(self, activity: str, seconds: float) -> ProcessModel:
        """The activity takes so many seconds, at once, and nobody's time.

        Raises:
            SpecError: ``plan.no_such_activity``, ``plan.change_invalid``.
        """
        code = self.code_of(activity)
        if not (np.isfinite(seconds) and seconds >= 0):
            raise SpecError("plan.change_invalid", change=f"automate {activity} {seconds}")
        fixed, none = np.array([seconds]), np.zeros(0)
        pool_of = self.pool_of.copy()
        pool_of[code] = -1
        return replace(
            self,
            service=tuple(fixed if place == code else held for place, held in enumerate(self.service)),
            delay=tuple(none if place == code else held for place, held in enumerate(self.delay)),
            pool_of=pool_of,
        )

    def with_arrivals(self, factor: float) -> ProcessModel:
        """So many times as many cases arrive.

        Raises:
            SpecError: ``plan.change_invalid``.
        """
        if not (np.isfinite(factor) and factor > 0):
            raise SpecError("plan.change_invalid", change=f"arrivals {factor}")
        return replace(self, rates=self.rates * factor)


def apply_changes(model: ProcessModel, changes: Sequence[str]) -> ProcessModel:
    """Apply written changes, one after the other.

    Args:
        model: the process as it is.
        changes: ``staff:POOL:+2`` (on some days: ``staff:POOL:+2@mon,tue``), ``remove:ACTIVITY``, ``merge:FIRST+SECOND``, ``automate:ACTIVITY:SECONDS``,
            ``arrivals:1.2``.

    Raises:
        SpecError: ``plan.change_invalid``; what the single changes raise.
    """
    for change in changes:
        kind, _, rest = change.partition(":")
        name, _, value = rest.rpartition(":")
        try:
            if kind == "staff":
                add, _, days = value.partition("@")
                model = model.with_staff(name, int(add), _days(days) if "@" in value else range(7))
            elif kind == "remove":
                model = model.without_step(rest)
            elif kind == "merge":
                first, _, second = rest.partition("+")
                model = model.with_merged(first, second)
            elif kind == "automate":
                model = model.with_automated(name, float(value))
            elif kind == "arrivals":
                model = model.with_arrivals(float(rest))
            else:
                raise SpecError("plan.change_invalid", change=change)
        except ValueError as error:
            raise SpecError("plan.change_invalid", change=change) from error
    return model


def _days(written: str) -> tuple[int, ...]:
    """Days of the week by their first three letters; a ValueError names no day."""
    return tuple(_WEEKDAYS.index(day.strip().lower()[:3]) for day in written.split(","))


def discover_model(log: EventLog, *, timezone: str = "UTC") -> ProcessModel:
    """Discover the model of a log.

    Pools are the groups of the log (each activity belongs to the one that does it most); without groups,
    activities that share people make a pool. Without start times or people there are no pools: every wait is
    drawn as observed, and staffing cannot be changed.

    Args:
        log: the event log.
        timezone: IANA zone of the hours of the week.

    Raises:
        InputError: ``plan.too_few_cases``. SpecError: ``plan.zone_unknown``.
    """
    if log.cases < _FEWEST_CASES:
        raise InputError("plan.too_few_cases", received=log.cases, fewest=_FEWEST_CASES)
    begin, end = local_seconds(log.begin, timezone), local_seconds(log.end, timezone)
    arrivals = begin[log.offsets[:-1]]
    weeks = max((arrivals.max() - arrivals.min()) / WEEK, 1 / SLOTS)
    slot = (arrivals % WEEK // HOUR).astype(np.int64)
    # The log covers each hour of the week about `weeks` times; counted per hour, the sum stays exact.
    rates = _steadied(np.bincount(slot, minlength=SLOTS)) / max(weeks, 1.0)
    if weeks < 1:
        rates = np.full(SLOTS, log.cases / (weeks * SLOTS))
    wait, known = waits_after_latest_end(log)
    delay = np.where(known, wait, 0) / _MICROSECONDS
    seconds = np.maximum(end - begin, 0.0)
    activities = len(log.activity_labels)
    pool_of, pools, capacity = _no_pools(activities)
    if log.start is not None and log.has_column(COLUMNS["resource"]):
        pool_of, pools, capacity = _pools(log, begin, seconds)
        delay = _free_delay(delay, begin, end, pool_of[log.activity], capacity)
    activity = log.activity.astype(np.int64)
    return ProcessModel(
        activities=log.activity_labels,
        rates=rates,
        route_offsets=log.offsets,
        route_activity=activity,
        service=_samples(activity, seconds, activities),
        delay=_samples(activity[known], delay[known], activities),
        pool_of=pool_of,
        pools=pools,
        capacity=capacity,
        n=log.cases,
    )


def _steadied(counts: Int64) -> Float64:
    """Arrivals per hour of the week, drawn towards the mean of working days (weekend days) at that hour.

    As much as the differences between days are no larger than chance makes them (empirical Bayes for Poisson
    counts): noise in the rates would come back as peaks that never were, and as waits.
    """
    table = counts.reshape(7, 24).astype(np.float64)
    for days in (slice(0, 5), slice(5, 7)):
        part = table[days]
        mean = part.mean(axis=0)
        spread = float(((part - mean) ** 2).sum())
        chance = float(mean.sum()) * (len(part) - 1)
        kept = max(0.0, 1 - chance / spread) if spread > 0 else 0.0
        table[days] = mean + kept * (part - mean)
    return table.ravel()


def local_seconds(times: npt.NDArray[np.int64], timezone: str) -> Float64:
    """Seconds since Monday 1969-12-29 00:00 on the clocks of a zone; microseconds since 1970 UTC go in.

    Raises:
        SpecError: ``plan.zone_unknown``.
    """
    import polars as pl

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SpecError("plan.zone_unknown", zone=timezone) from error
    moments = pl.Series(times).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
    wall = moments.dt.replace_time_zone(None).cast(pl.Int64).to_numpy()
    shifted: Float64 = wall / _MICROSECONDS + 3 * 86_400
    return shifted


def _samples(group: Int64, values: Float64, groups: int) -> tuple[Float64, ...]:
    order = np.lexsort((values, group))
    return tuple(np.split(values[order], np.cumsum(np.bincount(group, minlength=groups))[:-1]))


def _no_pools(activities: int) -> tuple[Int64, tuple[str, ...], Int64]:
    return np.full(activities, -1, dtype=np.int64), (), np.zeros((0, SLOTS), dtype=np.int64)


def _pools(log: EventLog, begin: Float64, seconds: Float64) -> tuple[Int64, tuple[str, ...], Int64]:
    """Pool of each activity, their names, and the people of each in each hour of the week."""
    person, _ = log.codes_of(COLUMNS["resource"])
    people = int(person.max()) + 1
    known = person >= 0
    if log.has_column(COLUMNS["group"]):
        group, labels = log.codes_of(COLUMNS["group"])
        both = known & (group >= 0)
        table = np.zeros((len(log.activity_labels), len(labels)))
        np.add.at(table, (log.activity[both], group[both]), 1)
        pool_of = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), -1).astype(np.int64)
        names = tuple(labels.to_list())
    else:
        pool_of = _sharing(log.activity[known], person[known], len(log.activity_labels), people)
        names = tuple(
            log.activity_labels[int(np.flatnonzero(pool_of == pool)[0])]
            for pool in range(int(pool_of.max()) + 1)
        )
    # A person belongs to the pool in which most of their time goes.
    mine = known & (pool_of[log.activity] >= 0)
    time = np.zeros((people, len(names)))
    np.add.at(time, (person[mine], pool_of[log.activity[mine]]), seconds[mine] + 1e-9)
    home = np.where(time.sum(axis=1) > 0, time.argmax(axis=1), -1)
    there = _present(person[known], begin[known], people)
    capacity = np.zeros((len(names), SLOTS), dtype=np.int64)
    most = _on_duty(home[person[known]], person[known], begin[known], len(names))
    for pool in range(len(names)):
        capacity[pool] = np.minimum(there[home == pool].sum(axis=0), np.repeat(most[pool], 24))
        if not capacity[pool].any():  # all its people have their home elsewhere: nobody can be staffed
            pool_of[pool_of == pool] = -1
    return pool_of, names, capacity


def _sharing(
    activity: npt.NDArray[np.int32], person: npt.NDArray[np.int32], activities: int, people: int
) -> Int64:
    """Connected parts of the graph of activities and people; links below 5 % of an activity are left out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    table = np.zeros((activities, people))
    np.add.at(table, (activity, person), 1)
    strong = table >= 0.05 * np.maximum(table.sum(axis=1, keepdims=True), 1)
    rows, columns = np.nonzero(strong & (table > 0))
    size = activities + people
    graph = coo_array((np.ones(len(rows)), (rows, columns + activities)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    done = table.sum(axis=1) > 0
    _, code = np.unique(part[:activities][done], return_inverse=True)
    pool_of = np.full(activities, -1, dtype=np.int64)
    pool_of[done] = code
    return pool_of


def _present(person: npt.NDArray[np.int32], begin: Float64, people: int) -> npt.NDArray[np.bool_]:
    """Whether each person is there in each hour of the week; working days are alike, so are weekend days."""
    who = person.astype(np.int64)
    day = (begin // 86_400).astype(np.int64)
    weekend = (day % 7 >= 5).astype(np.int64)
    hour = (begin % 86_400 // HOUR).astype(np.int64)
    kind = who * 2 + weekend
    days = np.unique(np.stack((kind, day)), axis=1)[0]
    active_days = np.bincount(days, minlength=people * 2).reshape(people, 2)
    hours = np.unique(np.stack((kind * 24 + hour, day)), axis=1)[0]
    active = np.bincount(hours, minlength=people * 48).reshape(people, 2, 24)
    there = active >= np.maximum(_PRESENT * active_days[:, :, None], _PRESENT_DAYS)
    return np.concatenate([there[:, 0]] * 5 + [there[:, 1]] * 2, axis=1)


def _on_duty(pool: Int64, person: npt.NDArray[np.int32], begin: Float64, pools: int) -> npt.NDArray[np.int64]:
    """How many people of each pool work on a Monday, on a Tuesday…: nearly the most seen on one such day.

    Where people take turns, fewer are there on any day than work in the pool. Nobody is missed who was needed: as
    many as worked at one moment worked on that day.
    """
    found = np.full((pools, 7), np.iinfo(np.int64).max)
    mine = pool >= 0
    day = (begin[mine] // 86_400).astype(np.int64)
    low = int(day.min()) if len(day) else 0
    days = int(day.max()) - low + 1 if len(day) else 1
    seen = np.unique(np.stack((pool[mine] * days + day - low, person[mine].astype(np.int64))), axis=1)[0]
    worked, heads = np.unique(seen, return_counts=True)
    for group in range(pools):
        here = worked // days == group
        weekday = (worked[here] % days + low) % 7
        for number in range(7):
            counts = heads[here][weekday == number]
            if len(counts) >= _DUTY_DAYS:
                found[group, number] = int(np.quantile(counts, _DUTY_QUANTILE, method="higher"))
    return found


def _free_delay(wait: Float64, begin: Float64, end: Float64, pool: Int64, capacity: Int64) -> Float64:
    """The part of each wait in which somebody of the pool was there and free."""
    delay = wait.copy()
    for code in range(len(capacity)):
        mine = pool == code
        if not mine.any():
            continue
        low, high = float((begin - wait)[mine].min()), float(end[mine].max())
        grid = np.arange(low // HOUR * HOUR, high + HOUR, HOUR)
        moments = np.concatenate((begin[mine], end[mine], grid))
        change = np.concatenate((np.ones(mine.sum()), -np.ones(mine.sum()), np.zeros(len(grid))))
        order = np.argsort(moments, kind="stable")
        moments, busy = moments[order], np.cumsum(change[order])
        slot = (moments % WEEK // HOUR).astype(np.int64)
        free = busy < capacity[code][slot]
        total = np.concatenate(([0.0], np.cumsum(np.diff(moments) * free[:-1])))
        delay[mine] = np.interp(begin[mine], moments, total) - np.interp((begin - wait)[mine], moments, total)
    return np.maximum(delay, 0.0)
