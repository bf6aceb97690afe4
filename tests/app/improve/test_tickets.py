"""Tickets: opened, answered, handed over, closed; clocks in working time; nothing lost, nothing torn."""

import datetime as dt
from contextlib import contextmanager

import pytest
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop_app.collect.files import fact_store
from servloop_app.core import guard
from servloop_app.core.actions import Actor, SetCalendar, execute
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.hooks import close_conditions
from servloop_app.core.models import LogLeaf, OutboxEvent
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.improve import ticket_queries as queries
from servloop_app.improve.actions_tickets import (
    NoteOnTicket,
    OpenTicket,
    ReplyToCustomer,
    ResumeTicket,
    TakeTicket,
    TicketFromFeedback,
)
from servloop_app.improve.actions_tickets_course import (
    CloseTicket,
    HandOver,
    LinkTicket,
    OpenTicketText,
    ReopenTicket,
    SetTicketLevel,
)
from servloop_app.improve.actions_tickets_system import (
    MarkBreaches,
    SetServiceLevel,
    SetTicketRule,
    service_levels,
)
from servloop_app.improve.models import Ticket, TicketEntry, TicketRule
from servloop_app.improve.ticket_tasks import RULE_JOB, WATCH_JOB
from servloop_app.improve.ticket_writing import STORE_JOB
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue, perform

