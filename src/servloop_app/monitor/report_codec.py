"""Figures as they lie in a frozen report, and back again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from servloop.measure.figures import Change
from servloop.results import Estimate, Notice, plain
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.figures import Figure, Row
from servloop_app.measure.models import Metric, MetricResult

Frozen = dict[str, Any]


_SALT_BYTES = 32
_ERASED = {"seal", "erased"}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a report's content, however its keys are ordered; of a sealed quote only its seal counts.

    So a customer's words can be erased, and the digest in the audit log still fits.
    """
    quotes = [{"seal": one["seal"]} if "seal" in one else one for one in content.get("quotes", ())]
    counted = {**content, "quotes": quotes} if "quotes" in content else content
    return hashlib.sha256(_canonical(counted).encode()).hexdigest()


def sealed(quote: Mapping[str, Any]) -> Frozen:
    """A quote with a random salt and its seal, the SHA-256 of both: without the salt nobody can guess words from it."""
    salt = secrets.token_hex(_SALT_BYTES)
    return {**quote, "salt": salt, "seal": _seal(quote, salt)}


def _seal(quote: Mapping[str, Any], salt: str) -> str:
    said = {name: value for name, value in quote.items() if name not in {"salt", "seal"}}
    return hashlib.sha256((salt + _canonical(said)).encode()).hexdigest()


def without_quotes(content: Mapping[str, Any], places: Collection[int]) -> Frozen:
    """Content with the quotes at some places erased: their seals stay. All others are sealed where they were not."""
    quotes = [one if "seal" in one else sealed(one) for one in content["quotes"]]
    kept = [
        {"seal": one["seal"], "erased": True} if place in places else one for place, one in enumerate(quotes)
    ]
    return {**content, "quotes": kept}


def is_intact(content: Mapping[str, Any], digest: str) -> bool:
    """Whether content is what was frozen under a digest: every word, but for quotes that were erased since."""
    seals = (
        set(one) == _ERASED if one.get("erased") else _seal(one, one.get("salt", "")) == one["seal"]
        for one in content.get("quotes", ())
        if "seal" in one
    )
    return digest_of(content) == digest and all(seals)


def freeze_estimate(found: Estimate) -> Frozen:
    """An estimate; its reason as code and parameters, to be said in any language later."""
    reason = found.reason
    return {
        "value": found.value,
        "n": found.n,
        "low": found.low,
        "high": found.high,
        "method": found.method,
        "level": found.level,
        "reason": None if reason is None else [reason.code, plain(dict(reason.params))],
    }


def estimate_of(kept: Mapping[str, Any]) -> Estimate:
    """The estimate again."""
    reason = kept["reason"]
    return Estimate(
        kept["value"],
        kept["n"],
        kept["low"],
        kept["high"],
        kept["method"],
        kept["level"],
        None if reason is None else Notice(reason[0], params=reason[1]),
    )


def freeze_change(found: Change) -> Frozen:
    """A difference with its test."""
    return {
        "difference": freeze_estimate(found.difference),
        "p": found.p,
        "q": found.q,
        "test": found.test,
    }


def change_of(kept: Mapping[str, Any]) -> Change:
    """The difference again."""
    return Change(estimate_of(kept["difference"]), kept["p"], kept["q"], kept["test"])


def freeze_metric(metric: Metric) -> Frozen:
    """A metric as it was defined then."""
    return {
        "code": metric.code,
        "version": metric.version,
        "name": metric.name.to_dict(),
        "definition": metric.definition.to_dict(),
        "formula": metric.formula,
        "source": metric.source,
        "unit": metric.unit,
        "direction": metric.direction,
        "target_min": metric.target_min,
        "target_max": metric.target_max,
        "shipped": metric.shipped,
    }


def metric_of(kept: Mapping[str, Any]) -> Metric:
    """The metric of then; not the row of today, and never saved."""
    texts = {name: LocalizedText.of(kept[name]) for name in ("name", "definition")}
    return Metric(**(dict(kept) | texts))


def freeze_figure(figure: Figure) -> Frozen:
    """A figure with its months, its change and the result that it was merged from."""
    return {
        "metric": freeze_metric(figure.metric),
        "result": str(figure.result.public_id),
        "epoch": figure.result.epoch,
        "as_of": figure.result.as_of.isoformat(),
        "estimate": freeze_estimate(figure.estimate),
        "change": freeze_change(figure.change),
        "months": [[month.isoformat(), freeze_estimate(one)] for month, one in figure.months],
        "left_out": figure.left_out,
    }


def figure_of(kept: Mapping[str, Any]) -> Figure:
    """The figure again, for whoever writes or draws it."""
    as_of = dt.datetime.fromisoformat(kept["as_of"])
    result = MetricResult(public_id=kept["result"], epoch=kept["epoch"], as_of=as_of)
    return Figure(
        metric_of(kept["metric"]),
        result,
        estimate_of(kept["estimate"]),
        change_of(kept["change"]),
        tuple((dt.date.fromisoformat(month), estimate_of(one)) for month, one in kept["months"]),
        kept["left_out"],
    )


def freeze_row(row: Row) -> Frozen:
    """A group of a breakdown."""
    return {
        "key": row.key,
        "estimate": freeze_estimate(row.estimate),
        "change": freeze_change(row.change),
        "left_out": row.left_out,
    }


def row_of(kept: Mapping[str, Any]) -> Row:
    """The group again."""
    return Row(kept["key"], estimate_of(kept["estimate"]), change_of(kept["change"]), kept["left_out"])
