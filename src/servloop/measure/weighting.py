"""Weights that make a sample look like its population: post-stratification, raking with trimming, linear calibration.

Deming & Stephan (1940) for raking; Deville & Särndal (1992, JASA 87) for calibration; Kish (1965) for what unequal
weights cost. Nothing is dropped silently: rows without a category carry no weight and are counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.errors import SpecError
from servloop.measure.frames import FloatArray, IntArray, numeric_matrix, text_column
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

# Passes of "trim, rake again" before bounds are given up as unreachable.
_TRIM_PASSES = 100
# Totals of two margins are the same population when they differ by less than this share.
_SAME_POPULATION = 1e-6


@dataclass(frozen=True)
class Margin:
    """Known population totals of the categories of a column, or of the cells of several columns crossed.

    Attributes:
        columns: one name, or several whose cells are known.
        totals: category → population count (or share); for several columns nested in their order.
    """

    columns: tuple[str, ...]
    totals: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The columns as shown to people."""
        return " × ".join(self.columns)

    def cells(self) -> dict[str, float]:
        """Totals by cell; the categories of crossed columns are joined by " × "."""
        return _flattened(self.totals, len(self.columns), self.name)


def _flattened(totals: Mapping[str, Any], depth: int, name: str) -> dict[str, float]:
    cells: dict[str, float] = {}
    for key, value in totals.items():
        label = _label(key)
        if depth > 1:
            if not isinstance(value, Mapping):
                raise SpecError("assess.margin_totals", column=name)
            cells |= {
                f"{label} × {rest}": total for rest, total in _flattened(value, depth - 1, name).items()
            }
        elif (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or value < 0
        ):
            raise SpecError("assess.margin_totals", column=name)
        else:
            cells[label] = float(value)
    if not cells or sum(cells.values()) <= 0:
        raise SpecError("assess.margin_totals", column=name)
    return cells


def _label(key: object) -> str:
    """A category as the data's text has it, whatever YAML made of it."""
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    return str(key).strip()


@dataclass(frozen=True, kw_only=True)
class Weighting(Result):
    """Weights with their diagnosis.

    Attributes:
        method: ``poststratification``, ``raking`` or ``linear``.
        weights: one a row of the frame; NaN where a row has no category or no starting weight.
        start: starting weights, the same shape.
        auxiliary: rows × columns whose totals are now known; what the linearised errors are taken from.
        n: rows with a weight; ``rows`` is how many there were.
        iterations: rounds over all margins (1 for a direct solution).
        converged: whether all margins are met within the tolerance (and bounds, if there are any).
        max_margin_error: largest |achieved - target| ÷ population over all cells.
        population: total that the weights add up to.
        kish_deff: n Σw² ÷ (Σw)², the loss of precision by unequal weights; ``n_effective`` is n ÷ that.
        smallest, largest: range of the weights.
    """

    method: str
    weights: FloatArray = field(compare=False, repr=False)
    start: FloatArray = field(compare=False, repr=False)
    auxiliary: FloatArray = field(compare=False, repr=False)
    n: int
    rows: int
    iterations: int
    converged: bool
    max_margin_error: float
    population: float
    kish_deff: float
    n_effective: float
    smallest: float
    largest: float

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """The diagnosis; the weights themselves are one a row and come with `to_frame`."""
        document = super().to_dict(language)
        for name in ("weights", "start", "auxiliary"):
            del document[name]
        return document

    def to_frame(self) -> pl.DataFrame:
        """One row a row of the input, in its order: ``weight`` and ``start_weight``."""
        import polars as pl

        columns = {"weight": self.weights, "start_weight": self.start}
        return pl.DataFrame(columns).fill_nan(None)


