"""Words for methods of models that other figures do not use."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

METHODS: dict[str, Promise] = {
    "bootstrap_percentile": _("means with percentile bootstrap of respondents"),
    "better_worse": _("Kano better–worse coefficients"),
    "mean_t": _("means with Student’s interval"),
    "feldt": _("Cronbach’s alpha with Feldt’s interval"),
    "factor_analysis": _("exploratory factor analysis"),
}
