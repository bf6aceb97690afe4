"""Forms of effect checks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servloop_app.core.models import Unit
from servloop_app.core.policy import Policy
from servloop_app.improve.project_models import Project
from servloop_app.measure import queries as measure
from servloop_app.measure.models import Metric
from servloop_app.verify.actions import Design
from servloop_app.verify.models import EffectCheck
from servloop_app.web.plan.goal_forms import DayInput

_ALPHAS = (("0.05", "5%"), ("0.01", "1%"), ("0.1", "10%"))


class UnitChoice(forms.ModelMultipleChoiceField[Unit]):
    """Several units, ticked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Unit.objects.none(),
            to_field_name="code",
            widget=forms.CheckboxSelectMultiple,
            **options,
        )


class CheckForm(forms.Form):
    """How it will be judged whether a project helped."""

    metric = forms.ModelChoiceField(
        label=_("Metric that shows the effect"),
        queryset=Metric.objects.none(),
        to_field_name="code",
        empty_label=None,
    )
    units = UnitChoice(label=_("Units that get the change"))
    method = forms.ChoiceField(
        label=_("Held against"),
        choices=lambda: list(EffectCheck.Method.choices),
        help_text=_("With units that do not get the change, what happens everywhere is taken out."),
    )
    comparison = UnitChoice(label=_("Units without the change"), required=False)
    start = forms.DateField(
        label=_("First day of the change"),
        widget=DayInput(),
        help_text=_("After today: a check is declared before the start."),
    )
    grain = forms.ChoiceField(label=_("Step of the series"), choices=lambda: list(EffectCheck.Grain.choices))
    after = forms.IntegerField(
        label=_("Steps until it is judged"), min_value=3, max_value=104, help_text=_("3 to 104.")
    )
    smallest = forms.FloatField(
        label=_("Smallest effect worth having"), widget=forms.NumberInput(attrs={"step": "any", "min": "0"})
    )
    direction = forms.ChoiceField(
        label=_("Wished direction"), choices=lambda: list(EffectCheck.Direction.choices)
    )
    alpha = forms.ChoiceField(label=_("Level of the test"), choices=_ALPHAS)
    gain = forms.FloatField(
        label=_("What one unit of the metric is worth a month"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
        help_text=_("In money, over all changed units; for the payback."),
    )

    def __init__(self, *args: Any, policy: Policy, **options: Any) -> None:
        super().__init__(*args, **options)
        metric: Any = self.fields["metric"]
        metric.queryset = measure.metrics(computable=True)
        visible = Unit.objects.filter(pk__in=policy.units("metrics.view"))
        for name in ("units", "comparison"):
            field: Any = self.fields[name]
            field.queryset = visible

    def design(self, divisor: float) -> Design:
        """What was entered.

        Args:
            divisor: of the unit in which values of the metric are shown.
        """
        given = self.cleaned_data
        return Design(
            metric=given["metric"].code,
            units=[unit.code for unit in given["units"]],
            start=given["start"],
            smallest=given["smallest"] * divisor,
            method=given["method"],
            comparison=[unit.code for unit in given["comparison"]],
            grain=given["grain"],
            after=given["after"],
            direction=given["direction"],
            alpha=float(given["alpha"]),
            gain=None if given["gain"] is None else given["gain"] / divisor,
        )


def initial_of(policy: Policy, project: Project, draft: EffectCheck | None, divisor: float) -> dict[str, Any]:
    """What the form starts with: the draft, else what project and goal say."""
    if draft is not None:
        return {
            "metric": draft.metric.code,
            "units": draft.units,
            "comparison": draft.comparison,
            "method": draft.method,
            "start": draft.start,
            "grain": draft.grain,
            "after": draft.after,
            "smallest": round(draft.smallest / divisor, 4),
            "direction": draft.direction,
            "alpha": f"{draft.alpha:g}",
            "gain": None if draft.gain is None else draft.gain * divisor,
        }
    goal = project.goals.select_related("metric", "unit").first()
    unit = goal.unit if goal else project.unit
    tree = policy.tree
    parent = tree.parents.get(unit.pk)
    others = [tree.codes[one] for one in tree.children.get(parent or 0, []) if one != unit.pk]
    known: dict[str, Any] = {
        "units": [unit.code],
        "comparison": others,
        "method": "did" if others else "its",
        "start": next_start(),
        "grain": "week",
        "after": 12,
        "alpha": "0.05",
    }
    if goal is not None:
        rising = goal.rising
        known |= {
            "metric": goal.metric.code,
            "direction": "increase" if rising else "decrease",
            "smallest": round(abs(goal.target - float(goal.baseline["value"])) / 2 / divisor, 2),
        }
    return known


def next_start() -> dt.date:
    """The Monday after next: there is time to declare, and weeks are whole."""
    today = timezone.localdate()
    return today + dt.timedelta(days=14 - today.weekday())
