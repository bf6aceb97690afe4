"""Metrics over imported files, their figures computed as a worker does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.app.collect.conftest import bring_in, carry_out, data_folder, facts, take_in  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from collections.abc import Callable

    from servloop_app.measure.figures import Cells
    from servloop_app.measure.models import Metric


@pytest.fixture(autouse=True)
def _no_cells_of_earlier_tests():
    from servloop_app.measure import queries

    queries._table.cache_clear()


@pytest.fixture
def work_off() -> Callable[[], list[str]]:
    """Carry out what is due in the queue until nothing is; the kinds of what was done."""
    from django.utils import timezone

    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import perform

    def work() -> list[str]:
        done = []
        due = Run.objects.filter(state=Run.State.QUEUED).order_by("pk")
        while run := due.filter(run_after__lte=timezone.now()).first():
            perform(run.public_id)
            run.refresh_from_db()
            assert run.state == Run.State.DONE, (run.kind, run.message_code, run.error_detail)
            done.append(run.kind)
        return done

    return work


@pytest.fixture
def add_metric() -> Callable[..., Metric]:
    """Add a metric with a formula: ``add_metric("answers", "mean(value_number)", code=…)``."""
    from tests.app.organisation import SYSTEM

    from servloop_app.core.actions import execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.measure.actions import AddMetric
    from servloop_app.measure.definitions import Definition

    def add(source: str, formula: str, *, code: str = "own", **changes: object) -> Metric:
        given = {
            "name": LocalizedText("自有指标", "Own metric"),
            "definition": LocalizedText("用于测试。", "For a test."),
            "group": "feedback",
            "unit": "percent",
            "direction": "higher",
            "source": source,
            "formula": formula,
        }
        return execute(AddMetric(code, Definition(**(given | changes))), SYSTEM).outcome

    return add


@pytest.fixture
def cells_for() -> Callable[..., Cells]:
    """The cells of a metric as somebody sees them; as the platform itself by default."""
    from servloop_app.core.policy import EverythingPolicy
    from servloop_app.measure import queries

    def of(metric: Metric, policy: object = None) -> Cells:
        return queries.cells_of(policy or EverythingPolicy(), [metric])[metric.code]

    return of


FEEDBACK_UNITS = ("beijing", "tianjin", "shanghai")
FEEDBACK_CHANNELS = ("app", "微信", "phone")


def feedback_file(rows: int = 900, months: int = 6, seed: int = 5) -> str:
    """Generated feedback with unit, channel, kind and rating on 1 to 5, some ratings missing."""
    import numpy as np

    rng = np.random.default_rng(seed)
    lines = ["id,date,channel,kind,rating,comment,branch"]
    for number in range(rows):
        unit = FEEDBACK_UNITS[int(rng.choice(3, p=[0.5, 0.3, 0.2]))]
        channel = FEEDBACK_CHANNELS[int(rng.choice(3, p=[0.6, 0.3, 0.1]))]
        kind = ("complaint", "praise", "suggestion")[int(rng.integers(3))]
        rating = "" if rng.random() < 0.1 else str(int(rng.integers(1, 6)))
        day = f"2026-{rng.integers(1, months + 1):02d}-{rng.integers(1, 29):02d} 10:00"
        lines.append(f"F{number},{day},{channel},{kind},{rating},意见{number},{unit}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def feedback(bring_in):  # noqa: F811
    """Generated feedback, imported; the file as a data frame."""
    import io

    import polars as pl

    content = feedback_file()
    found = bring_in(content, "feedback.csv", target="feedback", timezone="UTC", columns={"unit": "branch"})
    assert (found.state, found.rejected) == ("done", 0), (found.error_code, found.report)
    return pl.read_csv(io.StringIO(content), try_parse_dates=True)
