"""The declaration of a check as plain values, and its hash: what is fixed before the change begins."""

from __future__ import annotations

import hashlib
from typing import Any

from servloop.trust.transparency_log import canonical_json
from servloop_app.verify.models import EffectCheck

ENGINE = "effect-check/1"


def declaration_of(check: EffectCheck) -> dict[str, Any]:
    """Everything that decides what will be computed and how it will be judged."""
    return {
        "check": check.number,
        "engine": ENGINE,
        "project": check.project.number,
        "metric": {
            "code": check.metric.code,
            "version": check.metric_version,
            "source": check.source,
            "formula": check.formula,
        },
        "units": sorted(check.units),
        "comparison": sorted(check.comparison),
        "method": check.method,
        "grain": check.grain,
        "start": check.start.isoformat(),
        "after": check.after,
        # Numbers as texts: their canonical form must not depend on how a database gives them back.
        "smallest": repr(float(check.smallest)),
        "direction": check.direction,
        "alpha": repr(float(check.alpha)),
        "gain": None if check.gain is None else repr(float(check.gain)),
    }


def hash_of(declaration: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785), in hexadecimal."""
    return hashlib.sha256(canonical_json(declaration)).hexdigest()
