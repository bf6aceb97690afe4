"""The sample bank's tickets: complaints of the last days that its people took on, in every state a ticket can be in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from servloop_app.collect.models import FeedbackRecord
from servloop_app.core.actions import Action
from servloop_app.core.models import Person
from servloop_app.demo.organisation import AGENT, MANAGER, SUPERVISOR, do
from servloop_app.diagnose.models import Finding
from servloop_app.improve.actions_tickets import (
    NoteOnTicket,
    ReplyToCustomer,
    TakeTicket,
    TicketFromFeedback,
)
from servloop_app.improve.actions_tickets_course import CloseTicket, HandOver, LinkTicket
from servloop_app.improve.ticket_models import Level, Ticket

BRANCH, HOTLINE = "binjiang", "hotline"
OF_BRANCH, OF_HOTLINE = 14, 8
_DOCUMENTS = ("开户资料审核太慢", "Account opening is slow")
Course = Callable[[Ticket], Sequence[tuple[str, Action[Any]]]]


def tell() -> None:
    """Open the tickets that are not there yet and let each take its course."""
    for unit, most, username in ((BRANCH, OF_BRANCH, SUPERVISOR), (HOTLINE, OF_HOTLINE, MANAGER)):
        newest = FeedbackRecord.objects.filter(
            unit__code=unit, kind="投诉", current=True, masked_text__gt=""
        ).order_by("-occurred_at", "id")
        for place, record in enumerate(newest[:most]):
            if not Ticket.objects.filter(source=f"feedback:{record.id}").exists():
                _begin(record.id, place, username)


def _begin(record: UUID, place: int, username: str) -> None:
    level = (Level.GENERAL, Level.SERIOUS, Level.GENERAL, Level.MINOR)[place % 4].value
    ticket = do(TicketFromFeedback(record, level), username)
    course = _COURSES[place % len(_COURSES)]
    for somebody, action in course(ticket):
        do(action, somebody if ticket.unit.code == BRANCH else MANAGER)
    finding = Finding.objects.filter(kind=Finding.Kind.SLOWER, unit__code=BRANCH).first()
    if finding is not None and ticket.unit.code == BRANCH and ticket.title in _DOCUMENTS:
        do(LinkTicket(ticket.public_id, f"finding:{finding.public_id}"), MANAGER)


def _settled(ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    return (
        (AGENT, TakeTicket(ticket.public_id)),
        (AGENT, NoteOnTicket(ticket.public_id, "已调取当日受理记录，情况与客户所述一致。")),
        (
            AGENT,
            ReplyToCustomer(
                ticket.public_id,
                "您好，您反映的情况我们已核实，向您致歉。问题已经处理，后续如有需要请随时联系我们。",
                "phone",
            ),
        ),
        (SUPERVISOR, CloseTicket(ticket.public_id, "process", "solved", "当日已处理，提醒同岗位注意。")),
    )


def _asked(ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    return (
        (AGENT, TakeTicket(ticket.public_id)),
        (
            AGENT,
            ReplyToCustomer(ticket.public_id, "为尽快核实，请您告知办理的大致时间和窗口。", "sms", "ask"),
        ),
    )


def _handed_over(ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    if ticket.unit.code != BRANCH:
        return _begun(ticket)
    owner = Person.objects.get(username=SUPERVISOR)
    return (
        (AGENT, TakeTicket(ticket.public_id)),
        (AGENT, HandOver(ticket.public_id, "原因在审核岗，不在大堂，请主管协调。", person=owner.public_id)),
    )


def _begun(ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    return ((AGENT, TakeTicket(ticket.public_id)),)


def _answered(ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    return (
        (AGENT, TakeTicket(ticket.public_id)),
        (
            AGENT,
            ReplyToCustomer(
                ticket.public_id, "您好，已为您优先安排，预计明天可以办好，届时短信通知您。", "sms"
            ),
        ),
    )


def _untouched(_ticket: Ticket) -> Sequence[tuple[str, Action[Any]]]:
    return ()


_COURSES: tuple[Course, ...] = (
    _begun,
    _settled,
    _asked,
    _untouched,
    _handed_over,
    _answered,
    _settled,
    _untouched,
)
