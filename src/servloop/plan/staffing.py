"""How many people a queue needs: the Erlang formulas for blocking, waiting and abandonment.

Calls come at random at a steady rate and are served in the order of arrival by equal agents; service times
are exponential. Erlang B: nobody waits, calls that find all agents busy are lost. Erlang C: everybody waits
as long as it takes. Erlang A: waiting callers hang up after an exponential time.

Sources: Erlang (1917); Cooper, Introduction to Queueing Theory (1981), chapter 3; Palm (1957) and Garnett,
Mandelbaum & Reiman, Designing a call center with impatient customers (2002); the density of the offered wait
is that of Baccelli & Hebuterne (1981); patience from hang-ups: Brown et al., Statistical analysis of a
telephone call center (JASA 2005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

Model = Literal["erlang_b", "erlang_c", "erlang_a"]

_MOST_AGENTS = 1_000_000
_MOST_STATES = 20_000_000
_NEGLIGIBLE = 1e-18  # probability of the states that are left out of the sum


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes in.

    Attributes:
        arrivals_per_second: mean rate of calls.
        service_seconds: mean handling time.
        patience_seconds: mean time after which a waiting caller hangs up; None when callers stay.
    """

    arrivals_per_second: float
    service_seconds: float
    patience_seconds: float | None = None

    def __post_init__(self) -> None:
        facts = {
            "arrivals_per_second": self.arrivals_per_second,
            "service_seconds": self.service_seconds,
            "patience_seconds": 1.0 if self.patience_seconds is None else self.patience_seconds,
        }
        for name, value in facts.items():
            lowest_allowed = value >= 0 if name == "arrivals_per_second" else value > 0
            if not (math.isfinite(value) and lowest_allowed):
                raise SpecError("plan.demand_out_of_range", name=name, received=value)

    @classmethod
    def of_calls(
        cls,
        calls: float,
        period_seconds: float,
        service_seconds: float,
        patience_seconds: float | None = None,
    ) -> Demand:
        """Demand of so many calls in a period.

        Raises:
            SpecError: ``plan.demand_out_of_range``.
        """
        if not period_seconds > 0:
            raise SpecError("plan.demand_out_of_range", name="period_seconds", received=period_seconds)
        return cls(calls / period_seconds, service_seconds, patience_seconds)

    @property
    def load(self) -> float:
        """Offered load in Erlang: the mean number of agents that would be busy if none were lacking."""
        return self.arrivals_per_second * self.service_seconds


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised: at least this share served within so many seconds, and optional further limits."""

    service_level: float = 0.8
    within_seconds: float = 20.0
    max_utilisation: float = 1.0
    max_abandonment: float = 1.0

    def __post_init__(self) -> None:
        shares = (self.service_level, self.max_utilisation, self.max_abandonment)
        if not (0 < shares[0] < 1 and all(0 < share <= 1 for share in shares[1:])):
            raise SpecError("plan.target_share_out_of_range", received=[f"{share:g}" for share in shares])
        if not (math.isfinite(self.within_seconds) and self.within_seconds >= 0):
            raise SpecError("plan.target_time_negative", received=self.within_seconds)


@dataclass(frozen=True, kw_only=True)
class QueueForecast(Result):
    """What a queue with so many agents is like in the long run.

    Attributes:
        method: ``erlang_b``, ``erlang_c`` or ``erlang_a``.
        agents: agents at work.
        load: offered load in Erlang.
        utilisation: share of agents' time that is spent serving.
        wait_probability: share of callers who do not find a free agent (Erlang B: who are lost).
        service_level: share of all callers who are served within ``within_seconds``; a caller who hung up is
            not served.
        within_seconds: the promised time.
        mean_wait_seconds: mean wait of all callers, those who hang up included.
        mean_queue: mean number of callers waiting.
        abandonment: share of callers who hang up (Erlang B: who are lost).
        reason: why the figures are None: the queue would grow without end.
    """

    method: Model
    agents: int
    load: float
    within_seconds: float
    utilisation: float | None
    wait_probability: float | None
    service_level: float | None
    mean_wait_seconds: float | None
    mean_queue: float | None
    abandonment: float | None
    reason: Notice | None = None

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        import polars as pl

        row: dict[str, Any] = self.to_dict()
        return pl.DataFrame([{name: row[name] for name in row if name not in {"warnings", "reason"}}])


def erlang_b(load: float, agents: int) -> float:
    """Probability that a call is lost when nobody can wait.

    Args:
        load: offered load in Erlang, 0 or more.
        agents: 0 or more.

    Raises:
        SpecError: ``plan.demand_out_of_range``, ``plan.agents_out_of_range``.
    """
    if not (math.isfinite(load) and load >= 0):
        raise SpecError("plan.demand_out_of_range", name="load", received=load)
    _check_agents(agents, lowest=0)
    blocking = 1.0
    for servers in range(1, agents + 1):
        blocking = load * blocking / (servers + load * blocking)
    return blocking


def erlang_c(load: float, agents: int) -> float:
    """Probability that a caller has to wait; 1 when the load reaches the number of agents.

    Raises:
        SpecError: ``plan.demand_out_of_range``, ``plan.agents_out_of_range``.
    """
    _check_agents(agents, lowest=1)
    blocking = erlang_b(load, agents)
    return _waiting(load, agents, blocking)


def _waiting(load: float, agents: int, blocking: float) -> float:
    if load >= agents:
        return 1.0
    return blocking / (1 - load / agents * (1 - blocking))


def forecast(demand: Demand, agents: int, *, within_seconds: float = 20.0) -> QueueForecast:
    """Erlang C, or Erlang A where the demand has a patience.

    Args:
        demand: what comes in.
        agents: agents at work, 1 or more.
        within_seconds: the promised time.

    Raises:
        SpecError: ``plan.agents_out_of_range``, ``plan.target_time_negative``.
    """
    _check_agents(agents, lowest=1)
    if not (math.isfinite(within_seconds) and within_seconds >= 0):
        raise SpecError("plan.target_time_negative", received=within_seconds)
    if demand.patience_seconds is None:
        return _erlang_c_forecast(demand, agents, within_seconds, erlang_b(demand.load, agents))
    return _erlang_a_forecast(demand, demand.patience_seconds, agents, within_seconds)


def loss_forecast(demand: Demand, agents: int) -> QueueForecast:
    """Erlang B: calls that find all agents busy are lost at once.

    Raises:
        SpecError: ``plan.agents_out_of_range``.
    """
    _check_agents(agents, lowest=1)
    lost = erlang_b(demand.load, agents)
    return QueueForecast(
        method="erlang_b",
        agents=agents,
        load=demand.load,
        within_seconds=0.0,
        utilisation=demand.load * (1 - lost) / agents,
        wait_probability=lost,
        service_level=1 - lost,
        mean_wait_seconds=0.0,
        mean_queue=0.0,
        abandonment=lost,
    )


def _erlang_c_forecast(demand: Demand, agents: int, within: float, blocking: float) -> QueueForecast:
    load = demand.load
    if load >= agents:
        return QueueForecast(
            method="erlang_c", agents=agents, load=load, within_seconds=within, utilisation=None,
            wait_probability=None, service_level=None, mean_wait_seconds=None, mean_queue=None,
            abandonment=None,
            reason=Notice("plan.queue_unstable", params={"load": f"{load:.2f}", "agents": agents}),
        )  # fmt: skip
    waiting = _waiting(load, agents, blocking)
    wait = waiting * demand.service_seconds / (agents - load)
    return QueueForecast(
        method="erlang_c",
        agents=agents,
        load=load,
        within_seconds=within,
        utilisation=load / agents,
        wait_probability=waiting,
        service_level=1 - waiting * math.exp(-(agents - load) * within / demand.service_seconds),
        mean_wait_seconds=wait,
        mean_queue=wait * demand.arrivals_per_second,
        abandonment=0.0,
    )


def _erlang_a_forecast(demand: Demand, patience: float, agents: int, within: float) -> QueueForecast:
    from scipy.integrate import quad

    rate, service, leave = demand.arrivals_per_second, 1 / demand.service_seconds, 1 / patience
    if rate == 0:
        return QueueForecast(
            method="erlang_a", agents=agents, load=0.0, within_seconds=within, utilisation=0.0,
            wait_probability=0.0, service_level=1.0, mean_wait_seconds=0.0, mean_queue=0.0, abandonment=0.0,
        )  # fmt: skip
    below, queued = _stationary(rate, agents, service, leave)
    queue = float(queued @ np.arange(len(queued)))
    last_free = float(below[-1])  # probability of exactly one free agent
    capacity = agents * service

    def served_at(wait: float) -> float:
        """Density of being served after a wait: offered wait x patience longer than it."""
        arrived = rate * -math.expm1(-leave * wait) / leave
        return rate * last_free * math.exp(arrived - capacity * wait - leave * wait)

    late, _ = quad(served_at, 0, within, epsabs=1e-13, epsrel=1e-11, limit=400) if within > 0 else (0.0, 0)
    lost = queue * leave / rate
    return QueueForecast(
        method="erlang_a",
        agents=agents,
        load=demand.load,
        within_seconds=within,
        utilisation=demand.load * (1 - lost) / agents,
        wait_probability=float(queued.sum()),
        service_level=float(below.sum()) + late,
        mean_wait_seconds=queue / rate,
        mean_queue=queue,
        abandonment=lost,
    )


def _stationary(
    rate: float, agents: int, service: float, leave: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probabilities of 0..agents-1 and of agents.. calls in the system (birth and death, in logarithms)."""
    # Beyond its centre the queue falls off at least like a normal tail, and from the start like a geometric
    # one where the agents alone keep up: the shorter of both bounds says how many states matter.
    centre = max(0.0, (rate - agents * service) / leave)
    longest = centre + 12 * math.sqrt(rate / leave) + 400
    ratio = rate / (agents * service)
    if ratio < 1:
        longest = min(longest, math.log(_NEGLIGIBLE) / math.log(ratio) + 10)
    if longest + agents > _MOST_STATES:
        raise SpecError("plan.patience_too_long", patience=1 / leave)
    free = np.arange(1, agents + 1)
    full = np.arange(1, math.ceil(longest) + 1)
    steps = math.log(rate) - np.log(np.concatenate((free * service, agents * service + full * leave)))
    weights = np.concatenate(([0.0], np.cumsum(steps)))
    weights = np.exp(weights - weights.max())
    weights /= weights.sum()
    return weights[:agents], weights[agents:]


