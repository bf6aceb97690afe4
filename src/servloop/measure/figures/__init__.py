"""Figures: a metric's formula, the statistics it is kept in, and what is said of two of them."""

from servloop.measure.figures.cell_table import CellTable
from servloop.measure.figures.comparison import Change, compare, compare_many
from servloop.measure.figures.formula import AGGREGATES, Formula, parse_formula
from servloop.measure.figures.statistics import Statistic, estimate, merge, without

__all__ = [
    "AGGREGATES",
    "CellTable",
    "Change",
    "Formula",
    "Statistic",
    "compare",
    "compare_many",
    "estimate",
    "merge",
    "parse_formula",
    "without",
]
