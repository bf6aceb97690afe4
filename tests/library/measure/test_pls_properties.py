"""What must hold for every path model: order of rows, units of the items, bounds, and effects that add up."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servloop.measure.pls import path_model
from servloop.measure.pls_spec import parse_spec

CONSTRUCTS = {"A": 3, "B": 2, "C": 3}
SPEC = {
    "constructs": [
        {"name": name, "items": [f"{name.lower()}{i}" for i in range(size)]}
        for name, size in CONSTRUCTS.items()
    ],
    "paths": {"B": ["A"], "C": ["A", "B"]},
}


def answers(seed: int, n: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = 0.6 * a + rng.normal(size=n)
    latent = {"A": a, "B": b, "C": 0.4 * a + 0.5 * b + rng.normal(size=n)}
    return pl.DataFrame(
        {
            f"{name.lower()}{i}": np.clip(np.round(5.5 + 1.5 * latent[name] + rng.normal(size=n)), 1, 10)
            for name, size in CONSTRUCTS.items()
            for i in range(size)
        }
    )


def paths(frame, **options):
    found = path_model(frame, parse_spec(SPEC | options))
    return found, {name: one.value for name, one in found.paths.items()}


@given(st.integers(0, 5_000), st.sampled_from(["centroid", "factorial", "path"]))
@settings(max_examples=20, deadline=None)
def test_neither_the_order_of_rows_nor_the_units_of_items_matter(seed, scheme):
    frame = answers(seed)
    _found, expected = paths(frame, scheme=scheme)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    assert paths(shuffled, scheme=scheme)[1] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    other_units = frame.with_columns(pl.col("a0") * 20 - 7, pl.col("c1") / 3)
    assert paths(other_units, scheme=scheme)[1] == pytest.approx(expected, rel=1e-6, abs=1e-8)


@given(st.integers(0, 5_000))
@settings(max_examples=20, deadline=None)
def test_bounds_and_effects(seed):
    found, direct = paths(answers(seed), scale=[1, 10])
    assert all(-1 - 1e-9 <= one.value <= 1 + 1e-9 for one in found.loadings.values())
    assert all(0 <= one.value <= 1 for one in found.r2.values())
    for one in found.index.values():
        assert one.value is None or 0 <= one.value <= 100
    total = found.total_effects["A>C"].value
    assert total == pytest.approx(direct["A>C"] + direct["A>B"] * direct["B>C"])


@given(st.integers(0, 5_000))
@settings(max_examples=10, deadline=None)
def test_everyone_twice_is_the_same_model(seed):
    frame = answers(seed)
    _found, once = paths(frame)
    _found, twice = paths(pl.concat([frame, frame]))
    assert twice == pytest.approx(once, rel=1e-6, abs=1e-8)
