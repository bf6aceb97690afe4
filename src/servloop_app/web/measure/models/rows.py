"""The rows of a study's form: one an item, a feature or a scale's item; to a specification and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Row = dict[str, str]
Options = dict[str, str]


@dataclass(frozen=True)
class RowField:
    """One cell of a row.

    Attributes:
        name: of the input.
        label: heading.
        kind: ``column`` (a question of the survey), ``text`` or ``tick``.
        required: a row without it is incomplete.
    """

    name: str
    label: Promise
    kind: str = "column"
    required: bool = False


@dataclass(frozen=True)
class Choice:
    """An option of the whole study: a choice, or free text where ``choices`` is empty."""

    name: str
    label: Promise
    choices: tuple[tuple[str, Promise | str], ...] = ()
    help: Promise | str = ""


@dataclass(frozen=True)
class RowForm:
    """How the specification of a kind is asked for."""

    fields: tuple[RowField, ...]
    options: tuple[Choice, ...]
    rows_of: Callable[[Mapping[str, Any]], list[Row]]
    options_of: Callable[[Mapping[str, Any]], Options]
    spec_of: Callable[[list[Row], Options], dict[str, Any]]


_NAME = RowField("name", pgettext_lazy("item of a questionnaire", "Name"), "text")
_WORDS = RowField("words", _("In words"), "text")
_SCALE = Choice("scale", _("Lowest and highest answer"), help=_("For example 1–7."))


def _given(row: Row, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name)}


def _scale_text(spec: Mapping[str, Any]) -> str:
    scale = spec.get("scale")
    return "" if not scale else "–".join(f"{end:g}" for end in scale)


def _scale_of(options: Options) -> list[float] | None:
    parts = options.get("scale", "").replace("—", "–").replace("-", "–").split("–")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        return None
    return [low, high]


def _servqual_rows(spec: Mapping[str, Any]) -> list[Row]:
    return [
        {key: str(item[key]) for key in ("name", "dimension", "expectation", "perception") if item.get(key)}
        | ({"reverse": "1"} if item.get("reverse") else {})
        for item in spec["items"]
    ]


def _servqual_spec(rows: list[Row], options: Options) -> dict[str, Any]:
    items = [
        _given(row, "name", "dimension", "expectation", "perception")
        | ({"reverse": True} if row.get("reverse") else {})
        for row in rows
    ]
    scale = _scale_of(options)
    return {"items": items} | ({"scale": scale} if scale else {})


def _kano_rows(spec: Mapping[str, Any]) -> list[Row]:
    keys = ("name", "functional", "dysfunctional", "importance")
    return [{key: str(one[key]) for key in keys if one.get(key)} for one in spec["features"]]


def _kano_spec(rows: list[Row], options: Options) -> dict[str, Any]:
    features = [_given(row, "name", "functional", "dysfunctional", "importance") for row in rows]
    return {"features": features} | {key: options[key] for key in ("table", "rule") if options.get(key)}


def _importance_rows(spec: Mapping[str, Any]) -> list[Row]:
    keys = ("name", "importance", "performance")
    return [{key: str(item[key]) for key in keys if item.get(key)} for item in spec["items"]]


def _importance_spec(rows: list[Row], options: Options) -> dict[str, Any]:
    spec: dict[str, Any] = {"items": [_given(row, "name", "importance", "performance") for row in rows]}
    spec |= {key: options[key] for key in ("outcome", "derive", "crosshair") if options.get(key)}
    scale = _scale_of(options)
    return spec | ({"scale": scale} if scale else {})


def _quality_rows(spec: Mapping[str, Any]) -> list[Row]:
    turned = set(spec.get("reverse", ()))
    return [
        {"scale": scale, "item": item} | ({"reverse": "1"} if item in turned else {})
        for scale, items in spec["scales"].items()
        for item in items
    ]


def _quality_spec(rows: list[Row], options: Options) -> dict[str, Any]:
    scales: dict[str, list[str]] = {}
    for row in rows:
        scales.setdefault(row.get("scale", ""), []).append(row.get("item", ""))
    spec: dict[str, Any] = {
        "scales": scales,
        "reverse": sorted({row["item"] for row in rows if row.get("reverse") and row.get("item")}),
        "confirmatory": options.get("confirmatory") == "yes",
    }
    if options.get("exploratory", "yes") == "yes":
        explored = _given(options, "extraction", "rotation")
        if options.get("factors", "").strip().isdigit():
            explored["factors"] = int(options["factors"])
        spec["exploratory"] = explored
    return spec


def _quality_options(spec: Mapping[str, Any]) -> Options:
    explored = spec.get("exploratory")
    return {
        "exploratory": "no" if explored is None else "yes",
        "confirmatory": "yes" if spec.get("confirmatory") else "no",
        **{key: str(value) for key, value in (explored or {}).items()},
    }


_YES_NO = (("yes", _("yes")), ("no", _("no")))
FORMS: dict[str, RowForm] = {
    "servqual": RowForm(
        (
            _NAME,
            _WORDS,
            RowField("dimension", _("Dimension"), "text"),
            RowField("expectation", _("Question of the expectation")),
            RowField("perception", _("Question of the perception"), required=True),
            RowField("reverse", _("Turned round"), "tick"),
        ),
        (_SCALE,),
        _servqual_rows,
        lambda spec: {"scale": _scale_text(spec)},
        _servqual_spec,
    ),
    "kano": RowForm(
        (
            _NAME,
            _WORDS,
            RowField("functional", _("Question: it is there"), required=True),
            RowField("dysfunctional", _("Question: it is missing"), required=True),
            RowField("importance", _("Question of its importance")),
        ),
        (
            Choice(
                "table", _("Evaluation table"), (("standard", _("Kano and Berger")), ("pouliot", "Pouliot"))
            ),
            Choice(
                "rule",
                _("Rule for the category"),
                (("mode", _("most frequent")), ("moai", "M > O > A > I"), ("blauth", "Blauth")),
            ),
        ),
        _kano_rows,
        lambda spec: {key: str(spec[key]) for key in ("table", "rule") if key in spec},
        _kano_spec,
    ),
    "importance": RowForm(
        (
            _NAME,
            _WORDS,
            RowField("importance", _("Question of its importance")),
            RowField("performance", _("Question of the performance"), required=True),
        ),
        (
            _SCALE,
            Choice(
                "outcome",
                _("Question of overall satisfaction"),
                help=_("Only where importance was not asked: it is derived from it."),
            ),
            Choice(
                "derive",
                _("Derived by"),
                tuple(
                    (code, code)
                    for code in ("pearson", "spearman", "partial", "standardised", "johnson", "lmg")
                ),
            ),
            Choice(
                "crosshair",
                _("Crosshair"),
                (("means", _("means")), ("medians", _("medians")), ("midpoint", _("middle of the scale"))),
            ),
        ),
        _importance_rows,
        lambda spec: (
            {"scale": _scale_text(spec)}
            | {key: str(spec[key]) for key in ("outcome", "derive", "crosshair") if spec.get(key)}
        ),
        _importance_spec,
    ),
    "reliability": RowForm(
        (
            RowField("scale", pgettext_lazy("of items", "Scale"), "text", required=True),
            RowField("item", _("Question"), required=True),
            _WORDS,
            RowField("reverse", _("Turned round"), "tick"),
        ),
        (
            Choice("exploratory", _("Exploratory factor analysis"), _YES_NO),
            Choice("factors", _("Number of factors"), help=_("Empty: by parallel analysis.")),
            Choice(
                "extraction",
                _("Extraction"),
                (("ml", _("maximum likelihood")), ("minres", "minres"), ("pca", "PCA")),
            ),
            Choice(
                "rotation",
                _("Rotation"),
                (("varimax", "varimax"), ("promax", "promax"), ("oblimin", "oblimin"), ("none", _("none"))),
            ),
            Choice("confirmatory", _("Confirmatory factor analysis"), _YES_NO),
        ),
        _quality_rows,
        _quality_options,
        _quality_spec,
    ),
}
