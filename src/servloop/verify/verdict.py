"""The verdict on a change: adopt, adjust or stop, by a rule that was fixed before.

The rule compares the interval of the effect with the smallest effect that matters, so that "significant but
useless" is not adopted and "nothing seen in too little data" is not taken for "no effect".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from servloop.errors import SpecError
from servloop.results import Estimate, Notice, Result

Decision = Literal["adopt", "adjust", "stop"]


@dataclass(frozen=True, kw_only=True)
class Verdict(Result):
    """What to do with a change.

    Attributes:
        decision: adopt, adjust or stop; None when the effect could not be computed.
        reason: why, in one sentence.
        effect: the estimate that was judged.
        smallest: smallest effect that matters.
        direction: which way is better.
    """

    decision: Decision | None
    reason: Notice
    effect: Estimate
    smallest: float
    direction: Literal["increase", "decrease"]


def verdict(effect: Estimate, smallest: float, direction: Literal["increase", "decrease"]) -> Verdict:
    """Judge an effect by its interval.

    ====================================================  ========  ============================
    gain (effect in the wished direction)                 decision  reason
    ====================================================  ========  ============================
    whole interval at least the smallest that matters     adopt     ``verify.gain_certain``
    above 0 for certain, best guess large enough          adopt     ``verify.gain_likely``
    whole interval below 0                                stop      ``verify.harm``
    whole interval below the smallest that matters        stop      ``verify.gain_too_small``
    else: too uncertain, or the best guess is too small   adjust    ``verify.gain_uncertain``
    ====================================================  ========  ============================

    Args:
        effect: estimate with an interval.
        smallest: smallest effect that matters, more than 0, in the unit of the effect.
        direction: whether more or less of the metric is better.

    Raises:
        SpecError: ``smallest`` is not positive.
    """
    if not smallest > 0:
        raise SpecError("verify.smallest_invalid", received=smallest)
    if effect.value is None or effect.low is None or effect.high is None:
        reason = effect.reason or Notice("verify.no_interval", params={"n": effect.n})
        return Verdict(decision=None, reason=reason, effect=effect, smallest=smallest, direction=direction)
    rising = direction == "increase"
    low, high = (effect.low, effect.high) if rising else (-effect.high, -effect.low)
    best = effect.value if rising else -effect.value
    decision: Decision
    if low >= smallest:
        decision, code = "adopt", "verify.gain_certain"
    elif high < 0:
        decision, code = "stop", "verify.harm"
    elif high < smallest:
        decision, code = "stop", "verify.gain_too_small"
    elif low > 0 and best >= smallest:
        decision, code = "adopt", "verify.gain_likely"
    else:
        decision, code = "adjust", "verify.gain_uncertain"
    params = {
        "low": f"{low:.4g}",
        "high": f"{high:.4g}",
        "best": f"{best:.4g}",
        "smallest": f"{smallest:.4g}",
    }
    return Verdict(
        decision=decision,
        reason=Notice(code, params=params),
        effect=effect,
        smallest=smallest,
        direction=direction,
    )
