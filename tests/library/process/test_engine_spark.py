"""The same aggregates on Spark, with executors in processes of their own: every golden figure.

Second tier: `make test-slow` installs Spark and a Java runtime. Where they are absent, the test fails and says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from tests.library.process.engine_answers import COLUMNS, Answers, lifecycle, shuffled
from tests.library.process.golden import LOGS, GoldenLog, check_all
from tests.library.process.logs import frame, paths, with_starts
from tests.library.process.test_engines import assert_like_kernels

from servloop.diagnose.process import EventLog
from servloop.facts.engines import Engine, aggregate_files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("spark"),
    # Spark's own sockets and Ibis' ways with it; none of our code is meant.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two executors, each a process with a core and a gigabyte; the session lives as long as the module."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.fail("Spark or Java is missing: run `make spark`")
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.executor.memory", "1g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(folder))
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        # Another zone than the events': it must not matter.
        .config("spark.sql.session.timeZone", "America/New_York")
        .getOrCreate()
    )
    try:
        yield Engine(name="spark")
    finally:
        session.stop()


@pytest.mark.parametrize("golden", LOGS, ids=lambda golden: golden.name)
def test_golden_figures_on_spark(golden: GoldenLog, reference: Path, tmp_path: Path, engine: Engine) -> None:
    files, log = shuffled(golden, reference, tmp_path)
    found = aggregate_files(engine, files, columns=COLUMNS, lifecycle=lifecycle(golden))
    check_all(golden.figures(reference), Answers(found))
    assert_like_kernels(found, log)


def test_the_work_was_done_by_two_executors(engine: Engine) -> None:
    from pyspark.sql import SparkSession

    context = SparkSession.getActiveSession().sparkContext
    hosts = context._jsc.sc().statusTracker().getExecutorInfos()
    assert len(hosts) == 3  # the driver and two executors
    assert SparkSession.getActiveSession().conf.get("spark.sql.session.timeZone") == "America/New_York"


def test_oddities_on_spark(tmp_path: Path, engine: Engine) -> None:
    table = frame(paths("aab", "ba", "a", "ab")).with_columns(
        pl.Series("resource", [None, "甲", "甲", "u", None, "NA", "u", "u"]),
        pl.Series("start_time", with_starts([0.0, 0.5, 1.5, 23.0, 25.0, 47.0, 72.0, 72.5])).dt.cast_time_unit("us"),
        pl.Series("lifecycle", ["complete", None, "complete", "start", "complete", "complete", "complete", None]),
        seq=pl.int_range(8, dtype=pl.Int64),
    )  # fmt: skip
    file = tmp_path / "events.parquet"
    table.write_parquet(file)
    found = aggregate_files(engine, [file], seq_supplied=False)
    assert_like_kernels(found, EventLog.from_frame(table))
