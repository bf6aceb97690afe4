"""One run of a process model: a discrete-event simulation with queues in the order of arrival."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from servloop.plan.simulation_model import HOUR, SLOTS, WEEK, Float64, Int64, ProcessModel

_READY, _DONE, _WAKE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Run:
    """What happened to the cases that arrived after the warm-up.

    Attributes:
        from_arrival: seconds of each case from its arrival to its end.
        from_start: from the begin of its first step, as a log sees it.
        wait: mean seconds that steps of each activity waited for people; NaN where there were none.
        steps: how often each activity was done.
        busy: seconds that the people of each pool worked, on steps that began in the time observed.
    """

    from_arrival: Float64
    from_start: Float64
    wait: Float64
    steps: Int64
    busy: Float64


@dataclass(frozen=True, eq=False)
class _Work:
    """All steps of all cases of a run, in the order of cases."""

    arrival: Float64
    offsets: Int64
    activity: Int64
    service: Float64
    delay: Float64


def run(model: ProcessModel, *, weeks: float, warm_up: float, seed: tuple[int, ...]) -> Run:
    """Simulate once.

    The same seed gives the same arrivals, routes, service times and delays to a changed model, as far as it
    still has them (common random numbers), so that runs with the same seed can be compared one by one.

    Args:
        model: the process.
        weeks: observed time.
        warm_up: weeks before it, which fill the process and are not reported.
        seed: of the run.
    """
    work = _draw(model, weeks + warm_up, seed)
    begin, ready, end = _events(model, work)
    first, last = work.offsets[:-1], work.offsets[1:] - 1
    lasting = last >= first  # a case all of whose steps were removed ends as it arrives
    seen = work.arrival >= warm_up * WEEK
    finish, start = work.arrival.copy(), work.arrival.copy()
    finish[lasting], start[lasting] = end[last[lasting]], begin[first[lasting]]
    observed = np.repeat(seen, np.diff(work.offsets))
    steps = np.bincount(work.activity[observed], minlength=len(model.activities))
    waited = np.bincount(work.activity[observed], (begin - ready)[observed], minlength=len(model.activities))
    inside = (begin >= warm_up * WEEK) & (begin < (warm_up + weeks) * WEEK)
    pool = model.pool_of[work.activity]
    counted = inside & (pool >= 0)
    busy = np.bincount(pool[counted], work.service[counted], minlength=len(model.pools))
    return Run(
        from_arrival=(finish - work.arrival)[seen],
        from_start=(finish - start)[seen],
        wait=np.divide(waited, steps, out=np.full(len(steps), np.nan), where=steps > 0),
        steps=steps,
        busy=busy.astype(np.float64),
    )


def _draw(model: ProcessModel, weeks: float, seed: tuple[int, ...]) -> _Work:
    streams = [np.random.default_rng([*seed, place]) for place in range(4)]
    arrival = _arrivals(model.rates, weeks, streams[0])
    routes = len(model.route_offsets) - 1
    route = (streams[1].random(len(arrival)) * routes).astype(np.int64)
    lengths = np.diff(model.route_offsets)[route]
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    place = np.arange(offsets[-1]) + np.repeat(model.route_offsets[route] - offsets[:-1], lengths)
    activity = model.route_activity[place]
    service = _sampled(model.service, activity, streams[2].random(len(activity)))
    delay = _sampled(model.delay, activity, streams[3].random(len(activity)))
    delay[offsets[:-1][lengths > 0]] = 0.0  # a case begins when it arrives
    case = np.repeat(np.arange(len(arrival)), lengths)
    keep = ~np.isin(activity, list(model.removed)) if model.removed else np.ones(len(activity), np.bool_)
    case, activity, service, delay = case[keep], activity[keep], service[keep], delay[keep]
    for one, other in model.merged:
        follows = np.zeros(len(activity), dtype=np.bool_)
        follows[1:] = (activity[1:] == other) & (activity[:-1] == one) & (case[1:] == case[:-1])
        second = np.flatnonzero(follows)
        service[second - 1] += service[second]
        case, activity = case[~follows], activity[~follows]
        service, delay = service[~follows], delay[~follows]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(case, minlength=len(arrival)))))
    return _Work(arrival, offsets.astype(np.int64), activity, service, delay)


def _arrivals(rates: Float64, weeks: float, random: np.random.Generator) -> Float64:
    """Times of a Poisson process with hourly rates: unit-rate arrivals, stretched by the cumulated rate."""
    hours = int(np.ceil(weeks * SLOTS))
    line = np.concatenate(([0.0], np.cumsum(np.resize(rates, hours))))
    most = int(line[-1] + 10 * np.sqrt(line[-1]) + 20)
    unit = np.cumsum(random.standard_exponential(most))
    times = np.interp(unit[unit < line[-1]], line, np.arange(hours + 1) * float(HOUR))
    inside: Float64 = times[times < weeks * WEEK]
    return inside


def _sampled(samples: tuple[Float64, ...], activity: Int64, uniform: Float64) -> Float64:
    """A value of each step's own sample; 0 where the sample is empty."""
    counts = np.array([len(sample) for sample in samples], dtype=np.int64)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    values = np.concatenate([*samples, np.zeros(1)])
    drawn = counts[activity]
    place = np.where(drawn > 0, offsets[activity] + (uniform * drawn).astype(np.int64), len(values) - 1)
    picked: Float64 = values[place]
    return picked


