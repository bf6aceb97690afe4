"""What customers said at the touchpoints of a unit's services: masked, as the facts hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from servloop.diagnose.journey import Feedback
from servloop.facts import FactsScope
from servloop_app.collect.files import fact_store
from servloop_app.core.units import UnitTree

if TYPE_CHECKING:
    import polars as pl

# Ratings of any scale are told as 1 to 5; up to this they are bad.
BAD_RATING = 2.0
_THEMES = "('topic', 'category', 'aspect')"
_QUERY = f"""
WITH sentiments AS (
    SELECT subject_id, avg(CASE label WHEN 'positive' THEN coalesce(score, 1) WHEN 'negative' THEN -coalesce(score, 1)
        ELSE 0 END) AS sentiment FROM labels WHERE kind = 'sentiment' GROUP BY 1
), themes AS (
    SELECT subject_id, arg_max(label, coalesce(score, 1)) AS theme FROM labels WHERE kind IN {_THEMES} GROUP BY 1
)
SELECT coalesce(json_extract_string(attributes, '$.touchpoint'), channel) AS touchpoint,
    1 + 4 * (rating - coalesce(rating_low, 1)) / nullif(coalesce(rating_high, 5) - coalesce(rating_low, 1), 0) AS rating,
    sentiment, coalesce(theme, kind) AS theme, text
FROM feedback
LEFT JOIN sentiments ON sentiments.subject_id = record_id LEFT JOIN themes ON themes.subject_id = record_id
ORDER BY record_id
"""  # noqa: S608  # the names are ours


def said(unit: int) -> pl.DataFrame:
    """Feedback of a unit and those below it: ``touchpoint``, ``rating`` (1 to 5), ``sentiment``, ``theme``, ``text``."""
    tree = UnitTree.load(timezone.localdate())
    scope = FactsScope(frozenset(tree.codes[below] for below in tree.subtree(unit)))
    with fact_store().snapshot(["feedback", "labels"]) as snapshot, snapshot.connect(scope) as facts:
        found: pl.DataFrame = facts.sql(_QUERY).pl()
    return found


def feedback(table: pl.DataFrame) -> Feedback:
    """The table as the journey's kernel reads it."""
    return Feedback(
        touchpoint=table["touchpoint"].to_list(),
        rating=_numbers(table["rating"]),
        sentiment=_numbers(table["sentiment"]),
        theme=table["theme"].to_list(),
        text=table["text"].to_list(),
        bad_rating=BAD_RATING,
    )


def _numbers(column: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in column.to_list()], dtype=np.float64)
