"""Measure: service-quality models, loyalty figures, scale quality, weighting, importance, agreement.

Every model is one function of this package; its module, named like it, holds the types of its results.
"""

from __future__ import annotations

from servloop.measure.advisor import advise
from servloop.measure.agreement import agreement
from servloop.measure.catalogue import catalogue
from servloop.measure.composite import entropy_weights, fuzzy_evaluation, topsis
from servloop.measure.composite_ahp import ahp
from servloop.measure.composite_index import composite_index
from servloop.measure.confirmatory import confirmatory_factor_analysis
from servloop.measure.drivers import drivers
from servloop.measure.excellence import self_assessment
from servloop.measure.factor import factor_analysis
from servloop.measure.five_aspects import satisfaction_form
from servloop.measure.importance import importance_performance
from servloop.measure.importance_contrast import penalty_reward
from servloop.measure.kano import kano
from servloop.measure.loyalty import ces, csat, nps
from servloop.measure.loyalty_comparison import compare_groups
from servloop.measure.loyalty_index import loyalty_index
from servloop.measure.pls import path_model
from servloop.measure.reliability import reliability
from servloop.measure.response_quality import response_quality
from servloop.measure.sampling import non_response, response_rate, sample_size
from servloop.measure.satisfaction_index import index_by_group, weighted_index
from servloop.measure.scorecard import scorecard
from servloop.measure.servqual import servqual
from servloop.measure.servqual_gaps import internal_gaps
from servloop.measure.servqual_zone import zone_of_tolerance
from servloop.measure.value import cohort_retention, retention_rate, simple_lifetime_value
from servloop.measure.value_report import value_report
from servloop.measure.value_transactions import lifetime_values
from servloop.measure.weighting import calibrate, kish, post_stratify, rake, trim_weights
from servloop.measure.weighting_estimates import weighted_mean

__all__ = [
    "advise",
    "agreement",
    "ahp",
    "calibrate",
    "catalogue",
    "ces",
    "cohort_retention",
    "compare_groups",
    "composite_index",
    "confirmatory_factor_analysis",
    "csat",
    "drivers",
    "entropy_weights",
    "factor_analysis",
    "fuzzy_evaluation",
    "importance_performance",
    "index_by_group",
    "internal_gaps",
    "kano",
    "kish",
    "lifetime_values",
    "loyalty_index",
    "non_response",
    "nps",
    "path_model",
    "penalty_reward",
    "post_stratify",
    "rake",
    "reliability",
    "response_quality",
    "response_rate",
    "retention_rate",
    "sample_size",
    "satisfaction_form",
    "scorecard",
    "self_assessment",
    "servqual",
    "simple_lifetime_value",
    "topsis",
    "trim_weights",
    "value_report",
    "weighted_index",
    "weighted_mean",
    "zone_of_tolerance",
]
