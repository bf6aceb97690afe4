"""What an import was like: the seven qualities of data, counted."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from servloop.results import Estimate, Result

_OUTLIER_Z = 6.0
_MAD_TO_SD = 1.4826


@dataclass(frozen=True, kw_only=True)
class QualityReport(Result):
    """Quality of the rows of one file.

    Attributes:
        rows: rows read.
        accepted: rows that passed every check.
        rejected: rows set aside.
        reasons: reason → faults; a row can have several (validity, consistency, timeliness).
        completeness: field → share of accepted rows that have a value.
        equal_rows: accepted rows that repeat another row in every field (uniqueness); they are kept.
        outliers: numeric field → values further than six robust standard deviations from the median; they are kept.
        first, last: earliest and latest time.
        lag_days: days from the latest time to the import (timeliness).
    """

    rows: int
    accepted: int
    rejected: int
    reasons: Mapping[str, int]
    completeness: Mapping[str, Estimate]
    equal_rows: int
    outliers: Mapping[str, int]
    first: dt.datetime | None
    last: dt.datetime | None
    lag_days: float | None

    def to_frame(self) -> pl.DataFrame:
        """One row per field: completeness and outliers."""
        return pl.DataFrame(
            {
                "field": list(self.completeness),
                "complete": [share.value for share in self.completeness.values()],
                "n": [share.n for share in self.completeness.values()],
                "outliers": [self.outliers.get(name) for name in self.completeness],
            }
        )


@dataclass
class Tally:
    """Counts that grow batch by batch."""

    rows: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    hashes: list[pl.Series] = field(default_factory=list)

    def add(self, batch: pl.DataFrame, wrong: pl.DataFrame) -> None:
        """Count a batch: its accepted rows, and the faults of the others."""
        rejected = wrong["row"].n_unique()
        self.rows += batch.height + rejected
        self.rejected += rejected
        self.reasons.update(dict(wrong["reason"].value_counts().iter_rows()))
        for name in batch.columns:
            self.present[name] += batch.height - batch[name].null_count()

    def add_facts(self, rows: pl.DataFrame) -> None:
        """Look at a batch's rows of the target's fact table while they are at hand."""
        self.hashes.append(rows.drop("seq").hash_rows())
        if "occurred_at" not in rows.columns:
            return
        first, last = rows.select(pl.min("occurred_at"), pl.max("occurred_at").alias("last")).row(0)
        self.first = min((t for t in (self.first, first) if t), default=None)
        self.last = max((t for t in (self.last, last) if t), default=None)

    def report(
        self, staged: Path | None, fields: list[str], now: dt.datetime, **base: object
    ) -> QualityReport:
        """The report, after a last look at the staged file for what only the whole can tell."""
        accepted = self.rows - self.rejected
        outliers: dict[str, int] = {}
        if staged is not None and accepted:
            lazy = pl.scan_parquet(staged, glob=False)
            schema = lazy.collect_schema()
            outliers = _outliers(lazy, [n for n in fields if n in schema and schema[n].is_float()])
        return QualityReport(
            rows=self.rows,
            accepted=accepted,
            rejected=self.rejected,
            reasons=dict(self.reasons.most_common()),
            completeness={
                name: Estimate(self.present[name] / accepted, accepted, method="share present")
                if accepted
                else Estimate.not_computable(0, "imports.no_accepted_rows")
                for name in fields
            },
            equal_rows=self._equal_rows(),
            outliers=outliers,
            first=self.first,
            last=self.last,
            lag_days=(now - self.last).total_seconds() / 86400 if self.last else None,
            **base,  # type: ignore[arg-type]  # warnings of the base class
        )

    def _equal_rows(self) -> int:
        hashes = pl.concat([pl.Series(dtype=pl.UInt64), *self.hashes])
        return len(hashes) - hashes.n_unique()


def _outliers(lazy: pl.LazyFrame, names: list[str]) -> dict[str, int]:
    found = {}
    for name in names:
        column = pl.col(name)
        median = lazy.select(column.median()).collect().item()
        if median is None:
            continue
        spread = lazy.select((column - median).abs().median()).collect().item() * _MAD_TO_SD
        # More than half of the values are equal: the robust spread is 0 and says nothing about the rest.
        far = (column - median).abs() > _OUTLIER_Z * spread
        found[name] = int(lazy.select(far.sum()).collect().item()) if spread else 0
    return found
