"""Benchmarks of imported files: copied from the facts after every import, so that pages need not read the facts."""

from __future__ import annotations

from typing import Any

from servloop.facts import FactsScope
from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.measure.benchmark_models import OwnBenchmark

FOLLOW_JOB = "benchmarks.follow_facts"
_MOST = 5000
# Derived from the facts, which give it again.
_BOOKS = (OwnBenchmark._meta.db_table,)
_QUERY = """
    SELECT metric, value, low, high, coalesce(value_unit, '') AS unit, coalesce(industry, '') AS subject,
        coalesce(source, '') AS source, local_date AS published, coalesce(practice, '') AS practice
    FROM benchmarks WHERE value IS NOT NULL AND local_date IS NOT NULL ORDER BY metric, local_date DESC, record_id
"""


@job(FOLLOW_JOB)
def follow_facts(run: RunContext, event: dict[str, Any]) -> dict[str, int]:
    """Bring the copied benchmarks up to date; doing it twice changes nothing."""
    if "benchmarks" not in event.get("tables", ("benchmarks",)):
        return {"benchmarks": 0}
    with (
        fact_store().snapshot() as snapshot,
        snapshot.connect(FactsScope.everything(), threads=1) as facts,
    ):
        rows = facts.sql(_QUERY).pl().head(_MOST).to_dicts()
    with guard.opening(*_BOOKS), run.step():
        OwnBenchmark.objects.filter(imported=True).delete()
        OwnBenchmark.objects.bulk_create(
            OwnBenchmark(
                imported=True,
                metric=row["metric"][:60],
                value=row["value"],
                low=row["low"],
                high=row["high"],
                unit=row["unit"][:40],
                subject=row["subject"][:120],
                source=row["source"][:300],
                published=row["published"],
                practice=row["practice"][:1000],
            )
            for row in rows
        )
    return {"benchmarks": len(rows)}
