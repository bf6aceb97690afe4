"""How well a confirmatory factor model fits.

Sources: Jöreskog (1969); Bentler (1990) for CFI; Tucker & Lewis (1973); Steiger & Lind (1980) and Browne &
Cudeck (1993) for RMSEA and its interval; Hu & Bentler (1999) for SRMR; Jöreskog & Sörbom for GFI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from servloop.measure.confirmatory_estimation import FactorModel, FactorModelFit
from servloop.measure.frames import FloatArray


@dataclass(frozen=True)
class FitIndices:
    """Indices of fit.

    Attributes:
        chi2: N · discrepancy; None without degrees of freedom, like all that need them.
        degrees_of_freedom: of the model.
        p_value: of exact fit.
        baseline_chi2: of uncorrelated items.
        baseline_df: of that model.
        cfi: comparative fit index, 0 … 1.
        tli: Tucker–Lewis index; may leave 0 … 1.
        rmsea: with N (many programs use N − 1).
        rmsea_low: of the 90 % interval.
        rmsea_high: of the 90 % interval.
        srmr: of the covariance structure.
        gfi: goodness of fit.
        log_likelihood: of covariances (no means) under normality.
        aic: Akaike.
        bic: Schwarz.
    """

    chi2: float | None
    degrees_of_freedom: int
    p_value: float | None
    baseline_chi2: float
    baseline_df: int
    cfi: float | None
    tli: float | None
    rmsea: float | None
    rmsea_low: float | None
    rmsea_high: float | None
    srmr: float
    gfi: float
    log_likelihood: float
    aic: float
    bic: float


def fit_indices(
    correlations: FloatArray, variances: FloatArray, found: FactorModelFit, model: FactorModel, n: int
) -> FitIndices:
    """Indices of a fitted model.

    Args:
        correlations: (p, p), observed.
        variances: (p,), with divisor n, for the likelihood in the items' own scales.
        found: the estimates.
        model: the free loadings.
        n: respondents.
    """
    from scipy.special import chdtrc

    p, freedom = len(correlations), model.degrees_of_freedom
    log_observed = float(np.linalg.slogdet(correlations)[1])
    baseline_df = p * (p - 1) // 2
    baseline = -n * log_observed
    chi2 = max(n * found.discrepancy, 0.0)
    log_likelihood = -0.5 * n * (
        p * math.log(2 * math.pi) + found.discrepancy + log_observed + p
    ) - 0.5 * n * float(np.log(variances).sum())
    ratio = np.linalg.solve(found.implied, correlations)
    off = ratio - np.eye(p)
    residual = (correlations - found.implied)[np.tril_indices(p)]
    testable = freedom > 0
    excess, baseline_excess = max(chi2 - freedom, 0.0), max(baseline - baseline_df, 0.0)
    worst = max(excess, baseline_excess)
    low, high = _rmsea_interval(chi2, freedom, n) if testable else (None, None)
    cfi = (1 - excess / worst if worst > 0 else 1.0) if testable else None
    tli = None
    if testable and baseline_df > 0 and baseline / baseline_df != 1:
        tli = (baseline / baseline_df - chi2 / freedom) / (baseline / baseline_df - 1)
    return FitIndices(
        chi2=chi2 if testable else None,
        degrees_of_freedom=freedom,
        p_value=float(chdtrc(freedom, chi2)) if testable else None,
        baseline_chi2=baseline,
        baseline_df=baseline_df,
        cfi=cfi,
        tli=tli,
        rmsea=math.sqrt(excess / (freedom * n)) if testable else None,
        rmsea_low=low,
        rmsea_high=high,
        srmr=float(np.sqrt(np.square(residual).mean())),
        gfi=1 - float(np.trace(off @ off) / np.trace(ratio @ ratio)),
        log_likelihood=log_likelihood,
        aic=-2 * log_likelihood + 2 * model.parameters,
        bic=-2 * log_likelihood + math.log(n) * model.parameters,
    )


def _rmsea_interval(chi2: float, freedom: int, n: int) -> tuple[float, float]:
    """90 % limits: the non-centralities under which the statistic is at the 95th and 5th percentile."""
    return tuple(  # type: ignore[return-value]  # two limits
        math.sqrt(_noncentrality(chi2, freedom, share) / (freedom * n)) for share in (0.95, 0.05)
    )


def _noncentrality(chi2: float, freedom: int, share: float) -> float:
    from scipy.optimize import brentq
    from scipy.special import chdtr, chndtr

    if chdtr(freedom, chi2) <= share:
        return 0.0
    upper = max(chi2, 1.0)
    while chndtr(chi2, freedom, upper) > share:
        upper *= 2
    return float(brentq(lambda ncp: chndtr(chi2, freedom, ncp) - share, 0.0, upper, xtol=1e-10, rtol=1e-12))
