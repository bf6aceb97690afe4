"""Sample files to try the commands on: a process log, the answers of a survey, and weekly figures of branches.

All of it is drawn at random from stated models with a fixed seed; no person or organisation stands behind it.
"""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from servloop.diagnose.process.generator import CHANNELS, generate_log
from servloop.messages import normalize_language

if TYPE_CHECKING:
    import polars as pl

_SEED = 20_260
_EVENTS = 20_000
_RESPONDENTS = 400
_WEEKS = 52
_CHANGE_WEEK = 36
_BRANCHES = ("binjiang", "jiangnan", "chengdong", "chengxi", "beiyuan", "nanmen")
_TRIAL = _BRANCHES[:2]
# The effect that the change is made to have: complaints fall by 40 %.
_EFFECT = 0.6
_HEADINGS = {
    "case_id": "工单号",
    "activity": "步骤",
    "time": "完成时间",
    "start_time": "开始时间",
    "resource": "经办人",
    "department": "部门",
    "channel": "渠道",
}
_CHANNEL_NAMES = dict(zip(CHANNELS, ("电话", "网页", "手机应用", "网点"), strict=True))
_CATALOGUE = Path(__file__).parent.parent / "diagnose" / "locale"


def write(folder: Path, language: str) -> list[Path]:
    """Write ``requests.csv``, ``answers.csv`` and ``weeks.csv``.

    Args:
        folder: where to; made when missing. Files of these names are replaced.
        language: ``"zh"`` for Chinese headings and step names in the log; the other files are the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(_SEED)
    frames = {
        "requests.csv": _requests(language),
        "answers.csv": _answers(random),
        "weeks.csv": _weeks(random),
    }
    for name, frame in frames.items():
        frame.write_csv(folder / name, include_bom=normalize_language(language) == "zh-CN")
    return [folder / name for name in frames]


def _requests(language: str) -> pl.DataFrame:
    import polars as pl  # noqa: PLC0415  # the command line starts without it

    log = generate_log(_EVENTS, seed=1, resources=40, intervals=True, zone="Asia/Shanghai")
    times = pl.col("time", "start_time").dt.strftime("%Y-%m-%d %H:%M:%S%z")
    log = log.with_columns(times)
    if normalize_language(language) == "en":
        return log
    words = gettext.translation("django", _CATALOGUE, languages=["zh_Hans"])
    texts = pl.col("activity", "department")
    named = {word: words.gettext(word) for name in ("activity", "department") for word in log[name].unique()}
    return log.with_columns(texts.replace(named), pl.col("channel").replace(_CHANNEL_NAMES)).rename(_HEADINGS)


def _answers(random: np.random.Generator) -> pl.DataFrame:
    """400 customers: SERVQUAL pairs (1–7), Kano pairs (1–5), marks of aspects and the whole (1–10), NPS."""
    import polars as pl  # noqa: PLC0415

    n = _RESPONDENTS
    mood = random.normal(0, 1, n)
    branch = random.choice(_BRANCHES, n, p=(0.28, 0.2, 0.17, 0.14, 0.12, 0.09))

    def scale(
        middle: float, spread: float, shared: float, low: int, high: int
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        drawn = middle + shared * mood + random.normal(0, spread, n)
        return np.clip(np.round(drawn), low, high).astype(np.int64)

    columns: dict[str, object] = {
        "respondent": [f"A{number:03d}" for number in range(n)],
        "branch": branch,
        "seconds": np.round(random.lognormal(5.2, 0.5, n)).astype(np.int64),
    }
    # two items a dimension: tangibles, reliability, responsiveness, assurance, empathy
    for item, (expected, perceived) in enumerate(
        (
            (5.4, 5.3),
            (5.3, 5.4),
            (6.4, 5.2),
            (6.3, 5.4),
            (6.1, 4.6),
            (6.2, 4.8),
            (6.0, 5.6),
            (5.9, 5.5),
            (5.6, 5.1),
            (5.5, 5.2),
        ),
        start=1,
    ):
        columns[f"e{item}"] = scale(expected, 0.8, 0.3, 1, 7)
        columns[f"p{item}"] = scale(perceived, 0.9, 0.7, 1, 7)
    # answers to "with" and "without": 1 like, 2 must be, 3 neutral, 4 live with, 5 dislike
    for feature, (with_it, without_it) in {
        "notice": ((0.15, 0.60, 0.20, 0.03, 0.02), (0.02, 0.03, 0.15, 0.20, 0.60)),
        "evening": ((0.65, 0.10, 0.20, 0.03, 0.02), (0.05, 0.05, 0.60, 0.25, 0.05)),
        "queue": ((0.60, 0.25, 0.10, 0.03, 0.02), (0.02, 0.03, 0.15, 0.20, 0.60)),
    }.items():
        columns[f"{feature}_with"] = random.choice(5, n, p=with_it) + 1
        columns[f"{feature}_without"] = random.choice(5, n, p=without_it) + 1
    speed, manner, clarity = (
        scale(6.2, 1.3, 1.0, 1, 10),
        scale(8.1, 1.1, 0.8, 1, 10),
        scale(7.0, 1.4, 0.9, 1, 10),
    )
    whole = 0.45 * speed + 0.2 * manner + 0.3 * clarity + random.normal(0, 0.8, n)
    columns |= {"speed": speed, "manner": manner, "clarity": clarity}
    for number in (1, 2, 3):  # satisfaction overall, against expectations, against the ideal
        columns[f"s{number}"] = np.clip(np.round(whole + random.normal(0, 0.6, n)), 1, 10).astype(np.int64)
    columns["recommend"] = np.clip(np.round(1.2 * whole - 1.3 + random.normal(0, 1.2, n)), 0, 10).astype(
        np.int64
    )
    return pl.DataFrame(columns)


def _weeks(random: np.random.Generator) -> pl.DataFrame:
    """Six branches over a year: complaints and visits a week. Two branches change something in week 36."""
    import polars as pl  # noqa: PLC0415

    week, branch = np.meshgrid(np.arange(1, _WEEKS + 1), np.arange(len(_BRANCHES)), indexing="ij")
    level = np.array([42.0, 38.0, 35.0, 31.0, 28.0, 26.0])[branch]
    season = 1 + 0.12 * np.sin(2 * np.pi * week / 52)
    changed = np.isin(np.array(_BRANCHES)[branch], _TRIAL) & (week >= _CHANGE_WEEK)
    visits = random.poisson(level * 55)
    complaints = random.poisson(level * season * np.where(changed, _EFFECT, 1.0))
    return pl.DataFrame(
        {
            "week": week.ravel(),
            "branch": np.array(_BRANCHES)[branch].ravel(),
            "changed": changed.ravel().astype(np.int64),
            "complaints": complaints.ravel(),
            "visits": visits.ravel(),
        }
    )
