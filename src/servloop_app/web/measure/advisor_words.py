"""Words of the model advisor: questions, answers, models, what data can contain."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

QUESTION_WORDS: dict[str, Promise] = {
    "purpose": _("What is it for?"),
    "tangibility": _("Can the service be seen and touched?"),
    "complexity": _("How complex is the service?"),
    "budget": _("What may it cost?"),
    "survey_length": _("How much may be asked of a respondent?"),
    "viewpoint": _("Whose view counts?"),
}
QUESTION_NAMES: dict[str, Promise] = {
    "purpose": pgettext_lazy("advisor question", "purpose"),
    "tangibility": pgettext_lazy("advisor question", "tangibility"),
    "complexity": pgettext_lazy("advisor question", "complexity"),
    "budget": pgettext_lazy("advisor question", "cost"),
    "survey_length": pgettext_lazy("advisor question", "length of the survey"),
    "viewpoint": pgettext_lazy("advisor question", "viewpoint"),
}
ANSWER_WORDS: dict[str, Promise] = {
    "benchmarking": pgettext_lazy("advisor", "comparing with others"),
    "improvement": pgettext_lazy("advisor", "finding what to improve"),
    "satisfaction": pgettext_lazy("advisor", "measuring satisfaction"),
    "tangible": pgettext_lazy("advisor", "mostly"),
    "mixed": pgettext_lazy("advisor", "partly"),
    "intangible": pgettext_lazy("advisor", "hardly"),
    "simple": pgettext_lazy("advisor", "simple"),
    "moderate": pgettext_lazy("advisor", "moderate"),
    "complex": pgettext_lazy("advisor", "complex"),
    "low": pgettext_lazy("advisor", "little"),
    "medium": pgettext_lazy("advisor", "a medium sum"),
    "high": pgettext_lazy("advisor", "much"),
    "one_question": pgettext_lazy("advisor", "one question"),
    "short": pgettext_lazy("advisor", "a few minutes"),
    "long": pgettext_lazy("advisor", "ten minutes and more"),
    "customers": pgettext_lazy("advisor", "the customers'"),
    "organisation": pgettext_lazy("advisor", "the organisation's"),
    "both": pgettext_lazy("advisor", "both"),
}
MODEL_WORDS: dict[str, Promise] = {
    "servqual": pgettext_lazy("model", "SERVQUAL"),
    "servperf": pgettext_lazy("model", "SERVPERF"),
    "loyalty": pgettext_lazy("model", "Loyalty measures (NPS, CSAT, CES)"),
    "satisfaction_index": pgettext_lazy("model", "Satisfaction index (ACSI/ECSI type)"),
    "importance_performance": pgettext_lazy("model", "Importance–performance"),
    "key_drivers": pgettext_lazy("model", "Key drivers"),
    "kano": pgettext_lazy("model", "Kano"),
    "balanced_scorecard": pgettext_lazy("model", "Balanced scorecard"),
    "efqm": pgettext_lazy("model", "EFQM self-assessment"),
}
KIND_WORDS: dict[str, Promise] = {
    "gap": pgettext_lazy("type of model", "gap: expectation against perception"),
    "performance": pgettext_lazy("type of model", "performance: perception only"),
    "priority": pgettext_lazy("type of model", "priority: what to work on first"),
}
ROLE_WORDS: dict[str, Promise] = {
    "perception": _("Ratings of the service"),
    "expectation": _("Expectations of the service"),
    "importance": _("Stated importance"),
    "overall": _("Overall satisfaction"),
    "recommend": _("Willingness to recommend"),
    "kano_pairs": _("Kano questions in pairs"),
    "constructs": _("Several questions on each construct of an index"),
    "internal_figures": _("Internal figures (processes, measurements)"),
    "self_assessment": _("Self-assessment of the organisation"),
}
SOURCE_WORDS: dict[str, Promise] = {
    "study": pgettext_lazy("source of data", "study"),
    "survey": pgettext_lazy("source of data", "survey"),
    "metric": pgettext_lazy("source of data", "metric"),
}
