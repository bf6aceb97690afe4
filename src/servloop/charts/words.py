"""What a chart says to someone who does not see it: the finding, then first, last and extreme values."""

from __future__ import annotations

from servloop.charts.scales import number
from servloop.charts.spec import ChartSpec
from servloop.charts.table import to_table
from servloop.messages import message


def alternative(spec: ChartSpec, language: str) -> str:
    """The text alternative of a chart."""
    table = to_table(spec, language)
    value_column = (
        next((i for i, cell in enumerate(table.rows[0]) if _is_value(table.rows, i)), None)
        if table.rows
        else None
    )
    parts = [spec.title, spec.subtitle]
    if value_column is not None:
        rows = [row for row in table.rows if isinstance(row[value_column], int | float)]
        named = [(str(row[0] if value_column else ""), _float(row[value_column])) for row in rows]
        if named:
            low, high = min(named, key=lambda n: n[1]), max(named, key=lambda n: n[1])
            parts.append(
                message(
                    "charts.extremes",
                    {
                        "lowest": f"{low[0]} {number(low[1], spec.decimals)}{spec.unit}".strip(),
                        "highest": f"{high[0]} {number(high[1], spec.decimals)}{spec.unit}".strip(),
                    },
                    language,
                )
            )
    if spec.n is not None:
        parts.append(f"n = {spec.n:,}")
    return " ".join(part for part in parts if part)


def _is_value(rows: tuple[tuple[object, ...], ...], column: int) -> bool:
    return any(isinstance(row[column], float) for row in rows)


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
