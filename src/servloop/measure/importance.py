"""Importance–performance analysis (Martilla & James 1977, J. Marketing 41(1)): where to concentrate.

Importance is stated by the respondents or derived from the data; the crosshair lies at the grand means, the medians
or the middle of the scale. A point exactly on a line counts as high, and says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.inference import normal_quantile
from servloop.measure.drivers import drivers
from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.sampling import mean_estimates
from servloop.results import Estimate, Notice, Result, plain

if TYPE_CHECKING:
    import polars as pl

CROSSHAIRS = ("means", "medians", "midpoint")
DERIVED = ("pearson", "spearman", "partial", "standardised", "johnson", "lmg")
QUADRANTS = {
    (True, False): "concentrate",
    (True, True): "keep_up",
    (False, False): "low_priority",
    (False, True): "overkill",
}


@dataclass(frozen=True)
class ItemPosition:
    """One item on the importance–performance grid.

    Attributes:
        name: shown name.
        importance, performance: means (or derived importance) with intervals.
        gap: performance less importance, paired per respondent; only for stated importance on one scale.
        quadrant: ``concentrate``, ``keep_up``, ``low_priority`` or ``overkill``; None when not computable.
        on_line: the point lies exactly on the crosshair.
    """

    name: str
    importance: Estimate
    performance: Estimate
    gap: Estimate
    quadrant: str | None
    on_line: bool = False


@dataclass(frozen=True)
class Crosshair:
    """Where the lines lie, and by which rule."""

    importance: float | None
    performance: float | None
    rule: str


@dataclass(frozen=True, kw_only=True)
class ImportancePerformance(Result):
    """The grid: items in the order given.

    Attributes:
        method: ``stated`` or the derivation of the importance.
        n: rows with at least one answer.
    """

    method: str
    n: int
    items: tuple[ItemPosition, ...]
    cross: Crosshair
    level: float

    def quadrants(self) -> dict[str, int]:
        """How many items lie in each quadrant."""
        return {name: sum(item.quadrant == name for item in self.items) for name in QUADRANTS.values()}

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``items`` with plain figures beside their details, ``cross``, counts of the quadrants."""
        items = [
            {
                "name": item.name,
                "importance": item.importance.value,
                "performance": item.performance.value,
                "gap": item.gap.value,
                "quadrant": item.quadrant,
                "on_line": item.on_line,
                "detail": {
                    "importance": plain(item.importance, language),
                    "performance": plain(item.performance, language),
                    "gap": plain(item.gap, language),
                },
            }
            for item in self.items
        ]
        return {
            **super().to_dict(language),
            "items": items,
            "cross": dataclasses.asdict(self.cross),
            "quadrants": self.quadrants(),
        }

    def to_frame(self) -> pl.DataFrame:
        """One row an item."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "name": item.name,
                    "importance": item.importance.value,
                    "importance_low": item.importance.low,
                    "importance_high": item.importance.high,
                    "performance": item.performance.value,
                    "performance_low": item.performance.low,
                    "performance_high": item.performance.high,
                    "gap": item.gap.value,
                    "n": item.performance.n,
                    "quadrant": item.quadrant,
                    "on_line": item.on_line,
                }
                for item in self.items
            ],
            infer_schema_length=None,
        )


def importance_performance(
    frame: Any,
    performance: Sequence[str],
    *,
    importance: Sequence[str] | None = None,
    outcome: str | None = None,
    derive: str = "pearson",
    names: Sequence[str] | None = None,
    crosshair: str = "means",
    scale: tuple[float, float] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> ImportancePerformance:
    """Place items on the grid.

    Args:
        frame: any data frame, one row a respondent; missing answers are left out pairwise.
        performance: columns, one an item.
        importance: columns of stated importance in the same order; or
        outcome: column of overall satisfaction from which importance is derived.
        derive: ``pearson``, ``spearman``, ``partial`` (correlation given the other items), ``standardised``
            (regression weight), ``johnson`` or ``lmg`` (part of R²).
        names: shown names; the performance columns when not given.
        crosshair: ``means`` of the items' means (data-centred), ``medians``, or ``midpoint`` of the scale.
        scale: lowest and highest answer; needed for ``midpoint``. Answers outside count as missing, with a warning.
        level: coverage.
        seed: of the bootstrap of ``johnson`` and ``lmg``.

    Raises:
        SpecError: neither or both sources of importance, lists of unequal length, an unknown choice.
    """
    performance, names = list(performance), list(names or performance)
    _check_request(
        performance,
        importance=importance,
        outcome=outcome,
        names=names,
        crosshair=crosshair,
        derive=derive,
        scale=scale,
    )
    notices: list[Notice] = []
    achieved = _on_scale(numeric_matrix(frame, performance), scale, notices)
    performances = mean_estimates(achieved, level)
    if importance is not None:
        stated = _on_scale(numeric_matrix(frame, list(importance)), scale, notices)
        importances = mean_estimates(stated, level)
        gaps = mean_estimates(achieved - stated, level)
        method = "stated"
    else:
        assert outcome is not None  # checked above
        importances = _derived(
            frame,
            performance,
            achieved=achieved,
            outcome=outcome,
            derive=derive,
            level=level,
            seed=seed,
            notices=notices,
        )
        gaps = [Estimate.not_computable(e.n, "assess.gap_of_derived", method="mean_t") for e in performances]
        method = derive
    cross = Crosshair(
        _line([e.value for e in importances], crosshair, scale, derived=importance is None),
        _line([e.value for e in performances], crosshair, scale),
        crosshair,
    )
    items = tuple(
        _placed(name, i, p, gap, cross)
        for name, i, p, gap in zip(names, importances, performances, gaps, strict=True)
    )
    lying = [item.name for item in items if item.on_line]
    if lying:
        notices.append(Notice("assess.points_on_crosshair", len(lying), {"names": lying}))
    return ImportancePerformance(
        warnings=tuple(notices),
        method=method,
        n=int((~np.isnan(achieved)).any(axis=1).sum()),
        items=items,
        cross=cross,
        level=level,
    )


def importance_from_spec(frame: Any, spec: dict[str, Any], *, seed: int = 0) -> ImportancePerformance:
    """Run a validated ``importance`` specification (see the schema of that name)."""
    items = spec["items"]
    stated = [item["importance"] for item in items if "importance" in item]
    if stated and len(stated) < len(items):
        raise SpecError("assess.importance_for_some", given=len(stated), items=len(items))
    scale = spec.get("scale")
    return importance_performance(
        frame,
        [item["performance"] for item in items],
        importance=stated or None,
        outcome=None if stated else spec.get("outcome"),
        derive=spec.get("derive", "pearson"),
        names=[item.get("name", item["performance"]) for item in items],
        crosshair=spec.get("crosshair", "means"),
        scale=(scale[0], scale[1]) if scale else None,
        level=spec.get("level", 0.95),
        seed=seed,
    )


def _check_request(
    performance: list[str],
    *,
    importance: Sequence[str] | None,
    outcome: str | None,
    names: list[str],
    crosshair: str,
    derive: str,
    scale: tuple[float, float] | None,
) -> None:
    if not performance:
        raise SpecError("assess.no_columns", name="performance")
    if (importance is None) == (outcome is None):
        raise SpecError("assess.importance_source")
    columns = [*performance, *(importance or ()), *([outcome] if outcome else [])]
    doubled = sorted({column for column in columns if columns.count(column) > 1})
    if doubled:
        raise SpecError("assess.doubled_columns", names=doubled)
    for name, given in (("importance", importance), ("names", names)):
        if given is not None and len(given) != len(performance):
            raise SpecError("assess.unequal_lists", name=name, received=len(given), expected=len(performance))
    for name, received, known in (("crosshair", crosshair, CROSSHAIRS), ("derive", derive, DERIVED)):
        if received not in known:
            raise SpecError("assess.unknown_choice", name=name, received=received, known=list(known))
    if crosshair == "midpoint" and scale is None:
        raise SpecError("assess.midpoint_needs_scale")


def _on_scale(matrix: FloatArray, scale: tuple[float, float] | None, notices: list[Notice]) -> FloatArray:
    if scale is None:
        return matrix
    outside = (matrix < scale[0]) | (matrix > scale[1])
    if outside.any():
        notices.append(
            Notice("assess.answers_off_scale", int(outside.sum()), {"low": scale[0], "high": scale[1]})
        )
    return np.where(outside, np.nan, matrix)


def _line(
    values: list[float | None], rule: str, scale: tuple[float, float] | None, *, derived: bool = False
) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if rule == "medians":
        return float(np.median(known))
    if rule == "midpoint" and scale is not None and not derived:
        return (scale[0] + scale[1]) / 2
    # Derived importance has no scale, so its line stays at the mean whatever the rule is.
    return float(np.mean(known))


def _placed(
    name: str, importance: Estimate, performance: Estimate, gap: Estimate, cross: Crosshair
) -> ItemPosition:
    if importance.value is None or performance.value is None:
        return ItemPosition(name, importance, performance, gap, None)
    assert cross.importance is not None
    assert cross.performance is not None
    along, up = performance.value - cross.performance, importance.value - cross.importance
    # Equal up to rounding is equal: a mean of means must not decide by its last bit.
    near = 1e-12 * max(1.0, abs(cross.importance), abs(cross.performance))
    return ItemPosition(
        name,
        importance,
        performance,
        gap,
        QUADRANTS[up >= -near, along >= -near],
        on_line=abs(up) <= near or abs(along) <= near,
    )


def _derived(
    frame: Any,
    performance: list[str],
    *,
    achieved: FloatArray,
    outcome: str,
    derive: str,
    level: float,
    seed: int,
    notices: list[Notice],
) -> list[Estimate]:
    import polars as pl

    y = numeric_matrix(frame, [outcome])[:, 0]
    if derive in ("pearson", "spearman"):
        return [_correlation(achieved[:, j], y, derive, level) for j in range(achieved.shape[1])]
    analysis = drivers(
        pl.DataFrame(np.column_stack((achieved, y)), schema=[*performance, outcome]),
        outcome,
        performance,
        method=derive if derive in ("johnson", "lmg") else "last",
        bootstrap=500 if derive in ("johnson", "lmg") else 0,
        level=level,
        seed=seed,
    )
    notices.extend(analysis.warnings)
    if analysis.r2.reason is not None:
        return [Estimate(None, analysis.n, method=derive, level=level, reason=analysis.r2.reason)] * len(
            performance
        )
    if derive == "standardised":
        return [Estimate(d.standardised, analysis.n, method=derive, level=level) for d in analysis.drivers]
    if derive == "partial":
        unexplained = 1 - (analysis.r2.value or 0.0)
        return [
            _fisher(
                float(np.sign(d.coefficient)) * _partial(d.importance.value or 0.0, unexplained),
                analysis.n,
                derive,
                level,
                given=len(performance) - 1,
            )
            for d in analysis.drivers
        ]
    return [d.importance for d in analysis.drivers]


def _partial(added_r2: float, unexplained: float) -> float:
    """|partial r| from what the driver adds to R² last: added ÷ (added + still unexplained)."""
    whole = added_r2 + unexplained
    return float(np.sqrt(added_r2 / whole)) if whole > 0 else 0.0


def _correlation(x: FloatArray, y: FloatArray, kind: str, level: float) -> Estimate:
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y, n = x[both], y[both], int(both.sum())
    if n < 3:
        return Estimate.not_computable(n, "assess.too_few_rows", method=kind, needed=3)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Estimate.not_computable(n, "assess.constant_column", method=kind)
    if kind == "spearman":
        from scipy.stats import rankdata

        x, y = rankdata(x), rankdata(y)
    return _fisher(float(np.corrcoef(x, y)[0, 1]), n, kind, level)


def _fisher(r: float, n: int, method: str, level: float, given: int = 0) -> Estimate:
    """A correlation with Fisher's z interval; ``given`` is how many variables are held constant."""
    r = max(-1.0, min(1.0, r))
    if n - given <= 3 or abs(r) >= 1:
        return Estimate(r, n, method=method, level=level)
    half = normal_quantile(level) / np.sqrt(n - given - 3)
    z = np.arctanh(r)
    return Estimate(r, n, float(np.tanh(z - half)), float(np.tanh(z + half)), f"{method}+fisher_z", level)
