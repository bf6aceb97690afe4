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


def encode(column: pl.Series, *, sort_labels: bool = False) -> tuple[Int32, pl.Series]:
    """Replace values by integer codes.

    Args:
        column: any column; it is read as text. Null becomes code -1.
        sort_labels: number the labels in their sorted order, which makes codes independent of the row order;
            otherwise in order of first appearance.

    Returns:
        Codes (one per row) and the labels (code → text).
    """
    import polars as pl
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(column.cast(pl.String).to_arrow())
    if hasattr(encoded, "combine_chunks"):
        encoded = encoded.combine_chunks()
    codes: Any = encoded.indices.fill_null(-1) if encoded.null_count else encoded.indices
    codes = codes.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    labels = pl.Series(column.name, encoded.dictionary, dtype=pl.String)
    if sort_labels:
        order = labels.arg_sort().to_numpy()
        new_code = np.empty(len(order) + 1, dtype=np.int32)
        new_code[order] = np.arange(len(order), dtype=np.int32)
        new_code[-1] = -1  # code -1 reads the last entry: missing stays missing
        codes, labels = new_code[codes], labels.gather(order)
    return codes, labels


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
