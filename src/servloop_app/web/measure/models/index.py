"""Satisfaction index: the path diagram, the index of each construct on 0 to 100, what acts on satisfaction, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from servloop.charts import ChartSpec, Dot, DotChart, PathDiagram, PathEdge, PathNode, path_svg
from servloop_app.core.models import Unit
from servloop_app.measure.study_sources import UNIT
from servloop_app.web.measure.charts import language
from servloop_app.web.measure.models.figures import POINTS, Figure
from servloop_app.web.measure.models.groups import column_name, group_name
from servloop_app.web.measure.models.parts import KindPage, Measure, Said, Shown
from servloop_app.web.measure.values import Scale, probability

INDEX = Scale(1.0, "", "", 1)
_CLEAR = 0.05
_MOST_PAIRS = 12


@dataclass(frozen=True)
class PathRow:
    """A path in the table: the direct coefficient and the total effect."""

    source: str
    target: str
    direct: Figure
    total: Figure

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.direct.clear != 0


@dataclass(frozen=True)
class ConstructRow:
    """A construct: its index and how well it is measured and explained."""

    name: str
    label: str
    index: Figure
    r2: Figure
    communality: str
    reliability: str
    redundancy: str
    items: list[tuple[str, Figure, Figure, str]]


def _names(shown: Shown) -> list[str]:
    return [construct["name"] for construct in shown.view.study.spec["constructs"]]


def _ends(shown: Shown, family: str) -> Iterator[tuple[str, str, str]]:
    """(key, source, target) of the paths of a family."""
    names = _names(shown)
    for key in shown.document.get(family) or {}:
        pair = next(
            ((a, key[len(a) + 1 :]) for a in names if key.startswith(f"{a}>") and key[len(a) + 1 :] in names),
            None,
        )
        if pair is not None:
            yield key, *pair


def _of(document: Any, family: str, name: str, scale: Scale | None = None) -> Figure:
    """A figure of a family with its bootstrap interval."""
    value = (document.get(family) or {}).get(name)
    interval = (document["bootstrap"].get(family) or {}).get(name) or {}
    stored = {"value": value, "n": document["n"], "low": interval.get("low"), "high": interval.get("high")}
    return Figure.of(stored, scale) if scale else Figure.of(stored)


def _index(document: Any, name: str) -> Figure:
    return Figure.of((document.get("index_estimates") or {}).get(name), INDEX)


def _reason(shown: Shown) -> str:
    return str((shown.document.get("reason") or {}).get("message", ""))


def goal(shown: Shown) -> str:
    """The construct that the model is about: the one on which most others act."""
    targets = [target for _key, _source, target in _ends(shown, "paths")]
    names = _names(shown)
    return max(names, key=lambda name: (targets.count(name), -names.index(name)))


def paths(shown: Shown) -> list[PathRow]:
    """All paths, in the order of the model."""
    return [
        PathRow(
            shown.label(source),
            shown.label(target),
            _of(shown.document, "paths", key),
            _of(shown.document, "total_effects", key),
        )
        for key, source, target in _ends(shown, "paths")
    ]


def said(shown: Shown) -> Said:
    """The index of the goal, and what acts on it most."""
    if _reason(shown):
        return Said(_("The model cannot be computed"), _reason(shown))
    aim = goal(shown)
    index = _index(shown.document, aim)
    acting = [
        (_of(shown.document, "total_effects", key), shown.label(source))
        for key, source, target in _ends(shown, "total_effects")
        if target == aim
    ]
    clear = [(figure.value or 0.0, label) for figure, label in acting if figure.clear > 0]
    r2 = _of(shown.document, "r2", aim)
    lead = _(
        "Index of “%(goal)s” %(index)s (%(interval)s), n = %(n)s; the model explains %(r2)s of its variance."
    ) % {
        "goal": shown.label(aim),
        "index": index.number,
        "interval": index.interval or "—",
        "n": shown.document["n"],
        "r2": "—" if r2.value is None else f"{100 * r2.value:.0f}%",
    }
    what = {"goal": shown.label(aim), "index": index.number}
    if index.value is None:
        what["index"] = "—"
    if not clear:
        return Said(_("“%(goal)s” stands at %(index)s of 100") % what, lead)
    what["cause"] = max(clear)[1]
    return Said(
        _("“%(goal)s” stands at %(index)s of 100; in the model “%(cause)s” acts on it most") % what, lead
    )


def diagram(shown: Shown) -> PathDiagram:
    """The path diagram: coefficients with intervals on the lines, index and R² in the nodes."""
    aim = goal(shown)
    nodes = []
    for name in _names(shown):
        notes = []
        index, r2 = _index(shown.document, name), _of(shown.document, "r2", name)
        if index.value is not None:
            notes.append(_("Index %(value)s") % {"value": index.number})
        if r2.value is not None:
            notes.append(f"R² {r2.number}")
        nodes.append(PathNode(shown.label(name), tuple(notes), name == aim))
    edges = tuple(
        PathEdge(row.source, row.target, row.direct.value, row.direct.low, row.direct.high, row.direct.n)
        for row in paths(shown)
        if row.direct.value is not None
    )
    return PathDiagram(
        title=said(shown).heading,
        subtitle=_("Standardised path coefficients with 95% bootstrap intervals; in the boxes index and R²"),
        n=shown.document["n"],
        method=_("PLS path model"),
        nodes=tuple(nodes),
        edges=edges,
    )


def index_chart(shown: Shown) -> ChartSpec:
    """The index of every construct."""
    figures = [(shown.label(name), _index(shown.document, name)) for name in _names(shown)]
    known = [(figure.value, label) for label, figure in figures if figure.value is not None]
    title = (
        _("“%(low)s” has the lowest index, “%(high)s” the highest")
        % {"low": min(known)[1], "high": max(known)[1]}
        if len(known) > 1
        else _("Index by construct")
    )
    return DotChart(
        title=title,
        subtitle=_("Index on 0 to 100: mean answers under the weights of the model; bar = 95% interval"),
        n=shown.document["n"],
        method=_("PLS path model"),
        decimals=1,
        dots=tuple(
            Dot(label, figure.value, figure.low, figure.high, figure.n, note=figure.reason)
            for label, figure in figures
        ),
    )


def constructs(shown: Shown) -> list[ConstructRow]:
    """How well every construct is measured and explained."""
    document = shown.document
    return [
        ConstructRow(
            construct["name"],
            shown.label(construct["name"]),
            _index(document, construct["name"]),
            _of(document, "r2", construct["name"]),
            _number(document.get("communality"), construct["name"]),
            _number(document.get("composite_reliability"), construct["name"]),
            _number(document.get("redundancy"), construct["name"]),
            [
                (
                    shown.label(item),
                    _of(document, "loadings", item),
                    _of(document, "outer_weights", item),
                    _share(document.get("index_weights"), item),
                )
                for item in construct["items"]
            ],
        )
        for construct in shown.view.study.spec["constructs"]
    ]


def _number(family: Mapping[str, float | None] | None, name: str) -> str:
    value = (family or {}).get(name)
    return "—" if value is None else f"{value:.2f}"


def _share(family: Mapping[str, float] | None, name: str) -> str:
    value = (family or {}).get(name)
    return "—" if value is None else f"{100 * value:.1f}%"


def by_group(shown: Shown) -> list[dict[str, Any]]:
    """Index of the groups under the weights of everyone, breakdown by breakdown, with the clear differences."""
    if shown.group:
        return []
    found = []
    names = _names(shown)
    for by, about in shown.view.breakdowns.items():
        differences = about.get("differences")
        if not differences or not differences.get("index"):
            continue
        words = _units(list(differences["index"])) if by == UNIT else {}
        pairs = _pairs(shown, differences, words)
        clear = [pair for pair in pairs if pair["clear"]]
        found.append(
            {
                "by": column_name(by, shown.view),
                "names": [shown.label(name) for name in names],
                "rows": [
                    (group_name(label, words), [Figure.of(figures.get(name), INDEX) for name in names])
                    for label, figures in differences["index"].items()
                ],
                "clear": clear[:_MOST_PAIRS],
                "n_clear": len(clear),
                "n_pairs": len(pairs),
            }
        )
    return found


def _pairs(shown: Shown, differences: Mapping[str, Any], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every tested difference of an index or a path, the clearest first."""
    tested = [(shown.label(name), INDEX, tests) for name, tests in differences["index_differences"].items()]
    tested += [
        (_path_label(shown, key.removeprefix("path:")), POINTS, tests)
        for key, tests in differences.items()
        if key.startswith("path:")
    ]
    rows = []
    for label, scale, tests in tested:
        for test in tests:
            q = test["p_adjusted"]
            rows.append(
                {
                    "label": label,
                    "pair": f"{group_name(test['second'], dict(words))} − {group_name(test['first'], dict(words))}",
                    "difference": Figure.of(test["estimate"], scale),
                    "q": probability(q),
                    "clear": q is not None and q < _CLEAR,
                    "order": 1.0 if q is None else q,
                }
            )
    return sorted(rows, key=lambda row: row["order"])


