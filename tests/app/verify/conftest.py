"""A bank whose branches are rated every week, and a change in one of them, declared some weeks ago."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from tests.app.collect.conftest import bring_in, carry_out, data_folder, facts, take_in  # noqa: F401  # fixtures
from tests.app.measure.conftest import (  # noqa: F401  # fixtures
    _no_cells_of_earlier_tests,
    add_metric,
    cells_for,
    work_off,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from servloop_app.improve.models import Project
    from servloop_app.verify.actions import Design

WEEKS_BEFORE, WEEKS_AFTER = 60, 8


def this_monday() -> dt.date:
    today = dt.datetime.now(dt.UTC).date()
    return today - dt.timedelta(days=today.weekday())


def start() -> dt.date:
    """The Monday on which the change began: so many whole weeks ago."""
    return this_monday() - dt.timedelta(weeks=WEEKS_AFTER)


def ratings(first: int, last: int, better: float = 0.0, seed: int = 3) -> str:
    """Ratings by week from ``first`` to ``last`` (0 is the week of the change); Beijing gets better from 0 on."""
    import numpy as np

    rng = np.random.default_rng(seed + first + WEEKS_BEFORE)
    lines = ["id,date,channel,rating,comment,branch"]
    number = 0
    for week in range(first, last):
        monday = start() + dt.timedelta(days=7 * week)
        for unit in ("beijing", "tianjin", "shanghai"):
            happy = 0.6 + (better if unit == "beijing" and week >= 0 else 0.0)
            for each in range(50):
                rating = int(rng.integers(4, 6)) if rng.random() < happy else int(rng.integers(1, 4))
                day = monday + dt.timedelta(days=each % 7)
                channel = ("app", "web")[each % 2]
                lines.append(f"F{first}-{number},{day} 10:00,{channel},{rating},意见,{unit}")
                number += 1
    return "\n".join(lines) + "\n"


@pytest.fixture
def clock(monkeypatch):
    """``clock(weeks)``: let the verify stage believe that it is so many weeks earlier; 0 gives the time back."""
    from django.utils import timezone

    from servloop_app.verify import actions

    class Earlier:
        weeks = 0

        @classmethod
        def now(cls):
            return timezone.now() - dt.timedelta(weeks=cls.weeks)

        @classmethod
        def localdate(cls):
            return timezone.localdate() - dt.timedelta(weeks=cls.weeks)

    monkeypatch.setattr(actions, "timezone", Earlier)

    def turn(weeks: int) -> None:
        Earlier.weeks = weeks

    turn(WEEKS_AFTER + 2)
    return turn


@pytest.fixture
def history(bring_in, add_metric, work_off):  # noqa: F811
    """A year of ratings before the change, and a metric over them, computed."""
    content = ratings(-WEEKS_BEFORE, 0)
    bring_in(content, "before.csv", target="feedback", timezone="UTC", columns={"unit": "branch"})
    metric = add_metric("feedback", "share(rating >= 4)", code="happy")
    work_off()
    return metric


@pytest.fixture
def later(bring_in, work_off, clock) -> Callable[..., None]:  # noqa: F811
    """What came in after the start: ``later(0.2)`` with an effect, ``later(0.0)`` without."""

    def bring(better: float, weeks: int = WEEKS_AFTER) -> None:
        clock(0)
        content = ratings(0, weeks, better)
        found = bring_in(
            content, f"after{weeks}.csv", target="feedback", timezone="UTC", columns={"unit": "branch"}
        )
        assert found.rejected == 0
        work_off()

    return bring


@pytest.fixture
def project(history, clock) -> Project:
    """A project in Beijing with one action, ready to begin but for its check."""
    from tests.app.organisation import SYSTEM

    from servloop_app.core.actions import CreatePerson, execute
    from servloop_app.improve.actions_project_work import AddProjectAction
    from servloop_app.improve.actions_projects import OpenProject

    made = execute(OpenProject("预审材料", "beijing"), SYSTEM).outcome
    new = CreatePerson("leader", "beijing", "负责人", password="Correct-horse-7")
    boss = execute(new, SYSTEM).outcome
    execute(AddProjectAction(made.public_id, "培训柜员", start(), boss.public_id), SYSTEM)
    return made


@pytest.fixture
def design() -> Callable[..., Design]:
    """A design for that project; changes by keyword."""
    from servloop_app.verify.actions import Design

    def of(**changes: object) -> Design:
        given = {
            "metric": "happy",
            "units": ["beijing"],
            "start": start(),
            "smallest": 5.0,
            "method": "did",
            "comparison": ["tianjin", "shanghai"],
            "after": WEEKS_AFTER,
        }
        return Design(**(given | changes))

    return of