def required_agents(demand: Demand, target: Target) -> QueueForecast:
    """The fewest agents that keep the target, and what the queue is like with them.

    Erlang C, or Erlang A where the demand has a patience.

    Raises:
        SpecError: ``plan.target_not_reachable`` when more than a million agents would be needed.
    """
    if demand.patience_seconds is None:
        return _required_waiting(demand, target)
    # More agents improve every figure, so the range can be halved.
    low, high = 0, 1
    while not _kept(forecast(demand, high, within_seconds=target.within_seconds), target):
        low, high = high, high * 2
        if high > _MOST_AGENTS:
            raise SpecError("plan.target_not_reachable", most=_MOST_AGENTS)
    while high - low > 1:
        middle = (low + high) // 2
        if _kept(forecast(demand, middle, within_seconds=target.within_seconds), target):
            high = middle
        else:
            low = middle
    return forecast(demand, high, within_seconds=target.within_seconds)


def _required_waiting(demand: Demand, target: Target) -> QueueForecast:
    """One pass of the recursion of Erlang B serves all numbers of agents."""
    blocking = 1.0
    for agents in range(1, _MOST_AGENTS + 1):
        blocking = demand.load * blocking / (agents + demand.load * blocking)
        if agents > demand.load:
            found = _erlang_c_forecast(demand, agents, target.within_seconds, blocking)
            if _kept(found, target):
                return found
    raise SpecError("plan.target_not_reachable", most=_MOST_AGENTS)


