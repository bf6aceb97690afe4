"""What customers are worth: retention and churn by cohort, referral, the simple lifetime value.

Retention keeps to one cohort: those who were customers at the start; whoever came later is not in the numerator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servloop.errors import SpecError
from servloop.measure.frames import column_series, text_column
from servloop.measure.sampling import share_estimate
from servloop.results import Estimate, Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class CohortCell:
    """Of the customers who first came in a period, how many were there ``later`` periods on."""

    cohort: int
    later: int
    customers: int
    active: int
    retention: Estimate


@dataclass(frozen=True, kw_only=True)
class Retention(Result):
    """Retention by cohort.

    Attributes:
        cells: cohort by cohort, period by period; periods that the data do not reach are absent.
        next_period: share of all customer-periods followed by activity in the next period.
        churn: 1 less that.
        n: customers.
    """

    cells: tuple[CohortCell, ...]
    next_period: Estimate
    churn: Estimate
    n: int

    def to_frame(self) -> pl.DataFrame:
        """One row a cell."""
        import polars as pl

        return pl.DataFrame(
            [
                {
                    "cohort": c.cohort,
                    "later": c.later,
                    "customers": c.customers,
                    "active": c.active,
                    "retention": c.retention.value,
                    "low": c.retention.low,
                    "high": c.retention.high,
                }
                for c in self.cells
            ]
        )


def retention_rate(at_start: int, still_there: int, *, level: float = 0.95) -> Estimate:
    """Share of the customers at the start who are still customers at the end, with Wilson's interval.

    Raises:
        SpecError: more still there than at the start (customers won in between do not belong here).
    """
    if at_start < 0 or not 0 <= still_there <= at_start:
        raise SpecError("assess.retention_counts", at_start=at_start, still_there=still_there)
    return share_estimate(still_there, at_start, level)


def complement(share: Estimate) -> Estimate:
    """1 - a share, with the interval turned round (churn from retention)."""
    if share.value is None:
        return share
    low = None if share.high is None else 1 - share.high
    high = None if share.low is None else 1 - share.low
    return Estimate(1 - share.value, share.n, low, high, share.method, share.level)


def cohort_retention(frame: Any, customer: str, period: str, *, level: float = 0.95) -> Retention:
    """Retention of each cohort in each later period.

    Args:
        frame: any data frame, one row a purchase or visit.
        customer: column of customer ids; rows without one are left out and counted.
        period: column of whole numbers that count periods (month 0, 1, 2 …).
        level: coverage.

    Raises:
        SpecError: a period that is not a whole number.
    """
    import polars as pl

    ids = text_column(frame, customer)
    (when,) = column_series(frame, [period])
    if not when.dtype.is_numeric() or (when.drop_nulls() != when.drop_nulls().floor()).any():
        raise SpecError("assess.periods_not_whole", column=period)
    visits = pl.DataFrame({"customer": ids, "period": when.cast(pl.Int64)})
    known = visits.drop_nulls()
    notices = []
    if known.height < visits.height:
        notices.append(Notice("assess.incomplete_rows", visits.height - known.height))
    known = known.unique().with_columns(cohort=pl.col("period").min().over("customer"))
    if known.is_empty():
        gap = Estimate.not_computable(0, "assess.no_answers", method="wilson")
        return Retention(warnings=tuple(notices), cells=(), next_period=gap, churn=gap, n=0)
    last = int(known["period"].max())  # type: ignore[arg-type]  # whole numbers, not empty
    sizes = dict(known.group_by("cohort").agg(pl.col("customer").n_unique()).sort("cohort").rows())
    active = {(cohort, at): n for cohort, at, n in known.group_by("cohort", "period").len().rows()}
    cells = []
    for cohort, size in sizes.items():
        for at in range(cohort, last + 1):
            there = active.get((cohort, at), 0)
            cells.append(CohortCell(cohort, at - cohort, size, there, share_estimate(there, size, level)))
    # Every customer-period but the last one can be followed by the next.
    pairs = known.filter(pl.col("period") < last).select("customer", "period")
    following = known.select("customer", period=pl.col("period") - 1)
    stayed = pairs.join(following, on=["customer", "period"], how="semi").height
    next_period = share_estimate(stayed, pairs.height, level)
    return Retention(
        warnings=tuple(notices),
        cells=tuple(cells),
        next_period=next_period,
        churn=complement(next_period),
        n=known["customer"].n_unique(),
    )


@dataclass(frozen=True, kw_only=True)
class Referral(Result):
    """Word of mouth in figures.

    Attributes:
        referring: share of customers who referred anybody.
        conversion: share of those referred who became customers.
        per_customer: customers won by referral per customer (the reproduction of the base).
    """

    referring: Estimate
    conversion: Estimate
    per_customer: Estimate

    def to_frame(self) -> pl.DataFrame:
        """One row a figure."""
        import polars as pl

        return pl.DataFrame(
            [
                {"figure": name, "value": e.value, "low": e.low, "high": e.high, "n": e.n}
                for name, e in (
                    ("referring", self.referring),
                    ("conversion", self.conversion),
                    ("per_customer", self.per_customer),
                )
            ],
            infer_schema_length=None,
        )


def referral(customers: int, referrers: int, referred: int, won: int, *, level: float = 0.95) -> Referral:
    """Referral rate, conversion of referrals, customers won per customer.

    Args:
        customers: customers in the period.
        referrers: of them, those who referred at least one person.
        referred: people referred.
        won: of those, who became customers.
        level: coverage.

    Raises:
        SpecError: counts that do not fit together.
    """
    if (
        min(customers, referrers, referred, won) < 0
        or referrers > customers
        or won > referred
        or referrers > referred
    ):
        raise SpecError(
            "assess.referral_counts", customers=customers, referrers=referrers, referred=referred, won=won
        )
    if customers == 0:
        per_customer = Estimate.not_computable(0, "assess.no_answers", method="poisson")
    else:
        per_customer = _poisson_rate(won, customers, level)
    return Referral(
        referring=share_estimate(referrers, customers, level),
        conversion=share_estimate(won, referred, level),
        per_customer=per_customer,
    )


def _poisson_rate(count: int, exposure: int, level: float) -> Estimate:
    """A rate with Garwood's (1936) exact interval."""
    from scipy.special import gammaincinv

    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(gammaincinv(count, tail))
    high = float(gammaincinv(count + 1, 1 - tail))
    return Estimate(count / exposure, exposure, low / exposure, high / exposure, "poisson_garwood", level)


