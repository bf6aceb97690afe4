"""A worker may be killed at any moment of an import: every row is there once, or none; and nothing is left behind."""

import os
import random
import signal
import sqlite3
import time

import pytest
from tests.reliability.nursery import Nursery

MODULE = "tests.reliability.kill_imports"
ROWS = 3_000
BAD_EVERY = 100
BAD = ROWS // BAD_EVERY
RIGHT = sum(n for n in range(ROWS) if n % BAD_EVERY != 7)


def feedback(path):
    lines = ["id,date,rating,comment,customer id"]
    for n in range(ROWS):
        rating = -1 if n % BAD_EVERY == 7 else n % 5 + 1
        lines.append(f"F{n},2026-03-01 09:{n % 60:02d},{rating},评论 {n} 13812345678,C{n % 1000}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def events(path):
    lines = ["case id,activity,timestamp,resource"]
    for n in range(ROWS):
        moment = "soon" if n % BAD_EVERY == 7 else f"2026-03-01 09:{n % 60:02d}"
        lines.append(f"{n // 5},Step {n % 5},{moment},user{n % 40}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def states(installation):
    """How the jobs of imports stand, read past the platform."""
    with sqlite3.connect(f"file:{installation.data / 'servloop.sqlite3'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT kind, state FROM jobs_run WHERE kind LIKE 'import.%'").fetchall()
    return [state for _kind, state in rows]


def settled(installation):
    return set(states(installation)) <= {"done", "failed"}


class Imports:
    """Imports of one file that wait for a worker, and workers that are killed over them."""

    def __init__(self, installation, folder, write, seed):
        self.installation = installation
        self.nursery = Nursery(installation, MODULE)
        self.chance = random.Random(seed)
        self.target = write.__name__
        self.file = folder / f"{self.target}.csv"
        write(self.file)

    def add(self, count):
        self.nursery.command("add", str(count), str(self.file), self.target)

    def work_off(self, seconds=120):
        """Let a worker do all that waits; how long it took."""
        started = time.monotonic()
        worker = self.nursery.worker()
        try:
            self.installation.wait_until(lambda: settled(self.installation), seconds)
        finally:
            os.kill(worker, signal.SIGKILL)
        return time.monotonic() - started

    def kill_one(self, within):
        """Kill a worker at a moment of its choice by chance; whether an import was under way just then."""
        worker = self.nursery.worker()
        try:
            time.sleep(self.chance.uniform(0, within))
            hit = "running" in states(self.installation)
        finally:
            os.kill(worker, signal.SIGKILL)
        return hit

    def report(self):
        return self.nursery.command("report")


def expected(target):
    records = ROWS - BAD if target == "feedback" else 0
    return {
        "state": "done",
        "error": "",
        "job": "done",
        "new": ROWS - BAD,
        "rows": [ROWS - BAD, ROWS - BAD, RIGHT],
        "records": records,
        "set_aside": BAD,
        "folder": False,
        "staged": 0,
    }


# What an import leaves that was given up because its worker died over it again and again.
NOTHING = {"rows": [0, 0, 0], "records": 0, "set_aside": 0, "staged": 0}


def kill_rounds(installation, folder, write, *, kills, seed):
    assert installation.servloop("person", "create", "root").returncode == 0
    imports = Imports(installation, folder, write, seed)
    imports.add(1)
    usual = imports.work_off()
    assert imports.report()["imports"] == [expected(imports.target)]
    imports.add(kills)
    hits = tries = 0
    while hits < kills and tries < 4 * kills and not settled(installation):
        hits += imports.kill_one(usual * 1.2)
        tries += 1
    assert hits >= kills * 3 // 4, f"only {hits} of {tries} kills fell into an import"
    imports.work_off(usual * kills * 4 + 60)

    report = imports.report()
    assert (report["problems"], report["intact"]) == ([], True)
    for found in report["imports"]:
        if found["state"] == "failed":
            assert found["error"] == "jobs.worker_died"
            assert {name: found[name] for name in NOTHING} == NOTHING
        else:
            assert found == expected(imports.target)

    # One that was given up is there whole when it is tried again.
    imports.nursery.command("again")
    imports.work_off()
    report = imports.report()
    assert report["imports"] == [expected(imports.target)] * (kills + 1)
    assert (report["problems"], report["intact"]) == ([], True)
    return hits


@pytest.mark.parametrize("write", [feedback, events])
def test_a_few_kills_lose_and_double_nothing(installation, tmp_path, write):
    kill_rounds(installation, tmp_path, write, kills=3, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("write", [feedback, events])
def test_twenty_kills_lose_and_double_nothing(installation, tmp_path, write):
    assert kill_rounds(installation, tmp_path, write, kills=20, seed=4) >= 15
