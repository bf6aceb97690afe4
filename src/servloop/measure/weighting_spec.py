"""The ``weights`` specification: a YAML file that names margins, turned into weights."""

from __future__ import annotations

from typing import Any

from servloop.measure.weighting import Margin, Weighting, calibrate, rake


def weighting_from_spec(frame: Any, spec: dict[str, Any]) -> Weighting:
    """Run a validated ``weights`` specification (see the schema of that name).

    Numeric totals make it a linear calibration; margins alone are raked.
    """
    margins = []
    for margin in spec["margins"]:
        columns = margin.get("columns") or [margin["column"]]
        margins.append(Margin(tuple(columns), margin["totals"]))
    if spec.get("numeric"):
        return calibrate(frame, margins, spec["numeric"], start=spec.get("start"))
    trim = spec.get("trim")
    return rake(
        frame,
        margins,
        start=spec.get("start"),
        tolerance=spec.get("tolerance", 1e-8),
        max_iterations=spec.get("max_iterations", 1000),
        trim=(trim[0], trim[1]) if trim else None,
    )
