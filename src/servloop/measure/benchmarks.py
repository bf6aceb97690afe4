"""Benchmarks: figures of others, with source and date, and an honest comparison with them.

A figure is better or worse than a benchmark only when its interval says so. Benchmarks whose original source is not
known are marked so; an organisation adds its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from servloop.measure.catalogue import metric
from servloop.messages import normalize_language
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl

RELATIONS = ("at_least", "at_most", "about")
#: Where the figures that ship come from, and when they were taken over.
SHIPPED_SOURCE = {
    "zh-CN": "服务质量实务文档（原始出处未注明）",
    "en": "Practice documents on service quality (original source not given there)",
}
SHIPPED_ON = date(2026, 11, 21)


@dataclass(frozen=True)
class Benchmark:
    """One figure of others.

    Attributes:
        code: stable name.
        metric: code of the catalogue.
        value: in ``unit``.
        relation: ``at_least``, ``at_most`` or ``about``.
        unit: the metric's unless the figure is stated in another; then it cannot be compared with the metric.
        statements, sources: by language.
        recorded: date of the figure, or when it was taken over.
        verified: whether somebody read the original source.
    """

    code: str
    metric: str
    value: float
    relation: str
    unit: str
    statements: Mapping[str, str]
    sources: Mapping[str, str]
    recorded: date
    verified: bool = False

    def statement(self, language: str = "en") -> str:
        """The figure as a sentence."""
        return self.statements[normalize_language(language)]

    def source(self, language: str = "en") -> str:
        """Where it comes from."""
        return self.sources[normalize_language(language)]


@cache
def shipped_benchmarks() -> Mapping[str, Benchmark]:
    """The starter set, by code."""
    import yaml

    path = resources.files("servloop.measure") / "metrics" / "benchmarks.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        entry["code"]: Benchmark(
            code=entry["code"],
            metric=entry["metric"],
            value=float(entry["value"]),
            relation=entry["relation"],
            unit=entry.get("unit", metric(entry["metric"]).unit),
            statements=entry["statement"],
            sources=SHIPPED_SOURCE,
            recorded=SHIPPED_ON,
        )
        for entry in entries
    }


@dataclass(frozen=True, kw_only=True)
class BenchmarkComparison(Result):
    """Own figure against a benchmark.

    Attributes:
        own: the figure with its interval, in the benchmark's unit.
        difference: own less benchmark with the interval of the own figure; not computable with a reason.
        verdict: ``better``, ``worse``, ``no_difference`` (the interval holds the benchmark), ``different`` (a metric
            without a better end), or None.
    """

    benchmark: Benchmark
    own: Estimate
    difference: Estimate
    verdict: str | None

    def to_frame(self) -> pl.DataFrame:
        """One row."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "benchmark": self.benchmark.code,
                    "value": self.benchmark.value,
                    "own": self.own.value,
                    "difference": self.difference.value,
                    "low": self.difference.low,
                    "high": self.difference.high,
                    "verdict": self.verdict,
                }
            ]
        )


def compare(
    own: Estimate, benchmark: Benchmark, *, unit: str | None = None, direction: str | None = None
) -> BenchmarkComparison:
    """Compare a figure with a benchmark.

    Args:
        own: in the benchmark's unit.
        benchmark: shipped or one's own.
        unit: in which ``own`` is; that of the benchmark's metric when None, which must then be in the catalogue.
        direction: which way is better; as ``unit``.

    Returns:
        The comparison; without an interval there is a difference but no verdict, and a benchmark stated in another
        unit than its metric is not computable.
    """
    notices = [] if benchmark.verified else [Notice("assess.benchmark_not_verified")]
    expected = metric(benchmark.metric).unit if unit is None else unit
    better = metric(benchmark.metric).direction if direction is None else direction
    if own.value is None:
        return BenchmarkComparison(
            warnings=tuple(notices), benchmark=benchmark, own=own, difference=own, verdict=None
        )
    if benchmark.unit != expected:
        gap = Estimate.not_computable(own.n, "assess.benchmark_unit", unit=benchmark.unit, expected=expected)
        return BenchmarkComparison(
            warnings=tuple(notices), benchmark=benchmark, own=own, difference=gap, verdict=None
        )
    low = None if own.low is None else own.low - benchmark.value
    high = None if own.high is None else own.high - benchmark.value
    difference = Estimate(own.value - benchmark.value, own.n, low, high, own.method, own.level)
    return BenchmarkComparison(
        warnings=tuple(notices),
        benchmark=benchmark,
        own=own,
        difference=difference,
        verdict=_verdict(low, high, better),
    )


def _verdict(low: float | None, high: float | None, direction: str) -> str | None:
    if low is None or high is None:
        return None
    if low <= 0 <= high:
        return "no_difference"
    if direction == "band":
        return "different"
    return "better" if (low > 0) == (direction == "higher") else "worse"
