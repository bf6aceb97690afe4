"""A study as plain values: what forms, the API and layouts give, checked before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.measure.studies import check_segments
from servloop_app.measure.study_kinds import kind_of
from servloop_app.measure.study_models import Study, Survey
from servloop_app.measure.study_sources import BREAKDOWNS, SurveyColumns, column_of, read_survey

_MOST_SEGMENTS = 8
_LONGEST_NAME = 200


@dataclass
class StudyDefinition:
    """All that defines a study, in JSON-ready types.

    Attributes:
        kind: code of the model.
        name: in one language at least.
        source: ``{"survey": name}``, or what the kind reads.
        spec: document of the model's command.
        unit: code of the unit whose answers count; empty for all.
        labels: name in the specification → its words.
        segments: columns to break down by, besides units.
    """

    kind: str
    name: LocalizedText
    source: dict[str, Any]
    spec: dict[str, Any]
    unit: str = ""
    labels: dict[str, LocalizedText] = field(default_factory=dict)
    segments: list[str] = field(default_factory=list)

    def check(self) -> dict[str, Any]:
        """Refuse what could not be computed.

        Returns:
            The specification with its defaults.

        Raises:
            ActionError, SpecError: which entry, what was received, what exists.
        """
        kind = kind_of(self.kind)
        if not self.name:
            raise ActionError("measure_app.name_missing")
        longest = max(len(self.name.zh), len(self.name.en))
        if longest > _LONGEST_NAME:
            raise ActionError("core.text_too_long", limit=_LONGEST_NAME, received=longest)
        if len(self.segments) > _MOST_SEGMENTS:
            raise ActionError("studies.too_many_segments", most=_MOST_SEGMENTS, received=len(self.segments))
        spec = kind.check(self.spec)
        if kind.read is read_survey:
            known = survey_columns(str(self.source.get("survey", ""))).names
            absent = [column for column in kind.columns(spec) if column not in known]
            if absent:
                raise ActionError("studies.columns_absent", columns=absent, survey=self.source.get("survey"))
            check_segments([one for one in self.segments if one not in BREAKDOWNS], known)
        return spec

    def stored(self) -> dict[str, Any]:
        """As kept of a version."""
        return {
            "kind": self.kind,
            "name": self.name.to_dict(),
            "source": self.source,
            "spec": self.spec,
            "unit": self.unit,
            "labels": {key: text.to_dict() for key, text in self.labels.items()},
            "segments": self.segments,
        }

    @classmethod
    def of(cls, study: Study) -> StudyDefinition:
        """The definition of a study as it is."""
        return cls(
            kind=study.kind,
            name=study.name,
            source=study.source,
            spec=study.spec,
            unit=study.unit.code if study.unit else "",
            labels=words_of(study.labels),
            segments=list(study.segments),
        )


def words_of(labels: Mapping[str, Any]) -> dict[str, LocalizedText]:
    """Stored labels as texts."""
    return {key: LocalizedText.of(text) for key, text in labels.items()}


def survey_columns(name: str) -> SurveyColumns:
    """What is known of a survey.

    Raises:
        ActionError: `studies.survey_unknown` lists those that are there.
    """
    found = Survey.objects.filter(name=name).first()
    if found is None:
        known = list(Survey.objects.values_list("name", flat=True)[:20])
        raise ActionError("studies.survey_unknown", survey=name, known=known)
    return described(found)


def described(survey: Survey) -> SurveyColumns:
    """A stored description as a value."""
    return SurveyColumns(
        survey.name,
        survey.responses,
        survey.first_date,
        survey.last_date,
        tuple(column_of(column) for column in survey.columns),
    )
