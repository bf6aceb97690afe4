"""Bootstraps of the service-quality models on generated answers: ``python -m benchmarks.measure``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measuring import Cost, measure
from servloop.measure.drivers import drivers
from servloop.measure.pls import path_model
from servloop.measure.pls_spec import PathModelSpec, ready_model
from servloop.measure.servqual import servqual
from servloop.measure.servqual_spec import template_spec

BLOCKS = {
    "Image": 5,
    "Expectation": 3,
    "Quality": 7,
    "Value": 2,
    "Satisfaction": 3,
    "Complaints": 1,
    "Loyalty": 3,
}
SAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """One line of the table: what ran, its cost and the seconds it may take, if there is a bar."""

    what: str
    cost: Cost
    bar: float | None

    @property
    def held(self) -> bool:
        """Whether the bar is kept."""
        return self.bar is None or self.cost.elapsed <= self.bar


def model() -> PathModelSpec:
    """The European model with 24 items."""
    items = {name: [f"{name}{i}" for i in range(count)] for name, count in BLOCKS.items()}
    return ready_model("ecsi", items, scale=[1, 10])


def satisfaction_answers(rows: int, spec: PathModelSpec) -> pl.DataFrame:
    """Answers from 1 to 10 with a common factor, so that the algorithm has something to find."""
    generator = np.random.default_rng(1)
    common = generator.standard_normal((rows, 1))
    values = 7 + 1.5 * (0.7 * common + 0.7 * generator.standard_normal((rows, len(spec.items))))
    return pl.DataFrame(np.clip(np.rint(values), 1, 10), schema=list(spec.items))


def service_answers(rows: int) -> pl.DataFrame:
    """Answers to the ready questionnaire."""
    generator = np.random.default_rng(2)
    spec = template_spec()
    columns: dict[str, np.ndarray] = {}
    for item in spec.items:
        columns[str(item.expectation)] = generator.integers(5, 8, rows)
        columns[item.perception] = generator.integers(2, 8, rows)
    return pl.DataFrame(columns | {str(column): np.full(rows, 20) for column in spec.weights.values()})


def driver_answers(rows: int, count: int) -> pl.DataFrame:
    """Correlated marks and an overall mark that goes with them."""
    generator = np.random.default_rng(3)
    marks = 0.6 * generator.standard_normal((rows, 1)) + 0.8 * generator.standard_normal((rows, count))
    overall = marks @ np.linspace(0.1, 0.5, count) + generator.standard_normal(rows)
    names = [f"mark{place}" for place in range(1, count + 1)]
    return pl.DataFrame(marks, schema=names).with_columns(overall=overall)


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Measure everything."""
    spec, questionnaire = model(), template_spec()
    rows = []
    for respondents, bar in ((250, 5.0), (10_000, 60.0)):
        answers = satisfaction_answers(respondents, spec)
        cost = measure(lambda answers=answers: path_model(answers, spec, samples=SAMPLES).samples, repeat=3)
        what = f"path model, {respondents:,} × {len(spec.items)}, {SAMPLES:,} resamples"
        rows.append(Row(what, cost, bar))
    pairs = 2 * len(questionnaire.items)
    # The bar is for 100,000 answers; the second size shows how the cost grows.
    for respondents, bar in ((100_000 // pairs, 2.0), (100_000, None)):
        answers = service_answers(respondents)
        cost = measure(
            lambda answers=answers: servqual(answers, questionnaire, samples=SAMPLES).samples, repeat=3
        )
        what = f"SERVQUAL, {respondents:,} respondents × {pairs} answers, {SAMPLES:,} resamples"
        rows.append(Row(what, cost, bar))
    marks = driver_answers(25_000, 12)
    names = [name for name in marks.columns if name != "overall"]
    cost = measure(lambda: drivers(marks, "overall", names, method="lmg", bootstrap=0).n, repeat=3)
    rows.append(Row("LMG, 25,000 rows × 12 drivers", cost, 2.0))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | seconds | CPU s | MB | bar |", "|---|---|---|---|---|"]
    for row in rows:
        cost = row.cost
        bar = "—" if row.bar is None else f"≤ {row.bar:g} s{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {cost.elapsed:.2f} | {cost.cpu:.2f} | {cost.peak_mb:.0f} | {bar} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run(Path(), [])))