def _kept(found: QueueForecast, target: Target) -> bool:
    return (
        found.service_level is not None
        and found.utilisation is not None
        and found.abandonment is not None
        and found.service_level >= target.service_level
        and found.utilisation <= target.max_utilisation
        and found.abandonment <= target.max_abandonment
    )


def agents_per_period(
    calls: npt.ArrayLike,
    *,
    period_seconds: float,
    service_seconds: float,
    target: Target,
    patience_seconds: float | None = None,
    shrinkage: float = 0.0,
) -> npt.NDArray[np.int64]:
    """People to schedule in each period, each period by itself (no backlog is carried over).

    Args:
        calls: expected calls per period, any shape.
        period_seconds: length of a period.
        service_seconds: mean handling time.
        target: what is promised.
        patience_seconds: mean patience, None when callers stay.
        shrinkage: share of scheduled people who are away (leave, training), 0 up to below 1.

    Returns:
        int64 of the shape of ``calls``; 0 where no calls are expected.

    Raises:
        SpecError: ``plan.demand_out_of_range``, ``plan.shrinkage_out_of_range``.
    """
    if not 0 <= shrinkage < 1:
        raise SpecError("plan.shrinkage_out_of_range", received=shrinkage)
    expected = np.asarray(calls, dtype=np.float64)
    values, place = np.unique(expected, return_inverse=True)
    demands = [
        Demand.of_calls(value, period_seconds, service_seconds, patience_seconds) for value in values.tolist()
    ]
    needed = np.array(
        [
            0
            if demand.load == 0
            else math.ceil(required_agents(demand, target).agents / (1 - shrinkage) - 1e-9)
            for demand in demands
        ],
        dtype=np.int64,
    )
    return needed[place].reshape(expected.shape)


