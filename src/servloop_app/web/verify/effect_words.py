"""Words of effects: methods, verdicts, what kind of statement the evidence allows."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servloop.verify.evaluation import Evaluation
from servloop_app.verify.models import EffectCheck

METHOD_NAMES: dict[str, Promise] = {
    "difference": gettext_lazy("Difference in differences"),
    "its": gettext_lazy("Interrupted time series, no comparison"),
    "units": gettext_lazy("Difference in differences, unit by unit"),
    "synthetic": gettext_lazy("Synthetic control"),
    "plain": gettext_lazy("Plain before and after"),
    "others": gettext_lazy("Comparison units, same period"),
}
METHOD_NOTES: dict[str, Promise] = {
    "difference": gettext_lazy("changed units against units without the change, pooled"),
    "its": gettext_lazy("own trend and season taken out"),
    "units": gettext_lazy("errors clustered by unit"),
    "synthetic": gettext_lazy("a mix of comparison units that ran alike before; p by placebo"),
    "plain": gettext_lazy("mixes in trend and common change"),
    "others": gettext_lazy("changed without the project"),
}
PILLS: dict[str, tuple[str, Promise]] = {
    "worked": ("good", gettext_lazy("it worked")),
    "small": ("neutral", gettext_lazy("too small to matter")),
    "harm": ("bad", gettext_lazy("it made it worse")),
    "open": ("watch", gettext_lazy("not certain")),
    "none": ("neutral", gettext_lazy("no clear difference")),
    "unknown": ("neutral", gettext_lazy("not computable")),
}


def outcome_of(found: Evaluation) -> str:
    """What the evidence says in one word, as a key of `PILLS`."""
    shown = found.effect.estimate
    if found.verdict.decision is None or shown.low is None or shown.high is None:
        return "unknown"
    if found.verdict.decision == "adopt":
        return "worked"
    if found.verdict.decision == "stop":
        return "harm" if found.verdict.reason.code == "verify.harm" else "small"
    return "none" if shown.low <= 0 <= shown.high else "open"


def method_words(check: EffectCheck, method: str) -> str:
    """The primary method in words."""
    lags = re.search(r"with (\d+) lags", method)
    n = int(lags[1]) if lags else 0
    name = METHOD_NAMES["difference" if check.method == EffectCheck.Method.COMPARISON else "its"]
    memory = ngettext(
        "Newey–West errors with %(n)s lag, at least AR(1)",
        "Newey–West errors with %(n)s lags, at least AR(1)",
        n,
    ) % {"n": n}
    parts = [str(name), memory]
    if "season" in method:
        parts.insert(1, _("season by month"))
    return _("; ").join(parts)
