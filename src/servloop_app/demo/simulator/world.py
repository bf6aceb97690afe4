"""The invented bank that the simulator tells of: when, where, and what was planted.

Everything that an analysis should find is listed in `PLANTED`, with place, time and size, so that finding it (and not
finding anything else) can be checked. Besides, the bank has differences that are simply true: branches whose customers are
a little more or less content, a season, growth. A world with ``planted=False`` has the same bank with none of it: every unit
and every month is like every other, and whatever an analysis finds there is chance.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

ZONE = ZoneInfo("Asia/Shanghai")
HOTLINE = "hotline"
BRANCHES = (
    "binjiang",
    "jiangnan",
    "chengdong",
    "chengxi",
    "beiyuan",
    "nanmen",
    "hubin",
    "gaoxin",
    "wenjiao",
    "lingang",
    "kongang",
    "kejiyuan",
)
UNITS = (*BRANCHES, HOTLINE)
# How busy each unit is, and how satisfied its customers are compared with all (on 1-5).
WEIGHTS = np.array([1.4, 1.2, 1.1, 1.0, 0.9, 1.0, 1.0, 1.1, 0.8, 0.6, 0.6, 0.9, 3.0])
MOODS = np.array([0.0, 0.08, -0.05, 0.02, 0.0, -0.02, 0.1, 0.05, 0.06, -0.04, 0.0, 0.03, -0.1])

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Planted:
    """One thing that an analysis should find, or rightly not find.

    Attributes:
        code: stable name.
        units: where.
        start: first day; days are counted from the start of the data by `World.day`.
        end: last day, None for ever.
        size: of the effect, in the words of ``measure``.
        measure: what it changes.
    """

    code: str
    units: tuple[str, ...]
    start: dt.date
    end: dt.date | None
    size: float
    measure: str


@dataclass(frozen=True)
class World:
    """A period, a seed and what is planted.

    Attributes:
        seed: of everything random.
        start: first day.
        days: how many days.
        scale: 1 gives some 50,000 feedback records and 300,000 events in two years.
        planted: whether the planted effects, and true differences between units and months, are there.
        strength: multiplies the size of every planted effect.
        flat: no differences between units and months besides the planted effects.
        without: codes of effects that are left out.
    """

    seed: int = 20261121
    start: dt.date = dt.date(2024, 11, 1)
    days: int = 730
    scale: float = 1.0
    planted: bool = True
    strength: float = 1.0
    flat: bool = False
    without: frozenset[str] = frozenset()

    @property
    def even(self) -> bool:
        """Whether units and months are alike, apart from planted effects."""
        return self.flat or not self.planted

    @property
    def end(self) -> dt.datetime:
        """When the data were taken: midnight after the last day, in UTC."""
        midnight = dt.datetime.combine(self.start + dt.timedelta(days=self.days), dt.time(), ZONE)
        return midnight.astimezone(dt.UTC)

    def random(self, part: str) -> np.random.Generator:
        """A stream of its own for each part, so that a change in one leaves the others as they are."""
        return np.random.default_rng([self.seed, *part.encode()])

    def day(self, date: dt.date) -> int:
        """Days since the start."""
        return (date - self.start).days

    def effect(self, code: str) -> Planted | None:
        """A planted effect; None in a world without."""
        return PLANTED[code] if self.planted and code not in self.without else None

    def size(self, code: str) -> float:
        """Size of a planted effect in this world; 0 without."""
        found = self.effect(code)
        return 0.0 if found is None else found.size * self.strength

    def inside(self, code: str, days: Ints, units: Ints) -> npt.NDArray[np.bool_]:
        """Which (day, unit) pairs a planted effect touches."""
        found = self.effect(code)
        if found is None:
            return np.zeros(len(days), dtype=bool)
        last = self.days if found.end is None else self.day(found.end)
        places = [UNITS.index(unit) for unit in found.units]
        return (days >= self.day(found.start)) & (days <= last) & np.isin(units, places)

    def busy_days(self, random: np.random.Generator, count: int) -> Ints:
        """Days drawn by how busy they are: weekdays more than weekends, a little more each year, quiet in February."""
        every = np.arange(self.days)
        weekday = (every + self.start.weekday()) % 7
        month = np.array([(self.start + dt.timedelta(days=int(d))).month for d in every])
        weight = np.array([1.25, 1.1, 1.0, 1.0, 1.05, 0.6, 0.45])[weekday]
        if not self.even:
            weight = weight * (1 + 0.1 * every / 365) * np.where(month == 2, 0.75, 1.0)
        return np.sort(random.choice(every, size=count, p=weight / weight.sum()))

    def moments(self, random: np.random.Generator, days: Ints) -> Ints:
        """Seconds since 1970 (UTC) for days, within opening hours of the bank's zone."""
        midnight = dt.datetime.combine(self.start, dt.time(), ZONE).timestamp()
        hours = np.clip(random.normal(13.2, 3.2, len(days)), 7.0, 22.5)
        return (midnight + days * 86_400 + hours * 3_600).astype(np.int64)


PLANTED: dict[str, Planted] = {
    planted.code: planted
    for planted in (
        Planted(
            "document_check_waits",
            ("binjiang",),
            dt.date(2026, 8, 3),
            dt.date(2026, 10, 25),
            2.7,
            "median wait before due diligence, times the usual",
        ),
        Planted("app_release", (HOTLINE,), dt.date(2026, 10, 5), dt.date(2026, 10, 31), 6.0, "complaints about the app, times the usual"),
        Planted(
            "courtesy_training",
            ("chengdong", "chengxi", "beiyuan"),
            dt.date(2026, 3, 1),
            None,
            0.30,
            "mean rating, points on 1-5",
        ),
        Planted("queue_screens", ("nanmen", "hubin"), dt.date(2026, 4, 1), None, 0.0, "mean rating: a project without an effect"),
        Planted("monday_staffing", (HOTLINE,), dt.date(2024, 11, 1), None, 3.0, "first response on Mondays, times the usual"),
        Planted("letter_packaging", UNITS, dt.date(2026, 1, 1), None, 0.60, "share of complaints about letters that go away"),
    )
}  # fmt: skip
