"""The job that goes on with the sample bank's story once its records are in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from servloop_app.core import hooks
from servloop_app.demo import about, story
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import RunContext
from servloop_app.plan.events import OpportunitiesRanked
from servloop_app.verify.actions import EVALUATE_JOB

STORY_JOB = "demo.story"


def attach() -> None:
    """Have the story told when opportunities were ranked."""
    hooks.subscribe(OpportunitiesRanked, STORY_JOB)


@job(STORY_JOB)
def tell(run: RunContext, event: dict[str, Any] | None = None) -> dict[str, int]:  # noqa: ARG001  # any ranking may be the last
    """Do what the sample bank's people did; what is there already is not done again."""
    note = about.noted(Path(settings.DATA_FOLDER))
    if note is None or not story.ready():
        return {"chapters": 0}
    chapters = story.chapters(planted=bool(note["planted"]))
    for done, chapter in enumerate(chapters):
        run.progress(done, len(chapters), "chapters", "demo.telling")
        chapter()
    if Run.objects.filter(kind=EVALUATE_JOB, state=Run.State.QUEUED).exists():
        run.enqueue(STORY_JOB)  # verdicts wait for results that are computed meanwhile
    return {"chapters": len(chapters)}
