"""Findings and opportunities over a file in which one branch has clearly become worse."""

from __future__ import annotations

import pytest
from tests.app.collect.conftest import bring_in, carry_out, data_folder, facts, take_in  # noqa: F401  # fixtures
from tests.app.measure.conftest import (  # noqa: F401  # fixtures
    _no_cells_of_earlier_tests,
    add_metric,
    cells_for,
    work_off,
)


def ratings(worse: bool = True, seed: int = 3) -> str:
    """Six months of ratings in three branches; in Beijing they fall from the fourth month on, if asked."""
    import numpy as np

    rng = np.random.default_rng(seed)
    lines = ["id,date,channel,rating,comment,branch"]
    for number in range(1_800):
        unit = ("beijing", "tianjin", "shanghai")[number % 3]
        month = int(rng.integers(1, 7))
        low = 0.6 if worse and unit == "beijing" and month > 3 else 0.2
        rating = int(rng.integers(1, 3)) if rng.random() < low else int(rng.integers(4, 6))
        lines.append(f"F{number},2026-{month:02d}-{rng.integers(1, 29):02d} 10:00,app,{rating},意见,{unit}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def found(bring_in, add_metric, work_off):  # noqa: F811
    """The file imported, a metric with a target over it, and everything that follows done."""
    bring_in(ratings(), "ratings.csv", target="feedback", timezone="UTC", columns={"unit": "branch"})
    metric = add_metric("feedback", "share(rating >= 4)", code="happy", target_min=70.0)
    work_off()
    return metric