def simple_lifetime_value(margin: float, retention: Estimate | float, *, discount: float) -> Estimate:
    """Margin per period for as long as the customer stays: m · r ÷ (1 + d - r).

    The first payment is one period away and made only if the customer stays (the convention of the formula). The
    interval is that of the retention carried through.

    Args:
        margin: per period.
        retention: share who stay from one period to the next.
        discount: rate per period.

    Returns:
        The value; not computable when the sum has no end (retention at or above 1 + discount).

    Raises:
        SpecError: a retention outside 0 … 1 or a discount at or below -100 %.
    """
    rate = retention if isinstance(retention, Estimate) else Estimate(retention, 0, method="given")
    if rate.value is None:
        return rate
    if not 0 <= rate.value <= 1:
        raise SpecError("assess.number_out_of_range", name="retention", low=0, high=1, received=rate.value)
    if not discount > -1:
        raise SpecError("assess.number_out_of_range", name="discount", low=-1, high="∞", received=discount)

    def value(r: float | None) -> float | None:
        if r is None or 1 + discount - r <= 0:
            return None
        result = margin * r / (1 + discount - r)
        return result if math.isfinite(result) else None

    worth = value(rate.value)
    if worth is None:
        return Estimate.not_computable(
            rate.n, "assess.endless_value", method="simple_clv", retention=rate.value
        )
    ends = [value(rate.low), value(rate.high)]
    known = [end for end in ends if end is not None]
    low, high = (min(known), max(known)) if len(known) == 2 else (None, None)
    return Estimate(worth, rate.n, low, high, "simple_clv", rate.level)
