"""The customer's journey of a process, filled from its log and from what customers said."""

from __future__ import annotations

from collections import Counter

from servloop.diagnose.journey import journey
from servloop_app.diagnose.journeys import stages_of, written
from servloop_app.diagnose.process_feedback import feedback, said
from servloop_app.diagnose.studies.base import Asked, Found, stored, study

QUOTES = 3
POINTS = 60


@study("journey")
def work_out(asked: Asked) -> Found:
    """Stages with their figures; the definition that was used, and the touchpoints that customers spoke at."""
    table = said(asked.record.unit_id)
    stages, lanes = stages_of(asked, table)
    found = journey(asked.log, stages, feedback=feedback(table), lanes=lanes, quotes=QUOTES)
    points = Counter(name for name in table["touchpoint"].to_list() if name)
    mapped = {point for stage in stages for point in stage.touchpoints}
    return Found(
        {
            "journey": stored(found),
            "definition": written(stages, lanes),
            "touchpoints": points.most_common(POINTS),
            "unmapped": [[name, n] for name, n in points.most_common(POINTS) if name not in mapped],
            "said": table.height,
            "activities": sorted(
                {asked.whole.activity_labels[code] for code in set(asked.whole.activity.tolist())}
            ),
        }
    )
