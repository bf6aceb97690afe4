"""Purchase and spend models of a customer base in one report: parameters, and what each customer is expected to bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from servloop.measure.frames import FloatArray, numeric_matrix
from servloop.measure.value_transactions import (
    PurchaseModel,
    SpendModel,
    fit_purchases,
    fit_spend,
    lifetime_values,
)
from servloop.results import Notice, Result

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class ValueReport(Result):
    """The fitted models and totals over customers.

    Attributes:
        purchases, spend: the models; no spend model without a column of spend.
        n: customers.
        expected_purchases: of all customers over the periods; None when not computable.
        expected_value: discounted spend of all customers over the periods; None without a spend model.
        customers: per customer (rows of the frame): probability alive, expected purchases, expected value.
    """

    purchases: PurchaseModel
    spend: SpendModel | None
    periods: int
    discount: float
    n: int
    expected_purchases: float | None
    expected_value: float | None
    customers: dict[str, FloatArray] = field(compare=False, repr=False)

    def reasons(self) -> tuple[Notice, ...]:
        """Why a model could not be fitted."""
        models = (self.purchases, self.spend)
        return tuple(model.reason for model in models if model is not None and model.reason is not None)

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Models and totals; the customers come with `to_frame`."""
        document = super().to_dict(language)
        del document["customers"]
        return document

    def to_frame(self) -> pl.DataFrame:
        """One row a customer, in the order of the input."""
        import polars as pl

        return pl.DataFrame(self.customers).fill_nan(None)


def value_report(
    frame: Any,
    frequency: str,
    recency: str,
    age: str,
    *,
    spend: str | None = None,
    periods: int = 12,
    discount: float = 0.0,
) -> ValueReport:
    """Fit the models and apply them to every customer.

    Args:
        frame: any data frame, one row a customer.
        frequency: repeat purchases.
        recency: time of the last one since the first purchase.
        age: time since the first purchase.
        spend: mean spend per repeat purchase.
        periods: time units ahead.
        discount: rate per time unit.
    """
    purchases = fit_purchases(frame, frequency, recency, age)
    spending = fit_spend(frame, frequency, spend) if spend else None
    X = numeric_matrix(frame, [frequency, recency, age])
    customers: dict[str, FloatArray] = {}
    total_purchases = total_value = None
    if purchases.log_likelihood is not None:
        x, tx, T = (X[:, i] for i in range(3))
        customers["alive"] = purchases.probability_alive(x, tx, T)
        customers["purchases"] = purchases.expected_purchases(float(periods), x, tx, T)
        total_purchases = float(np.nansum(customers["purchases"]))
        if spend and spending is not None and spending.log_likelihood is not None:
            columns = (frequency, recency, age, spend)
            customers["value"] = lifetime_values(
                purchases, spending, frame, columns, periods=periods, discount=discount
            )
            total_value = float(np.nansum(customers["value"]))
    return ValueReport(
        warnings=(*purchases.warnings, *(spending.warnings if spending else ())),
        purchases=purchases,
        spend=spending,
        periods=periods,
        discount=discount,
        n=purchases.n,
        expected_purchases=total_purchases,
        expected_value=total_value,
        customers=customers,
    )
