"""Three models over the answers to a survey: the satisfaction index, key drivers, and the quality of the sample.

Kernels are imported inside the functions, so that the web process, which checks specifications, never loads scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servloop_app.core.localized import LocalizedText
from servloop_app.measure import study_layouts_models as layouts
from servloop_app.measure.study_documents import bilingual
from servloop_app.measure.study_kinds import KINDS, ModelKind, Spec
from servloop_app.measure.study_sources import WEIGHT

if TYPE_CHECKING:
    import polars as pl

SAMPLES = 500  # of the bootstrap when the specification names none
_SAMPLES_BY_GROUP = 200  # for differences of paths between groups


def _index_check(document: Any) -> Spec:
    from servloop.measure.pls_spec import parse_spec  # noqa: PLC0415
    from servloop.measure.specs import validated  # noqa: PLC0415

    parse_spec(document)
    return validated("index", document)


def _index_columns(spec: Spec) -> list[str]:
    return [item for construct in spec["constructs"] for item in construct["items"]]


def _index_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:
    from servloop.measure.pls import path_model  # noqa: PLC0415
    from servloop.measure.pls_spec import parse_spec  # noqa: PLC0415

    parsed = parse_spec(spec)
    return bilingual(path_model(frame, parsed, samples=parsed.bootstrap or SAMPLES, seed=seed))


def _index_differences(frame: pl.DataFrame, spec: Spec, by: str) -> Any:
    """Index by group under the weights of everyone, and the tested differences of indices and paths."""
    from servloop.measure.pls_spec import parse_spec  # noqa: PLC0415
    from servloop.measure.satisfaction_index import index_by_group  # noqa: PLC0415

    found = index_by_group(frame, parse_spec(spec), by, samples=_SAMPLES_BY_GROUP)
    paths = {f"path:{path}": tests for path, tests in found.path_differences.items()}
    return bilingual({**paths, "index": found.index, "index_differences": found.index_differences})


def _index_for_groups(spec: Spec) -> Spec:
    return spec | {"bootstrap": _SAMPLES_BY_GROUP}


def _drivers_check(document: Any) -> Spec:
    from servloop.measure.driver_study import parse_spec  # noqa: PLC0415

    return parse_spec(document)


def _drivers_columns(spec: Spec) -> list[str]:
    from servloop.measure.driver_study import columns_of  # noqa: PLC0415

    return [column for one in (spec["outcome"], *spec["drivers"]) for column in columns_of(one)]


def _drivers_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:
    from servloop.measure.driver_study import driver_study  # noqa: PLC0415

    return bilingual(driver_study(frame, spec, seed=seed))


def _drivers_for_groups(spec: Spec) -> Spec:
    return spec | {"bootstrap": min(spec["bootstrap"], _SAMPLES_BY_GROUP)}


def _sample_check(document: Any) -> Spec:
    from servloop.measure.sampling_quality import parse_spec  # noqa: PLC0415

    return parse_spec(document)


def _sample_columns(spec: Spec) -> list[str]:
    from servloop.measure.sampling_quality import columns_of  # noqa: PLC0415

    return columns_of(spec)


def _sample_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:  # noqa: ARG001  # nothing is drawn
    from servloop.measure.sampling_quality import sampling_quality  # noqa: PLC0415

    return bilingual(sampling_quality(frame, spec, weights=WEIGHT))


INDEX = ModelKind(
    "index",
    LocalizedText("满意度指数", "Satisfaction index"),
    _index_check,
    _index_columns,
    _index_figures,
    _index_differences,
    for_groups=_index_for_groups,
    layouts=(layouts.index_constructs,),
)
DRIVERS = ModelKind(
    "drivers",
    LocalizedText("关键驱动因素", "Key drivers"),
    _drivers_check,
    _drivers_columns,
    _drivers_figures,
    for_groups=_drivers_for_groups,
    layouts=(layouts.driver_marks,),
)
SAMPLE = ModelKind(
    "sample",
    LocalizedText("样本质量", "Sampling quality"),
    _sample_check,
    _sample_columns,
    _sample_figures,
    layouts=(layouts.marks,),
)


def register() -> None:
    """Make the kinds known."""
    for kind in (INDEX, DRIVERS, SAMPLE):
        KINDS.add(kind.code, kind)