def _events(model: ProcessModel, work: _Work) -> tuple[Float64, Float64, Float64]:  # noqa: PLR0915  # one hot loop
    """Begin, readiness and end of every step."""
    total = len(work.activity)
    begin, ready, end = [0.0] * total, [0.0] * total, [0.0] * total
    pool = model.pool_of[work.activity].tolist()
    service, delay = work.service.tolist(), work.delay.tolist()
    final = np.zeros(total, dtype=np.bool_)
    filled = np.diff(work.offsets) > 0
    final[work.offsets[1:][filled] - 1] = True
    is_last = final.tolist()
    capacity = model.capacity.tolist()
    clocks = [_OpenTime(row) for row in model.capacity]
    waiting: list[deque[int]] = [deque() for _ in model.pools]
    busy, woken = [0] * len(model.pools), [False] * len(model.pools)
    firsts = work.offsets[:-1][filled].tolist()
    heap = [
        (time, place, _READY, place)
        for time, place in zip(work.arrival[filled].tolist(), firsts, strict=True)
    ]
    heapify(heap)
    order = total
    while heap:
        now, _, kind, place = heappop(heap)
        if kind == _READY:
            ready[place] = now
            staff = pool[place]
            if staff < 0:
                begin[place] = now
                order += 1
                heappush(heap, (now + service[place], order, _DONE, place))
                continue
            waiting[staff].append(place)
        elif kind == _DONE:
            end[place] = now
            staff = pool[place]
            if staff >= 0:
                busy[staff] -= 1
            if not is_last[place]:
                pause, following = delay[place + 1], pool[place + 1]
                due = now + pause if following < 0 or pause == 0 else clocks[following].after(now, pause)
                order += 1
                heappush(heap, (due, order, _READY, place + 1))
            if staff < 0:
                continue
        else:
            staff = place
            woken[staff] = False
        queue = waiting[staff]
        free = capacity[staff][int(now % WEEK // HOUR)]
        while queue and busy[staff] < free:
            served = queue.popleft()
            begin[served] = now
            busy[staff] += 1
            order += 1
            heappush(heap, (now + service[served], order, _DONE, served))
        if queue and not woken[staff]:
            woken[staff] = True
            order += 1
            heappush(heap, ((now // HOUR + 1) * HOUR, order, _WAKE, staff))
    return np.array(begin), np.array(ready), np.array(end)


class _OpenTime:
    """Hours of the week in which a pool works: delays pass only then."""

    def __init__(self, capacity: npt.NDArray[np.int64]) -> None:
        is_open = (capacity > 0).astype(np.float64)
        self._always = bool(is_open.all() or not is_open.any())
        self._line = np.concatenate(([0.0], np.cumsum(is_open))) * HOUR
        self._clock = np.arange(SLOTS + 1) * float(HOUR)
        self._total = float(self._line[-1])

    def after(self, now: float, seconds: float) -> float:
        """The moment at which so much open time has passed."""
        if self._always:
            return now + seconds
        weeks, into = divmod(now, WEEK)
        hour = int(into // HOUR)
        done = self._line[hour] + (into - hour * HOUR if self._line[hour + 1] > self._line[hour] else 0.0)
        more, rest = divmod(done + seconds, self._total)
        # The latest hour that begins with no more than the rest: closed hours before an open one are passed.
        hour = max(int(np.searchsorted(self._line, rest, side="left")) - 1, 0)
        return float((weeks + more) * WEEK + self._clock[hour] + rest - self._line[hour])
