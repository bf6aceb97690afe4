"""Four models over the answers to a survey: SERVQUAL, Kano, importance–performance, and the quality of the scales.

Kernels are imported inside the functions, so that the web process, which checks specifications, never loads scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servloop_app.core.localized import LocalizedText
from servloop_app.measure import study_layouts as layouts
from servloop_app.measure.study_documents import bilingual
from servloop_app.measure.study_kinds import KINDS, ModelKind, Spec

if TYPE_CHECKING:
    import polars as pl

_SAMPLES = 1000


def _servqual_check(document: Any) -> Spec:
    from servloop.measure.servqual_spec import parse_spec  # noqa: PLC0415
    from servloop.measure.specs import validated  # noqa: PLC0415

    parse_spec(document)
    return validated("servqual", document)


def _servqual_columns(spec: Spec) -> list[str]:
    roles = ("perception", "expectation", "minimum")
    items = [item[role] for item in spec["items"] for role in roles if item.get(role)]
    points = [column for column in spec.get("weights", {}).values() if isinstance(column, str)]
    return [*items, *points]


def _servqual_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:
    from servloop.measure.servqual import servqual  # noqa: PLC0415
    from servloop.measure.servqual_spec import parse_spec  # noqa: PLC0415

    document = bilingual(servqual(frame, parse_spec(spec), samples=_SAMPLES, seed=seed))
    return {key: value for key, value in document.items() if key not in {"groups", "differences"}}


def _servqual_differences(frame: pl.DataFrame, spec: Spec, by: str) -> Any:
    from servloop.measure.servqual import servqual  # noqa: PLC0415
    from servloop.measure.servqual_spec import parse_spec  # noqa: PLC0415

    return bilingual(servqual(frame, parse_spec(spec), by=by, samples=0).differences)


def _kano_check(document: Any) -> Spec:
    from servloop.measure.kano import parse_spec  # noqa: PLC0415
    from servloop.measure.specs import validated  # noqa: PLC0415

    parse_spec(document)
    return validated("kano", document)


def _kano_columns(spec: Spec) -> list[str]:
    roles = ("functional", "dysfunctional", "importance")
    return [feature[role] for feature in spec["features"] for role in roles if feature.get(role)]


def _kano_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:  # noqa: ARG001  # nothing is drawn
    from servloop.measure.kano import kano, parse_spec  # noqa: PLC0415

    document = bilingual(kano(frame, parse_spec(spec)))
    return {key: value for key, value in document.items() if key not in {"segments", "tests"}}


def _kano_differences(frame: pl.DataFrame, spec: Spec, by: str) -> Any:
    from servloop.measure.kano import kano, parse_spec  # noqa: PLC0415

    return {test["feature"]: test for test in bilingual(kano(frame, parse_spec(spec), by=by).tests)}


def _importance_check(document: Any) -> Spec:
    from servloop.measure.specs import validated  # noqa: PLC0415

    spec = validated("importance", document)
    stated = [item for item in spec["items"] if "importance" in item]
    if len(stated) not in {0, len(spec["items"])} or not (stated or spec.get("outcome")):
        from servloop.errors import SpecError  # noqa: PLC0415

        if stated:
            raise SpecError("assess.importance_for_some", given=len(stated), items=len(spec["items"]))
        raise SpecError("assess.importance_source")
    return spec


def _importance_columns(spec: Spec) -> list[str]:
    columns = [
        item[role] for item in spec["items"] for role in ("performance", "importance") if item.get(role)
    ]
    return [*columns, *([spec["outcome"]] if spec.get("outcome") else [])]


def _importance_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:
    from servloop.measure.importance import importance_from_spec  # noqa: PLC0415

    return bilingual(importance_from_spec(frame, spec, seed=seed))


def _importance_differences(frame: pl.DataFrame, spec: Spec, by: str) -> Any:
    """Welch's test of each item's performance between the groups, adjusted within the item."""
    import numpy as np  # noqa: PLC0415

    from servloop.measure.frames import group_codes, numeric_matrix  # noqa: PLC0415
    from servloop.measure.loyalty_comparison import compare_groups  # noqa: PLC0415
    from servloop.measure.loyalty_scoring import Scoring  # noqa: PLC0415

    scale = spec.get("scale")
    answers = numeric_matrix(frame, [item["performance"] for item in spec["items"]])
    if scale:
        answers[(answers < scale[0]) | (answers > scale[1])] = np.nan
    members = dict(group_codes(frame, by).rows())
    found = {}
    for position, item in enumerate(spec["items"]):
        values = answers[:, position]
        parts = {label: values[rows][np.isfinite(values[rows])] for label, rows in members.items()}
        low, high = scale or (np.nanmin(values, initial=0), np.nanmax(values, initial=1))
        name = item.get("name", item["performance"])
        found[name] = compare_groups(parts, Scoring("mean"), (float(low), float(high)))
    return bilingual(found)


def _quality_check(document: Any) -> Spec:
    from servloop.measure.scale_quality import parse_spec  # noqa: PLC0415

    return parse_spec(document)


def _quality_columns(spec: Spec) -> list[str]:
    from servloop.measure.scale_quality import column_names_of  # noqa: PLC0415

    return column_names_of(spec)


def _quality_figures(frame: pl.DataFrame, spec: Spec, seed: int) -> Any:
    from servloop.measure.scale_quality import scale_quality  # noqa: PLC0415

    return bilingual(scale_quality(frame, spec, seed=seed))


def _quality_for_groups(spec: Spec) -> Spec:
    """Factors are a matter of the whole questionnaire; the scales of a group need no resampling."""
    lighter = {key: value for key, value in spec.items() if key != "exploratory"}
    return lighter | {"confirmatory": False, "samples": 0}


SERVQUAL = ModelKind(
    "servqual",
    LocalizedText("SERVQUAL 服务质量差距", "SERVQUAL gaps"),
    _servqual_check,
    _servqual_columns,
    _servqual_figures,
    _servqual_differences,
    layouts=(layouts.servqual_template, layouts.servqual_pairs),
)
KANO = ModelKind(
    "kano",
    LocalizedText("Kano 需求分类", "Kano categories"),
    _kano_check,
    _kano_columns,
    _kano_figures,
    _kano_differences,
    layouts=(layouts.kano_pairs,),
)
IMPORTANCE = ModelKind(
    "importance",
    LocalizedText("重要性—表现", "Importance–performance"),
    _importance_check,
    _importance_columns,
    _importance_figures,
    _importance_differences,
    layouts=(layouts.importance_pairs,),
)
RELIABILITY = ModelKind(
    "reliability",
    LocalizedText("量表质量", "Scale quality"),
    _quality_check,
    _quality_columns,
    _quality_figures,
    for_groups=_quality_for_groups,
    layouts=(layouts.scales,),
)


def register() -> None:
    """Make the kinds known."""
    for kind in (SERVQUAL, KANO, IMPORTANCE, RELIABILITY):
        KINDS.add(kind.code, kind)
