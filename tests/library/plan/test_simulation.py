"""Simulation: it reproduces M/M/c, keeps its invariants, is refused where it does not fit, and is quick."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.diagnose.process.event_log import EventLog
from servloop.errors import InputError, SpecError
from servloop.plan.simulation import mean_over_runs, simulate, validate_model, what_if
from servloop.plan.simulation_engine import run
from servloop.plan.simulation_model import SLOTS, ProcessModel, apply_changes, discover_model
from servloop.plan.staffing import Demand, forecast

EXPONENTIAL = -np.log1p(-(np.arange(20_000) + 0.5) / 20_000)


def queue(agents: int, *, per_hour: float = 10.0, mean: float = 720.0) -> ProcessModel:
    """M/M/c: one step, one pool, around the clock."""
    return ProcessModel(
        activities=("serve",),
        rates=np.full(SLOTS, per_hour),
        route_offsets=np.array([0, 1]),
        route_activity=np.array([0]),
        service=(EXPONENTIAL * mean,),
        delay=(np.zeros(0),),
        pool_of=np.array([0]),
        pools=("desk",),
        capacity=np.full((1, SLOTS), agents),
        n=1,
    )


@pytest.mark.parametrize("agents", [3, 4])
def test_it_reproduces_the_queue_of_erlang(agents: int) -> None:
    runs = simulate(queue(agents), weeks=6, warm_up=1, replications=30, seed=3)
    expected = forecast(Demand(10 / 3600, 720), agents)
    wait = mean_over_runs(np.array([one.wait[0] for one in runs]), level=0.99)
    assert wait.low <= expected.mean_wait_seconds <= wait.high
    busy = mean_over_runs(np.array([one.busy[0] for one in runs]) / (agents * 6 * 168 * 3600), level=0.99)
    assert busy.low <= expected.utilisation <= busy.high
    assert wait.high - wait.low < expected.mean_wait_seconds  # the interval says something


def desk_log(
    seed: int, *, people: int = 3, weeks: int = 16, per_day: float = 16.0, drift: float = 1.0
) -> EventLog:
    """Requests on weekdays 8 to 17, served until 18: accepted at once, then decided by one of so many people, first come first served."""
    random = np.random.default_rng(seed)
    monday = datetime(2025, 3, 3, tzinfo=UTC)
    rows, free = [], np.zeros(people)
    for day in (day for day in range(weeks * 7) if day % 7 < 5):
        factor = drift if day > weeks * 7 * 0.7 else 1.0
        for moment in np.sort(random.uniform(8, 17, random.poisson(per_day))) * 3600 + day * 86_400:
            case = str(len(rows))
            accepted = moment + 60
            who = int(free.argmin())
            begin = max(accepted, free[who])
            if begin % 86_400 >= 18 * 3600:  # tomorrow at 8, after a Friday on Monday
                night = begin // 86_400 + (3 if begin // 86_400 % 7 == 4 else 1)
                begin = night * 86_400 + 8 * 3600
            end = begin + random.exponential(2700) * factor
            free[who] = end
            rows += [
                (case, "受理", moment, accepted, "web", "系统"),
                (case, "decide", begin, end, f"p{who}", "office"),
            ]
    stamp = [(monday + timedelta(seconds=s), monday + timedelta(seconds=e)) for _, _, s, e, _, _ in rows]
    frame = pl.DataFrame(
        {
            "case_id": [row[0] for row in rows],
            "activity": [row[1] for row in rows],
            "start_time": [pair[0] for pair in stamp],
            "time": [pair[1] for pair in stamp],
            "resource": [row[4] for row in rows],
            "department": [row[5] for row in rows],
        }
    )
    return EventLog.from_frame(frame)


@pytest.fixture(scope="module")
def desk() -> EventLog:
    return desk_log(1)


def test_the_model_says_what_was_built(desk: EventLog) -> None:
    model = discover_model(desk)
    office = model.pools.index("office")
    assert model.capacity[office][10] == 3
    assert model.capacity[office][5 * 24 + 3] == 0
    assert model.rates[5 * 24 + 10] == 0
    assert 14 <= model.rates.sum() / 5 <= 19
    assert np.median(model.delay[model.code_of("decide")]) < 60  # waits there are waits for people


def test_the_model_is_believed_and_predicts_a_colleague_less(desk: EventLog) -> None:
    found = what_if(
        desk,
        ["staff:office:-1"],
        weeks=3,
        replications=12,
        bound=0.4,
        limit_seconds=7200,
        hourly_cost={"office": 40},
    )
    assert found.validation.valid
    figures = {item.name: item for item in found.figures}
    truth = desk_log(99, people=2).throughput.mean() / 1e6 - desk.throughput.mean() / 1e6
    slower = figures["mean_seconds"].difference
    assert slower.low > 0
    assert 0.4 * truth < slower.value < 2.5 * truth
    assert figures["within_limit"].difference.high < 0
    assert figures["cost_per_week"].difference.value < 0
    assert figures["utilisation: office"].difference.low > 0
    assert found.to_frame().height == len(found.figures)


def test_a_model_that_does_not_fit_is_refused() -> None:
    found = what_if(desk_log(2, drift=3.0), ["arrivals:1.1"])
    assert (found.n, found.figures, found.reason.code) == (0, (), "plan.model_does_not_fit")
    assert "0.25" in found.reason.message("zh")


def test_a_change_that_changes_nothing_has_no_effect_at_all(desk: EventLog) -> None:
    model = discover_model(desk)
    same = apply_changes(model, ["arrivals:1.0", "staff:office:+0"])
    one, other = (run(built, weeks=1, warm_up=0.2, seed=(0, 1)) for built in (model, same))
    assert (one.from_arrival == other.from_arrival).all()


def test_each_change_has_its_direction(desk: EventLog) -> None:
    model = discover_model(desk)

    def mean(*changes: str) -> float:
        built = apply_changes(model, changes)
        return float(np.mean([one.from_arrival.mean() for one in simulate(built, weeks=2, replications=4)]))

    now = mean()
    assert mean("staff:office:+1") < now
    assert mean("arrivals:1.2") > now > mean("arrivals:0.8")
    assert mean("remove:受理") < now
    assert mean("automate:decide:30") == pytest.approx(90, abs=1)
    assert mean("remove:受理", "remove:decide") == 0


def test_merged_steps_are_done_in_one_go() -> None:
    two = replace(
        queue(50),
        activities=("a", "b"),
        route_offsets=np.array([0, 2]),
        route_activity=np.array([0, 1]),
        service=(np.array([100.0]), np.array([50.0])),
        delay=(np.zeros(0), np.array([3600.0])),
        pool_of=np.array([0, 0]),
    )
    assert run(two, weeks=0.5, warm_up=0, seed=(1,)).from_arrival.mean() == pytest.approx(3750)
    merged = run(apply_changes(two, ["merge:a+b"]), weeks=0.5, warm_up=0, seed=(1,))
    assert merged.from_arrival.mean() == pytest.approx(150)
    assert merged.steps.tolist()[1] == 0


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 6), st.floats(0.5, 12), st.integers(0, 1000))
def test_more_people_never_make_anybody_wait_longer(agents: int, per_hour: float, seed: int) -> None:
    fewer = run(queue(agents, per_hour=per_hour), weeks=0.2, warm_up=0, seed=(seed,))
    more = run(queue(agents + 1, per_hour=per_hour), weeks=0.2, warm_up=0, seed=(seed,))
    assert len(fewer.from_start) == len(more.from_start)
    assert fewer.from_start == pytest.approx(more.from_start)  # the same work
    assert (more.from_arrival <= fewer.from_arrival + 1e-6).all()


def test_nobody_is_served_at_night() -> None:
    office = queue(1, per_hour=1)
    capacity = np.tile((np.arange(24) >= 8) & (np.arange(24) < 16), 7).astype(np.int64)[None, :]
    found = run(
        replace(office, capacity=capacity, service=(np.array([60.0]),)), weeks=2, warm_up=0, seed=(4,)
    )
    assert 3600 < found.wait[0] < 16 * 3600
    assert found.from_start == pytest.approx(60)


def test_logs_without_starts_have_no_people_to_change() -> None:
    built = desk_log(3, weeks=6)
    plain = EventLog.from_frame(built.frame.drop("start_time"))
    model = discover_model(plain)
    assert model.pools == ()
    assert validate_model(plain).distance.value < 0.5
    with pytest.raises(SpecError) as refused:
        apply_changes(model, ["staff:office:+1"])
    assert refused.value.code == "plan.no_such_pool"


@pytest.mark.parametrize(
    "change",
    ["", "hire:x", "staff:office:two", "arrivals:0", "automate:decide:-1", "remove:nothing", "merge:decide"],
)
def test_wrong_changes_are_named(desk: EventLog, change: str) -> None:
    with pytest.raises(SpecError) as refused:
        apply_changes(discover_model(desk), [change])
    assert refused.value.message("zh") != refused.value.message("en")


def test_too_small_logs_and_sizes(desk: EventLog) -> None:
    with pytest.raises(InputError):
        discover_model(desk.keep_cases(np.arange(desk.cases) < 5))
    assert validate_model(desk.keep_cases(np.zeros(desk.cases, dtype=bool))).distance.reason is not None
    for wrong in ({"replications": 1}, {"weeks": 0}):
        with pytest.raises(SpecError):
            simulate(discover_model(desk), **wrong)
    with pytest.raises(SpecError):
        what_if(desk, [], hourly_cost={"nobody": 1})
    with pytest.raises(SpecError):
        discover_model(desk, timezone="Mars/Base")


@pytest.mark.slow
def test_a_month_of_twelve_thousand_events_thirty_times_is_quick() -> None:
    from servloop.diagnose.process.generator import generate_log

    log = EventLog.from_frame(generate_log(12_000 * 12, seed=1, intervals=True))
    model = discover_model(log)
    begun = time.process_time()
    runs = simulate(model, weeks=30 / 7, warm_up=0.2, replications=30)
    assert time.process_time() - begun <= 20
    assert 10_000 < np.mean([one.steps.sum() for one in runs]) < 14_000
