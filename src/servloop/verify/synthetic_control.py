"""Synthetic control: a weighted mix of comparison units that ran like the treated one before.

Source: Abadie, Diamond and Hainmueller, Journal of the American Statistical Association 105 (2010); here with
the outcomes before the intervention as the only predictors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.results import Estimate, Notice, Result
from servloop.verify.effects import Floats

if TYPE_CHECKING:
    import polars as pl

FEWEST_BEFORE = 3
_SUM_WEIGHT = 1e4
_POOR_FIT = 0.3


@dataclass(frozen=True, kw_only=True)
class SyntheticControl(Result):
    """The effect on one unit.

    Attributes:
        effect: mean gap between the unit and its synthetic control from the start on. Its interval would need
            assumptions that one treated unit cannot support: judge it by the placebo rank.
        last_gap: gap in the last period.
        weights: comparison units with a weight, largest first.
        observed: the treated unit by period.
        synthetic: its control by period.
        fit_before: root mean squared gap before the start.
        fit_ratio: root mean squared gap after the start over that before.
        placebo_rank: place of that ratio among those of all units, each treated as if it were the one.
        placebo_p: rank over number of units; the smallest possible value is 1 / units.
        units: comparison units and the treated one.
        n_before: periods before the start.
        n_after: periods from the start on.
    """

    effect: Estimate
    last_gap: float | None
    weights: tuple[tuple[str, float], ...]
    observed: tuple[float, ...]
    synthetic: tuple[float, ...]
    fit_before: float | None
    fit_ratio: float | None
    placebo_rank: int | None
    placebo_p: float | None
    units: int
    n_before: int
    n_after: int

    def to_frame(self) -> pl.DataFrame:
        """One row for each period: observed, synthetic, gap."""
        import polars as pl

        table = pl.DataFrame(
            {"observed": self.observed, "synthetic": self.synthetic or [None] * len(self.observed)}
        )
        return table.with_columns(gap=pl.col("observed") - pl.col("synthetic"))


def synthetic_control(
    outcomes: npt.ArrayLike, names: Sequence[str], treated: str, start: int, *, declared: bool = False
) -> SyntheticControl:
    """Evaluate an intervention on one unit against a mix of others.

    Args:
        outcomes: shape (units, periods), without gaps.
        names: of the units.
        treated: name of the unit with the intervention.
        start: place (from 0) of the first period under the intervention.
        declared: metric and date were fixed before the change.

    Raises:
        InputError: the outcomes are no complete table of numbers.
        SpecError: the names do not fit, or the start lies outside the periods.
    """
    try:
        table = np.asarray(outcomes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("verify.panel_incomplete") from error
    if table.ndim != 2 or not np.isfinite(table).all():
        raise InputError("verify.panel_incomplete")
    if len(names) != len(table) or list(names).count(treated) != 1:
        raise SpecError("verify.unit_unknown", unit=treated, units=list(names))
    if not 0 < start < table.shape[1]:
        raise SpecError("verify.start_outside", start=start, n=table.shape[1])
    place = list(names).index(treated)
    units, periods = table.shape
    observed = tuple(table[place].tolist())
    if units < 3 or start < FEWEST_BEFORE:
        reason = Estimate.not_computable(
            units, "verify.too_few_units", periods=start, needed_units=3, needed_periods=FEWEST_BEFORE
        )
        return SyntheticControl(
            effect=reason,
            last_gap=None,
            weights=(),
            observed=observed,
            synthetic=(),
            fit_before=None,
            fit_ratio=None,
            placebo_rank=None,
            placebo_p=None,
            units=units,
            n_before=start,
            n_after=periods - start,
        )
    gaps, all_weights = zip(*(_gap(table, unit, start) for unit in range(units)), strict=True)
    before = np.array([_rms(gap[:start]) for gap in gaps])
    after = np.array([_rms(gap[start:]) for gap in gaps])
    ratios = np.divide(after, before, out=np.full(units, np.inf), where=before > 0)
    rank = int((ratios >= ratios[place]).sum())
    gap, weights = gaps[place], all_weights[place]
    others = [name for name in names if name != treated]
    shares = sorted(zip(others, weights.tolist(), strict=True), key=lambda item: -item[1])
    warnings = [] if declared else [Notice("verify.not_declared")]
    if before[place] > _POOR_FIT * float(table[place, :start].std() or 1.0):
        warnings.append(Notice("verify.poor_fit", params={"gap": f"{before[place]:.4g}"}))
    return SyntheticControl(
        effect=Estimate(
            float(gap[start:].mean()), periods - start, method="synthetic control, outcomes only"
        ),
        last_gap=float(gap[-1]),
        weights=tuple((name, weight) for name, weight in shares if weight > 1e-6),
        observed=observed,
        synthetic=tuple((table[place] - gap).tolist()),
        fit_before=float(before[place]),
        fit_ratio=float(ratios[place]) if np.isfinite(ratios[place]) else None,
        placebo_rank=rank,
        placebo_p=rank / units,
        units=units,
        n_before=start,
        n_after=periods - start,
        warnings=tuple(warnings),
    )


def simplex_weights(target: Floats, donors: Floats) -> Floats:
    """Non-negative weights with sum 1 that bring the donors closest to the target in least squares.

    Non-negative least squares with one heavy row for the sum; scaled by the target's size, so that the row
    dominates whatever the unit.

    Args:
        target: shape (periods,).
        donors: shape (periods, donors).
    """
    from scipy.optimize import nnls

    scale = float(np.abs(donors).max()) or 1.0
    heavy = _SUM_WEIGHT * np.ones((1, donors.shape[1]))
    system, right = np.vstack([donors / scale, heavy]), np.append(target / scale, _SUM_WEIGHT)
    weights, _ = nnls(system, right, maxiter=100 * donors.shape[1])
    return np.asarray(weights / weights.sum())


def _gap(table: Floats, unit: int, start: int) -> tuple[Floats, Floats]:
    donors = np.delete(table, unit, axis=0).T
    weights = simplex_weights(table[unit, :start], donors[:start])
    return table[unit] - donors @ weights, weights


def _rms(values: Floats) -> float:
    return float(np.sqrt((values**2).mean()))
