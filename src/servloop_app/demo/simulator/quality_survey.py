"""The sample bank's survey of service quality: expectations and perceptions, points, Kano pairs, importance and performance.

Its columns bear the names of the questionnaire that ships, so that the platform recognises what they are for. Branches
differ where the bank truly differs and where something was planted; in a bank without, every branch is like the others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from servloop.measure.servqual_spec import template
from servloop_app.demo.simulator.world import BRANCHES, MOODS, UNITS, WEIGHTS, Floats, Ints, World

RESPONDENTS = 1_600
FIRST_DAY = dt.date(2026, 9, 1)
DAYS = 30
ANSWERS = ("喜欢", "理应如此", "无所谓", "能忍受", "不喜欢")
# Where the bank stands on 1-7: what customers expect of an excellent bank, what they see here, and the points they give.
DIMENSIONS = {
    "tangibles": (5.9, 5.7, 12),
    "reliability": (6.4, 5.4, 28),
    "responsiveness": (6.3, 4.9, 26),
    "assurance": (6.2, 5.6, 18),
    "empathy": (6.0, 5.3, 16),
}
# Slow document checks are felt as slowness; trained staff as courtesy.
_SLOWER, _KINDER = 0.6, 0.35


@dataclass(frozen=True)
class Feature:
    """A service that was asked about: its names, and the shares that take it as must-be, one-dimensional, attractive."""

    zh: str
    en: str
    shares: tuple[float, float, float]


FEATURES = (
    Feature("告知还要等多久", "Says how long the wait is", (0.58, 0.22, 0.05)),
    Feature("手机预约取号", "Queue number by phone", (0.14, 0.55, 0.16)),
    Feature("视频柜员", "Clerk by video", (0.04, 0.14, 0.52)),
    Feature("办理进度推送", "Progress told by message", (0.22, 0.50, 0.14)),
    Feature("休息区饮品", "Drinks while waiting", (0.02, 0.08, 0.24)),
    Feature("资料一次告知", "All papers named at once", (0.62, 0.22, 0.03)),
)
# Attributes with their importance and performance on 1-7.
ATTRIBUTES = (
    ("等候时间", "Waiting time", 6.5, 4.6),
    ("一次办成", "Done at the first visit", 6.4, 5.1),
    ("员工态度", "Courtesy of staff", 5.9, 5.6),
    ("手机银行好用", "Easy mobile banking", 6.1, 5.0),
    ("网点环境", "Branch premises", 4.6, 5.9),
    ("收费清楚", "Clear charges", 5.8, 5.2),
    ("营业时间", "Opening hours", 4.9, 5.3),
    ("礼品活动", "Gifts and events", 3.4, 5.0),
)


def quality_survey(world: World) -> pl.DataFrame:
    """One row per respondent, columns as in the shipped questionnaire.

    Returns:
        ``e1`` … ``e22`` and ``p1`` … ``p22`` on 1-7, ``w_<dimension>`` that add up to 100, ``kano1_1`` … in words,
        ``ipa1_1`` … on 1-7, and the overall satisfaction on 1-10.
    """
    random = world.random("quality survey")
    count = max(int(RESPONDENTS * world.scale), 1)
    weights = WEIGHTS[: len(BRANCHES)]
    units = random.choice(len(BRANCHES), size=count, p=weights / weights.sum())
    days = world.day(FIRST_DAY) + np.sort(random.integers(0, DAYS, count))
    person = random.normal(0, 0.55, count)
    felt = np.zeros(count) if world.even else 1.2 * MOODS[units]
    columns: dict[str, object] = {
        "答卷编号": [f"Q{number:05d}" for number in range(1, count + 1)],
        "提交时间": pl.Series(world.moments(random, days) * 1_000_000).cast(pl.Datetime("us", "UTC")),
        "网点": np.array(UNITS)[units],
        "客户类型": np.where(random.random(count) < 0.78, "个人", "小微企业"),
    }
    seen: list[Floats] = []
    own = {name: random.normal(0, 0.55, count) for name in DIMENSIONS}
    for item in template()["items"]:
        name = item["dimension"]
        expected, found, _points = DIMENSIONS[name]
        columns[f"e{item['number']}"] = _marks(expected + 0.3 * person + random.normal(0, 0.6, count), 7)
        latent = found + person + own[name] + felt + _moved(world, name, days, units)
        seen.append(latent)
        columns[f"p{item['number']}"] = _marks(latent + random.normal(0, 0.6, count), 7)
    columns |= _points_given(random, count)
    columns |= _kano(random, count)
    for place, (_zh, _en, important, performed) in enumerate(ATTRIBUTES, 1):
        columns[f"ipa{place}_1"] = _marks(important + random.normal(0, 0.8, count), 7)
        columns[f"ipa{place}_2"] = _marks(performed + person + felt + random.normal(0, 0.8, count), 7)
    overall = 6.9 + 1.3 * (np.mean(seen, axis=0) - 5.35) + random.normal(0, 0.8, count)
    columns["总体满意度"] = _marks(overall, 10)
    return pl.DataFrame(columns)


def _moved(world: World, dimension: str, days: Ints, units: Ints) -> Floats:
    """What planted effects do to a dimension."""
    if dimension == "responsiveness":
        return np.where(world.inside("document_check_waits", days, units), -_SLOWER, 0.0)
    if dimension in {"assurance", "empathy"}:
        return np.where(world.inside("courtesy_training", days, units), _KINDER, 0.0)
    return np.zeros(len(units))


def _marks(latent: Floats, top: int) -> Ints:
    return np.clip(np.round(latent), 1, top).astype(np.int64)


def _points_given(random: np.random.Generator, count: int) -> dict[str, Ints]:
    """A hundred points shared out by everybody, in fives."""
    centre = np.array([points for _e, _p, points in DIMENSIONS.values()], dtype=float)
    shares = np.floor(random.dirichlet(centre / 4, count) * 20).astype(np.int64) * 5
    shares[np.arange(count), random.integers(0, len(DIMENSIONS), count)] += 100 - shares.sum(axis=1)
    return {f"w_{name}": shares[:, place] for place, name in enumerate(DIMENSIONS)}


def _kano(random: np.random.Generator, count: int) -> dict[str, list[str]]:
    """Answers to "if it were there" and "if it were not", after what each respondent takes the feature for."""
    like, must, neutral, live, dislike = range(len(ANSWERS))
    columns: dict[str, list[str]] = {}
    for place, feature in enumerate(FEATURES, 1):
        bounds = np.cumsum(feature.shares)
        taken = np.searchsorted(bounds, random.random(count), side="right")  # must, wanted, delight, neither
        indifferent = random.choice([must, neutral, live], size=(2, count), p=[0.2, 0.6, 0.2])
        there = np.choose(taken, [indifferent[0], np.full(count, like), np.full(count, like), indifferent[0]])
        absent = np.choose(
            taken, [np.full(count, dislike), np.full(count, dislike), indifferent[1], indifferent[1]]
        )
        for question, answers in ((1, there), (2, absent)):
            columns[f"kano{place}_{question}"] = list(np.array(ANSWERS)[answers])
    return columns
