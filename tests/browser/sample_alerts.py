"""Forty weeks of feedback for the walks of tickets and alerts, up to last Sunday.

Planted: in the last two weeks Binjiang's customers complain three times as often.
"""

from __future__ import annotations

import datetime as dt
import uuid

import django
import numpy as np
import polars as pl
from tests.browser.sample_figures import UNITS, _wait

WEEKS = 40
A_WEEK = 90
SENTENCES = {"complaint": "转账三天没有到账，请拨打 13800138000 联系我", "praise": "柜员耐心细致，谢谢"}


def feedback(seed: int = 3) -> pl.DataFrame:
    """Rows as an export of a feedback system has them."""
    draw = np.random.default_rng(seed)
    today = dt.datetime.now(dt.UTC).date()
    monday = today - dt.timedelta(days=today.weekday(), weeks=WEEKS)
    rows = WEEKS * A_WEEK
    week = np.repeat(np.arange(WEEKS), A_WEEK)
    unit = np.tile(np.arange(A_WEEK) % len(UNITS), WEEKS)
    share = np.where((unit == 0) & (week >= WEEKS - 2), 0.6, 0.2)
    kind = np.where(draw.random(rows) < share, "complaint", "praise")
    at = np.datetime64(monday, "m") + (week * 7 * 1440 + draw.integers(0, 7 * 1440, rows)).astype(
        "timedelta64[m]"
    )
    return pl.DataFrame(
        {
            "id": [f"W{place:05d}" for place in range(rows)],
            "occurred_at": at.astype(str),
            "unit": [UNITS[place] for place in unit],
            "channel": "app",
            "kind": kind,
            "rating": np.where(kind == "complaint", 1, 5),
            "text": [SENTENCES[name] for name in kind],
            "customer": [f"C{place % 700}" for place in range(rows)],
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
    size = files.keep_upload(public_id, "weeks.csv", [feedback().write_csv().encode()])
    head = queries.preview(public_id)
    mapping, _remembered = queries.suggested(head, name="weeks", target="feedback")
    wanted = mapping.to_dict() | {"rating_scale": [1, 5], "timezone": "Asia/Shanghai"}
    wanted["columns"] = {**wanted["columns"], "person": "customer"}
    execute(AddImport(public_id, "qinghe", "weeks.csv", size, wanted, queries.shape_of(head.columns)), system)
    execute(ConfirmImport(public_id, wanted), system)
    execute(InstallCatalogue(), system)
    _wait()


if __name__ == "__main__":
    django.setup()
    build()
