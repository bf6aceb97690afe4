"""Which cases of a log are looked at: the conditions that an address carries from page to page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import numpy as np

from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.filtering import (
    between,
    with_activity,
    with_attribute,
    with_path,
    with_variants,
)
from servloop.diagnose.process.ping_pong import returns
from servloop_app.core.errors import ActionError

Path = tuple[int, ...]
# Columns of a log by which cases are chosen: people and departments.
PARTIES = ("resource", "department")
# Conditions that may hold several times, and bounds with the one of two that says more.
_SEVERAL = ("activities", "without", "edges", "again", "back", "parties", "having", "lacking", "handovers")
_CLOSER: dict[str, Callable[..., Any]] = {"longer": max, "shorter": min, "since": max, "until": min}
_MICROSECONDS = 1_000_000
# What a log can hold, so that no sum of times overflows.
_LONGEST = 10**11
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Handover:
    """A direct succession from one party to another."""

    column: str
    source: str
    target: str


@dataclass(frozen=True)
class Selection:
    """Which cases are looked at; activities by their code in the log, so that a link stays short.

    Attributes:
        activities: cases in which every one of these occurs.
        without: cases in which none of these occurs.
        edges: cases in which every one of these direct successions occurs.
        variant: cases that take exactly this path.
        again: cases in which every one of these occurs more than once.
        back: cases that go from the one activity to the other and straight back, for every one of these.
        longer, shorter: cases that took at least, or less than, so many seconds of elapsed time.
        since, until: cases that begin on or after the one day and on or before the other.
        parties: cases with an event of every one of these (column, value).
        having, lacking: cases with an event of every one, without an event of any, of these (column, value); any
            column of texts.
        handovers: cases in which every one of these occurs.
    """

    activities: Path = ()
    without: Path = ()
    edges: tuple[tuple[int, int], ...] = ()
    variant: Path = ()
    again: Path = ()
    back: tuple[tuple[int, int], ...] = ()
    longer: int | None = None
    shorter: int | None = None
    since: date | None = None
    until: date | None = None
    parties: tuple[tuple[str, str], ...] = ()
    having: tuple[tuple[str, str], ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()
    handovers: tuple[Handover, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing is filtered."""
        return self == Selection()

    @classmethod
    def parse(cls, query: Mapping[str, Sequence[str]]) -> Selection:
        """From the parameters of an address, as `query` writes them.

        Raises:
            ActionError: ``diagnose.bad_filter``, a parameter is not what a page of ours writes.
        """
        try:
            return cls(
                activities=tuple(int(text) for text in query.get("with", ())),
                without=tuple(int(text) for text in query.get("without", ())),
                edges=_pairs(query.get("edge", ())),
                variant=_codes(_one(query, "variant"), "."),
                again=tuple(int(text) for text in query.get("again", ())),
                back=_pairs(query.get("back", ())),
                longer=_seconds(_one(query, "longer")),
                shorter=_seconds(_one(query, "shorter")),
                since=_day(_one(query, "since")),
                until=_day(_one(query, "until")),
                parties=tuple(_party(text) for text in query.get("who", ())),
                having=tuple(_valued(text) for text in query.get("is", ())),
                lacking=tuple(_valued(text) for text in query.get("not", ())),
                handovers=tuple(_handover(text) for text in query.get("hand", ())),
            )
        except ValueError:
            raise ActionError("diagnose.bad_filter") from None

    def query(self) -> dict[str, list[str]]:
        """The parameters of an address; `parse` reads them back."""
        written = {
            "with": [str(code) for code in self.activities],
            "without": [str(code) for code in self.without],
            "edge": [f"{source}-{target}" for source, target in self.edges],
            "variant": [".".join(map(str, self.variant))] if self.variant else [],
            "again": [str(code) for code in self.again],
            "back": [f"{source}-{target}" for source, target in self.back],
            "longer": [] if self.longer is None else [str(self.longer)],
            "shorter": [] if self.shorter is None else [str(self.shorter)],
            "since": [self.since.isoformat()] if self.since else [],
            "until": [self.until.isoformat()] if self.until else [],
            "who": [_joined(*party) for party in self.parties],
            "is": [_joined(*valued) for valued in self.having],
            "not": [_joined(*valued) for valued in self.lacking],
            "hand": [_joined(one.column, one.source, one.target) for one in self.handovers],
        }
        return {name: values for name, values in written.items() if values}

    def conditions(self) -> Iterator[tuple[str, Any, Selection]]:
        """Each condition: its kind, what it says, and the selection without it."""
        for name in _SEVERAL:
            held = getattr(self, name)
            for one in held:
                fewer: dict[str, Any] = {name: tuple(kept for kept in held if kept != one)}
                yield name, one, replace(self, **fewer)
        if self.variant:
            yield "variant", self.variant, replace(self, variant=())
        for name in ("longer", "shorter", "since", "until"):
            if getattr(self, name) is not None:
                bare: dict[str, Any] = {name: None}
                yield name, getattr(self, name), replace(self, **bare)

    def also(self, **conditions: Any) -> Selection:
        """The selection with further conditions; repeated ones count once, and of two bounds the closer one holds."""
        added: dict[str, Any] = {}
        for name, value in conditions.items():
            held = getattr(self, name)
            if name in _SEVERAL:
                added[name] = tuple(dict.fromkeys([*held, *value]))
            elif name in _CLOSER and held is not None:
                added[name] = _CLOSER[name](held, value)
            else:
                added[name] = value
        return replace(self, **added)

    def apply(self, log: EventLog, zone: tzinfo | None = None) -> EventLog:
        """The log of the selected cases.

        Args:
            log: the whole log.
            zone: in which days begin; UTC without it.

        Raises:
            ActionError: ``diagnose.bad_filter``, the log has no such activity or column.
        """
        self._check(log)
        names = log.activity_labels
        log = self._by_time(log, zone or ZoneInfo("UTC"))
        if self.variant:
            log = with_variants(log, [tuple(names[code] for code in self.variant)])
        for code in self.activities:
            log = with_activity(log, [names[code]])
        if self.without:
            log = with_activity(log, [names[code] for code in self.without], keep=False)
        for source, target in self.edges:
            log = with_path(log, names[source], names[target])
        for code in self.again:
            log = log.keep_cases(np.bincount(log.case_index[log.activity == code], minlength=log.cases) > 1)
        for source, target in self.back:
            there = returns(log, log.activity.astype(np.int64))
            there[:-1] &= (log.activity[:-1] == source) & (log.activity[1:] == target)
            keep = np.zeros(log.cases, dtype=np.bool_)
            keep[log.case_index[there]] = True
            log = log.keep_cases(keep)
        for column, value in (*self.parties, *self.having):
            log = with_attribute(log, column, [value])
        for column, value in self.lacking:
            log = with_attribute(log, column, [value], keep=False)
        for one in self.handovers:
            log = _with_handover(log, one)
        return log

    def _check(self, log: EventLog) -> None:
        """Refuse what the log does not have."""
        import polars as pl  # noqa: PLC0415  # loaded with the log already

        edges = (code for edge in (*self.edges, *self.back) for code in edge)
        codes = {*self.activities, *self.without, *self.variant, *self.again, *edges}
        columns = {column for column, _value in self.parties} | {one.column for one in self.handovers}
        if (
            any(not 0 <= code < len(log.activity_labels) for code in codes)
            or not all(map(log.has_column, columns))
            or any(log.frame.schema.get(name) != pl.String for name, _value in (*self.having, *self.lacking))
        ):
            raise ActionError("diagnose.bad_filter")

    def _by_time(self, log: EventLog, zone: tzinfo) -> EventLog:
        if self.longer is not None:
            log = log.keep_cases(log.throughput >= self.longer * _MICROSECONDS)
        if self.shorter is not None:
            log = log.keep_cases(log.throughput < self.shorter * _MICROSECONDS)
        if self.since or self.until:
            after = None if self.until is None else _begin(self.until + timedelta(days=1), zone)
            since = None if self.since is None else _begin(self.since, zone)
            log = between(log, since, after, rule="starting")
        return log


