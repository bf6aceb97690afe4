"""A worker may be killed at any moment of an import: every row is there once, or none; and nothing is left behind."""

import pytest
from tests.reliability.imports import Imports, events, feedback, settled


def kill_rounds(installation, folder, write, *, kills, seed):
    assert installation.servloop("person", "create", "root").returncode == 0
    imports = Imports(installation, folder, write, seed)
    imports.add(1)
    usual = imports.work_off()
    assert imports.check(reasons=()) == 0
    hits = tries = 0
    while hits < kills:
        if settled(installation):
            imports.add(2)
        # Half of the kills at any moment from the worker's first breath on, half while it works.
        hits += imports.kill_one(usual * (0.4 if tries % 2 else 1.0), running=tries % 2 == 1)
        tries += 1
        assert tries < 4 * kills, f"only {hits} of {tries} kills fell into an import"
    imports.work_off(usual * 8 + 60)
    imports.check(reasons={"jobs.worker_died"})
    imports.finish()
    return hits


@pytest.mark.parametrize("write", [feedback, events])
def test_a_few_kills_lose_and_double_nothing(installation, tmp_path, write):
    kill_rounds(installation, tmp_path, write, kills=3, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize(("write", "kills"), [(feedback, 12), (events, 8)])
def test_twenty_kills_lose_and_double_nothing(installation, tmp_path, write, kills):
    assert kill_rounds(installation, tmp_path, write, kills=kills, seed=4) >= kills
