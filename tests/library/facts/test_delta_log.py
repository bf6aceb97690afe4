"""The log is read as the Delta library reads it, whatever was done to the table."""

import random
import subprocess
import sys

import polars as pl
import pytest
from deltalake import DeltaTable

from servloop.facts.delta_log import UnusualLogError, read_log


def by_the_library(folder):
    delta = DeltaTable(folder)
    actions = pl.DataFrame(delta.get_add_actions(flatten=True)).to_dicts()
    return delta.version(), {action["path"]: action.get("max.revision") for action in actions}


def same(folder):
    log = read_log(folder)
    assert (log.version, log.files) == by_the_library(folder)
    assert (log.reader_version, log.features) == (1, ())
    return log


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_done_to_a_table(store, feedback, seed):
    chance = random.Random(seed)
    folder = store.folder / "feedback"
    stored = 0
    for step in range(40):
        what = chance.choices(("append", "revise", "delete", "compact", "vacuum"), (10, 3, 3, 2, 1))[0]
        if what == "append" or not stored:
            store.append("feedback", feedback(3, first=stored), application="a", chunk=step)
            stored += 3
        elif what == "revise":
            changed = feedback(1, first=chance.randrange(stored), revision=step + 1)
            store.append("feedback", changed, application="a", chunk=step)
        elif what == "delete":
            store.delete_records("feedback", [f"r{chance.randrange(stored)}"])
        elif what == "compact":
            store.compact("feedback")
        else:
            store.vacuum("feedback")
        same(folder)


def test_checkpoints_of_the_library_with_and_without_commits_after_them(store, feedback):
    folder = store.folder / "feedback"
    for chunk in range(5):
        store.append("feedback", feedback(1, first=chunk), application="a", chunk=chunk)
    DeltaTable(folder).create_checkpoint()
    at_checkpoint = same(folder)
    store.append("feedback", feedback(1, first=9), application="a", chunk=9)
    assert same(folder).version == at_checkpoint.version + 1
    assert set(at_checkpoint.files) < set(read_log(folder).files)


def test_features_are_told_and_gaps_are_left_to_the_library(store, feedback):
    folder = store.folder / "feedback"
    store.append("feedback", feedback(1), application="a", chunk=0)
    store.append("feedback", feedback(1, first=1), application="a", chunk=1)
    plain = DeltaTable(folder).version()
    DeltaTable(folder).alter.set_table_properties({"delta.enableDeletionVectors": "true"})
    log = read_log(folder)
    assert log.reader_version > 1 or log.features
    (folder / "_delta_log" / f"{plain:020d}.json").unlink()
    with pytest.raises(UnusualLogError):
        read_log(folder)


READ = """
import sys
from pathlib import Path
from servloop.facts import FactsScope, FactStore
from servloop.facts.cells import records_of

with FactStore(Path(sys.argv[1])).snapshot() as snapshot, snapshot.connect(FactsScope.everything()) as facts:
    print(records_of(facts, "feedback", "count()", limit=9).height)
print([name for name in ("deltalake", "pyarrow", "pandas") if name in sys.modules])
"""


def test_reading_records_loads_nothing_that_only_writers_need(store, feedback):
    store.append("feedback", feedback(3), application="a", chunk=0)
    words = [sys.executable, "-c", READ, str(store.folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["3", "[]"]
