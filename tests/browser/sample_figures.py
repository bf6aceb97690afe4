"""Two years of feedback for the browser tests' bank, brought in like any import: what people rate and say, by branch.

Planted: the hotline answers ever later, Jiangnan's ratings rise; one channel has too few records to be told.
"""

from __future__ import annotations

import sys
import time
import uuid

import django
import numpy as np
import polars as pl

MONTHS = 24
PER_MONTH = 400
UNITS = ("binjiang", "jiangnan", "hotline")
CHANNELS = ("app", "web", "phone", "counter")
KINDS = ("complaint", "praise", "suggestion", "question")
SENTENCES = {
    "complaint": "等了四十分钟才有人接待，请拨打 13800138000 联系我",
    "praise": "柜员耐心细致，谢谢",
    "suggestion": "希望增加周末营业时间",
    "question": "请问开户需要哪些材料？",
}


def feedback(seed: int = 7) -> pl.DataFrame:
    """Rows as an export of a ticket system has them."""
    draw = np.random.default_rng(seed)
    rows = MONTHS * PER_MONTH
    month = np.repeat(np.arange(MONTHS), PER_MONTH)
    unit = draw.choice(len(UNITS), rows, p=(0.45, 0.35, 0.2))
    happy = (
        0.62
        + 0.012 * (unit == 1) * np.maximum(month - 12, 0)
        - 0.16 * (unit == 2)
        - 0.1 * (month >= 21) * (unit == 0)
    )
    rating = np.where(draw.random(rows) < happy, draw.choice([4, 5], rows), draw.choice([1, 2, 3], rows))
    kind = np.where(rating <= 2, 0, np.where(rating == 5, 1, draw.integers(2, 4, rows)))
    hours = draw.lognormal(1.2 + 0.9 * (unit == 2) + 0.05 * (unit == 2) * np.maximum(month - 16, 0), 0.6)
    channel = draw.choice(len(CHANNELS), rows, p=(0.4, 0.3, 0.18, 0.12))
    day = np.datetime64("2024-11-01", "M") + month
    at = day.astype("datetime64[m]") + draw.integers(0, 28 * 24 * 60, rows).astype("timedelta64[m]")
    wait = (60 * hours).astype(int).astype("timedelta64[m]")
    names = [CHANNELS[place] for place in channel]
    names[:3] = ["letter"] * 3  # too few to be told
    kinds = [KINDS[place] for place in kind]
    return pl.DataFrame(
        {
            "id": [f"F{i:06d}" for i in range(rows)],
            "occurred_at": at.astype(str),
            "unit": [UNITS[place] for place in unit],
            "channel": names,
            "kind": kinds,
            "rating": rating,
            "text": [SENTENCES[name] for name in kinds],
            "answered_at": (at + wait).astype(str),
            "resolved_at": (at + 3 * wait).astype(str),
            "due_at": (at + np.timedelta64(24, "h")).astype(str),
        }
    )


def build() -> None:
    """Import it, with the worker of the installation, and wait for the figures."""
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport, ConfirmImport
    from servloop_app.core.actions import Actor, execute
    from servloop_app.measure.actions import InstallCatalogue

    system = Actor.system("tests", "command")
    public_id = uuid.uuid4()
    content = feedback().write_csv().encode()
    size = files.keep_upload(public_id, "feedback.csv", [content])
    head = queries.preview(public_id)
    mapping, _remembered = queries.suggested(head, name="feedback", target="feedback")
    wanted = mapping.to_dict() | {"rating_scale": [1, 5], "timezone": "Asia/Shanghai"}
    execute(
        AddImport(public_id, "qinghe", "feedback.csv", size, wanted, queries.shape_of(head.columns)), system
    )
    execute(ConfirmImport(public_id, wanted), system)
    execute(InstallCatalogue(), system)
    _wait()


def _wait() -> None:
    from servloop_app.jobs.models import Run

    for _round in range(600):
        waiting = Run.objects.filter(state__in=(Run.State.QUEUED, Run.State.RUNNING)).exclude(
            kind__startswith="trust."
        )
        if not waiting.exists():
            return
        time.sleep(0.1)
    sys.exit("the import was not carried out within a minute")


if __name__ == "__main__":
    django.setup()
    build()
