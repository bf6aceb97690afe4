"""What a log says, in sentences: the titles of the page and its cards."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servloop.diagnose.process.bottlenecks import Bottleneck
from servloop_app.diagnose.analysis import Analysis
from servloop_app.web.figures import duration, share

_HALF = (0.47, 0.53)
_NOTABLE = 0.25
_FEW = 3


@dataclass(frozen=True)
class Finding:
    """A title that a manager could repeat, and the sentence with the figures under it."""

    title: str
    lead: str = ""


def waiting(analysis: Analysis) -> Finding:
    """Where the time goes: the title of the page."""
    if analysis.cases == 0:
        return Finding(
            _("No case meets these conditions"),
            _("Take a condition away in the bar below to see cases again."),
        )
    worst = analysis.worst
    if worst is None or worst.share is None:
        cases = analysis.cases
        title = ngettext(
            "No waiting between steps in %(n)s case", "No waiting between steps in %(n)s cases", cases
        )
        return Finding(
            title % {"n": number_format(cases)},
            _("Each case has a single event, or all its events carry the same time."),
        )
    return Finding(_title(worst, worst.share), _lead(worst).replace("n = ", "n\u00a0=\u00a0"))


def _title(worst: Bottleneck, part: float) -> str:
    if worst.source == worst.target:
        return _("%(share)s of all waiting sits between repetitions of “%(step)s”") % {
            "share": share(part),
            "step": worst.target,
        }
    if _HALF[0] <= part <= _HALF[1]:
        return _("Half of all waiting sits before “%(step)s”") % {"step": worst.target}
    if part >= _NOTABLE:
        return _("%(share)s of all waiting sits before “%(step)s”") % {
            "share": share(part, 0),
            "step": worst.target,
        }
    return _("Waiting is spread out; most of it, %(share)s, sits before “%(step)s”") % {
        "share": share(part, 0),
        "step": worst.target,
    }


def _lead(worst: Bottleneck) -> str:
    facts = {
        "source": worst.source,
        "target": worst.target,
        "median": duration(worst.median_seconds),
        "low": duration(worst.low),
        "high": duration(worst.high),
        "n": number_format(worst.count),
        "share": share(worst.share),
    }
    if worst.low is None or worst.high is None:
        return (
            _(
                "From “%(source)s” to “%(target)s” the median wait is %(median)s (n = %(n)s, too few for an "
                "interval), %(share)s of all waiting time."
            )
            % facts
        )
    return (
        _(
            "From “%(source)s” to “%(target)s” the median wait is %(median)s (95%% interval %(low)s to %(high)s, "
            "n = %(n)s), %(share)s of all waiting time."
        )
        % facts
    )


def concentrated(analysis: Analysis) -> str:
    """How much of the waiting the largest queues hold."""
    steps = [step for step in analysis.bottlenecks.steps if step.share]
    if len(steps) <= _FEW:
        return _("Where cases wait, the largest share first")
    held = sum(step.share or 0.0 for step in steps[:_FEW])
    return _("Three of %(all)s ways hold %(share)s of all waiting") % {
        "all": number_format(len(steps)),
        "share": share(held, 0),
    }


def paths(analysis: Analysis) -> str:
    """How many ways the cases go."""
    found = analysis.variants
    facts = {"few": number_format(found.covering_80), "total": number_format(found.total)}
    if found.total == 1:
        return _("All cases take the same path")
    if found.covering_80 == 1:
        return _("One path covers 80%% of the cases; there are %(total)s in all") % facts
    return _("%(few)s paths cover 80%% of the cases; there are %(total)s in all") % facts


def repeated(analysis: Analysis) -> str:
    """How much work is done again."""
    found = analysis.rework
    if not found.cases_with_rework:
        return _("No step is done twice in any case")
    most = next(iter(found.extra_executions))
    return _("In %(share)s of the cases a step is done again, most often “%(step)s”") % {
        "share": share(found.cases_with_rework / found.n, 0),
        "step": most,
    }


def passed_on(analysis: Analysis) -> str:
    """How often work changes hands."""
    found = analysis.handovers
    if found is None or found.n == 0:
        return _("The log does not say who did the work")
    part = share(found.between / found.n, 0)
    if found.method == "group":
        return _("%(share)s of the steps go on to another department") % {"share": part}
    return _("%(share)s of the steps go on to another person") % {"share": part}
