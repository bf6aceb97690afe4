"""An import may be killed at any moment: afterwards every row is there once, and nothing is left behind."""

import json
import random
import sys
import time

import pytest

ROWS = 6_000
BAD_EVERY = 100


def feedback(path, rows):
    lines = ["id,date,rating,comment,customer id"]
    for n in range(rows):
        rating = -1 if n % BAD_EVERY == 7 else n % 5 + 1
        lines.append(f"F{n},2026-03-01 09:{n % 60:02d},{rating},评论 {n} 13812345678,C{n % 1000}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kill_rounds(installation, folder, rounds, seed):
    assert installation.servloop("person", "create", "root").returncode == 0
    file = folder / "feedback.csv"
    feedback(file, ROWS)
    installation.python("tests.reliability.import_once", "add", str(file), "feedback")
    chance = random.Random(seed)
    killed = 0
    for _round in range(rounds):
        worker = installation.start(
            sys.executable, "-m", "tests.reliability.import_once", "work", talking=True
        )
        assert worker.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 6))
        if worker.poll() is None:
            worker.kill()
            killed += 1
        worker.wait()
    assert killed, "the kills came too late to prove anything"
    installation.python("tests.reliability.import_once", "work")
    report = json.loads(installation.python("tests.reliability.import_once", "report").stdout)
    bad = ROWS // BAD_EVERY
    right = [n for n in range(ROWS) if n % BAD_EVERY != 7]
    assert report["rows"]["feedback"] == [ROWS - bad, ROWS - bad, sum(right)]
    assert (report["records"], report["set_aside"]) == (ROWS - bad, bad)
    assert report["states"] == ["done"]
    assert (report["problems"], report["left"], report["intact"]) == ([], [], True)


def test_a_few_kills_lose_and_double_nothing(installation, tmp_path):
    kill_rounds(installation, tmp_path, 3, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_twenty_kills_lose_and_double_nothing(installation, tmp_path, seed):
    kill_rounds(installation, tmp_path, 5, seed=seed)
