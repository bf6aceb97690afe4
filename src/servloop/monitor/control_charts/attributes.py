"""Charts of counts and of rare events: p, np, c, u with Laney's correction, g and t."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError
from servloop.monitor.control_charts.chart import (
    ControlChart,
    Design,
    Floats,
    Limits,
    Places,
    build_chart,
    series,
)
from servloop.monitor.control_charts.constants import d2
from servloop.monitor.control_charts.rules import WESTERN_ELECTRIC
from servloop.monitor.control_charts.variables import mean_moving_range, symmetric_limits

ATTRIBUTES = Design(rules=WESTERN_ELECTRIC)
RARE_EVENTS = Design(rules=("beyond_limits", "eight_on_one_side"))
LANEY_FROM = 1.2
_T_POWER = 3.6

Laney = bool | Literal["auto"]


def p_chart(
    events: npt.ArrayLike, sizes: npt.ArrayLike, design: Design = ATTRIBUTES, *, laney: Laney = "auto"
) -> ControlChart:
    """P chart: share of items with an event, binomial limits.

    Args:
        events: items with the event, shape (n,).
        sizes: items looked at, shape (n,); a point without items is missing.
        design: phases, baseline, exclusions, rules.
        laney: widen (or narrow) the limits by the observed variation between points (Laney 2002, p');
            ``auto`` does so when it exceeds the binomial one by more than 20 %, which large sizes make common.

    Raises:
        InputError: counts are negative, or more events than items.
    """
    count, size = _counted(events, sizes)
    if (count > size).any():
        raise InputError("monitor.more_events_than_items", row=int(np.argmax(count > size)) + 1)
    share = np.divide(count, size, out=np.full(size.size, np.nan), where=size > 0)

    def limits(places: Places, used: Places) -> Limits:
        mean = count[used].sum() / size[used].sum()
        sigma = float(np.sqrt(mean * (1 - mean)))
        error = _error(sigma, size)
        ratio = _laney_ratio((share - mean)[used], error[used], laney)
        return symmetric_limits(
            share[places],
            np.full(places.size, mean),
            error[places] * (1.0 if ratio is None else ratio),
            sigma,
            floor=0.0,
            ceiling=1.0,
            sigma_z=ratio,
        )

    return build_chart("p", share, design, limits, method=_laney_method("binomial", laney))


def np_chart(events: npt.ArrayLike, size: int, design: Design = ATTRIBUTES) -> ControlChart:
    """Np chart: number of items with an event in samples of one size, binomial limits."""
    count = series(events, lowest=0)
    if size < 1 or (count > size).any():
        raise InputError("monitor.more_events_than_items", row=int(np.argmax(count > size)) + 1)

    def limits(places: Places, used: Places) -> Limits:
        mean = float(count[used].mean())
        sigma = float(np.sqrt(mean * (1 - mean / size)))
        return symmetric_limits(
            count[places],
            np.full(places.size, mean),
            np.full(places.size, sigma),
            sigma,
            floor=0.0,
            ceiling=float(size),
        )

    return build_chart("np", count, design, limits, method="binomial")


def c_chart(events: npt.ArrayLike, design: Design = ATTRIBUTES) -> ControlChart:
    """C chart: number of events in areas of opportunity of equal size, Poisson limits."""
    count = series(events, lowest=0)

    def limits(places: Places, used: Places) -> Limits:
        mean = float(count[used].mean())
        sigma = float(np.sqrt(mean))
        return symmetric_limits(
            count[places], np.full(places.size, mean), np.full(places.size, sigma), sigma, floor=0.0
        )

    return build_chart("c", count, design, limits, method="Poisson")


def u_chart(
    events: npt.ArrayLike,
    sizes: npt.ArrayLike,
    design: Design = ATTRIBUTES,
    *,
    per: float = 1.0,
    laney: Laney = "auto",
) -> ControlChart:
    """U chart: rate of events, Poisson limits.

    Args:
        events: events, shape (n,).
        sizes: exposure (customers, days…), shape (n,); a point without exposure is missing.
        design: phases, baseline, exclusions, rules.
        per: the rate is charted per so much exposure, for example 10,000 customers.
        laney: as in `p_chart` (u').
    """
    count, size = _counted(events, sizes)
    exposure = size / per
    rate = np.divide(count, exposure, out=np.full(size.size, np.nan), where=size > 0)

    def limits(places: Places, used: Places) -> Limits:
        mean = count[used].sum() / exposure[used].sum()
        sigma = float(np.sqrt(mean))
        error = _error(sigma, exposure)
        ratio = _laney_ratio((rate - mean)[used], error[used], laney)
        return symmetric_limits(
            rate[places],
            np.full(places.size, mean),
            error[places] * (1.0 if ratio is None else ratio),
            sigma,
            floor=0.0,
            sigma_z=ratio,
        )

    return build_chart("u", rate, design, limits, method=_laney_method("Poisson", laney))


def g_chart(
    between: npt.ArrayLike,
    design: Design = RARE_EVENTS,
    *,
    convention: Literal["failures", "trials"] = "failures",
) -> ControlChart:
    """G chart: opportunities between rare events, geometric limits.

    Args:
        between: opportunities between events, shape (n,).
        design: phases, baseline, exclusions, rules.
        convention: ``failures`` counts those without event (0 is possible): sd = sqrt(m (m + 1)) and the
            median as center line, since the distribution is skewed; ``trials`` counts the event too:
            sd = sqrt(m (m - 1)) and the mean m as center line.
    """
    count = series(between, lowest=0)

    def limits(places: Places, used: Places) -> Limits:
        mean = float(count[used].mean())
        failures = convention == "failures"
        sigma = float(np.sqrt(mean * (mean + 1 if failures else max(mean - 1, 0.0))))
        center = np.full(places.size, np.median(count[used]) if failures else mean)
        full = np.full(places.size, 1.0)
        z = (count[places] - center) / (sigma or 1.0)
        return Limits(center, max(mean - 3 * sigma, 0.0) * full, (mean + 3 * sigma) * full, z, sigma)

    return build_chart("g", count, design, limits, method=f"geometric, {convention}")


def t_chart(between: npt.ArrayLike, design: Design = RARE_EVENTS, *, screen: bool = True) -> ControlChart:
    """T chart: time between rare events (more than 0), an I chart of the times to the power 1/3.6.

    The power makes exponential times nearly normal (Nelson, 1994); limits are transformed back.
    """
    times = series(between, lowest=0)
    if (times == 0).any():
        raise InputError("monitor.times_not_positive", row=int(np.argmax(times == 0)) + 1)
    root = times ** (1 / _T_POWER)

    def limits(places: Places, used: Places) -> Limits:
        mean = float(root[used].mean())
        sigma = mean_moving_range(root[used], screen=screen) / d2(2)
        found = symmetric_limits(
            root[places], np.full(places.size, mean), np.full(places.size, sigma), sigma, floor=0.0
        )
        return Limits(found.center**_T_POWER, found.lower**_T_POWER, found.upper**_T_POWER, found.z, sigma)

    how = "I chart of time to the power 1/3.6"
    return build_chart("t", times, design, limits, method=how + (", screened" if screen else ""))


def _counted(events: npt.ArrayLike, sizes: npt.ArrayLike) -> tuple[Floats, Floats]:
    count, size = series(events, lowest=0), series(sizes, lowest=0)
    if count.size != size.size:
        raise InputError("monitor.lengths_differ", events=count.size, sizes=size.size)
    missing = np.isnan(count) | np.isnan(size) | (size == 0)
    return np.where(missing, np.nan, count), np.where(missing, np.nan, size)


def _error(sigma: float, size: Floats) -> Floats:
    return np.asarray(sigma / np.sqrt(size))


def _laney_ratio(distance: Floats, error: Floats, laney: Laney) -> float | None:
    """sigma_z: mean moving range of the standardized points over d2(2)."""
    if laney is False or not (error > 0).all() or distance.size < 2:
        return None
    ratio = mean_moving_range(distance / error, screen=False) / d2(2)
    if laney == "auto" and ratio <= LANEY_FROM:
        return None
    return ratio


def _laney_method(distribution: str, laney: Laney) -> str:
    return (
        distribution
        if laney is False
        else f"{distribution}, Laney {'when needed' if laney == 'auto' else ''}".strip()
    )
