"""What every computation returns: frozen values that carry n, interval, method and warnings.

A figure never travels alone. `Estimate` is one number with what is needed to judge it, or the reason why
there is none; `Result` is the base of all results; `Notice` is a warning as code and parameters.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from servloop.messages import message

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Notice:
    """A warning or a reason: a code, how often it applies, and the parameters of its sentence."""

    code: str
    count: int = 1
    params: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """The sentence in the given language; ``{count}`` is available to it."""
        return message(self.code, {"count": self.count, **self.params}, language)

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """``{"code", "count", "message"}``, the form in which commands and the API print warnings."""
        return {"code": self.code, "count": self.count, "message": self.message(language)}


@dataclass(frozen=True)
class Estimate:
    """One figure with its n, interval and method, or the reason why it cannot be computed.

    Attributes:
        value: the figure; None exactly when ``reason`` is set.
        n: observations that entered.
        low, high: interval at ``level``; None where the method gives none.
        method: short stable name of the estimator and interval, for example ``"wilson"``.
        level: coverage of the interval, 0.95 unless said otherwise.
        reason: why there is no value.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    method: str = ""
    level: float = 0.95
    reason: Notice | None = None

    @classmethod
    def not_computable(cls, n: int, code: str, *, method: str = "", **params: object) -> Estimate:
        """An honest gap: no value, but n and the reason."""
        return cls(None, n, method=method, reason=Notice(code, params={"n": n, **params}))

    @property
    def computable(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of all results: frozen, JSON-ready, with the warnings that came up on the way."""

    warnings: tuple[Notice, ...] = ()

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """All fields as JSON-ready values; warnings and reasons carry their sentence in ``language``."""
        return {f.name: plain(getattr(self, f.name), language) for f in dataclasses.fields(self)}

    def to_frame(self) -> pl.DataFrame:
        """The result as a table, one row per item that it speaks about."""
        raise NotImplementedError(type(self).__name__)


def plain(value: Any, language: str = "en") -> Any:
    """Turn a result's value into what `json.dumps` takes.

    NaN and infinities become None (JSON has no such numbers), times become ISO 8601, durations seconds,
    NumPy scalars and arrays their Python equals, notices and estimates dictionaries.
    """
    if isinstance(value, Notice):
        return value.to_dict(language)
    if isinstance(value, Result):
        return value.to_dict(language)
    if isinstance(value, Estimate):
        shown = {f.name: plain(getattr(value, f.name), language) for f in dataclasses.fields(value)}
        if value.reason is None:
            del shown["reason"]
        return shown
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), language) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key, language)): plain(item, language) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, language) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, without importing NumPy here
        return plain(value.tolist())
    msg = f"no JSON form for {type(value).__name__}"
    raise TypeError(msg)
