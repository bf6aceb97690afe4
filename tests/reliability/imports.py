"""Imports that wait for workers, and the workers to be disturbed over them."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import contextmanager, suppress

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
        with self.worker():
            self.installation.wait_until(lambda: settled(self.installation), seconds)
        return time.monotonic() - started

    def kill_one(self, within, *, running):
        """Kill a worker within some seconds of its start, or of the start of its work; whether it was at work."""
        with self.worker():
            if running:
                self.installation.happens(lambda: "running" in states(self.installation), 20)
            time.sleep(self.chance.uniform(0, within))
            return "running" in states(self.installation)

    @contextmanager
    def worker(self):
        """A worker that is killed at the end, if it did not die of something else."""
        process = self.nursery.worker()
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def report(self):
        report = self.nursery.command("report")
        assert (report["problems"], report["intact"]) == ([], True)
        return report["imports"]

    def check(self, reasons):
        """Every import is there whole, or was given up for one of the reasons and left nothing; how many were."""
        imports = [{name: found[name] for name in found if name != "dataset"} for found in self.report()]
        given_up = [found for found in imports if found["state"] == "failed"]
        for found in given_up:
            assert found["error"] in reasons
            assert {name: found[name] for name in NOTHING} == NOTHING
        wanted = expected(self.target)
        odd = [found for found in imports if found["state"] != "failed" and found != wanted]
        assert odd == [], f"expected {wanted}, found {odd}"
        return len(given_up)

    def finish(self):
        """Those that were given up are there whole when they are tried again."""
        self.nursery.command("again")
        self.work_off()
        assert self.check(reasons=()) == 0


def expected(target):
    records = ROWS - BAD if target == "feedback" else 0
    return {
        "state": "done",
        "error": "",
        "job": "done",
        "new": ROWS - BAD,
        "repeated": 0,
        "rows": [ROWS - BAD, ROWS - BAD, RIGHT],
        "records": records,
        "set_aside": BAD,
        "folder": False,
        "staged": 0,
    }


# What an import leaves that was given up: its worker died over it again and again, or the disk stayed full.
NOTHING = {"rows": [0, 0, 0], "records": 0, "set_aside": 0, "staged": 0}
