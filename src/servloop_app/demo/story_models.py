"""What the sample bank's people did with its survey and its figures: named what was asked, and set up a scorecard."""

from __future__ import annotations

from dataclasses import replace

from servloop.measure.scorecard_templates import starter_cards
from servloop_app.core.localized import LocalizedText
from servloop_app.demo.organisation import do
from servloop_app.demo.records import QUALITY
from servloop_app.demo.simulator.quality_survey import ATTRIBUTES, FEATURES
from servloop_app.measure.actions_scorecards import AddScorecard
from servloop_app.measure.actions_studies import ChangeStudy
from servloop_app.measure.scorecard_definitions import CardDefinition
from servloop_app.measure.scorecard_models import BalancedScorecard
from servloop_app.measure.study_definitions import StudyDefinition
from servloop_app.measure.study_models import Study

_CARD = "bank"
_REASON = "按问卷补充名称 / Names as in the questionnaire"
_ATTRIBUTES = [LocalizedText(zh, en) for zh, en, _important, _performed in ATTRIBUTES]
_NAMES = {
    "kano": {str(place): LocalizedText(one.zh, one.en) for place, one in enumerate(FEATURES, 1)},
    "importance": {str(place): name for place, name in enumerate(_ATTRIBUTES, 1)},
    "drivers": {f"ipa{place}_2": name for place, name in enumerate(_ATTRIBUTES, 1)},
}


def tell() -> None:
    """Both; what is there already is not done again."""
    if not BalancedScorecard.objects.exists():
        do(AddScorecard(CardDefinition.of_starter(starter_cards()[_CARD]), _CARD))
    for study in Study.objects.filter(kind__in=_NAMES, source__survey=QUALITY):
        definition = StudyDefinition.of(study)
        names = _NAMES[study.kind]
        if not names.keys() <= definition.labels.keys():
            do(ChangeStudy(study.public_id, replace(definition, labels=definition.labels | names), _REASON))