def _path_label(shown: Shown, path: str) -> str:
    return " → ".join(shown.label(name) for name in path.split(">"))


def _units(codes: list[str]) -> dict[str, str]:
    return {unit.code: str(unit.name) for unit in Unit.objects.filter(code__in=codes)}


def context(shown: Shown) -> dict[str, Any]:
    """The tables and the drawing."""
    drawn = path_svg(diagram(shown), language=language())
    document = shown.document
    return {
        "diagram": SafeString("") if _reason(shown) else mark_safe(drawn),  # noqa: S308  # our own, its texts escaped
        "reason": _reason(shown),
        "paths": paths(shown),
        "constructs": constructs(shown),
        "index_groups": by_group(shown),
        "goodness": _number(document, "gof"),
        "converged": document.get("converged"),
        "iterations": document.get("iterations"),
        "scheme": shown.view.study.spec.get("scheme", "centroid"),
        "samples": document["bootstrap"].get("samples"),
        "trade_mark": _(
            "“ACSI” is a trade mark; this is an index of its type, with weights of its own data."
        ),
    }


def measures(shown: Shown) -> list[Measure]:
    """Path coefficients of the groups' own models; their differences are tested."""
    if _reason(shown):
        return []
    return [
        Measure(
            f"path:{key}",
            f"{shown.label(source)} → {shown.label(target)}",
            lambda d, key=key: _of(d, "paths", key),  # type: ignore[misc]
            f"path:{key}",
            0,
        )
        for key, source, target in _ends(shown, "paths")
    ]


PAGE = KindPage(
    "web/measure/models/index.html", said, context, {"paths": diagram, "index": index_chart}, measures
)
