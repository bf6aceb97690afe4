"""What an effect rests on, and how it stands: each assumption with a mark and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from servloop.results import Notice
from servloop.verify.before_after import BeforeAfter
from servloop.verify.effects import Floats, least_squares

if TYPE_CHECKING:
    from servloop.verify.evaluation import Declaration, Observed

Meaning = Literal["good", "watch", "bad", "neutral"]
_DOUBT = 0.1  # a test that is to support an assumption is asked more strictly than 5 %
_SMALL_SHIFT = 0.1  # Cramér's V
_STRONG = 0.3
_YEAR = {"week": 52, "month": 12}


@dataclass(frozen=True)
class Mark:
    """One assumption.

    Attributes:
        notice: code and figures of its sentence.
        meaning: ``"good"`` when it holds as far as can be seen, ``"watch"`` when in doubt, ``"bad"`` when it does
            not hold, ``"neutral"`` when the data cannot say.
    """

    notice: Notice
    meaning: Meaning


def marks_of(
    observed: Observed,
    declaration: Declaration,
    first: int,
    main: BeforeAfter,
    target: Floats,
    *,
    partial: int | None,
) -> tuple[Mark, ...]:
    """All marks, those that belong to the comparison first."""
    marks = [_parallel(target[:first], compared=declaration.compared)] if declaration.compared else []
    marks += _season(declaration, main, first)
    marks += _mix(observed.mix)
    marks += _memory(main)
    missing = int(np.isnan(target).sum()) - (partial is not None)
    if missing:
        marks.append(Mark(Notice("verify.mark_missing", count=missing), "watch"))
    if partial is not None:
        begun = observed.periods[partial].isoformat()
        marks.append(Mark(Notice("verify.mark_left_out", params={"period": begun}), "neutral"))
    marks.append(
        Mark(Notice("verify.mark_not_random" if declaration.compared else "verify.mark_alone"), "neutral")
    )
    return tuple(marks)


def trend_before(values: Floats) -> tuple[float, float] | None:
    """Slope per period of a series before the start, and its p-value; None below four values."""
    from scipy.stats import t

    used = ~np.isnan(values)
    time = np.flatnonzero(used)
    if time.size < 4:
        return None
    fit = least_squares(np.column_stack([np.ones(time.size), time.astype(np.float64)]), values[used])
    if fit is None:
        return None
    lags = int(4 * (time.size / 100) ** (2 / 9))
    variance = max(
        float(fit.newey_west(lags, small_sample=True)[1, 1]), float(fit.autoregressive(time)[1, 1]), 0.0
    )
    slope = float(fit.coefficients[1])
    if variance <= 0:
        return slope, 1.0
    return slope, float(2 * t.sf(abs(slope) / np.sqrt(variance), fit.freedom))


def _parallel(before: Floats, *, compared: bool) -> Mark:
    found = trend_before(before) if compared else None
    if found is None:
        return Mark(Notice("verify.mark_parallel_unknown"), "neutral")
    slope, p = found
    params = {"p": f"{p:.2f}" if p >= 0.01 else "< 0.01", "slope": f"{slope:.3g}"}
    if p >= _DOUBT:
        return Mark(Notice("verify.mark_parallel", params=params), "good")
    return Mark(Notice("verify.mark_not_parallel", params=params), "watch" if p >= 0.01 else "bad")


def _season(declaration: Declaration, main: BeforeAfter, first: int) -> list[Mark]:
    if declaration.compared:
        return []  # what returns every year returns in both
    if "season" in main.method:
        return [Mark(Notice("verify.mark_season"), "good")]
    code = "verify.mark_no_season" if first >= _YEAR[declaration.grain] else "verify.mark_short"
    return [Mark(Notice(code, params={"n": first}), "watch")]


def _mix(groups: Sequence[tuple[int, int]]) -> list[Mark]:
    found = mix_change(groups)
    if found is None:
        return []
    p, strength = found
    params = {"p": f"{p:.2f}" if p >= 0.01 else "< 0.01", "v": f"{strength:.2f}"}
    if p >= 0.05:
        return [Mark(Notice("verify.mark_mix", params=params), "good")]
    code = "verify.mark_mix_small" if strength < _SMALL_SHIFT else "verify.mark_mix_changed"
    return [Mark(Notice(code, params=params), "good" if strength < _SMALL_SHIFT else "watch")]


def mix_change(groups: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    """Did the mix of groups change? Pearson's chi-squared test and Cramér's V.

    Args:
        groups: rows before and after of each group.

    Returns:
        p-value and V; None with fewer than two groups that have rows, or without rows on one side.
    """
    from scipy.stats import chi2

    table: npt.NDArray[np.float64] = np.array([group for group in groups if sum(group)], dtype=np.float64)
    if table.shape[0] < 2 or (table.sum(axis=0) == 0).any():
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chi2.sf(statistic, table.shape[0] - 1)), float(np.sqrt(statistic / table.sum()))


def _memory(main: BeforeAfter) -> list[Mark]:
    value = main.autocorrelation
    if value is None:
        return []
    params = {"value": f"{value:.2f}".replace("-", "−"), "lags": main.lags}
    if abs(value) > _STRONG:
        return [Mark(Notice("verify.mark_memory_strong", params=params), "watch")]
    return [Mark(Notice("verify.mark_memory", params=params), "good")]
