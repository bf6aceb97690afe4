"""Specifications of path models: what is refused, and the ready models."""

from __future__ import annotations

import pytest

from servloop.errors import SpecError
from servloop.measure.pls_spec import READY_MODELS, parse_spec, ready_model
from servloop.measure.satisfaction_index import weighted_index

A = {"name": "A", "items": ["a1", "a2"]}
B = {"name": "B", "items": ["b1"]}
C = {"name": "C", "items": ["c1"]}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"constructs": [A, B]}, "measure.spec_invalid"),
        ({"constructs": [A, B], "paths": {"B": ["A"]}, "scheme": "pca"}, "measure.spec_invalid"),
        ({"constructs": [A, {**B, "name": "A"}], "paths": {"A": ["A"]}}, "measure.pls_named_twice"),
        ({"constructs": [A, {**B, "items": ["a1"]}], "paths": {"B": ["A"]}}, "measure.pls_named_twice"),
        ({"constructs": [A, B], "paths": {"B": ["Z"]}}, "measure.pls_construct_unknown"),
        ({"constructs": [A, B, C], "paths": {"B": ["A"]}}, "measure.pls_construct_isolated"),
        ({"constructs": [A, B], "paths": {"B": ["A"], "A": ["B"]}}, "measure.pls_circular"),
        ({"constructs": [A, B], "paths": {"B": ["A"]}, "scale": [5, 5]}, "measure.pls_scale"),
        ({"constructs": [A, B], "model": "acsi"}, "measure.pls_construct_missing"),
    ],
)
def test_wrong_specifications_are_named(document: dict, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(document)
    assert caught.value.code == code
    assert "{" not in caught.value.message("zh").replace("{'", "")


def test_ready_models_have_no_circle_and_their_paths() -> None:
    for model, paths in READY_MODELS.items():
        names = dict.fromkeys([s for sources in paths.values() for s in sources] + list(paths))
        spec = ready_model(model, {name: [f"{name}1"] for name in names})
        assert int(spec.inner.sum()) == sum(map(len, paths.values()))
        assert set(spec.names) == set(names)


@pytest.mark.parametrize("weights", [[1, 1], [1, -1, 1], [0, 0, 0]])
def test_unfit_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(SpecError, match="weight"):
        weighted_index([7, 8, 9], weights)