def _with_handover(log: EventLog, wanted: Handover) -> EventLog:
    codes, labels = log.codes_of(wanted.column)
    known = {label: code for code, label in enumerate(labels.to_list())}
    if wanted.source not in known or wanted.target not in known:
        return log.keep_cases(np.zeros(log.cases, dtype=np.bool_))
    direct = (codes[:-1] == known[wanted.source]) & (codes[1:] == known[wanted.target]) & log.inner
    keep = np.zeros(log.cases, dtype=np.bool_)
    keep[log.case_index[1:][direct]] = True
    return log.keep_cases(keep)


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _one(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _codes(text: str, separator: str) -> Path:
    return tuple(int(part) for part in text.split(separator)) if text else ()


def _pairs(texts: Sequence[str]) -> tuple[tuple[int, int], ...]:
    pairs = [_codes(text, "-") for text in texts]
    return tuple((source, target) for source, target in pairs)


def _seconds(text: str) -> int | None:
    if not text:
        return None
    seconds = int(text)
    if not 0 <= seconds <= _LONGEST:
        raise ValueError(text)
    return seconds


def _day(text: str) -> date | None:
    if not text:
        return None
    day = date.fromisoformat(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(text)
    return day


def _joined(*parts: str) -> str:
    return "~".join(quote(part, safe="").replace("~", "%7E") for part in parts)


def _valued(text: str) -> tuple[str, str]:
    column, value = (unquote(part) for part in text.split("~"))
    return column, value


def _party(text: str) -> tuple[str, str]:
    column, value = _valued(text)
    return _known(column), value


def _handover(text: str) -> Handover:
    column, source, target = (unquote(part) for part in text.split("~"))
    return Handover(_known(column), source, target)


def _known(column: str) -> str:
    if column not in PARTIES:
        raise ValueError(column)
    return column
