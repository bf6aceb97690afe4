"""The sample bank's records, brought in like anybody's: files, mappings and imports that the worker carries out.

The server starts at once; feedback, survey answers and process records arrive while people look around.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

import polars as pl
from django.utils import timezone

from servloop.io.imports import Mapping, suggest_mapping
from servloop.io.imports.mapping import shape_of
from servloop_app.collect import files
from servloop_app.collect.actions import AddImport, ConfirmImport
from servloop_app.collect.models import Import
from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute
from servloop_app.core.localized import LocalizedText
from servloop_app.demo.organisation import ROOT
from servloop_app.demo.simulator import PROCESSES, World, events, feedback, operations, quality_survey, survey
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import perform
from servloop_app.measure.actions import AddMetric, ChangeMetric, InstallCatalogue, UseMetric
from servloop_app.measure.definitions import Definition, shipped_definitions
from servloop_app.measure.models import Metric

LETTERS = "letter_complaints"
FIRST_ANSWER = 7_200.0  # seconds
QUALITY = "服务质量调查"
FILES = 4 + len(PROCESSES)
_NAMESPACE = UUID("9f0f2b63-6c0b-4c0e-8d0a-3a6f1f1f0f11")


@dataclass(frozen=True)
class SampleFile:
    """One file of the sample bank, and how its columns are read."""

    name: str
    rows: pl.DataFrame
    mapping: Mapping


def sample_files(world: World) -> Iterator[SampleFile]:
    """The files, the most telling first."""
    rows = feedback(world)
    yield SampleFile(
        "服务台反馈（示例）.csv", rows, _mapping(rows, "feedback", "服务台", rating_scale=(1.0, 5.0))
    )
    rows = survey(world)
    yield SampleFile("关系调查（示例）.csv", rows, _mapping(rows, "answers", "关系调查"))
    for process in PROCESSES:
        rows = events(world, process)
        yield SampleFile(f"{process.name}（示例）.csv", rows, _mapping(rows, "events", process.name))
    rows = operations(world)
    yield SampleFile("人员与成本（示例）.csv", rows, _mapping(rows, "measurements", "人员与成本"))
    rows = quality_survey(world)
    yield SampleFile(f"{QUALITY}（示例）.csv", rows, _mapping(rows, "answers", QUALITY))


def _mapping(rows: pl.DataFrame, target: str, name: str, **options: object) -> Mapping:
    suggested = suggest_mapping(rows.head(100), target=target, name=name)
    return Mapping.from_dict({**suggested.to_dict(), **options})


def load(actor: Actor, *, scale: float = 1.0, planted: bool = True, at_once: bool = False) -> int:
    """Queue the imports that are not there yet.

    Args:
        actor: who imports.
        scale: how much there is; 1 is some 50,000 feedback records and 300,000 events.
        planted: whether the planted effects are in the data.
        at_once: carry the imports out here instead of leaving them to the worker.

    Returns:
        How many were queued.
    """
    execute(InstallCatalogue(), actor)
    if not Metric.objects.filter(code=LETTERS).exists():
        execute(AddMetric(LETTERS, _letter_complaints()), actor)
        execute(_promise(), actor)
        # Its processes run through several departments: solving at the first contact is not what they are for.
        execute(UseMetric("first_contact_resolution", active=False), actor)
    queued = 0
    world = World(scale=scale, planted=planted)
    for place, sample in enumerate(sample_files(world)) if not _complete() else ():
        public_id = uuid5(_NAMESPACE, str(place))  # a second run finds the imports of the first one
        if Import.objects.filter(public_id=public_id).exists():
            continue
        files.remove(public_id)  # what a run that was broken off may have left
        text = io.BytesIO()
        sample.rows.write_csv(text, datetime_format="%Y-%m-%dT%H:%M:%S%:z")
        size = files.keep_upload(public_id, sample.name, [text.getvalue()])
        mapping = sample.mapping.to_dict()
        execute(AddImport(public_id, ROOT, sample.name, size, mapping, shape_of(sample.rows.columns)), actor)
        execute(ConfirmImport(public_id, mapping), actor)
        queued += 1
    if at_once:
        carry_out()
    return queued


def _promise() -> ChangeMetric:
    """The catalogue's target of 30 seconds is meant for a hotline's calls; this bank answers letters and forms, too."""
    code = "first_response_time"
    definition = replace(shipped_definitions()[code], target_max=FIRST_ANSWER)
    return ChangeMetric(
        code, definition, "本行承诺：两小时内首次答复 / the bank's promise: an answer within two hours"
    )


def _letter_complaints() -> Definition:
    """The bank's own metric, on which its project about envelopes is judged."""
    return Definition(
        name=LocalizedText("信函投诉占比", "Complaints about letters"),
        definition=LocalizedText(
            "有关信函寄送的投诉占全部反馈的比例。",
            "Complaints about damaged letters as a share of all feedback.",
        ),
        group="feedback",
        unit="percent",
        direction="lower",
        source="feedback",
        formula='share(kind == "投诉" and (contains(title, "信函") or contains(title, "Letter")), where=present(kind))',
    )


def _complete() -> bool:
    wanted = [uuid5(_NAMESPACE, str(place)) for place in range(FILES)]
    return Import.objects.filter(public_id__in=wanted).count() == len(wanted)


def carry_out() -> None:
    """Do everything that is queued, here and now; what is due later comes last, but is not waited for."""
    queued = Run.objects.filter(state=Run.State.QUEUED).order_by("run_after", "pk")
    while (run := queued.first()) is not None:
        if run.run_after > timezone.now():
            with guard.opening(Run._meta.db_table):
                queued.filter(pk=run.pk).update(run_after=timezone.now())
        perform(run.public_id)
