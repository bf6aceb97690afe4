"""Intervals of shares and corrected p-values, beside SciPy and by their properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control

from servloop.inference import benjamini_hochberg, newcombe_difference, normal_quantile, wilson_interval


@given(n=st.integers(1, 10**6), share=st.floats(0, 1), level=st.sampled_from((0.8, 0.95, 0.99)))
def test_wilson_interval_is_that_of_scipy(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    low, high = wilson_interval(successes, n, level)
    expected = binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1


def test_differences_of_the_published_example() -> None:
    # Newcombe (1998), table II, comparison (a): 56/70 less 48/80, method 10.
    assert newcombe_difference((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.integers(0, 50), st.integers(0, 50))
def test_differences_turn_around_with_the_groups(first: int, second: int) -> None:
    low, high = newcombe_difference((first, 50), (second, 50))
    back = newcombe_difference((second, 50), (first, 50))
    assert (-high, -low) == pytest.approx(back, abs=1e-12)
    assert low <= (second - first) / 50 <= high


@given(st.lists(st.none() | st.floats(0, 1), max_size=30))
def test_adjusted_p_values_are_those_of_scipy(p_values: list[float | None]) -> None:
    adjusted = benjamini_hochberg(p_values)
    assert [value is None for value in adjusted] == [p is None for p in p_values]
    known = [p for p in p_values if p is not None]
    found = [value for value in adjusted if value is not None]
    if known:
        assert found == pytest.approx(false_discovery_control(known, method="bh"), rel=1e-12)
        assert (np.diff(np.array(found)[np.argsort(known)]) >= 0).all()


def test_quantile() -> None:
    assert math.isclose(normal_quantile(0.95), 1.959963984540054, rel_tol=1e-12)
