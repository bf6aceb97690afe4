"""What goes wrong around an import: two at once, a full disk, readers and compaction meanwhile."""

import json
import os
import random
import resource
import subprocess
import threading

import pytest
from tests.conftest import ROOT
from tests.reliability.conftest import SERVLOOP, Installation
from tests.reliability.imports import BAD, Imports, events, feedback, settled, states
from tests.reliability.imports import ROWS as GOOD_AND_BAD

from servloop.facts import FactsScope, FactStore, check

ROWS = 60_000
WORDS = ("--as", "events", "--timezone", "UTC", "--name", "desk", "--json")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    lines = [
        f"{n // 6},Step {n % 6},2026-03-01 {n % 24:02d}:{n % 60:02d}:00,user{n % 40}" for n in range(ROWS)
    ]
    path.write_text("\n".join(["case id,activity,timestamp,resource", *lines]) + "\n")
    return path


def count(store):
    with store.snapshot(["events"]) as snapshot, snapshot.connect(FactsScope.everything()) as facts:
        return facts.sql("SELECT count(*), count(DISTINCT record_id) FROM events").fetchall()[0]


def begin(installation, log, **options):
    words = [*SERVLOOP, "import", str(log), *WORDS]
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=installation.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_the_same_file_twice_at_once_is_stored_once(installation, log):
    assert installation.servloop("person", "create", "root").returncode == 0
    both = [begin(installation, log), begin(installation, log)]
    documents = []
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        documents.append(json.loads(out))
    stored = [document["stored"]["events"] for document in documents]
    assert sorted(s["new"] for s in stored) == [0, ROWS]
    assert sorted(s["repeated"] for s in stored) == [0, ROWS]
    store = FactStore(installation.data / "facts")
    assert count(store) == (ROWS, ROWS)
    assert check(store) == ()


def test_a_full_disk_stores_nothing_and_the_next_try_everything(installation, log):
    assert installation.servloop("person", "create", "root").returncode == 0

    def little_room():  # no file may grow beyond 700 kB: the upload (2 MB) no longer fits
        resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))

    full = begin(installation, log, preexec_fn=little_room)
    _out, err = full.communicate(timeout=120)
    assert full.returncode != 0
    assert b"File too large" in err
    assert not list((installation.data / "imports").glob("*/source*")), "the half file is gone"

    later = begin(installation, log)
    out, err = later.communicate(timeout=120)
    assert later.returncode == 0, err.decode()
    assert json.loads(out)["stored"]["events"]["new"] == ROWS


def twin_rounds(installation, folder, write, rounds):
    """Two workers over two imports of the same file, which belong to one dataset."""
    assert installation.servloop("person", "create", "root").returncode == 0
    imports = Imports(installation, folder, write, seed=1)
    for _round in range(rounds):
        imports.nursery.command("twins", str(imports.file), imports.target)
        with imports.worker(), imports.worker():
            installation.wait_until(lambda: settled(installation), 60)
    good = GOOD_AND_BAD - BAD
    datasets = {}
    for found in imports.report():
        assert (found["state"], found["set_aside"], found["new"] + found["repeated"]) == ("done", BAD, good)
        datasets.setdefault(found["dataset"], []).append((found["new"], found["rows"][0]))
    assert len(datasets) == rounds
    for twins in datasets.values():
        assert sum(new for new, _rows in twins) == sum(rows for _new, rows in twins) == good


@pytest.mark.slow
@pytest.mark.parametrize("write", [feedback, events])
def test_the_same_file_twice_at_once_is_stored_once_in_every_round(installation, tmp_path, write):
    twin_rounds(installation, tmp_path, write, 10)


ROOM = {feedback: 1_000_000, events: 400_000}  # an import needs somewhat more


class SmallDisk:
    """A disk of its own, on which something else can take the room."""

    def __init__(self, place):
        self.place = place
        self.ballast = place / "ballast"

    def free(self):
        found = os.statvfs(self.place)
        return found.f_bavail * found.f_frsize

    def leave(self, room):
        with self.ballast.open("wb") as ballast:
            for _piece in range(max(self.free() - room, 0) // 4096):
                ballast.write(b"\0" * 4096)


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(place)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk; the test above limits the size of files instead")
    yield SmallDisk(place)
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def full_disk_rounds(disk, folder, write, rounds):
    """The disk fills up before the job or at any moment of it, and later there is room again."""
    installation = Installation(disk.place)
    try:
        assert installation.servloop("person", "create", "root").returncode == 0
        imports = Imports(installation, folder, write, seed=2)
        imports.add(1)
        usual = imports.work_off()  # the database and its journal have their size now
        chance = random.Random(rounds)
        full = 0
        for _round in range(rounds):
            imports.add(1)
            disk.leave(int(chance.uniform(0, ROOM[write])))
            with imports.worker():
                full += not installation.happens(lambda: set(states(installation)) == {"done"}, usual + 1)
            disk.ballast.unlink()
            imports.work_off()
        imports.check(reasons={"jobs.unexpected", "jobs.worker_died"})
        imports.finish()
        return full
    finally:
        installation.end()


def test_a_disk_that_fills_up_loses_and_doubles_nothing(small_disk, tmp_path):
    assert full_disk_rounds(small_disk, tmp_path, feedback, 2)


@pytest.mark.slow
@pytest.mark.parametrize("write", [feedback, events])
def test_twenty_times_full_loses_and_doubles_nothing(small_disk, tmp_path, write):
    assert full_disk_rounds(small_disk, tmp_path, write, 10) >= 5


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, 20))]
)
def test_ten_readers_and_compaction_see_whole_chunks_only(tmp_path, number):
    import datetime as dt

    import polars as pl

    from servloop.facts import ingest

    chunk, chunks = 2_000, 8
    frame = pl.DataFrame({"seq": range(chunk * chunks)}).with_columns(
        process_id=pl.lit("p"),
        case_id=pl.col("seq").cast(pl.String),
        activity=pl.lit("a"),
        occurred_at=pl.lit(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    )
    staged = tmp_path / "events.parquet"
    frame.write_parquet(staged)
    store = FactStore(tmp_path / "facts")
    over, seen, failures = threading.Event(), set(), []

    def work(task):
        try:
            while not over.is_set():
                task()
        except Exception as failure:
            failures.append(failure)

    def tidy():
        if store.tables():
            store.compact("events")

    readers = [threading.Thread(target=work, args=(lambda: seen.add(count(store)),)) for _ in range(10)]
    keeper = threading.Thread(target=work, args=(tidy,))
    for thread in (*readers, keeper):
        thread.start()
    try:
        ingest(
            store,
            staged,
            table="events",
            source="s",
            import_id="i",
            ingested_at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
            chunk_rows=chunk,
        )
    finally:
        over.set()
        for thread in (*readers, keeper):
            thread.join()
    assert failures == []
    assert {rows % chunk for rows, _records in seen} == {0}
    assert all(rows == records for rows, records in seen)
    assert count(store) == (chunk * chunks, chunk * chunks)
    assert len(seen) > 2, "the readers came too late to see it grow"
