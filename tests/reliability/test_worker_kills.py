"""A worker may be killed at any moment: no effect is lost, none happens twice."""

import json
import os
import random
import sqlite3
import sys
import time

import pytest
from tests.reliability.kill_jobs import STEPS

WORKER = (sys.executable, "-m", "tests.reliability.kill_jobs", "worker")


def progress(installation):
    """Steps recorded so far, read past the platform."""
    with sqlite3.connect(f"file:{installation.data / 'servloop.sqlite3'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT state, cursor FROM jobs_run WHERE kind = 'test.killed'").fetchall()
    return sum(int(cursor or 0) for _state, cursor in rows), {state for state, _cursor in rows}


def kill_rounds(installation, rounds, seed):
    assert installation.servloop("person", "create", "root").returncode == 0
    runs = 2
    installation.python("tests.reliability.kill_jobs", "enqueue", str(runs))
    chance = random.Random(seed)
    for _round in range(rounds):
        worker = installation.start(*WORKER)
        before, _states = progress(installation)
        try:
            installation.wait_until(lambda: progress(installation)[0] > before, 40)  # noqa: B023  # called at once
        finally:
            time.sleep(chance.uniform(0, 0.15))
            os.killpg(worker.pid, 9)
            worker.wait()
    installation.start(*WORKER)
    installation.wait_until(lambda: progress(installation)[1] == {"done"}, 60)
    report = json.loads(installation.python("tests.reliability.kill_jobs", "report").stdout)
    assert report["intact"]
    expected = [f"{run}:{step}" for run in report["states"] for step in range(STEPS)]
    assert sorted(report["effects"]) == sorted(expected)


def test_a_few_kills_lose_and_double_nothing(installation):
    kill_rounds(installation, 2, seed=7)


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing(installation):
    kill_rounds(installation, 20, seed=8)
