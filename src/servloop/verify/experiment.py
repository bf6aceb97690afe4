"""One randomized experiment from its rows: sizes first, then the comparison that fits the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.results import Result
from servloop.verify.effects import numbers
from servloop.verify.experiments import (
    AdjustedComparison,
    Comparison,
    SampleRatio,
    compare_adjusted,
    compare_means,
    compare_ratios,
    compare_shares,
    sample_ratio,
)

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Group:
    """One arm of an experiment.

    Attributes:
        name: of the arm.
        outcome: by subject, shape (n,), NaN where missing.
        earlier: the subject's figure from before the experiment (for CUPED).
        denominator: the outcome is a numerator over this.
    """

    name: str
    outcome: npt.ArrayLike
    earlier: npt.ArrayLike | None = None
    denominator: npt.ArrayLike | None = None


@dataclass(frozen=True, kw_only=True)
class Experiment(Result):
    """A randomized comparison of two arms.

    Attributes:
        control: name of the control arm.
        treatment: name of the other.
        sample_ratio: whether the arms have the intended sizes; read nothing else when they do not.
        comparison: treatment less control; adjusted when an earlier figure was given.
        adjusted: the comparison with and without adjustment, None without an earlier figure.
    """

    control: str
    treatment: str
    sample_ratio: SampleRatio
    comparison: Comparison
    adjusted: AdjustedComparison | None

    def to_frame(self) -> pl.DataFrame:
        """The comparison's rows."""
        return self.comparison.to_frame()


def experiment(control: Group, treatment: Group, *, share: float = 0.5, level: float = 0.95) -> Experiment:
    """Evaluate an experiment.

    Outcomes of 0 and 1 are compared as shares, with a denominator as ratios of sums, with an earlier figure as
    adjusted means, else as means.

    Args:
        control: control arm.
        treatment: the other arm.
        share: intended share of subjects in the control arm.
        level: of the intervals.

    Raises:
        InputError: an outcome is not numeric, or columns differ in length.
        SpecError: both an earlier figure and a denominator were given, or the share is impossible.
    """
    if not 0 < share < 1 or (control.earlier is not None and control.denominator is not None):
        raise SpecError("verify.experiment_invalid")
    values = [numbers(arm.outcome, "outcome") for arm in (control, treatment)]
    ratio = sample_ratio([value.size for value in values], [share, 1 - share])
    adjusted = None
    if control.denominator is not None and treatment.denominator is not None:
        comparison = compare_ratios(
            (values[0], control.denominator), (values[1], treatment.denominator), level=level
        )
    elif control.earlier is not None and treatment.earlier is not None:
        adjusted = compare_adjusted((values[0], control.earlier), (values[1], treatment.earlier), level=level)
        comparison = adjusted.comparison
    else:
        present = [value[~np.isnan(value)] for value in values]
        if all(np.isin(value, [0.0, 1.0]).all() for value in present):
            (a, b) = present
            comparison = compare_shares(int(a.sum()), a.size, int(b.sum()), b.size, level=level)
        else:
            comparison = compare_means(*present, level=level)
    return Experiment(
        control=control.name,
        treatment=treatment.name,
        sample_ratio=ratio,
        comparison=comparison,
        adjusted=adjusted,
        warnings=ratio.warnings,
    )
