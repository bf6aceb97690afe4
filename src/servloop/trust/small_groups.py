"""Hide small groups in tables of counts so that nobody can work them out from the totals.

Method. Counts from 1 to k - 1 are hidden (primary suppression; nobody in a group is not a secret). Where
totals are shown, a single hidden count would follow by subtraction, so further counts are hidden with it
(complementary suppression):

* one-way tables: the smallest further counts, until each hidden count has at least k possible values for a
  reader who knows the total, the shown counts and that every hidden count is at least 1;
* two-way tables with row, column and grand totals: each hidden entry (totals included) becomes a corner of a
  rectangle of hidden entries. Moving people around the corners leaves every total and every shown count as it
  is, and the rectangle is chosen so that at least k values of each corner are possible, at the least cost in
  hidden people (the hypercube idea of Repsilber, with totals as a further row and column).

Where neither is possible the whole table is withheld. Source: Willenborg and de Waal, Elements of Statistical
Disclosure Control (2001), chapters 4 and 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError, SpecError
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl

_Counts = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]
_METHOD = "threshold with complementary suppression"


@dataclass(frozen=True, kw_only=True)
class SuppressedTable(Result):
    """A table of counts as it may be shown; hidden entries are None.

    Attributes:
        counts: groups, or rows of groups.
        row_totals: one for each row of a two-way table; empty for a one-way table.
        column_totals: one for each column of a two-way table; empty for a one-way table.
        total: of all groups.
        threshold: the smallest count that is shown (k).
        primary: entries hidden because they are smaller than that.
        complementary: entries hidden to protect those.
        method: name of the method.
    """

    counts: tuple[int | None, ...] | tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None
    threshold: int
    primary: int
    complementary: int
    method: str = _METHOD

    def to_frame(self) -> pl.DataFrame:
        """One row for each group: its row and column (0 in a one-way table) and its count, None when hidden."""
        import polars as pl

        rows = [
            (row, column, count)
            for row, line in enumerate(self.counts)
            for column, count in enumerate(line if isinstance(line, tuple) else (line,))
        ]
        return pl.DataFrame(rows, schema=dict.fromkeys(("row", "column", "count"), pl.Int64), orient="row")


def suppress_small_groups(
    counts: Sequence[int] | Sequence[Sequence[int]] | _Counts, threshold: int = 5
) -> SuppressedTable:
    """Hide what must not be shown of a table that is published with its totals.

    Args:
        counts: people in each group, one- or two-dimensional.
        threshold: smallest count that may be shown, at least 2.

    Raises:
        SpecError: the threshold is smaller than 2.
        InputError: the counts are not whole numbers from 0 up in one or two dimensions.
    """
    if threshold < 2:
        raise SpecError("trust.threshold_invalid", received=threshold)
    table = np.asarray(counts)
    whole = table.size == 0 or np.issubdtype(table.dtype, np.integer)
    if table.ndim not in {1, 2} or not whole or (table < 0).any():
        raise InputError("trust.counts_invalid")
    table = table.astype(np.int64)
    if table.ndim == 1:
        entries = np.append(table, table.sum())
        hidden = _hide_one_way(table, threshold)
    else:
        entries = np.vstack([table, table.sum(axis=0)])
        entries = np.column_stack([entries, entries.sum(axis=1)])
        hidden = _hide_two_way(entries, threshold)
    return _published(entries, hidden, threshold)


def _small(entries: _Counts, threshold: int) -> _Mask:
    return (entries > 0) & (entries < threshold)


def _hide_one_way(table: _Counts, threshold: int) -> _Mask:
    """Hidden entries of counts and total (last)."""
    hidden = _small(table, threshold)
    if not hidden.any():
        return np.append(hidden, np.False_)
    for place in np.argsort(table, kind="stable"):
        if _one_way_protected(table[hidden], threshold):
            break
        hidden[place] |= table[place] > 0
    if not _one_way_protected(table[hidden], threshold):
        return np.ones(table.size + 1, dtype=np.bool_)
    return np.append(hidden, np.False_)


def _one_way_protected(hidden_counts: _Counts, threshold: int) -> bool:
    """Each of m counts with known sum S, all at least 1, can take the S - m + 1 values from 1 up."""
    free = int(hidden_counts.sum()) - hidden_counts.size + 1
    return hidden_counts.size >= 2 and free >= threshold


def _hide_two_way(entries: _Counts, threshold: int) -> _Mask:
    """Hidden entries of a table whose last row and column are its totals."""
    everything = np.ones(entries.shape, dtype=np.bool_)
    hidden = _small(entries, threshold)
    if hidden[-1, -1]:
        return everything
    protected = np.zeros_like(hidden)
    while (open_entries := np.argwhere(hidden & ~protected)).size:
        row, column = (int(place) for place in open_entries[0])
        corner = _cheapest_rectangle(entries, hidden, row, column, threshold)
        if corner is None:
            return everything
        corners = np.ix_([row, corner[0]], [column, corner[1]])
        hidden[corners] = protected[corners] = True
    return hidden


def _cheapest_rectangle(
    entries: _Counts, hidden: _Mask, row: int, column: int, threshold: int
) -> tuple[int, int] | None:
    """The opposite corner of the rectangle that protects an entry at the least cost, or None.

    In a table with totals every line sums to zero when the totals are taken as negative. Adding d to one
    corner then asks for -d, +d, -d at the others; for totals the direction turns round. A reader knows that no
    hidden entry is below 1, so the way in one direction ends when the smallest falling corner reaches 1.
    """
    sign = np.ones(entries.shape)
    sign[-1, :] *= -1
    sign[:, -1] *= -1
    turn = np.empty((4, *entries.shape))
    turn[0] = sign[row, column]
    turn[1] = -sign[row, :][None, :]
    turn[2] = -sign[:, column][:, None]
    turn[3] = sign
    value = np.empty_like(turn)
    value[0] = entries[row, column]
    value[1] = entries[row, :][None, :]
    value[2] = entries[:, column][:, None]
    value[3] = entries
    way_up = np.where(turn < 0, value - 1, np.inf).min(axis=0)
    way_down = np.where(turn > 0, value - 1, np.inf).min(axis=0)
    feasible = (value > 0).all(axis=0) & (way_up + way_down >= threshold - 1)
    feasible[row, :] = feasible[:, column] = False
    if not feasible.any():
        return None
    price = np.where(hidden, 0.0, entries)
    price[-1, :] += np.where(hidden[-1, :], 0, entries[-1, -1])  # totals are missed more than groups
    price[:, -1] += np.where(hidden[:, -1], 0, entries[-1, -1])
    cost = price + price[row, :][None, :] + price[:, column][:, None]
    best = int(np.where(feasible, cost, np.inf).argmin())
    return best // entries.shape[1], best % entries.shape[1]


def _published(entries: _Counts, hidden: _Mask, threshold: int) -> SuppressedTable:
    small = int(_small(entries, threshold).sum())
    open_to_all = entries.astype(object)
    open_to_all[hidden] = None
    shown = open_to_all.tolist()
    if hidden.all() and hidden.size:
        warnings: tuple[Notice, ...] = (Notice("trust.table_withheld", params={"threshold": threshold}),)
    elif hidden.any():
        warnings = (
            Notice(
                "trust.cells_suppressed",
                count=int(hidden.sum()),
                params={"primary": small, "threshold": threshold},
            ),
        )
    else:
        warnings = ()
    flat = entries.ndim == 1
    return SuppressedTable(
        counts=tuple(shown[:-1]) if flat else tuple(tuple(row[:-1]) for row in shown[:-1]),
        row_totals=() if flat else tuple(row[-1] for row in shown[:-1]),
        column_totals=() if flat else tuple(shown[-1][:-1]),
        total=shown[-1] if flat else shown[-1][-1],
        threshold=threshold,
        primary=small,
        complementary=int(hidden.sum()) - small,
        warnings=warnings,
    )