def patience(waits: npt.ArrayLike, hung_up: npt.ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean patience of callers in seconds, from waits that a hang-up or an agent ended.

    A caller who was served would have waited longer: the wait is censored. For exponential patience the
    estimate is total waiting time / hang-ups; its interval is that of the Jeffreys-like
    gamma posterior with shape hang-ups + 1/2.

    Args:
        waits: seconds waited by each caller.
        hung_up: whether the caller hung up.
        level: coverage of the interval.

    Raises:
        SpecError: ``plan.waits_invalid`` for different lengths, negative or missing waits.
    """
    seconds, lost = np.asarray(waits, dtype=np.float64), np.asarray(hung_up, dtype=np.bool_)
    if seconds.shape != lost.shape or not np.isfinite(seconds).all() or (seconds < 0).any():
        raise SpecError("plan.waits_invalid", waits=seconds.size, marks=lost.size)
    events, total = int(lost.sum()), float(seconds.sum())
    if events == 0 or total == 0:
        return Estimate.not_computable(seconds.size, "plan.no_hang_ups", method="censored_exponential")
    from scipy.special import gammaincinv

    tail = (1 - level) / 2
    return Estimate(
        total / events,
        seconds.size,
        low=total / float(gammaincinv(events + 0.5, 1 - tail)),
        high=total / float(gammaincinv(events + 0.5, tail)),
        method="censored_exponential",
        level=level,
    )


def _check_agents(agents: int, *, lowest: int) -> None:
    if not lowest <= agents <= _MOST_AGENTS:
        raise SpecError("plan.agents_out_of_range", received=agents, lowest=lowest, most=_MOST_AGENTS)
