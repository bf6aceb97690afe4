"""Feedback and survey answers of the simulated bank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from servloop_app.demo.simulator.texts import write
from servloop_app.demo.simulator.world import HOTLINE, MOODS, UNITS, WEIGHTS, Floats, Ints, World

FEEDBACK = 50_000
RESPONSES = 12_000
_TOPICS = ("waiting", "attitude", "app", "letters", "fees", "documents", "machine", "loan")
_SHARES = np.array([0.26, 0.14, 0.14, 0.12, 0.10, 0.09, 0.08, 0.07])
_KINDS = ("投诉", "建议", "表扬", "咨询")
_CHANNELS = ("网点", "热线", "手机银行", "微信", "应用商店", "网站")
_CHANNEL_SHARES = np.array([0.30, 0.22, 0.20, 0.16, 0.06, 0.06])
_ENGLISH = 0.12
_COMPLAINING = 0.40
_BY_PHONE = ("attitude", "app", "letters", "fees", "loan")
_HOUR = 3_600


@dataclass(frozen=True)
class Rows:
    """Records before they are written out, one entry per record in each array."""

    days: Ints
    units: Ints
    mood: Floats
    topics: Ints
    kinds: Ints

    def only(self, rows: Ints | npt.NDArray[np.bool_]) -> Rows:
        """Some of the records, in the order given."""
        return Rows(self.days[rows], self.units[rows], self.mood[rows], self.topics[rows], self.kinds[rows])

    def and_more(self, other: Rows) -> Rows:
        """These records and others after them."""
        return Rows(
            np.concatenate([self.days, other.days]),
            np.concatenate([self.units, other.units]),
            np.concatenate([self.mood, other.mood]),
            np.concatenate([self.topics, other.topics]),
            np.concatenate([self.kinds, other.kinds]),
        )


def feedback(world: World) -> pl.DataFrame:
    """Feedback records as a service desk would export them, oldest first; times in UTC."""
    random = world.random("feedback")
    rows = _rows(world, random)
    return _table(world, random, rows, _ratings(random, rows))


def ratings(world: World) -> tuple[Rows, Floats]:
    """Records without their words, and their ratings (NaN where none was given): quick for very large banks."""
    random = world.random("feedback")
    rows = _rows(world, random)
    return rows, _ratings(random, rows)


def _rows(world: World, random: np.random.Generator) -> Rows:
    """All records in the order of their days."""
    count = int(FEEDBACK * world.scale)
    days = world.busy_days(random, count)
    units = random.choice(len(UNITS), size=count, p=WEIGHTS / WEIGHTS.sum())
    mood = _mood(world, days, units)
    topics = _topics(random, units)
    rows = Rows(days, units, mood, topics, _kinds(random, mood))
    rows = rows.only(_complaints_kept(world, random, rows))
    rows = rows.and_more(_app_wave(world, random, len(rows.days)))
    return rows.only(np.argsort(rows.days, kind="stable"))


def _ratings(random: np.random.Generator, rows: Rows) -> Floats:
    """Ratings from 1 to 5; one in eight customers gives none."""
    usual = np.array([1.7, 2.9, 4.8, 3.4])[rows.kinds]
    rating = np.clip(np.round(random.normal(usual + rows.mood, 0.75)), 1, 5)
    return np.where(random.random(len(rating)) < 0.12, np.nan, rating)


def _topics(random: np.random.Generator, units: Ints) -> Ints:
    """What records are about; nobody queues in the hall of a hotline."""
    anywhere = random.choice(len(_TOPICS), size=len(units), p=_SHARES)
    calls = np.array([topic in _BY_PHONE for topic in _TOPICS])
    by_phone = random.choice(len(_TOPICS), size=len(units), p=_SHARES * calls / (_SHARES * calls).sum())
    return np.where(units == UNITS.index(HOTLINE), by_phone, anywhere)


def _mood(world: World, days: Ints, units: Ints) -> Floats:
    """How satisfied the customers of a unit are on a day, compared with all, points on 1-5."""
    trained = world.inside("courtesy_training", days, units)
    mood = np.where(trained, world.size("courtesy_training"), 0.0)
    if world.even:
        return mood
    season: Floats = 0.05 * np.sin(2 * np.pi * days / 365.25)
    return MOODS[units] + season + mood


def _kinds(random: np.random.Generator, mood: Floats) -> Ints:
    """0 complaint, 1 suggestion, 2 praise, 3 question: a better mood turns complaints into praise."""
    shift = np.clip(0.12 * mood, -0.15, 0.15)
    draw = random.random(len(mood))
    complaint = _COMPLAINING - shift
    praise = complaint + 0.28 + shift
    return np.where(draw < complaint, 0, np.where(draw < praise, 2, np.where(draw < praise + 0.2, 1, 3)))


def _complaints_kept(world: World, random: np.random.Generator, rows: Rows) -> npt.NDArray[np.bool_]:
    """Better envelopes make a share of the complaints about letters go away."""
    better = world.inside("letter_packaging", rows.days, rows.units)
    about = (rows.topics == _TOPICS.index("letters")) & (rows.kinds == 0)
    kept: npt.NDArray[np.bool_] = ~(
        better & about & (random.random(len(rows.days)) < world.size("letter_packaging"))
    )
    return kept


def _app_wave(world: World, random: np.random.Generator, usual: int) -> Rows:
    """Further complaints about the app in the weeks after a bad release, most at the beginning."""
    found = world.effect("app_release")
    days = np.empty(0, dtype=np.int64)
    if found is not None and found.end is not None:
        first, last = world.day(found.start), world.day(found.end)
        per_day = usual / world.days * float(_SHARES[_TOPICS.index("app")]) * _COMPLAINING
        count = int(per_day * (last - first + 1) * max(found.size * world.strength - 1, 0))
        decay = np.exp(-np.arange(last - first + 1) / 10.0)
        days = first + random.choice(last - first + 1, size=count, p=decay / decay.sum())
    hotline, app = UNITS.index(HOTLINE), _TOPICS.index("app")
    same = np.ones(len(days), dtype=np.int64)
    return Rows(days, hotline * same, np.zeros(len(days)), app * same, 0 * same)


def _table(world: World, random: np.random.Generator, rows: Rows, rating: Floats) -> pl.DataFrame:
    days, units, topics, kinds = rows.days, rows.units, rows.topics, rows.kinds
    count = len(days)
    moments = world.moments(random, days)
    english = random.random(count) < _ENGLISH
    written = [
        write(random, "praise" if kind == 2 else "other" if kind == 3 else _TOPICS[topic], bool(in_english))
        for topic, kind, in_english in zip(topics, kinds, english, strict=True)
    ]
    channel = random.choice(len(_CHANNELS), size=count, p=_CHANNEL_SHARES)
    answered = moments + _first_response(world, random, days, units)
    resolved = answered + (random.lognormal(2.6, 0.8, count) * _HOUR).astype(np.int64)
    open_still = random.random(count) < 0.06
    return pl.DataFrame(
        {
            "编号": [f"FK{number:06d}" for number in range(1, count + 1)],
            "反馈时间": _times(moments),
            "渠道": np.array(_CHANNELS)[channel],
            "网点": np.array(UNITS)[units],
            "类型": np.array(_KINDS)[kinds],
            "标题": [title for title, _ in written],
            "反馈内容": [text for _, text in written],
            "评分": pl.Series(rating).fill_nan(None),
            "客户号": [f"C{number:07d}" for number in random.integers(1, 400_000, count)],
            "语言": np.where(english, "en", "zh-CN"),
            "首次响应时间": _times(answered),
            "解决时间": pl.select(
                pl.when(pl.lit(pl.Series(~open_still))).then(pl.lit(_times(resolved)))
            ).to_series(),
            "承诺时间": _times(moments + 72 * _HOUR),
        }
    )


def _first_response(world: World, random: np.random.Generator, days: Ints, units: Ints) -> Ints:
    """Seconds to the first answer; the hotline is short of people on Mondays."""
    seconds = random.lognormal(8.6, 0.9, len(days))
    mondays = (days + world.start.weekday()) % 7 == 0
    short = world.inside("monday_staffing", days, units) & mondays
    return np.where(short, seconds * max(world.size("monday_staffing"), 1.0), seconds).astype(np.int64)


def _times(seconds: Ints) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us", "UTC"))


def survey(world: World) -> pl.DataFrame:
    """Answers to the relationship survey: NPS (0-10), CES (1-7) and CSAT (1-5), one row per respondent."""
    random = world.random("survey")
    count = int(RESPONSES * world.scale)
    days = world.busy_days(random, count)
    units = random.choice(len(UNITS), size=count, p=WEIGHTS / WEIGHTS.sum())
    latent = random.normal(0, 1, count) + _mood(world, days, units) / 0.75

    def scale(low: int, high: int, centre: float, spread: float, own: float) -> Floats:
        noise = random.normal(0, own, count)
        return np.clip(np.round(centre + spread * (latent + noise)), low, high)

    return pl.DataFrame(
        {
            "答卷编号": [f"R{number:06d}" for number in range(1, count + 1)],
            "提交时间": _times(world.moments(random, days)),
            "网点": np.array(UNITS)[units],
            "渠道": np.array(["短信", "微信", "二维码"])[random.integers(0, 3, count)],
            "NPS": scale(0, 10, 7.4, 1.7, 0.7),
            "CES": scale(1, 7, 5.1, 1.0, 0.8),
            "CSAT": scale(1, 5, 3.9, 0.75, 0.6),
        }
    )
