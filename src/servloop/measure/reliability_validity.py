"""Discriminant validity by the heterotrait–monotrait ratio of correlations.

Sources: Henseler, Ringle & Sarstedt (2015) for HTMT; Roemer, Schuberth & Henseler (2021) for HTMT2, which
takes geometric means. Both on absolute correlations. Above 0.85 (0.90 for close concepts) two constructs
are hard to tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from servloop.measure.frames import FloatArray

HTMT_LIMIT = 0.9


def htmt(
    correlations: FloatArray, blocks: Mapping[str, Sequence[int]], *, geometric: bool = False
) -> dict[str, dict[str, float]]:
    """Ratios between all constructs.

    Args:
        correlations: (items, items).
        blocks: construct → positions of its items. The monotrait part of a single item counts as 1.
        geometric: HTMT2 instead of HTMT.

    Returns:
        Symmetric table with 1 on the diagonal; NaN where a construct's items do not correlate at all.
    """
    absolute = np.abs(correlations)
    within = {name: _within(absolute, list(block), geometric) for name, block in blocks.items()}
    table: dict[str, dict[str, float]] = {}
    for first, rows in blocks.items():
        table[first] = {}
        for second, columns in blocks.items():
            if first == second:
                table[first][second] = 1.0
                continue
            between = _average(absolute[np.ix_(list(rows), list(columns))].ravel(), geometric)
            scale = within[first] * within[second]
            table[first][second] = between / float(np.sqrt(scale)) if scale > 0 else float("nan")
    return table


def _within(absolute: FloatArray, block: list[int], geometric: bool) -> float:
    if len(block) == 1:
        return 1.0
    pairs = absolute[np.ix_(block, block)][np.triu_indices(len(block), 1)]
    return _average(pairs, geometric)


def _average(values: FloatArray, geometric: bool) -> float:
    if not geometric:
        return float(values.mean())
    return float(np.exp(np.log(values).mean())) if (values > 0).all() else 0.0
