"""Verify: did it help? Declared checks, experiments, before and after, comparison units, return on investment, verdicts."""

from __future__ import annotations

from servloop.verify.before_after import before_after
from servloop.verify.difference_in_differences import difference_in_differences, two_by_two
from servloop.verify.evaluation import evaluate
from servloop.verify.exact_tests import compare_many_shares, compare_ranks, fisher_exact
from servloop.verify.experiment import experiment
from servloop.verify.experiments import (
    compare_adjusted,
    compare_means,
    compare_moments,
    compare_paired,
    compare_ratios,
    compare_shares,
    sample_ratio,
)
from servloop.verify.planning import (
    adjust_p_values,
    confidence_sequence,
    power_of_means,
    sequential_test,
    subjects_for_means,
    subjects_for_shares,
)
from servloop.verify.return_on_investment import return_on_investment
from servloop.verify.series_planning import power_of_series
from servloop.verify.synthetic_control import synthetic_control
from servloop.verify.verdict import verdict

__all__ = [
    "adjust_p_values",
    "before_after",
    "compare_adjusted",
    "compare_many_shares",
    "compare_means",
    "compare_moments",
    "compare_paired",
    "compare_ranks",
    "compare_ratios",
    "compare_shares",
    "confidence_sequence",
    "difference_in_differences",
    "evaluate",
    "experiment",
    "fisher_exact",
    "power_of_means",
    "power_of_series",
    "return_on_investment",
    "sample_ratio",
    "sequential_test",
    "subjects_for_means",
    "subjects_for_shares",
    "synthetic_control",
    "two_by_two",
    "verdict",
]
