"""Pages of tickets without a browser: steps, refusals in the form, who sees what."""

import pytest
from django.urls import reverse
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute
from servloop_app.improve.actions_tickets import NoteOnTicket, OpenTicket
from servloop_app.improve.models import ServiceLevel, Ticket, TicketRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(organisation, client):
    def enter(*roles):
        person = organisation.person(*roles)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def ticket(organisation):
    return execute(OpenTicket("等候太久", "beijing", words="等了四十分钟"), SYSTEM).outcome


def step(client, ticket, name, **given):
    return client.post(reverse("ticket_step", args=[ticket.public_id, name]), given)


def test_a_record_becomes_a_ticket_from_its_page(organisation, records, sign_in):
    client = sign_in(("agent", "beijing"))
    page = reverse("feedback_record", args=[records["F1"].id])
    assert reverse("feedback_ticket", args=[records["F1"].id]) in client.get(page).content.decode()
    answer = client.post(reverse("feedback_ticket", args=[records["F1"].id]), {"level": "serious"})
    made = Ticket.objects.get()
    assert (answer.url, made.level) == (reverse("ticket", args=[made.public_id]), "serious")
    shown = client.get(answer.url).content.decode()
    assert "13812345678" not in shown
    assert reverse("feedback_record", args=[records["F1"].id]) in shown
    again = client.get(page).content.decode()
    assert made.number in again
    assert reverse("feedback_ticket", args=[records["F1"].id]) not in again


def test_the_whole_course_of_a_ticket(organisation, ticket, sign_in):
    client = sign_in(("agent", "beijing"))
    step(client, ticket, "take")
    refused = step(client, ticket, "close", cause="process", result="solved", text="x")
    assert refused.status_code == 422
    assert "还没有答复客户" in refused.content.decode()
    step(client, ticket, "reply", text="请补充单号", channel="phone", then="ask")
    waiting = client.get(reverse("ticket", args=[ticket.public_id])).content.decode()
    assert "计时暂停" in waiting
    step(client, ticket, "resume", words="单号 1")
    step(client, ticket, "note", text="查到了")
    step(client, ticket, "level", level="serious", reason="媒体关注")
    step(client, ticket, "reply", text="已解决", channel="sms", then="answered")
    step(client, ticket, "close", cause="process", result="solved", text="加开窗口")
    step(client, ticket, "reopen", reason="客户不满意")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.level, ticket.reopened) == ("in_progress", "serious", 1)
    shown = client.get(reverse("ticket", args=[ticket.public_id]), {"show": "customer"})
    assert [line.entry.kind for line in shown.context["lines"]] == ["reply", "words", "reply", "words"]
    assert step(client, ticket, "explode").status_code == 404


def test_handing_over_out_of_sight_leads_to_the_list(organisation, ticket, sign_in):
    client = sign_in(("agent", "beijing"))
    answer = step(client, ticket, "hand_over", unit="shanghai", reason="属于上海")
    assert answer.url == reverse("tickets")
    assert client.get(reverse("ticket", args=[ticket.public_id])).status_code == 404
    assert step(client, ticket, "take").status_code == 404


def test_the_list_is_filtered_by_its_address(organisation, ticket, sign_in):
    execute(OpenTicket("信寄错了", "shanghai", "serious"), SYSTEM)
    client = sign_in(("supervisor", "head"))

    def listed(**asked):
        return [row.ticket.title for row in client.get(reverse("tickets"), asked).context["rows"]]

    assert listed() == ["信寄错了", "等候太久"]
    assert listed(unit="north") == ["等候太久"]
    assert listed(unit="nowhere") == []
    assert listed(level="serious") == ["信寄错了"]
    assert listed(owner="me") == []
    assert listed(owner="not-an-id") == []
    assert listed(text=ticket.number) == ["等候太久"]
    assert listed(state="closed") == []
    assert len(listed(state="all")) == 2
    agent = sign_in(("agent", "beijing"))
    assert [row.ticket.title for row in agent.get(reverse("tickets")).context["rows"]] == ["等候太久"]


def test_masked_text_is_shown_once_and_for_a_reason(organisation, ticket, sign_in):
    execute(NoteOnTicket(ticket.public_id, "回电 13812345678"), SYSTEM)
    entry = ticket.entries.get(kind="note")
    address = reverse("ticket_text", args=[ticket.public_id, entry.pk])
    client = sign_in(("agent", "beijing"))
    assert client.post(address, {"reason": ""}).status_code == 422
    shown = client.post(address, {"reason": "回电"})
    assert "13812345678" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert sign_in(("auditor", "head")).post(address, {"reason": "x"}).status_code == 403


def test_limits_and_rule_are_set_by_who_may(organisation, sign_in):
    administrator = sign_in(("administrator", "head"))
    assert administrator.get(reverse("ticket_settings")).status_code == 200
    given = {"part": "serious", "serious-reply": 0.5, "serious-resolution": 4, "serious-pause": 8}
    assert administrator.post(reverse("ticket_settings"), given).status_code == 302
    assert ServiceLevel.objects.get().reply_hours == 0.5
    wrong = administrator.post(reverse("ticket_settings"), given | {"serious-reply": 9})
    assert wrong.status_code == 422
    rule = {"part": "rule", "enabled": "on", "kinds": "complaint，投诉", "days": 7, "level": "general"}
    assert administrator.post(reverse("ticket_settings"), rule).status_code == 302
    assert TicketRule.objects.get().kinds == ["complaint", "投诉"]
    assert sign_in(("agent", "beijing")).get(reverse("ticket_settings")).status_code == 403


def test_a_ticket_is_opened_by_hand(organisation, sign_in):
    client = sign_in(("agent", "beijing"))
    form = client.get(reverse("ticket_open")).context["form"]
    assert {unit.code for unit in form.fields["unit"].queryset} == {"beijing", "counter"}
    given = {"title": "客户来电", "words": "找不到网点", "unit": "beijing", "level": "minor"}
    made = client.post(reverse("ticket_open"), given)
    assert made.url == reverse("ticket", args=[Ticket.objects.get().public_id])
    assert client.post(reverse("ticket_open"), given | {"unit": "shanghai"}).status_code == 422


def test_tickets_can_be_analysed_as_a_process(organisation, ticket, sign_in, work_off):
    from servloop_app.diagnose.models import ProcessLog
    from servloop_app.improve.ticket_tasks import STORE_JOB
    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import perform

    client = sign_in(("agent", "beijing"))
    step(client, ticket, "reply", text="已解决", channel="sms", then="answered")
    from servloop_app.core import guard

    with guard.opening("jobs_run"):
        Run.objects.filter(kind=STORE_JOB).update(run_after=ticket.opened_at)
    perform(Run.objects.get(kind=STORE_JOB).public_id)
    manager = sign_in(("quality_manager", "head"))
    answer = manager.post(reverse("tickets_process"))
    log = ProcessLog.objects.get()
    assert answer.url == reverse("process_log", args=[log.public_id])
    assert log.ready, log.error_code
    assert manager.get(answer.url).status_code == 200
