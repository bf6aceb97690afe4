"""Words of scorecards: lights are shape, word and colour; ways to weigh."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MEANINGS = {"green": "good", "yellow": "watch", "red": "bad", "grey": "neutral"}
LIGHT_WORDS: dict[str, Promise] = {
    "green": pgettext_lazy("light", "target met"),
    "yellow": pgettext_lazy("light", "near the target"),
    "red": pgettext_lazy("light", "target missed"),
    "grey": pgettext_lazy("light", "no figure"),
}
SCHEME_WORDS: dict[str, Promise] = {
    "card": _("Weights of the card"),
    "equal": _("Equal weights"),
    "entropy": _("Entropy weights"),
    "ahp": _("Pairwise comparison (AHP)"),
}
