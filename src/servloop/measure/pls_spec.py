"""The specification of a PLS path model, and the two ready satisfaction models.

Sources of the ready models: Fornell et al. (1996) for the American model; Tenenhaus et al. (2005) for the
European one. "ACSI" is a trade mark; what is computed here is an ACSI-type index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from servloop.errors import SpecError
from servloop.measure.specs import validated

BoolArray = npt.NDArray[np.bool_]

# construct → constructs that act on it
READY_MODELS: dict[str, dict[str, tuple[str, ...]]] = {
    "ecsi": {
        "Expectation": ("Image",),
        "Quality": ("Expectation",),
        "Value": ("Expectation", "Quality"),
        "Satisfaction": ("Image", "Expectation", "Quality", "Value"),
        "Complaints": ("Satisfaction",),
        "Loyalty": ("Image", "Satisfaction", "Complaints"),
    },
    "acsi": {
        "Quality": ("Expectation",),
        "Value": ("Expectation", "Quality"),
        "Satisfaction": ("Expectation", "Quality", "Value"),
        "Complaints": ("Satisfaction",),
        "Loyalty": ("Satisfaction", "Complaints"),
    },
}


@dataclass(frozen=True)
class Construct:
    """A latent variable, its item columns and its mode (A reflective, B formative)."""

    name: str
    items: tuple[str, ...]
    mode: str = "A"


@dataclass(frozen=True)
class PathModelSpec:
    """A recursive path model and how to estimate it.

    Attributes:
        constructs: in the order of the results.
        paths: construct → constructs that act on it.
        scheme: inner weighting: ``centroid``, ``factorial`` or ``path``.
        scaled: standardise the items.
        scale: lowest and highest answer, for the index; None for no index.
        missing: ``mean``, ``pairwise`` or ``casewise``.
        tolerance: stop when the outer weights change less than this in sum.
        max_iterations: then stop with a warning.
        bootstrap: resamples.
        bootstrap_signs: ``none``, ``individual`` or ``construct``.
    """

    constructs: tuple[Construct, ...]
    paths: Mapping[str, tuple[str, ...]]
    scheme: str = "centroid"
    scaled: bool = True
    scale: tuple[float, float] | None = None
    missing: str = "mean"
    tolerance: float = 1e-7
    max_iterations: int = 300
    bootstrap: int = 0
    bootstrap_signs: str = "construct"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the constructs."""
        return tuple(construct.name for construct in self.constructs)

    @property
    def items(self) -> tuple[str, ...]:
        """All item columns, construct by construct."""
        return tuple(item for construct in self.constructs for item in construct.items)

    @property
    def membership(self) -> BoolArray:
        """Shape (items, constructs): which item belongs to which construct."""
        owners = [position for position, c in enumerate(self.constructs) for _ in c.items]
        member: BoolArray = np.array(owners)[:, None] == np.arange(len(self.constructs))
        return member

    @property
    def inner(self) -> BoolArray:
        """Shape (constructs, constructs): True where the row acts on the column."""
        names = self.names
        matrix = np.zeros((len(names), len(names)), dtype=np.bool_)
        for target, sources in self.paths.items():
            for source in sources:
                matrix[names.index(source), names.index(target)] = True
        return matrix

    @property
    def arrows(self) -> list[tuple[int, int]]:
        """All paths as (source, target) positions, by source and then target."""
        return [(int(source), int(target)) for source, target in np.argwhere(self.inner)]


def parse_spec(document: Any) -> PathModelSpec:
    """A specification from a mapping (a YAML file), checked.

    Raises:
        SpecError: the schema is violated, a construct or item twice, unknown constructs in the paths, a
            construct without any path, a circle of paths, a scale without extent.
    """
    checked = validated("index", document)
    constructs = tuple(
        Construct(entry["name"], tuple(entry["items"]), entry.get("mode", "A"))
        for entry in checked["constructs"]
    )
    names = [construct.name for construct in constructs]
    paths = _ready_paths(checked["model"], names) if "paths" not in checked else checked["paths"]
    paths = {target: tuple(dict.fromkeys(sources)) for target, sources in paths.items()}
    _check(constructs, paths)
    scale = checked.get("scale")
    if scale is not None and scale[0] >= scale[1]:
        raise SpecError("measure.pls_scale", low=scale[0], high=scale[1])
    return PathModelSpec(
        constructs,
        paths,
        scheme=checked["scheme"],
        scaled=checked["scaled"],
        scale=tuple(scale) if scale else None,
        missing=checked["missing"],
        tolerance=checked["tolerance"],
        max_iterations=checked["max_iterations"],
        bootstrap=checked["bootstrap"],
        bootstrap_signs=checked["bootstrap_signs"],
    )


def ready_model(model: str, items: Mapping[str, Sequence[str]], **options: Any) -> PathModelSpec:
    """A ready model with the user's columns.

    Args:
        model: ``ecsi`` or ``acsi``.
        items: construct → columns; constructs as in `READY_MODELS`.
        **options: further keys of the specification.

    Raises:
        SpecError: as `parse_spec`.
    """
    constructs = [{"name": name, "items": list(columns)} for name, columns in items.items()]
    return parse_spec({"constructs": constructs, "model": model, **options})


def _ready_paths(model: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    paths = READY_MODELS[model]
    expected = list(dict.fromkeys([source for sources in paths.values() for source in sources] + [*paths]))
    absent = [name for name in expected if name not in names]
    if absent:
        raise SpecError("measure.pls_construct_missing", model=model, missing=absent, expected=expected)
    return paths


def _check(constructs: tuple[Construct, ...], paths: Mapping[str, tuple[str, ...]]) -> None:
    names = [construct.name for construct in constructs]
    items = [item for construct in constructs for item in construct.items]
    for kind, given in (("construct", names), ("item", items)):
        repeated = sorted({name for name in given if given.count(name) > 1})
        if repeated:
            raise SpecError("measure.pls_named_twice", kind=kind, names=repeated)
    used = {name for target, sources in paths.items() for name in (target, *sources)}
    unknown = sorted(used - set(names))
    if unknown:
        raise SpecError("measure.pls_construct_unknown", unknown=unknown, known=names)
    isolated = [name for name in names if name not in used]
    if isolated:
        raise SpecError("measure.pls_construct_isolated", constructs=isolated)
    # Take away, again and again, what nothing left acts on: what remains is a circle.
    remaining = set(names)
    while free := {name for name in remaining if not remaining & set(paths.get(name, ()))}:
        remaining -= free
    if remaining:
        raise SpecError("measure.pls_circular", constructs=sorted(remaining))
