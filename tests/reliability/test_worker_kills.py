"""A worker may be killed at any moment: no effect is lost, none happens twice."""

import os
import random
import signal
import sqlite3
import time

import pytest
from tests.reliability.nursery import Nursery

RUNS = 2
STEPS_PER_ROUND = 20  # more than a worker gets done before it is killed


def progress(installation):
    """Steps recorded so far, read past the platform."""
    with sqlite3.connect(f"file:{installation.data / 'servloop.sqlite3'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT state, cursor FROM jobs_run WHERE kind = 'test.killed'").fetchall()
    return sum(int(cursor or 0) for _state, cursor in rows), {state for state, _cursor in rows}


def kill_rounds(installation, rounds, seed):
    assert installation.servloop("person", "create", "root").returncode == 0
    steps = rounds * STEPS_PER_ROUND
    nursery = Nursery(installation, "tests.reliability.kill_jobs")
    nursery.command("enqueue", str(RUNS), str(steps))
    chance = random.Random(seed)
    for number in range(rounds):
        worker = nursery.worker()
        before, _states = progress(installation)
        try:
            if number % 2:  # while it works; the other half at any moment from its first breath on
                installation.wait_until(lambda: progress(installation)[0] > before, 40)  # noqa: B023  # called at once
            time.sleep(chance.uniform(0, 0.2 if number % 2 else 0.5))
        finally:
            os.kill(worker, signal.SIGKILL)
    _done, states = progress(installation)
    assert states != {"done"}, "the kills came too late to prove anything"
    last = nursery.worker()
    installation.wait_until(lambda: progress(installation)[1] == {"done"}, 120)
    os.kill(last, signal.SIGKILL)
    report = nursery.command("report")
    assert report["intact"]
    expected = [f"{run}:{step}" for run in report["states"] for step in range(steps)]
    assert sorted(report["effects"]) == sorted(expected)


def test_a_few_kills_lose_and_double_nothing(installation):
    kill_rounds(installation, 4, seed=7)


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing(installation):
    kill_rounds(installation, 20, seed=8)
