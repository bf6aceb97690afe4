"""The door for data frames: whatever the user has, as arrays.

pandas, Polars, PyArrow tables and DuckDB relations come in through narwhals; the kernels see NumPy arrays
with NaN for a missing answer. A column that is not there, or that holds text where numbers are needed, is
an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from servloop.errors import InputError

if TYPE_CHECKING:
    import polars as pl

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SHOWN_EXAMPLES = 3


@dataclass(frozen=True)
class Groups:
    """A grouping column as integer codes.

    Attributes:
        column: name of the column.
        labels: the groups, sorted.
        codes: shape (rows,); position in ``labels``, or -1 where the group is missing.
    """

    column: str
    labels: tuple[str, ...]
    codes: IntArray

    def rows(self) -> Iterable[tuple[str, IntArray]]:
        """Each group with the positions of its rows, in the order of the labels."""
        for code, label in enumerate(self.labels):
            yield label, np.flatnonzero(self.codes == code)


def column_names(frame: Any) -> list[str]:
    """The names of the frame's columns, in order."""
    import narwhals as nw

    return list(nw.from_native(frame).collect_schema().names())


def column_series(frame: Any, columns: Sequence[str]) -> list[pl.Series]:
    """The named columns as Polars series.

    Args:
        frame: a pandas, Polars or PyArrow frame or a DuckDB relation.
        columns: names of existing columns; a name may occur more than once.

    Raises:
        InputError: ``measure.frame_column_missing`` lists the columns that exist.
    """
    import narwhals as nw

    narrow = nw.from_native(frame)
    present = narrow.collect_schema().names()
    absent = [column for column in dict.fromkeys(columns) if column not in present]
    if absent:
        raise InputError("measure.frame_column_missing", columns=absent, available=list(present))
    selected = narrow.select(*dict.fromkeys(columns))
    eager = selected.collect() if isinstance(selected, nw.LazyFrame) else selected
    series = {column: eager[column].to_polars() for column in dict.fromkeys(columns)}
    return [series[column] for column in columns]


def numeric_matrix(frame: Any, columns: Sequence[str]) -> FloatArray:
    """The named columns as one float64 array, shape (rows, columns), NaN where there is no answer.

    Text that is a number ("7", " 6.0 ") is read as that number, since spreadsheets often deliver text;
    blank text is a missing answer. Infinite values count as missing.

    Raises:
        InputError: a column is missing (``measure.frame_column_missing``) or holds other text
            (``measure.frame_not_numeric``).
    """
    series = column_series(frame, columns)
    rows = len(series[0]) if series else 0
    matrix = np.empty((rows, len(series)))
    for position, (column, values) in enumerate(zip(columns, series, strict=True)):
        matrix[:, position] = _numbers(column, values)
    matrix[~np.isfinite(matrix)] = np.nan
    return matrix


def _numbers(column: str, values: pl.Series) -> FloatArray:
    import polars as pl

    if values.dtype == pl.Categorical or isinstance(values.dtype, pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        text = values.str.strip_chars()
        numbers = text.cast(pl.Float64, strict=False)
        wrong = text.filter(numbers.is_null() & text.is_not_null() & (text != ""))
        if len(wrong):
            examples = wrong.unique(maintain_order=True).head(_SHOWN_EXAMPLES).to_list()
            raise InputError("measure.frame_not_numeric", column=column, count=len(wrong), examples=examples)
        values = numbers
    elif not (values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null)):
        examples = [str(value) for value in values.drop_nulls().head(_SHOWN_EXAMPLES)]
        count = len(values) - values.null_count()
        raise InputError("measure.frame_not_numeric", column=column, count=count, examples=examples)
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def text_column(frame: Any, column: str) -> pl.Series:
    """One column as stripped text; whole numbers without ".0", blank text as null."""
    import polars as pl

    values = column_series(frame, [column])[0]
    if values.dtype.is_float() and values.drop_nulls().drop_nans().round(0).eq(values.drop_nulls()).all():
        values = values.fill_nan(None).cast(pl.Int64)
    text = values.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def group_codes(frame: Any, column: str) -> Groups:
    """A grouping column as codes; rows without a group get -1 and enter no group."""
    values = text_column(frame, column)
    labels = sorted(values.drop_nulls().unique().to_list())
    positions = {label: code for code, label in enumerate(labels)}
    codes = np.array([positions.get(value, -1) for value in values.to_list()], dtype=np.int64)
    return Groups(column, tuple(labels), codes)
