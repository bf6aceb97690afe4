"""Words for the codes of process analyses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from servloop.messages import message
from servloop_app.web.figures import duration

KIND_LABELS: dict[str, Promise] = {
    "missing": gettext_lazy("missing"),
    "unexpected": gettext_lazy("not allowed here"),
    "rule": gettext_lazy("rule broken"),
}


def notices(stored: list[Mapping[str, Any]]) -> list[str]:
    """The sentences of stored warnings."""
    language = get_language() or "en"
    return [message(one["code"], {"count": one["count"], **one["params"]}, language) for one in stored]


def why(estimate: Mapping[str, Any]) -> str:
    """Why a stored figure is not computable; empty when it is."""
    reason = estimate.get("reason")
    return notices([reason])[0] if reason else ""


def rule_text(rule: Mapping[str, Any]) -> str:
    """A rule as a sentence; its own name where it has one."""
    if rule["name"]:
        return str(rule["name"])
    text = {
        "init": _("The case begins with “%(a)s”"),
        "end": _("The case ends with “%(a)s”"),
        "existence": _("“%(a)s” occurs at least %(n)s×"),
        "absence": _("“%(a)s” occurs fewer than %(n)s×"),
        "response": _("“%(a)s” is followed by “%(b)s”"),
        "precedence": _("“%(b)s” only after “%(a)s”"),
        "succession": _("“%(a)s” is followed by “%(b)s”, and “%(b)s” only after “%(a)s”"),
        "not_succession": _("“%(a)s” is never followed by “%(b)s”"),
        "co_existence": _("“%(a)s” and “%(b)s” occur together or not at all"),
        "exclusive_choice": _("Either “%(a)s” or “%(b)s”, not both"),
    }[rule["template"]] % {"a": rule["activity"], "b": rule["other"], "n": rule["times"]}
    if rule["within_seconds"] is not None:
        text = _("%(rule)s within %(time)s") % {"rule": text, "time": duration(rule["within_seconds"])}
    return text