def post_stratify(
    frame: Any, columns: str | Sequence[str], totals: Mapping[str, Any], *, start: str | None = None
) -> Weighting:
    """Weights ``w · N_h ÷ Σ_h w`` in every cell h: raking on one margin, exact in one step.

    Args:
        frame: any data frame.
        columns: one column, or several whose crossed cells are known.
        totals: see `Margin`.
        start: optional column of starting (design) weights.

    Raises:
        SpecError: as `rake`.
    """
    named = (columns,) if isinstance(columns, str) else tuple(columns)
    return rake(frame, [Margin(named, totals)], start=start)


def rake(
    frame: Any,
    margins: Sequence[Margin],
    *,
    start: str | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 1000,
    trim: tuple[float | None, float | None] | None = None,
) -> Weighting:
    """Fit weights to several margins in turn until all of them hold (iterative proportional fitting).

    Args:
        frame: any data frame.
        margins: population totals; if their sums differ they contradict each other: all are scaled to the first,
            with a warning.
        start: optional column of starting weights, positive; 1 for everybody when not given.
        tolerance: margins hold when the largest error is below this share of the population.
        max_iterations: rounds before giving up; the result then says that it did not converge.
        trim: (lowest, highest) weight, either may be None; trimmed and raked again until both hold.

    Raises:
        SpecError: no margins, wrong totals, a category without a total, a total above 0 without respondents, or
            bounds that exclude the mean weight.
    """
    _check_numbers(margins, tolerance, max_iterations, trim)
    w, codes, targets, notices = _prepared(frame, margins, start)
    used = ~np.isnan(w)
    population = float(targets[0].sum())
    initial = w.copy()
    fitted = w[used]
    inside = [margin[used] for margin in codes]
    fitted, rounds, error = _fit(fitted, inside, targets, tolerance, max_iterations)
    bounded = True
    if trim is not None:
        low, high = trim[0] if trim[0] is not None else 0.0, trim[1] if trim[1] is not None else math.inf
        mean = population / max(len(fitted), 1)
        if not low <= mean <= high:
            raise SpecError("assess.bounds_exclude_mean", low=low, high=high, mean=mean)
        for _round in range(_TRIM_PASSES):
            bounded = _within(fitted, low, high)
            if bounded or rounds >= max_iterations:
                break
            trimmed = fitted
            for _ in range(_TRIM_PASSES):
                if _within(trimmed, low, high):
                    break
                trimmed = trim_weights(trimmed, low, high)
            fitted, more, error = _fit(trimmed, inside, targets, tolerance, max_iterations - rounds)
            rounds += more
        if not bounded:
            notices.append(Notice("assess.bounds_not_reached", params={"low": low, "high": high}))
    converged = error <= tolerance and bounded
    if error > tolerance:
        notices.append(
            Notice("assess.raking_not_converged", params={"iterations": rounds, "error": f"{error:.3g}"})
        )
    w[used] = fitted
    auxiliary = np.concatenate(
        [
            (margin[:, None] == np.arange(len(t))).astype(np.float64)
            for margin, t in zip(codes, targets, strict=True)
        ],
        axis=1,
    )
    return _diagnosed(
        "poststratification" if len(margins) == 1 else "raking",
        w,
        initial,
        auxiliary,
        iterations=rounds,
        converged=converged,
        error=error,
        population=population,
        notices=notices,
    )


