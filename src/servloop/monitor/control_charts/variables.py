"""Charts of measured values: individuals, moving ranges, subgroup means, ranges and standard deviations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError
from servloop.monitor.control_charts.chart import (
    ROUNDING,
    ControlChart,
    Design,
    Floats,
    Limits,
    Places,
    build_chart,
    series,
)
from servloop.monitor.control_charts.constants import Constants, c4, d2, d3
from servloop.monitor.control_charts.rules import WESTERN_ELECTRIC

INDIVIDUALS = Design(rules=WESTERN_ELECTRIC)
_ONLY_LIMITS = Design(rules=("beyond_limits",))
_RUNS_ONLY = Design()


def mean_moving_range(values: Floats, *, screen: bool) -> float:
    """Mean absolute difference of successive values; missing ones are passed over.

    Args:
        values: a series.
        screen: leave out ranges above their own upper limit (3.267 times the mean) once, so that a single
            outlier does not widen the limits that should show it (Nelson, 1982).
    """
    ranges = np.abs(np.diff(values[~np.isnan(values)]))
    mean = float(ranges.mean()) if ranges.size else 0.0
    if screen and ranges.size:
        # three decimals, the constant D4 of the printed tables
        mean = float(ranges[ranges <= round(1 + 3 * d3(2) / d2(2, "exact"), 3) * mean].mean())
    return mean


def individuals(
    values: npt.ArrayLike,
    design: Design = INDIVIDUALS,
    *,
    screen: bool = True,
    sigma: Literal["moving_range", "standard_deviation"] = "moving_range",
    constants: Constants = "tabulated",
) -> ControlChart:
    """I chart (X of XmR): single values, sigma from the mean moving range divided by d2(2).

    Args:
        values: shape (n,), NaN where missing.
        design: phases, baseline, exclusions, rules.
        screen: screen moving ranges before taking their mean.
        sigma: estimate from moving ranges, or from the standard deviation (unbiased by c4), which lets
            shifts and trends widen the limits.
        constants: tabulated (1.128) or exact d2.
    """
    data = series(values)

    def limits(places: Places, used: Places) -> Limits:
        mean = float(data[used].mean())
        if sigma == "moving_range":
            spread = mean_moving_range(data[used], screen=screen) / d2(2, constants)
        else:
            spread = float(data[used].std(ddof=1)) / c4(used.size)
        return symmetric_limits(
            data[places], np.full(places.size, mean), np.full(places.size, spread), spread
        )

    how = f"{sigma}{', screened' if screen and sigma == 'moving_range' else ''}, {constants} constants"
    return build_chart("i", data, design, limits, method=how)


def moving_ranges(
    values: npt.ArrayLike, design: Design = _ONLY_LIMITS, *, constants: Constants = "tabulated"
) -> ControlChart:
    """MR chart: differences of successive values; the first point of the series has none."""
    data = series(values)
    ranges = np.concatenate([[np.nan], np.abs(np.diff(data))])[: data.size]

    def limits(places: Places, used: Places) -> Limits:
        mean = float(ranges[used].mean())
        spread = mean / d2(2, constants)
        return symmetric_limits(
            ranges[places],
            np.full(places.size, mean),
            np.full(places.size, d3(2) * spread),
            spread,
            floor=0.0,
        )

    return build_chart("mr", ranges, design, limits, method=f"{constants} constants")


def run_chart(values: npt.ArrayLike, design: Design = _RUNS_ONLY) -> ControlChart:
    """Run chart: values around their median, no limits, judged by runs and crossings alone."""
    data = series(values)

    def limits(places: Places, used: Places) -> Limits:
        none = np.full(places.size, np.nan)
        median = np.full(places.size, np.median(data[used]))
        return Limits(median, none, none, data[places] - median, float("nan"))

    return build_chart("run", data, design, limits, method="median")


def subgroup_chart(
    groups: npt.ArrayLike,
    design: Design = INDIVIDUALS,
    *,
    kind: Literal["xbar", "r", "s"] = "xbar",
    sigma: Literal["range", "standard_deviation"] = "range",
    constants: Constants = "tabulated",
) -> ControlChart:
    """Charts of subgroups: means, ranges or standard deviations.

    The standard deviation of the process is the mean over subgroups of range / d2(n) or of
    standard deviation / c4(n); subgroups may differ in size.

    Args:
        groups: shape (subgroups, largest size), NaN where a subgroup is smaller; subgroups with fewer than
            two values set no limits.
        design: phases, baseline, exclusions, rules.
        kind: what is charted.
        sigma: within-subgroup estimator; range and standard deviation charts use their own.
        constants: tabulated or exact d2.

    Raises:
        InputError: the groups are no two-dimensional table of finite numbers.
    """
    try:
        table = np.asarray(groups, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("monitor.groups_invalid") from error
    if table.ndim != 2 or np.isinf(table).any():
        raise InputError("monitor.groups_invalid")
    size = (~np.isnan(table)).sum(axis=1)
    total = np.nansum(table, axis=1)
    mean = np.divide(total, size, out=np.full(size.size, np.nan), where=size > 0)
    within = _within(table, mean, size, kind if kind in {"r", "s"} else sigma)
    scale = {
        int(n): _scale(int(n), kind if kind in {"r", "s"} else sigma, constants) for n in set(size) if n > 1
    }
    unit = np.array([scale.get(int(n), (np.nan, np.nan))[0] for n in size])
    charted = mean if kind == "xbar" else within
    charted = np.where(size > (0 if kind == "xbar" else 1), charted, np.nan)

    def limits(places: Places, used: Places) -> Limits:
        estimates = (within / unit)[used]
        spread = float(np.nanmean(estimates))
        if kind == "xbar":
            center = np.full(places.size, total[used].sum() / size[used].sum())
            error = spread / np.sqrt(np.maximum(size[places], 1))
            return symmetric_limits(charted[places], center, error, spread)
        center = unit[places] * spread
        error = np.array([scale.get(int(n), (np.nan, np.nan))[1] for n in size[places]]) * spread
        return symmetric_limits(charted[places], center, error, spread, floor=0.0)

    usable = Design(
        design.phases, design.baseline, {*design.exclude, *np.flatnonzero(size < 2).tolist()}, design.rules
    )
    return build_chart(kind, charted, usable, limits, method=f"within {sigma}, {constants} constants")


def _within(table: Floats, mean: Floats, size: npt.NDArray[np.int64], estimator: str) -> Floats:
    if estimator in {"range", "r"}:
        high = np.where(np.isnan(table), -np.inf, table).max(axis=1)
        low = np.where(np.isnan(table), np.inf, table).min(axis=1)
        return np.where(size > 1, high - low, np.nan)
    squares = np.nansum((table - mean[:, None]) ** 2, axis=1)
    variance = np.divide(squares, size - 1, out=np.full(size.size, np.nan), where=size > 1)
    return np.asarray(np.sqrt(variance))


def _scale(n: int, estimator: str, constants: Constants) -> tuple[float, float]:
    """Mean and standard deviation of the within-subgroup statistic for sigma 1."""
    if estimator in {"range", "r"}:
        return d2(n, constants), d3(n)
    return c4(n), float(np.sqrt(1 - c4(n) ** 2))


def symmetric_limits(
    values: Floats,
    center: Floats,
    error: Floats,
    sigma: float,
    *,
    floor: float | None = None,
    ceiling: float | None = None,
    sigma_z: float | None = None,
) -> Limits:
    """Center plus and minus three standard errors, cut at what the statistic can reach."""
    distance = values - center
    distance[np.abs(distance) <= ROUNDING * np.abs(center)] = (
        0.0  # a mean of equal values is not always exact
    )
    z = np.divide(distance, error, out=np.copysign(np.inf, distance), where=error > 0)
    z[distance == 0] = 0.0
    lower, upper = center - 3 * error, center + 3 * error
    if floor is not None:
        lower = np.maximum(lower, floor)
    if ceiling is not None:
        upper = np.minimum(upper, ceiling)
    return Limits(center, lower, upper, z, sigma, sigma_z)
