"""Rules as people write them: a list of mappings, as it stands in a YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from servloop.diagnose.process.rules import Rule
from servloop.errors import SpecError

_FIELDS = {"template", "activity", "other", "times", "within", "name"}
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def rules_from_spec(spec: Any) -> tuple[Rule, ...]:
    """Read rules from a parsed document.

    Args:
        spec: ``{"rules": [{"template", "activity", "other", "times", "within", "name"}]}``; ``within`` is a number
            of seconds or a text such as ``30m``, ``4h``, ``2d`` (elapsed time).

    Raises:
        SpecError: ``process.rules_malformed``, ``process.rule_bad_window``, and what `Rule` raises.
    """
    rules = spec.get("rules") if isinstance(spec, Mapping) else None
    if not isinstance(rules, list) or not rules:
        raise SpecError("process.rules_malformed", fields=sorted(_FIELDS))
    return tuple(_rule(entry) for entry in rules)


def _rule(entry: Any) -> Rule:
    if (
        not isinstance(entry, Mapping)
        or not {"template", "activity"} <= set(entry) <= _FIELDS
        or not isinstance(entry.get("times", 1), int)
    ):
        raise SpecError("process.rules_malformed", fields=sorted(_FIELDS))
    other = entry.get("other")
    return Rule(
        template=str(entry["template"]).replace("-", "_"),  # type: ignore[arg-type]  # checked by Rule
        activity=str(entry["activity"]),
        other=None if other is None else str(other),
        times=entry.get("times", 1),
        within_seconds=_seconds(entry.get("within")),
        name=str(entry.get("name", "")),
    )


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    written = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", str(value))
    if written is None:
        raise SpecError("process.rule_bad_window", received=str(value))
    return float(written[1]) * _UNITS[written[2] or "s"]