pytestmark = pytest.mark.django_db
# Thursday, 11 March 2027, 16:00 in Beijing: 2 working hours before the evening, Friday, then a weekend.
THURSDAY = dt.datetime(2027, 3, 11, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock(monkeypatch):
    """The time that actions see; ``clock.now`` moves it."""

    class Clock:
        now = THURSDAY

        def after(self, **span):
            self.now += dt.timedelta(**span)

    time = Clock()
    monkeypatch.setattr(timezone, "now", lambda: time.now)
    return time


@pytest.fixture
def agent(organisation):
    return organisation.actor(("agent", "beijing"))


@pytest.fixture
def ticket(organisation, agent):
    return execute(OpenTicket("等候太久", "beijing", words="等了四十分钟"), agent).outcome


@contextmanager
def refused(code, kind=ActionError):
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code


def kinds(ticket):
    return list(ticket.entries.order_by("place").values_list("kind", flat=True))


def run_job(kind, **arguments):
    with guard.opening("jobs_run"):
        run = enqueue(kind, arguments)
    perform(run.public_id)
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error_detail
    return run.result


def test_a_record_becomes_one_ticket_of_its_unit(organisation, records, agent):
    record = records["F1"]
    made = execute(TicketFromFeedback(record.id, "serious"), agent).outcome
    assert made.number == f"TK-{timezone.localdate().year}-000001"
    assert (made.unit.code, made.level, made.state) == ("beijing", "serious", "new")
    assert "13812345678" not in made.title
    assert made.person_key == record.person_key
    assert kinds(made) == ["opened"]
    with refused("tickets.already_a_ticket", Conflict):
        execute(TicketFromFeedback(record.id), agent)
    found = chain_of(EverythingPolicy(), reference("ticket", made.public_id))
    assert reference("feedback", record.id) in {item.reference for item in found.before}
    with pytest.raises(NotAllowed):
        execute(TicketFromFeedback(records["F3"].id), agent)


def test_both_clocks_run_in_working_time(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing", "general"), agent).outcome
    # 4 working hours: two on Thursday evening, two on Friday morning; 24: two + 8 + 8 + 6 (Wednesday, 16:00).
    assert made.reply_due == dt.datetime(2027, 3, 12, 3, 0, tzinfo=dt.UTC)
    assert made.resolution_due == dt.datetime(2027, 3, 16, 8, 0, tzinfo=dt.UTC)
    clocks = queries.ClockReader(THURSDAY + dt.timedelta(days=3)).read(made)  # Sunday
    assert clocks.resolution.rest == pytest.approx((24 - 2 - 8) * 3600)
    assert (clocks.reply.state, clocks.reply.rest) == ("overdue", -6 * 3600)
    assert clocks.next == clocks.reply


def test_a_unit_works_by_its_own_calendar(organisation, clock, agent):
    always = {str(day): [("00:00", "24:00")] for day in range(7)}
    execute(SetCalendar("north", always, "Asia/Shanghai"), SYSTEM)
    made = execute(OpenTicket("等候太久", "beijing", "general"), agent).outcome
    assert made.resolution_due == THURSDAY + dt.timedelta(hours=24)


def test_replies_move_the_state_and_stop_the_clocks(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing"), agent).outcome
    execute(TakeTicket(made.public_id), agent)
    clock.after(hours=1)
    made = execute(ReplyToCustomer(made.public_id, "已联系网点", "phone", "go_on"), agent).outcome
    assert (made.state, made.first_replied_at, made.answered_at) == ("in_progress", clock.now, None)
    clock.after(hours=1)
    made = execute(ReplyToCustomer(made.public_id, "已处理", "sms", "answered"), agent).outcome
    assert (made.state, made.answered_at) == ("answered", clock.now)
    assert queries.ClockReader(clock.now + dt.timedelta(days=30)).read(made).resolution.state == "kept"
    assert made.entries.last().channel == "sms"


def test_waiting_for_the_customer_stops_the_clock_up_to_its_limit(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing"), agent).outcome
    due = made.resolution_due
    clock.after(hours=1)
    made = execute(ReplyToCustomer(made.public_id, "请补充单号", "phone", "ask"), agent).outcome
    paused_at = clock.now
    assert made.state == "waiting"
    assert made.paused_until == dt.datetime(2027, 3, 16, 9, 0, tzinfo=dt.UTC)  # 24 working hours on
    clock.after(days=1)  # Friday 17:00: 8 working hours later
    assert queries.ClockReader(clock.now).read(made).resolution.state == "paused"
    assert queries.ClockReader(clock.now).read(made).resolution.rest == pytest.approx(23 * 3600)
    execute(ResumeTicket(made.public_id, "单号 123"), agent)
    made.refresh_from_db()
    assert made.state == "in_progress"
    assert made.resolution_due == due + dt.timedelta(days=1)
    assert kinds(made)[-2:] == ["words", "resumed"]
    assert paused_at is not None


def test_a_pause_ends_by_itself_and_leaves_a_trace(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing"), agent).outcome
    made = execute(ReplyToCustomer(made.public_id, "请补充单号", "phone", "ask"), agent).outcome
    limit, due = made.paused_until, made.resolution_due
    clock.now = limit + dt.timedelta(days=10)
    assert run_job(WATCH_JOB) == {"resumed": 1, "breached": 1}
    made.refresh_from_db()
    assert (made.state, made.resolution_due, made.paused_at) == ("in_progress", due, None)
    assert made.entries.get(kind="resumed").detail == {"because": "limit"}


def test_limits_that_passed_are_marked_once(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing"), agent).outcome
    clock.now = made.reply_due
    assert run_job(WATCH_JOB)["breached"] == 0
    clock.now += dt.timedelta(minutes=1)
    assert run_job(WATCH_JOB)["breached"] == 1
    assert run_job(WATCH_JOB)["breached"] == 0
    clock.now = made.resolution_due + dt.timedelta(minutes=1)
    assert run_job(WATCH_JOB)["breached"] == 1
    marked = made.entries.filter(kind="breached").values_list("detail__clock", flat=True)
    assert list(marked) == ["reply", "resolution"]
    assert OutboxEvent.objects.filter(name="ticket.overdue").count() == 2


def test_overdue_is_a_question_to_the_database(organisation, clock, agent):
    late = execute(OpenTicket("旧", "beijing", "serious"), agent).outcome
    execute(OpenTicket("新", "beijing", "minor"), agent)
    clock.after(days=1)
    found = queries.tickets(agent.policy, queries.TicketFilter("overdue"))
    assert list(found) == [late]
    assert [one.title for one in queries.tickets(agent.policy, queries.TicketFilter())] == ["旧", "新"]
    execute(ReplyToCustomer(late.public_id, "好", "phone", "answered"), agent)
    assert not queries.tickets(agent.policy, queries.TicketFilter("overdue")).exists()


def test_handing_over_keeps_the_history_and_changes_who_sees_it(organisation, ticket, agent):
    person = organisation.person(("agent", "shanghai"))
    execute(NoteOnTicket(ticket.public_id, "属于上海"), agent)
    with refused("tickets.owner_without_right"):
        execute(HandOver(ticket.public_id, "属于上海", person=person.public_id), agent)
    with refused("tickets.handed_to_nobody_new"):
        execute(HandOver(ticket.public_id, "属于上海"), agent)
    execute(HandOver(ticket.public_id, "属于上海", "shanghai", person.public_id), agent)
    receiver = Policy(person)
    got = queries.one_ticket(receiver, ticket.public_id)
    assert (got.unit.code, got.owner, got.state) == ("shanghai", person, "in_progress")
    assert [entry.kind for entry in queries.timeline(got)] == ["handed_over", "note", "words", "opened"]
    assert queries.timeline(got)[0].detail["from_unit"] == "beijing"
    with pytest.raises(NotFound):
        queries.one_ticket(agent.policy, ticket.public_id)
    with pytest.raises(NotAllowed):
        execute(NoteOnTicket(ticket.public_id, "noch etwas"), agent)


def test_agents_of_other_units_see_and_do_nothing(organisation, ticket):
    stranger = organisation.actor(("agent", "shanghai"))
    assert not queries.tickets(stranger.policy).exists()
    assert chain_of(stranger.policy, reference("feedback", ticket.public_id)).after == ()
    for action in (
        TakeTicket(ticket.public_id),
        NoteOnTicket(ticket.public_id, "x"),
        ReplyToCustomer(ticket.public_id, "x", "phone"),
        HandOver(ticket.public_id, "x", "shanghai"),
        CloseTicket(ticket.public_id, "people", "solved", "x"),
        OpenTicket("x", "beijing"),
        OpenTicketText(ticket.entries.first().pk, "x"),
    ):
        with pytest.raises(NotAllowed):
            execute(action, stranger)
    assert kinds(ticket) == ["opened", "words"]


def test_closing_needs_a_reply_a_cause_and_a_result(organisation, ticket, agent, monkeypatch):
    with refused("tickets.customer_not_told", Conflict):
        execute(CloseTicket(ticket.public_id, "process", "solved", "已加开窗口"), agent)
    execute(ReplyToCustomer(ticket.public_id, "已加开窗口", "phone"), agent)
    for cause, result, text, code in (
        ("", "solved", "x", "core.choice_unknown"),
        ("process", "", "x", "core.choice_unknown"),
        ("process", "solved", " ", "tickets.cause_missing"),
    ):
        with refused(code):
            execute(CloseTicket(ticket.public_id, cause, result, text), agent)
    closed = execute(CloseTicket(ticket.public_id, "process", "solved", "已加开窗口"), agent).outcome
    assert (closed.state, closed.cause, closed.result) == ("closed", "process", "solved")
    with refused("tickets.not_in_this_state", Conflict):
        execute(NoteOnTicket(ticket.public_id, "x"), agent)
    opened = execute(ReopenTicket(ticket.public_id, "客户不满意"), agent).outcome
    assert (opened.state, opened.reopened, opened.closed_at) == ("in_progress", 1, None)
    assert kinds(opened)[-1] == "reopened"


def test_another_package_may_have_a_say_about_closing(organisation, ticket, agent, monkeypatch):
    from servloop.results import Notice

    notice = Notice("tickets.cause_missing", 1, {})
    monkeypatch.setattr(close_conditions, "_items", {"test": lambda subject: notice})
    execute(ReplyToCustomer(ticket.public_id, "已加开窗口", "phone"), agent)
    with refused("tickets.cause_missing", Conflict):
        execute(CloseTicket(ticket.public_id, "process", "solved", "已加开窗口"), agent)


def test_nobody_reached_needs_no_reply(organisation, ticket, agent):
    execute(CloseTicket(ticket.public_id, "outside", "unreachable", "三次未接"), agent)


def test_personal_data_is_masked_sealed_and_not_in_the_log(organisation, ticket, agent):
    execute(NoteOnTicket(ticket.public_id, "回电 13812345678"), agent)
    entry = ticket.entries.get(kind="note")
    assert "13812345678" not in entry.masked_text
    assert execute(OpenTicketText(entry.pk, "回电"), agent).outcome == "回电 13812345678"
    plain = ticket.entries.get(kind="words")
    assert (plain.masked_text, plain.sealed_text) == ("等了四十分钟", None)
    from servloop_app.core.audit_log import read_payload

    for leaf in LogLeaf.objects.filter(action__startswith="ticket."):
        assert "13812345678" not in str(read_payload(leaf.seq))


def test_a_more_serious_level_leaves_less_time(organisation, clock, agent):
    made = execute(OpenTicket("等候太久", "beijing", "minor"), agent).outcome
    made = execute(SetTicketLevel(made.public_id, "serious", "媒体关注"), agent).outcome
    assert made.reply_due == dt.datetime(2027, 3, 11, 9, 0, tzinfo=dt.UTC)
    assert made.resolution_due == dt.datetime(2027, 3, 12, 8, 0, tzinfo=dt.UTC)
    with refused("tickets.level_unchanged"):
        execute(SetTicketLevel(made.public_id, "serious", "媒体关注"), agent)


def test_service_levels_count_for_new_tickets_and_can_be_taken_back(organisation, clock, agent):
    from servloop_app.core.actions import undo

    before = execute(OpenTicket("一", "beijing"), agent).outcome
    done = execute(SetServiceLevel("general", 2, 4, 8), SYSTEM)
    after = execute(OpenTicket("二", "beijing"), agent).outcome
    assert after.resolution_due == dt.datetime(2027, 3, 12, 3, 0, tzinfo=dt.UTC)
    before.refresh_from_db()
    assert before.resolution_allowed == 24 * 3600
    undo(done.seq, SYSTEM)
    assert service_levels()["general"].resolution == 24
    for hours in ((0, 4, 8), (5, 4, 8), (1, float("nan"), 8), (1, 1e9, 8)):
        with pytest.raises(ActionError):
            execute(SetServiceLevel("general", *hours), SYSTEM)


def test_a_ticket_belongs_to_something_seen(organisation, ticket, agent):
    for target in (f"ticket:{ticket.public_id}", "opportunity:nonsense", f"opportunity:{ticket.public_id}"):
        with pytest.raises(ActionError):
            execute(LinkTicket(ticket.public_id, target), agent)


def test_a_rule_opens_tickets_for_what_an_import_brings(organisation, bring_in, work_off):
    execute(SetTicketRule(True, ["complaint"], 2, 366, "serious"), SYSTEM)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    lines = ["id,date,channel,kind,rating,comment,branch"]
    lines += [
        f"{n},{yesterday} 09:00,app,{kind},{rating},x{n},beijing"
        for n, kind, rating in (("A", "complaint", 1), ("B", "complaint", 4), ("C", "praise", 1))
    ]
    lines += ["D,2020-01-01 09:00,app,complaint,1,old,beijing"]
    brought = bring_in("\n".join(lines), "new.csv", target="feedback", columns={"unit": "branch"})
    work_off()
    assert [one.title for one in Ticket.objects.all()] == ["xA"]
    assert Ticket.objects.get().level == "serious"
    run_job(RULE_JOB, event={"source": str(brought.public_id), "tables": ["feedback"]})
    assert Ticket.objects.count() == 1
    with refused("tickets.rule_takes_all"):
        execute(SetTicketRule(True, []), SYSTEM)
    assert TicketRule.objects.count() == 1


def test_tickets_flow_into_the_facts_as_a_process_and_stay_whole(organisation, ticket, agent, facts):
    person = organisation.person(("agent", "shanghai"))
    execute(TakeTicket(ticket.public_id), agent)
    assert Run.objects.filter(kind=STORE_JOB).count() == 1  # one run does for all changes
    assert run_job(STORE_JOB) == {"tickets": 1}
    assert run_job(STORE_JOB) == {"tickets": 0}
    read = (
        "SELECT activity, unit_id FROM events WHERE process_id = 'servloop.tickets' ORDER BY occurred_at, seq"
    )
    assert [unit for _step, unit in facts(read)] == ["beijing", "beijing"]
    execute(HandOver(ticket.public_id, "属于上海", "shanghai", person.public_id), agent)
    assert run_job(STORE_JOB) == {"tickets": 1}
    stored = facts(read)
    assert [unit for _step, unit in stored] == ["shanghai"] * 3
    assert len({step for step, _unit in stored}) == 3
    cases = facts("SELECT case_id, unit_id, sla_seconds > 0 FROM event_cases")
    assert cases == [(ticket.number, "shanghai", True)]
    with fact_store().snapshot() as snapshot:  # no page has to put the cases together
        assert snapshot.kept_cases is not None


def test_erasing_a_person_empties_their_tickets(organisation, records, agent):
    from servloop_app.collect.people import index_of
    from servloop_app.core.hooks import personal_data_handlers

    made = execute(TicketFromFeedback(records["F1"].id), agent).outcome
    other = execute(TicketFromFeedback(records["F2"].id), agent).outcome
    execute(NoteOnTicket(made.public_id, "回电 13812345678"), agent)
    indexes = [index_of("C1")]
    assert [held["number"] for held in personal_data_handlers["tickets"].export(indexes)] == [made.number]
    for handler in (personal_data_handlers["collect"], personal_data_handlers["tickets"]):
        handler.erase(indexes)
    made.refresh_from_db()
    assert (made.title, made.person_key) == ("—", "")
    assert not TicketEntry.objects.filter(ticket=made).exclude(masked_text="", sealed_text=None).exists()
    other.refresh_from_db()
    assert other.title == "服务很好"


def test_only_a_person_takes_a_ticket_on(organisation, ticket, agent):
    with refused("tickets.person_needed"):
        execute(TakeTicket(ticket.public_id), SYSTEM)
    execute(TakeTicket(ticket.public_id), agent)
    with refused("tickets.yours_already", Conflict):
        execute(TakeTicket(ticket.public_id), agent)
    assert [one.pk for one in queries.due_for(agent.policy)] == [ticket.pk]
    assert execute(MarkBreaches(), Actor.system("tickets")).outcome == 0


def test_an_import_whose_records_became_tickets_is_not_taken_back(organisation, records, agent):
    from servloop_app.collect.actions import UndoImport

    brought = records["F1"].brought_by
    execute(TicketFromFeedback(records["F1"].id), agent)
    with refused("collect.records_in_use", Conflict):
        execute(UndoImport(brought.public_id), SYSTEM)
