"""The ``weights-of-criteria`` specification: AHP, entropy, TOPSIS, fuzzy evaluation or a weighted index from one YAML file."""

from __future__ import annotations

from typing import Any

from servloop.errors import SpecError
from servloop.measure.composite import entropy_weights, fuzzy_evaluation, topsis
from servloop.measure.composite_ahp import ahp
from servloop.measure.composite_index import composite_index
from servloop.results import Result

#: Methods that look at a table; the others have all they need in the specification.
NEEDS_TABLE = ("entropy", "topsis", "index")


def criteria_from_spec(frame: Any, spec: dict[str, Any], *, seed: int = 0) -> Result:
    """Run a validated ``weights-of-criteria`` specification (see the schema of that name).

    Args:
        frame: any data frame; None for AHP and fuzzy evaluation.
        spec: the specification.
        seed: of the draws of an index.

    Raises:
        SpecError: the method needs a table and there is none, or what the method raises.
    """
    method = spec["method"]
    if method in NEEDS_TABLE and frame is None:
        raise SpecError("assess.table_needed", method=method)
    options = {key: value for key, value in spec.items() if key not in ("method", "weights")}
    if method == "ahp":
        return ahp(options["matrices"], options["names"], method=options.get("weighting", "eigenvector"))
    if method == "entropy":
        return entropy_weights(frame, options.pop("columns"), **options)
    if method == "topsis":
        weights = spec["weights"]
        return topsis(frame, list(weights), list(weights.values()), **options)
    if method == "fuzzy":
        return fuzzy_evaluation(spec["weights"], options.pop("memberships"), options.pop("grades"), **options)
    return composite_index(frame, options.pop("name"), spec["weights"], seed=seed, **options)
