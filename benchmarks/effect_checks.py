"""How often an effect check is right: ``python -m benchmarks.effect_checks``.

Series of 52 weeks before and 12 after, whose units share a wandering course and a trend, each with errors of its own
that remember 30 % of the week before. Stated are, over seeds: how often the 95 % interval covers the planted effect,
how often the effect is found, and how often one is found where none was planted.
"""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import numpy.typing as npt

from servloop.verify.evaluation import Declaration, Observed, UnitSeries, evaluate

BEFORE, AFTER = 52, 12
PLANTED = 2.0
SEEDS = 200
DAYS = tuple(dt.date(2025, 1, 6) + dt.timedelta(days=7 * place) for place in range(BEFORE + AFTER))


def fading(rng: np.random.Generator, memory: float, spread: float) -> npt.NDArray[np.float64]:
    """Errors that fade by a constant factor."""
    n = BEFORE + AFTER
    noise = rng.normal(0, spread * np.sqrt(1 - memory**2), n)
    series = np.empty(n)
    series[0] = rng.normal(0, spread)
    for place in range(1, n):
        series[place] = memory * series[place - 1] + noise[place]
    return series


def observed(rng: np.random.Generator, effect: float, changed: int, others: int) -> Observed:
    """One bank."""
    common = fading(rng, 0.7, 2.0) * (others > 0) + np.linspace(0, 3, BEFORE + AFTER)
    units = []
    for place in range(changed + others):
        series = 70 + common + fading(rng, 0.3, 1.5) + rng.normal(0, 2)
        series[BEFORE:] += effect * (place < changed)
        units.append(UnitSeries(f"u{place}", place < changed, tuple(series.tolist())))
    pooled = [
        tuple(np.mean([u.values for u in units if u.changed is side], axis=0).tolist())
        if others or side
        else ()
        for side in (True, False)
    ]
    return Observed(DAYS, pooled[0], pooled[1], (100,) * len(DAYS), tuple(units) if others else ())


def main(seeds: int = SEEDS) -> None:
    """Print one line for each kind of comparison."""
    print(f"{seeds} seeds, planted {PLANTED:g}; changed/comparison units: covered, found, found of nothing")
    for changed, others in ((1, 0), (1, 3), (1, 8), (4, 8)):
        declared = Declaration(DAYS[BEFORE], "week", others > 0, 1.0, "increase")
        covered = hits = false = 0
        for seed in range(seeds):
            found = evaluate(observed(np.random.default_rng(seed), PLANTED, changed, others), declared).effect
            null = evaluate(
                observed(np.random.default_rng(10_000 + seed), 0.0, changed, others), declared
            ).effect
            low, high = found.estimate.low or 0.0, found.estimate.high or 0.0
            covered += low <= PLANTED <= high
            hits += (found.p_value or 1.0) < 0.05
            false += (null.p_value or 1.0) < 0.05
        shares = ", ".join(f"{100 * count / seeds:.1f}%" for count in (covered, hits, false))
        print(f"{changed}/{others}: {shares}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