def calibrate(
    frame: Any, margins: Sequence[Margin], numeric: Mapping[str, float], *, start: str | None = None
) -> Weighting:
    """Linear calibration (GREG): the weights nearest to the starting ones that meet all totals exactly.

    Args:
        frame: any data frame.
        margins: totals of categories, as in `rake`.
        numeric: numeric column → its total in the population.
        start: optional column of starting weights.

    Returns:
        The weights; some may be negative, which a warning says.

    Raises:
        SpecError: as `rake`, or nothing to calibrate to.
    """
    if not numeric:
        raise SpecError("assess.no_columns", name="numeric")
    _check_numbers(margins, 1e-8, 1, None)
    w, codes, targets, notices = _prepared(frame, margins, start)
    values = numeric_matrix(frame, list(numeric))
    missing = np.isnan(values).any(axis=1) & ~np.isnan(w)
    if missing.any():
        notices.append(Notice("assess.incomplete_rows", int(missing.sum())))
    w[missing] = np.nan
    used = ~np.isnan(w)
    dummies = [
        (m[:, None] == np.arange(len(t))).astype(np.float64) for m, t in zip(codes, targets, strict=True)
    ]
    auxiliary = np.concatenate([*dummies, np.nan_to_num(values)], axis=1)
    wanted = np.concatenate([*targets, np.array(list(numeric.values()), dtype=np.float64)])
    initial = w.copy()
    X, d = auxiliary[used], w[used]
    scale = np.maximum(np.abs(X).max(axis=0, initial=0.0), 1e-300)
    Z = X / scale
    shift = np.linalg.pinv((Z * d[:, None]).T @ Z, rcond=1e-12, hermitian=True) @ (wanted / scale - d @ Z)
    w[used] = d * (1 + Z @ shift)
    population = float(targets[0].sum())
    error = float((np.abs(w[used] @ X - wanted) / np.maximum(np.abs(wanted), 1e-300)).max())
    negative = int((w[used] < 0).sum())
    if negative:
        notices.append(Notice("assess.negative_weights", negative))
    if error > 1e-8:
        notices.append(Notice("assess.calibration_missed", params={"error": f"{error:.3g}"}))
    return _diagnosed(
        "linear",
        w,
        initial,
        auxiliary,
        iterations=1,
        converged=error <= 1e-8,
        error=error,
        population=population,
        notices=notices,
    )


def trim_weights(weights: FloatArray, low: float, high: float) -> FloatArray:
    """One pass of trimming: clip to the bounds, spread what was cut evenly over the weights that were inside.

    The total stays the same. A weight may leave the bounds again by its share of the excess: repeat if it must not.
    """
    clipped = np.clip(weights, low, high)
    inside = (weights >= low) & (weights <= high)
    excess = float(weights.sum() - clipped.sum())
    if inside.any():
        clipped[inside] += excess / int(inside.sum())
    else:
        clipped += excess / len(weights)
    return clipped


def kish(weights: FloatArray) -> tuple[float, float]:
    """Kish's design effect by weighting and the effective n, of weights without missing values."""
    total, squares = float(weights.sum()), float((weights**2).sum())
    return len(weights) * squares / total**2, total**2 / squares


def _check_numbers(
    margins: Sequence[Margin],
    tolerance: float,
    max_iterations: int,
    trim: tuple[float | None, float | None] | None,
) -> None:
    if not margins or any(not margin.columns for margin in margins):
        raise SpecError("assess.no_columns", name="margins")
    if not 0 < tolerance < 1:
        raise SpecError("assess.number_out_of_range", name="tolerance", low=0, high=1, received=tolerance)
    if max_iterations < 1:
        raise SpecError(
            "assess.number_out_of_range", name="max_iterations", low=1, high="∞", received=max_iterations
        )
    if trim is not None and None not in trim and not (trim[0] or 0) < (trim[1] or 0):
        raise SpecError("assess.low_not_below_high", low=trim[0], high=trim[1])


