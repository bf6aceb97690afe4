"""The payback of a change in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from servloop_app.web.figures import MISSING, rounded


@dataclass(frozen=True)
class PaybackRow:
    """One line: what, how much, in what range."""

    name: str
    value: str
    range: str


@dataclass(frozen=True)
class Payback:
    """What is kept with a check about costs and gain."""

    kept: dict[str, Any]

    @property
    def title(self) -> str:
        """The finding."""
        if not self.kept.get("lines"):
            return _("No costs are entered")
        if "value" not in self.kept:
            return _("Costs only: no worth was declared")
        months = self.kept["value"]["payback"]
        if months is None:
            return _("Not paid back within %(n)s months") % {"n": self.kept["horizon"]}
        return _("Pays back in about %(n)s months") % {"n": rounded(months, 1)}

    @property
    def rows(self) -> list[PaybackRow]:
        """Costs, gain, payback, present value."""
        kept = self.kept
        rows = [
            PaybackRow(
                _("Cost"),
                rounded(kept.get("cost", 0.0), 0),
                ngettext("%(n)s line, %(spent)s spent", "%(n)s lines, %(spent)s spent", kept.get("lines", 0))
                % {"n": kept.get("lines", 0), "spent": rounded(kept.get("actual", 0.0), 0)},
            )
        ]
        if "value" in kept:
            rows += [
                self._row(_("Gain a month"), "monthly", 0),
                self._row(_("Payback (months)"), "payback", 1, turned=True),
                self._row(
                    _("Present value over %(n)s months") % {"n": kept["horizon"]}, "net_present_value", 0
                ),
            ]
        return rows

    def _row(self, name: str, key: str, decimals: int, *, turned: bool = False) -> PaybackRow:
        ends = [self.kept.get(end, {}).get(key) for end in ("low", "high")]
        if turned:
            ends.reverse()
        low, high = (self._number(end, decimals, key) for end in ends)
        value = self._number(self.kept["value"][key], decimals, key)
        between = pgettext("range", "%(low)s to %(high)s") % {"low": low, "high": high}
        return PaybackRow(name, value, between if any(end is not None for end in ends) else "")

    @staticmethod
    def _number(value: float | None, decimals: int, key: str) -> str:
        if value is None:
            return _("never") if key == "payback" else MISSING
        return rounded(value, decimals).replace("-", "−")
