"""Columns of few distinct texts: what is done to a text is done once for each of them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

_SAMPLE = 1_000
_FEW = 300


def by_distinct(values: pl.Series, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """A function of each text by itself, over a column.

    Args:
        values: texts.
        work: gives one value per text of a column; null for null.
    """
    if len(values) <= _SAMPLE or values.head(_SAMPLE).n_unique() > _FEW:
        return work(values)
    codes = values.cast(pl.Categorical(pl.Categories.random())).to_physical()
    places = codes.arg_unique()
    table = pl.DataFrame({"code": codes.gather(places), "place": places}).drop_nulls("code").sort("code")
    distinct = values.gather(table["place"])
    done = work(distinct)
    if done.dtype == values.dtype and done.equals(distinct):
        return values
    # Categories of one series are numbered from 0 without gaps.
    return done.gather(codes)