def _prepared(
    frame: Any, margins: Sequence[Margin], start: str | None
) -> tuple[FloatArray, list[IntArray], list[FloatArray], list[Notice]]:
    """Starting weights (NaN for rows that cannot be used), codes and targets of every margin."""
    notices: list[Notice] = []
    codes, targets = [], []
    for margin in margins:
        cells = margin.cells()
        codes.append(_cell_codes(frame, margin, cells))
        targets.append(np.array(list(cells.values())))
    w = np.ones(len(codes[0])) if start is None else numeric_matrix(frame, [start])[:, 0].copy()
    unusable = np.isnan(w) | (w <= 0)
    if unusable.any():
        notices.append(Notice("assess.rows_without_weight", int(unusable.sum()), {"column": start}))
    w[unusable] = np.nan
    homeless = np.any([margin < 0 for margin in codes], axis=0) & ~unusable
    if homeless.any():
        notices.append(Notice("assess.rows_without_category", int(homeless.sum())))
    w[homeless] = np.nan
    used = ~np.isnan(w)
    if not used.any():
        raise SpecError("assess.nobody_to_weight")
    for margin, coded, target in zip(margins, codes, targets, strict=True):
        present = np.bincount(coded[used], minlength=len(target)) > 0
        labels = list(margin.cells())
        empty = [label for label, t, p in zip(labels, target, present, strict=True) if t > 0 and not p]
        if empty:
            raise SpecError("assess.empty_cells", column=margin.name, cells=empty)
        unwanted = int(np.bincount(coded[used], minlength=len(target))[target == 0].sum())
        if unwanted:
            notices.append(Notice("assess.zero_total_cells", unwanted, {"column": margin.name}))
    whole = float(targets[0].sum())
    others = [float(target.sum()) for target in targets]
    contradictory = [
        margin.name
        for margin, total in zip(margins, others, strict=True)
        if abs(total - whole) > _SAME_POPULATION * whole
    ]
    if contradictory:
        notices.append(
            Notice(
                "assess.contradictory_totals",
                len(contradictory),
                {"names": contradictory, "first": margins[0].name, "total": whole},
            )
        )
    return (
        w,
        codes,
        [target * (whole / total) for target, total in zip(targets, others, strict=True)],
        notices,
    )


def _cell_codes(frame: Any, margin: Margin, cells: dict[str, float]) -> IntArray:
    """The cell of every row as its position among the totals; -1 where a category is missing."""
    import polars as pl

    parts = pl.DataFrame([text_column(frame, c).alias(str(i)) for i, c in enumerate(margin.columns)])
    labels = parts.select(pl.concat_str(pl.all(), separator=" × ")).to_series()
    unknown = sorted(set(labels.drop_nulls().unique()) - set(cells))
    if unknown:
        raise SpecError("assess.group_without_total", groups=unknown, known=list(cells))
    codes = labels.replace_strict(
        {cell: code for code, cell in enumerate(cells)}, default=-1, return_dtype=pl.Int64
    )
    return codes.fill_null(-1).to_numpy()


def _fit(
    w: FloatArray, codes: list[IntArray], targets: list[FloatArray], tolerance: float, max_iterations: int
) -> tuple[FloatArray, int, float]:
    whole = float(targets[0].sum())
    rounds = 0
    error = _margin_error(w, codes, targets, whole)
    while error > tolerance and rounds < max_iterations:
        for coded, target in zip(codes, targets, strict=True):
            achieved = np.bincount(coded, w, minlength=len(target))
            w = w * (target / np.where(achieved > 0, achieved, 1.0))[coded]
        rounds += 1
        error = _margin_error(w, codes, targets, whole)
    return w, rounds, error


def _margin_error(w: FloatArray, codes: list[IntArray], targets: list[FloatArray], whole: float) -> float:
    return max(
        float(np.abs(np.bincount(coded, w, minlength=len(target)) - target).max()) / whole
        for coded, target in zip(codes, targets, strict=True)
    )


def _within(w: FloatArray, low: float, high: float) -> bool:
    slack = 1e-9 * float(w.mean())
    return bool((w >= low - slack).all() and (w <= high + slack).all())


def _diagnosed(
    method: str,
    w: FloatArray,
    initial: FloatArray,
    auxiliary: FloatArray,
    *,
    iterations: int,
    converged: bool,
    error: float,
    population: float,
    notices: list[Notice],
) -> Weighting:
    used = w[~np.isnan(w)]
    deff, effective = kish(used)
    return Weighting(
        warnings=tuple(notices),
        method=method,
        weights=w,
        start=initial,
        auxiliary=auxiliary,
        n=len(used),
        rows=len(w),
        iterations=iterations,
        converged=converged,
        max_margin_error=error,
        population=population,
        kish_deff=deff,
        n_effective=effective,
        smallest=float(used.min()),
        largest=float(used.max()),
    )
