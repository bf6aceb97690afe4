"""Codes and orders: labels become integers once, and rows are sorted once by packed integer keys.

Sorting plain 64-bit integers is several times cheaper than sorting indices, so a key and the row's place are
packed into one integer wherever both fit, and the place is read back after the sort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_CHUNK = 1 << 17  # rows compared at a time, to keep memory low


def encode(column: pl.Series) -> tuple[Int32, pl.Series]:
    """Replace values by integer codes, in the order of their labels.

    For columns with far fewer labels than rows, such as activities; `encode_ids` is for the others.

    Args:
        column: any column; it is read as text. Null becomes code -1.

    Returns:
        Codes (one per row) and the labels (code → text), sorted, so that codes do not depend on the row order.
    """
    import polars as pl

    text = column.cast(pl.String)
    labels = text.drop_nulls().unique().sort()
    codes = text.cast(pl.Enum(labels)).to_physical().cast(pl.Int32)
    return codes.fill_null(-1).to_numpy(), labels


def encode_ids(column: pl.Series) -> tuple[Int32, pl.Series]:
    """Replace ids by integer codes, in the order of their first appearance.

    Ids are compared by a 64-bit hash, and then each with the first of its hash, so that the result is exact:
    should two ids share a hash, another hash is taken.

    Args:
        column: any column; it is read as text. Null becomes code -1.

    Returns:
        Codes (one per row) and the labels (code → text).
    """
    import polars as pl

    text = column.cast(pl.String)
    missing = text.is_null().to_numpy() if text.null_count() else None
    text = text.fill_null("")
    seed = 0
    while True:
        codes, first = number_hashes(text.hash(seed).to_numpy())
        labels = text.gather(first)
        if all(
            (labels.gather(codes[begin : begin + _CHUNK]) == text[begin : begin + _CHUNK]).all()
            for begin in range(0, len(text), _CHUNK)
        ):
            break
        seed += 1
    if missing is not None:
        codes[missing] = -1
    return codes, labels


def number_hashes(hashes: NDArray[np.uint64]) -> tuple[Int32, Int64]:
    """Number equal hashes from 0 in the order of their first appearance; also say where each appears first."""
    order = _by_hash(hashes)
    ordered = hashes[order]
    new = np.ones(len(hashes), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    del ordered
    first = order[new]
    number = np.cumsum(new, dtype=np.int32)
    number -= 1
    appearance = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int32)
    rank[appearance] = np.arange(len(first), dtype=np.int32)
    codes = np.empty(len(hashes), dtype=np.int32)
    codes[order] = rank[number]
    return codes, first[appearance]


def _by_hash(hashes: NDArray[np.uint64]) -> Int64:
    """The order that brings equal hashes together, each run in the order of its rows."""
    place_bits = len(hashes).bit_length()
    packed = hashes >> np.uint64(place_bits + 1)
    packed <<= np.uint64(place_bits)
    packed |= np.arange(len(hashes), dtype=np.uint64)
    order = packed.view(np.int64)
    order.sort()
    same_prefix = order[1:] >> place_bits == order[:-1] >> place_bits
    order &= (1 << place_bits) - 1
    mixed = same_prefix & (hashes[order[1:]] != hashes[order[:-1]])
    if bool(mixed.any()):  # different hashes with equal leading bits: sort those few runs by the whole hash
        ends = np.append(np.flatnonzero(~same_prefix) + 1, len(order))
        for number in np.unique(np.searchsorted(ends, np.flatnonzero(mixed), side="right")).tolist():
            run = slice(int(ends[number - 1]) if number else 0, int(ends[number]))
            rows = order[run]
            order[run] = rows[np.lexsort((rows, hashes[rows]))]
    return order


def is_sorted(*keys: NDArray[Any]) -> bool:
    """Whether rows are in the order of the keys, the first key leading."""
    tied: Bool | None = None
    for key in keys:
        falls = key[1:] < key[:-1]
        if bool((falls if tied is None else falls & tied).any()):
            return False
        equal = key[1:] == key[:-1]
        tied = equal if tied is None else tied & equal
        if not tied.any():
            return True
    return True


def stable_argsort(values: NDArray[Any]) -> Int64:
    """The stable order of integer values; equal values keep their places."""
    n = len(values)
    place_bits = n.bit_length()
    places = np.arange(n, dtype=np.int64)
    if n == 0:
        return places
    low = int(values.min())
    if (int(values.max()) - low).bit_length() + place_bits <= 63:
        packed = values.astype(np.int64)
        packed -= low
        packed <<= place_bits
        packed |= places
    else:
        # The range is too wide: sort unstably, then put runs of equal values back in their order.
        order = np.argsort(values)
        ordered = values[order]
        packed = np.zeros(n, dtype=np.int64)
        np.cumsum(ordered[1:] != ordered[:-1], out=packed[1:])
        packed <<= place_bits
        packed |= order
    packed.sort()
    packed &= (1 << place_bits) - 1
    return packed


def order_rows(group: NDArray[Any], *keys: Int64) -> Int64 | None:
    """The stable order by group, then by the keys; None when rows stand in it already.

    Logs arrive mostly in the order of time, so that grouping alone is enough: this is tried before the
    keys are sorted.
    """
    if is_sorted(group, *keys):
        return None
    order = stable_argsort(group)
    if is_sorted(group[order], *(key[order] for key in keys)):
        return order
    order = stable_argsort(keys[-1])
    for key in (*reversed(keys[:-1]), group):
        order = order[stable_argsort(key[order])]
    return order


def count_distinct_cases(group: NDArray[Any], case: Int32, groups: int) -> Int64:
    """How many different cases each group code 0..groups-1 meets."""
    if len(group) == 0:
        return np.zeros(groups, dtype=np.int64)
    cases = int(case.max()) + 1
    key: Int32 | Int64 = group.astype(np.int32) if groups * cases < 2**31 else group.astype(np.int64)
    key = key * cases + case
    key.sort()
    first = np.empty(len(key), dtype=np.bool_)
    first[0] = True
    np.not_equal(key[1:], key[:-1], out=first[1:])
    return np.bincount(key[first] // cases, minlength=groups)
