"""What is done with reports: have a run of them made, and freeze one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action, Actor
from servloop_app.core.chain import connect, reference
from servloop_app.core.errors import ActionError, NotFound
from servloop_app.core.models import Person, Unit
from servloop_app.core.numbering import next_number
from servloop_app.core.policy import Policy
from servloop_app.jobs.runs import enqueue
from servloop_app.monitor.report_codec import digest_of, without_quotes
from servloop_app.monitor.report_models import QuotedRecord, Report, ReportFile, ReportRun
from servloop_app.monitor.report_objects import references_of, without_titles
from servloop_app.monitor.report_queries import EDIT, VIEW, one_report

FREEZE_JOB = "reports.freeze"
PREFIX = "RP"
RENDER_JOB = "reports.render"  # done by the pages' package, which knows how a report looks


@dataclass
class MakeReports(Action[ReportRun]):
    """Have the reports of a month made for some people; each gets what her own rights show."""

    name = "report.make"
    permission = EDIT
    month: dt.date
    people: list[UUID]

    def object(self) -> str:
        return reference("report_run", self._made.public_id)

    def validate(self, actor: Actor) -> None:
        if self.month.day != 1 or self.month > timezone.localdate():
            raise ActionError(
                "report.month_not_over",
                received=self.month.isoformat(),
                today=timezone.localdate().isoformat(),
            )
        found = {person.public_id: person for person in Person.objects.filter(public_id__in=self.people)}
        if not self.people:
            raise ActionError("report.no_recipient")
        mine = actor.policy.units(EDIT)
        for public_id in self.people:
            person = found.get(public_id)
            if person is None:
                raise NotFound("person", public_id)
            theirs = Policy(person).units(VIEW)
            if not theirs:
                raise ActionError("report.recipient_without_right", person=str(person))
            if not theirs <= mine:
                raise ActionError("report.recipient_sees_more", person=str(person))

    def perform(self, actor: Actor) -> ReportRun:
        self._made = ReportRun.objects.create(
            number=next_number(PREFIX, self.month.year),
            month=self.month,
            people=[str(public_id) for public_id in self.people],
            made_by=actor.person,
        )
        run = enqueue(FREEZE_JOB, {"report_run": str(self._made.public_id)})
        self._made.run = run
        self._made.save(update_fields=["run"])
        return self._made


@dataclass
class FreezeReport(Action[Report]):
    """Put what one person's report says on record, once and for all; its digest stands in the log."""

    name = "report.freeze"
    permission = EDIT
    report_run: UUID
    person: UUID
    unit_code: str
    content: dict[str, Any] = field(repr=False)
    quoted: list[UUID] = field(default_factory=list)  # feedback records whose words its quotes are, in order

    def object(self) -> str:
        return reference("report", self._made.public_id)

    def recorded(self) -> dict[str, Any]:
        return {
            "report_run": str(self.report_run),
            "person": str(self.person),
            "unit_code": self.unit_code,
            "digest": digest_of(self.content),
        }

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        taken = Report.objects.filter(run__public_id=self.report_run, person__public_id=self.person)
        if taken.exists():
            raise ActionError("report.frozen_already", report_run=str(self.report_run))

    def perform(self, actor: Actor) -> Report:  # noqa: ARG002
        # Held until this is committed: an erasure waits for it, and finds the report. Who was erased before is left out.
        held = {row.pk: row for row in FeedbackRecord.objects.select_for_update().filter(pk__in=self.quoted)}
        gone = {place for place, record in enumerate(self.quoted) if record not in held}
        if gone:
            self.content = without_quotes(self.content, gone)
        self._made = Report.objects.create(
            run=ReportRun.objects.get(public_id=self.report_run),
            person=Person.objects.get(public_id=self.person),
            unit=Unit.objects.get(code=self.unit_code),
            units=self.content["scope"]["units"],
            content=self.content,
            digest=digest_of(self.content),
        )
        QuotedRecord.objects.bulk_create(
            QuotedRecord(
                report=self._made,
                place=place,
                record=record,
                brought_by_id=held[record].brought_by_id,
                person_key=held[record].person_key,
            )
            for place, record in enumerate(self.quoted)
            if place not in gone
        )
        for source in references_of(self.content):
            connect(source, reference("report", self._made.public_id))
        return self._made


@dataclass
class EraseQuotes(Action[int]):
    """Take customers' words out of a frozen report, and have its files written again without them.

    The digest of the report stays what it was, unless it was frozen before quotes were sealed: then the new one takes
    its place, and the log says which one it replaces.

    Attributes:
        report: public id of the report.
        quotes: places of the quotes.
        items: references of objects listed in it whose titles are a customer's words.
    """

    name = "report.erase_quotes"
    permission = EDIT
    report: UUID
    quotes: list[int]
    items: list[str] = field(default_factory=list)

    def object(self) -> str:
        return reference("report", self.report)

    def recorded(self) -> dict[str, Any]:
        return {
            "report": str(self.report),
            "quotes": self.quotes,
            "items": self.items,
            "digest_before": self._before,
            "digest": self._after,
        }

    def perform(self, actor: Actor) -> int:  # noqa: ARG002
        found = Report.objects.select_for_update().get(public_id=self.report)
        self._before = found.digest
        found.content = without_titles(without_quotes(found.content, self.quotes), self.items)
        found.digest = self._after = digest_of(found.content)
        found.save(update_fields=["content", "digest"])
        QuotedRecord.objects.filter(report=found, place__in=self.quotes).delete()
        languages = list(ReportFile.objects.filter(report=found).values_list("language", flat=True))
        ReportFile.objects.filter(report=found).delete()
        for language in languages:
            enqueue(RENDER_JOB, {"report": str(self.report), "language": language})
        return len(self.quotes) + len(self.items)


@dataclass
class EndReportRun(Action[ReportRun]):
    """Say that all reports of a run are frozen."""

    name = "report.end_run"
    permission = EDIT
    report_run: UUID

    def object(self) -> str:
        return reference("report_run", self.report_run)

    def perform(self, actor: Actor) -> ReportRun:  # noqa: ARG002
        found = ReportRun.objects.get(public_id=self.report_run)
        found.state = ReportRun.State.DONE
        found.save(update_fields=["state"])
        return found


@dataclass
class AskForFile(Action[str]):
    """Have a report written as a file in a language."""

    name = "report.ask_for_file"
    permission = VIEW
    report: UUID
    language: str

    def object(self) -> str:
        return reference("report", self.report)

    def validate(self, actor: Actor) -> None:
        one_report(actor.policy, self.report)
        if self.language not in {"zh-CN", "en"}:
            raise ActionError("core.choice_unknown", value=self.language, choices=["zh-CN", "en"])

    def perform(self, actor: Actor) -> str:  # noqa: ARG002
        enqueue(RENDER_JOB, {"report": str(self.report), "language": self.language})
        return self.language
