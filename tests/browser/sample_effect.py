"""A year of weekly ratings in which Binjiang is behind the others, and gets better from a Monday on.

Planted: 20 points more satisfied customers in Binjiang from `start` on; nothing in the other units.
"""

from __future__ import annotations

import datetime as dt
import uuid

import django
import numpy as np
import polars as pl

WEEKS_BEFORE, WEEKS_AFTER = 56, 8
PER_WEEK = 60
UNITS = ("binjiang", "jiangnan", "hotline")
PLANTED = 0.20
CHANNELS = ("app", "counter")
WORDS = "材料补了三次"


def start() -> dt.date:
    """The Monday on which the change began, so many whole weeks ago."""
    today = dt.datetime.now(dt.UTC).date()
    return today - dt.timedelta(days=today.weekday(), weeks=WEEKS_AFTER)


def feedback(seed: int = 11) -> pl.DataFrame:
    """Rows as an export of a survey tool has them."""
    draw = np.random.default_rng(seed)
    rows = []
    for week in range(-WEEKS_BEFORE, WEEKS_AFTER):
        monday = start() + dt.timedelta(days=7 * week)
        for unit in UNITS:
            happy = 0.45 if unit == "binjiang" else 0.8
            if unit == "binjiang" and week >= 0:
                happy += PLANTED
            for each in range(PER_WEEK):
                rating = int(draw.choice([4, 5]) if draw.random() < happy else draw.choice([1, 2, 3]))
                day = monday + dt.timedelta(days=each % 7)
                at = f"{day} {9 + each % 8:02d}:{draw.integers(0, 60):02d}"
                channel = CHANNELS[each % 2]
                rows.append((f"E{len(rows):06d}", at, unit, channel, rating, WORDS, f"{day} 20:00"))
    names = ("id", "occurred_at", "unit", "channel", "rating", "text", "resolved_at")
    return pl.DataFrame(rows, schema=names, orient="row")


def build() -> None:
    """Import it, with the worker of the installation, and wait for figures, findings and opportunities."""
    from tests.browser.sample_figures import _wait

    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport, ConfirmImport
    from servloop_app.core.actions import Actor, execute
    from servloop_app.measure.actions import InstallCatalogue

    system = Actor.system("tests", "command")
    public_id = uuid.uuid4()
    size = files.keep_upload(public_id, "survey.csv", [feedback().write_csv().encode()])
    head = queries.preview(public_id)
    mapping, _remembered = queries.suggested(head, name="survey", target="feedback")
    wanted = mapping.to_dict() | {"rating_scale": [1, 5], "timezone": "Asia/Shanghai"}
    execute(
        AddImport(public_id, "qinghe", "survey.csv", size, wanted, queries.shape_of(head.columns)), system
    )
    execute(ConfirmImport(public_id, wanted), system)
    execute(InstallCatalogue(), system)
    _wait()


if __name__ == "__main__":
    django.setup()
    build()
