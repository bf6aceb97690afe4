"""Benchmarks that ship and the organisation's own, compared with its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from servloop.measure.benchmarks import Benchmark, BenchmarkComparison, compare, shipped_benchmarks
from servloop.measure.figures import AGGREGATES
from servloop.results import Estimate
from servloop_app.measure.benchmark_models import OwnBenchmark
from servloop_app.measure.models import Metric

# How people write units, and the catalogue's word for it.
_UNITS = {
    "%": "percent", "％": "percent", "百分比": "percent", "per cent": "percent",
    "s": "seconds", "sec": "seconds", "秒": "seconds",
    "分": "points", "point": "points",
}  # fmt: skip


@dataclass(frozen=True)
class KnownBenchmark:
    """A benchmark with what only the organisation's own have.

    Attributes:
        benchmark: the library's value.
        subject: industry or competitor.
        practice: what stands behind the figure.
        public_id: of one that a person entered and may take away.
        origin: ``shipped``, ``entered`` or ``imported``.
    """

    benchmark: Benchmark
    subject: str = ""
    practice: str = ""
    public_id: UUID | None = None
    origin: str = "shipped"


def unit_of(metric: Metric) -> str:
    """Unit in which a metric's figure is told: a share in per cent, whatever the catalogue says."""
    if metric.computable and AGGREGATES[metric.aggregate].unit == "percent":
        return "percent"
    return metric.unit


def known_benchmarks(metrics: Mapping[str, Metric]) -> list[KnownBenchmark]:
    """All benchmarks of some metrics: the organisation's own first, then those that ship."""
    own = [
        KnownBenchmark(
            Benchmark(
                f"own:{row.public_id}",
                row.metric,
                row.value,
                "about",
                _UNITS.get(row.unit.strip().lower(), row.unit.strip()) or unit_of(metrics[row.metric]),
                {"zh-CN": row.subject, "en": row.subject},
                {"zh-CN": row.source, "en": row.source},
                row.published,
                row.verified,
            ),
            row.subject,
            row.practice,
            None if row.imported else row.public_id,
            "imported" if row.imported else "entered",
        )
        for row in OwnBenchmark.objects.filter(metric__in=list(metrics))
    ]
    shipped = [KnownBenchmark(one) for one in shipped_benchmarks().values() if one.metric in metrics]
    return [*own, *shipped]


def unused(metrics: Mapping[str, Metric]) -> int:
    """How many of the organisation's benchmarks name a metric that is not in use."""
    return OwnBenchmark.objects.exclude(metric__in=list(metrics)).count()


def compared(
    known: Iterable[KnownBenchmark], metrics: Mapping[str, Metric], figures: Mapping[str, Estimate]
) -> list[tuple[KnownBenchmark, BenchmarkComparison]]:
    """Each benchmark against the figure of its metric; without a figure the comparison says why."""
    found = []
    for one in known:
        metric = metrics[one.benchmark.metric]
        figure = figures.get(metric.code) or Estimate.not_computable(
            0, "scorecards.not_computed" if metric.computable else "scorecards.needs_data"
        )
        found.append((one, compare(figure, one.benchmark, unit=unit_of(metric), direction=metric.direction)))
    return found
