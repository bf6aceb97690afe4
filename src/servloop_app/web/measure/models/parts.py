"""What a page of one kind consists of, and what all kinds share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from servloop.charts import ChartSpec
from servloop_app.measure.study_queries import StudyView
from servloop_app.web.measure.models.figures import Figure


@dataclass(frozen=True)
class Shown:
    """A study with the document that a page shows: of everyone, or of one unit or segment.

    Attributes:
        view: the study.
        document: the model's document in the reader's language.
        group: whose document it is, in words; empty for everyone.
    """

    view: StudyView
    document: Any
    group: str = ""

    def label(self, name: str) -> str:
        """The words of an item, dimension or feature; "Item 7" where the file has only numbers."""
        words = self.view.label(name)
        return _("Item %(number)s") % {"number": name} if words == name and name.isdigit() else words

    def short(self, name: str) -> str:
        """The words of a name where there is little room."""
        return self.view.label(name)

    def of(self, document: Any, group: str) -> Shown:
        """The same study with another document."""
        return Shown(self.view, document, group)


@dataclass(frozen=True)
class Said:
    """What a page says first: the finding, and the sentence with its figure."""

    heading: str
    lead: str = ""


@dataclass(frozen=True)
class Measure:
    """A figure of a kind that groups can be compared by.

    Attributes:
        key: stable name.
        label: in words.
        read: its estimate in a document.
        tests: key of its tests in the breakdown's differences; empty where there are none.
        better: 1 when more is better, −1 when less is, 0 when neither.
    """

    key: str
    label: str
    read: Callable[[Any], Figure]
    tests: str = ""
    better: int = 1


@dataclass(frozen=True)
class KindPage:
    """The page of one kind of study.

    Attributes:
        template: what stands in the middle of the page.
        said: the finding.
        context: what the template needs.
        charts: name → the chart, also for files.
        measures: by what groups can be compared, the main one first.
    """

    template: str
    said: Callable[[Shown], Said]
    context: Callable[[Shown], dict[str, Any]]
    charts: Mapping[str, Callable[[Shown], ChartSpec]]
    measures: Callable[[Shown], list[Measure]] = field(default=lambda shown: [])  # noqa: ARG005


def listed(names: Iterable[str]) -> str:
    """Names in quotes behind each other, as the language lists them."""
    return pgettext("between names in a list", ", ").join(f"“{name}”" for name in names)
