"""Statistics of all units, months, channels and segments of a metric in columns: merged for any selection at once.

What may be told of small groups is settled here, too: cells belong to atoms (`disclosure.pooled`), and a protected
merge takes whole atoms only.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError
from servloop.measure.figures.disclosure import pooled
from servloop.measure.figures.formula import Kept
from servloop.measure.figures.statistics import Statistic

if TYPE_CHECKING:
    import polars as pl

Dimension = Literal["unit", "month", "channel", "segment"]
Mask = npt.NDArray[np.bool_]
_Codes = npt.NDArray[np.int32]
_Counts = npt.NDArray[np.int64]
_Sums = npt.NDArray[np.float64]
NO_MONTH = -1
_DIMENSIONS: tuple[Dimension, ...] = ("unit", "month", "channel", "segment")
_NUMBERS = ("n", "hits", "against", "total", "squares")
_BINS = ("bin_cell", "bin_place", "bin_rows")


@dataclass(frozen=True, eq=False)
class CellTable:
    """One row per unit, month, channel and segment that occurs.

    Attributes:
        kept: kind of the statistics.
        names: texts of ``unit``, ``channel`` and ``segment``; the empty text stands for "not known".
        unit, channel, segment: places in ``names``.
        month: months since the year 0, or `NO_MONTH`.
        n, hits, against, total, squares: as in `Statistic`.
        bin_cell, bin_place, bin_rows: bins of all cells, one after another, in the order of the cells.
        atom: cells with the same number are told together or not at all.
        smallest: fewest rows of an atom that is told.
    """

    kept: Kept
    names: Mapping[str, tuple[str, ...]]
    unit: _Codes
    month: _Codes
    channel: _Codes
    segment: _Codes
    n: _Counts
    hits: _Counts
    against: _Counts
    total: _Sums
    squares: _Sums
    bin_cell: _Codes
    bin_place: npt.NDArray[np.integer]
    bin_rows: npt.NDArray[np.integer]
    atom: _Codes
    smallest: int = 0

    def __len__(self) -> int:
        return len(self.n)

    @classmethod
    def from_frame(cls, kept: Kept, rows: pl.DataFrame) -> CellTable:
        """From rows with ``unit_id``, ``month`` (a date), ``channel``, ``segment``, the numbers and ``bins``.

        Args:
            kept: kind of the statistics.
            rows: one per cell; ``bins`` is a list of structs of place and rows, or null.
        """
        import polars as pl

        rows = rows.with_columns(
            pl.col("unit_id", "channel", "segment").cast(pl.String).fill_null(""),
            (pl.col("month").dt.year() * 12 + pl.col("month").dt.month() - 1).fill_null(NO_MONTH),
        ).sort("unit_id", "month", "channel", "segment")
        names, codes = {}, {}
        for name, column in (("unit", "unit_id"), ("channel", "channel"), ("segment", "segment")):
            listed = rows[column].unique().sort()
            names[name] = tuple(listed.to_list())
            codes[name] = listed.search_sorted(rows[column]).to_numpy().astype(np.int32)
        cell, place, count = _flat_bins(rows)
        return cls(
            kept,
            names,
            codes["unit"],
            rows["month"].to_numpy().astype(np.int32),
            codes["channel"],
            codes["segment"],
            rows["n"].cast(pl.Int64).to_numpy(),
            rows["hits"].cast(pl.Int64).to_numpy(),
            rows["against"].cast(pl.Int64).to_numpy(),
            rows["total"].cast(pl.Float64).to_numpy(),
            rows["squares"].cast(pl.Float64).to_numpy(),
            cell,
            place,
            count,
            np.arange(rows.height, dtype=np.int32),
        )

    def protected(self, smallest: int) -> CellTable:
        """The same cells with small groups tied to others (`disclosure.pooled`)."""
        keys = (self.unit, self.month, self.channel, self.segment)
        rows = np.where(self.month == NO_MONTH, 0, self.n)
        return replace(self, atom=pooled(keys, rows, smallest), smallest=smallest)

    def select(
        self,
        first: date | None = None,
        last: date | None = None,
        *,
        units: Collection[str] | None = None,
        channels: Collection[str] | None = None,
        segments: Collection[str] | None = None,
    ) -> Mask:
        """Which cells lie in months from ``first`` to ``last`` and in the given groups; None means all."""
        mask: Mask = self.month != NO_MONTH
        if first is not None:
            mask &= self.month >= month_number(first)
        if last is not None:
            mask &= self.month <= month_number(last)
        for name, chosen in (("unit", units), ("channel", channels), ("segment", segments)):
            if chosen is not None:
                known = np.fromiter((text in chosen for text in self.names[name]), np.bool_)
                mask &= known[getattr(self, name)] if len(known) else False
        return mask

    def tellable(self, mask: Mask, by: Dimension | None = None) -> Mask:
        """The part of a selection that may be told: atoms that lie wholly inside, and inside one group of ``by``."""
        atoms = len(self.atom)
        whole = np.bincount(self.atom[mask], minlength=atoms) == self._atom_cells
        whole &= self._atom_rows_enough
        if by is not None:
            whole &= self._in_one_group(by)
        return np.asarray(mask & whole[self.atom])

    @cached_property
    def _atom_cells(self) -> _Counts:
        return np.bincount(self.atom, minlength=len(self.atom)).astype(np.int64)

    @cached_property
    def _atom_rows_enough(self) -> Mask:
        rows = np.bincount(self.atom, self.n, minlength=len(self.atom))
        return np.asarray((rows == 0) | (rows >= self.smallest))

    def _in_one_group(self, by: Dimension) -> Mask:
        """For each atom, whether its cells lie in one group of a dimension."""
        if by not in self._pure:
            codes = getattr(self, by)
            lowest = np.full(len(codes), np.iinfo(np.int32).max, np.int32)
            highest = np.full(len(codes), np.iinfo(np.int32).min, np.int32)
            np.minimum.at(lowest, self.atom, codes)
            np.maximum.at(highest, self.atom, codes)
            self._pure[by] = lowest == highest
        return self._pure[by]

    @cached_property
    def _pure(self) -> dict[Dimension, Mask]:
        return {}

    @cached_property
    def _bins(self) -> _Bins:
        places, codes = np.unique(self.bin_place, return_inverse=True)
        return _Bins(
            np.bincount(self.bin_cell, minlength=len(self)).astype(np.int64),
            places.astype(np.int64),
            _narrow(codes),
        )

    def merge(self, mask: Mask) -> Statistic:
        """Everything of a selection together."""
        return Statistic(
            self.kept,
            int(self.n[mask].sum()),
            int(self.hits[mask].sum()),
            int(self.against[mask].sum()),
            float(self.total[mask].sum()),
            float(self.squares[mask].sum()),
            self._bins_of(mask),
        )

    def group(self, mask: Mask, by: Dimension) -> dict[str, Statistic]:
        """A statistic for each group of a selection; months are keyed ``2026-03-01``."""
        codes = getattr(self, by)[mask]
        keys, place = np.unique(codes, return_inverse=True)
        sums = {name: np.bincount(place, getattr(self, name)[mask], minlength=len(keys)) for name in _NUMBERS}
        bins = self._bins_of_groups(mask, by, keys)
        found = {}
        for number, key in enumerate(keys.tolist()):
            found[self._label(by, key)] = Statistic(
                self.kept,
                round(float(sums["n"][number])),
                round(float(sums["hits"][number])),
                round(float(sums["against"][number])),
                float(sums["total"][number]),
                float(sums["squares"][number]),
                bins[number],
            )
        return found

    def _bins_of(self, mask: Mask) -> dict[int, int]:
        if not len(self.bin_rows):
            return {}
        bins = self._bins
        # Each bin of a selected cell; a mask over all bins is cheaper than their places.
        chosen = np.repeat(mask, bins.of_cell)
        counts = np.bincount(bins.codes[chosen], self.bin_rows[chosen], minlength=len(bins.places))
        return bins.filled(counts)

    def _bins_of_groups(self, mask: Mask, by: Dimension, keys: _Codes) -> list[dict[int, int]]:
        if not len(self.bin_rows):
            return [{} for _ in keys]
        bins = self._bins
        width = len(bins.places)
        chosen = np.repeat(mask, bins.of_cell)
        first = np.searchsorted(keys, getattr(self, by)[mask]) * width
        place = np.repeat(first, bins.of_cell[mask]) + bins.codes[chosen]
        counts = np.bincount(place, self.bin_rows[chosen], minlength=len(keys) * width)
        return [bins.filled(row) for row in counts.reshape(len(keys), width)]

    def rows_of(self, mask: Mask, by: Dimension) -> dict[str, int]:
        """How many rows each group of a selection has; groups without rows are left out."""
        keys, place = np.unique(getattr(self, by)[mask], return_inverse=True)
        rows = np.bincount(place, self.n[mask], minlength=len(keys)).astype(np.int64)
        return {
            self._label(by, key): count
            for key, count in zip(keys.tolist(), rows.tolist(), strict=True)
            if count
        }

    def places(self, mask: Mask) -> list[list[str]]:
        """Unit, month, channel and segment of each cell of a selection, as four lists of texts."""
        return [[self._label(by, code) for code in getattr(self, by)[mask].tolist()] for by in _DIMENSIONS]

    def _label(self, by: Dimension, key: int) -> str:
        return f"{key // 12:04d}-{key % 12 + 1:02d}-01" if by == "month" else self.names[by][key]

    def to_bytes(self) -> bytes:
        """A compressed file of the columns."""
        head = json.dumps({"kept": self.kept, "names": self.names, "smallest": self.smallest}).encode()
        target = io.BytesIO()
        columns = {name: getattr(self, name) for name in (*_DIMENSIONS, *_NUMBERS, *_BINS, "atom")}
        np.savez_compressed(target, head=np.frombuffer(head, np.uint8), allow_pickle=False, **columns)
        return target.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> CellTable:
        """What `to_bytes` made.

        Raises:
            InputError: `figures.cells_unreadable`.
        """
        try:
            with np.load(io.BytesIO(stored), allow_pickle=False) as columns:
                head = json.loads(columns["head"].tobytes())
                names = {name: tuple(texts) for name, texts in head["names"].items()}
                arrays = {name: columns[name] for name in (*_DIMENSIONS, *_NUMBERS, *_BINS, "atom")}
                # Web processes keep tables: millions of small counts in 64 bits would be most of their memory.
                arrays["bin_rows"], arrays["bin_place"] = (
                    _narrow(arrays[name]) for name in ("bin_rows", "bin_place")
                )
                return cls(head["kept"], names, **arrays, smallest=head["smallest"])
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
            raise InputError("figures.cells_unreadable") from None


@dataclass(frozen=True)
class _Bins:
    """How the stored bins are added up.

    Attributes:
        of_cell: how many bins each cell has.
        places: the bins that occur, ascending.
        codes: of each stored bin, its number among ``places``.
    """

    of_cell: _Counts
    places: _Counts
    codes: npt.NDArray[np.integer]

    def filled(self, counts: _Sums | _Counts) -> dict[int, int]:
        """Bin → rows, without the empty ones."""
        found = np.flatnonzero(counts)
        return dict(zip(self.places[found].tolist(), counts[found].astype(np.int64).tolist(), strict=True))


def _narrow(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """The same numbers in the narrowest of 16, 32 and 64 bits that holds them all."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    for width in (np.int16, np.int32):
        if np.iinfo(width).min <= low and high <= np.iinfo(width).max:
            return numbers.astype(width)
    return numbers


def month_number(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def _flat_bins(rows: pl.DataFrame) -> tuple[_Codes, _Codes, _Counts]:
    import polars as pl

    if rows["bins"].dtype == pl.Null:
        return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64)
    flat = rows.select("bins").with_row_index("cell").explode("bins").drop_nulls().unnest("bins")
    place, count = (flat[name] for name in flat.columns[1:])
    return (
        flat["cell"].to_numpy().astype(np.int32),
        place.to_numpy().astype(np.int32),
        count.to_numpy().astype(np.int64),
    )
