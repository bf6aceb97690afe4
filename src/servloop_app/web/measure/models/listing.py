"""The list of studies: what each model says of each survey."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from servloop_app.core.routes import policy, policy_of
from servloop_app.measure import study_queries as queries
from servloop_app.measure.study_kinds import KINDS
from servloop_app.measure.study_queries import StudyView
from servloop_app.web.measure.models.kinds import PAGES
from servloop_app.web.measure.models.parts import Said, Shown
from servloop_app.web.measure.pages import page


@dataclass(frozen=True)
class Entry:
    """A study in the list with what it says."""

    view: StudyView
    kind: str
    said: Said | None

    @property
    def meaning(self) -> str:
        """``watch`` when not computable, ``neutral`` while there is nothing yet."""
        return "neutral" if self.view.computing else "watch"

    @property
    def state(self) -> str:
        """The same in a word."""
        if not self.view.computing:
            return _("not computable")
        return _("not computed yet") if self.view.fresh else _("being computed")


@policy(queries.PERMISSION)
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """All studies, by survey."""
    rights = policy_of(request)
    found = queries.views_of(rights, queries.studies(rights))
    entries = sorted((entry_of(view) for view in found), key=lambda one: (one.view.study.survey, one.kind))
    surveys = [
        (name, list(rows)) for name, rows in groupby(entries, key=lambda entry: entry.view.study.survey)
    ]
    context = {
        "surveys": surveys,
        "heading": _heading(entries, len(surveys)),
        "running": queries.running(),
        "may_edit": rights.may("models.edit"),
        "may_import": rights.may("imports.edit"),
        "out_of_use": queries.studies(rights, active=False),
        "kinds": {code: str(KINDS[code].name) for code in KINDS},
    }
    return page(request, "web/measure/models/list.html", context)


def entry_of(view: StudyView) -> Entry:
    """A study with its finding."""
    kind = view.study.kind
    said = (
        PAGES[kind].said(Shown(view, view.document)) if view.document is not None and kind in PAGES else None
    )
    return Entry(view, str(KINDS[kind].name), said)


def _heading(entries: list[Entry], surveys: int) -> str:
    if not entries:
        return _("Models")
    return ngettext(
        "%(n)d study of %(surveys)d survey", "%(n)d studies, surveys: %(surveys)d", len(entries)
    ) % {"n": len(entries), "surveys": surveys}
