"""Estimates of a stored document as a page writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from servloop.results import Estimate
from servloop_app.web.measure.values import Scale

POINTS = Scale(1.0, "", "", 2)
SHARE = Scale(0.01, "%", "%", 0)


@dataclass(frozen=True)
class Figure:
    """One value with its n, interval, or the reason why there is none.

    Attributes:
        value, low, high: in the units of the model.
        n: respondents.
        reason: why there is no value.
        scale: how it is written.
    """

    value: float | None
    n: int | None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    scale: Scale = POINTS

    @classmethod
    def of(
        cls, stored: Mapping[str, Any] | None, scale: Scale = POINTS, *, value: str = "value", sign: int = 1
    ) -> Figure:
        """From a stored estimate; ``sign=-1`` turns it round, interval and all."""
        if not stored:
            return cls(None, None, scale=scale)
        ends = [stored.get("low"), stored.get("high")]
        turned = [None if end is None else sign * end for end in ends]
        low, high = turned if sign > 0 else reversed(turned)
        found = stored.get(value)
        reason = (stored.get("reason") or {}).get("message", "")
        return cls(None if found is None else sign * found, stored.get("n"), low, high, reason, scale)

    @property
    def number(self) -> str:
        """The value; a dash without one."""
        text = self.scale.number(self.value)
        return text + self.scale.unit if self.scale.unit == "%" and self.value is not None else text

    @property
    def interval(self) -> str:
        """Both ends; empty without an interval."""
        return self.scale.interval(self.estimate)

    @property
    def estimate(self) -> Estimate:
        """As the library's estimate, for drawings."""
        return Estimate(self.value, self.n or 0, self.low, self.high)

    @property
    def clear(self) -> int:
        """1 or −1 when the interval lies above or below 0, else 0."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0
