"""Pages and API of monitors and alerts: findings as titles, one click to a ticket, nothing of other units."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.app.monitor.test_monitors import brought, complaints, metric, monitor_of  # noqa: F401  # fixtures
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute
from servloop_app.improve.actions_tickets import OpenTicket
from servloop_app.improve.models import Ticket
from servloop_app.measure.actions import InstallCatalogue
from servloop_app.monitor.models import Alert, Monitor

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def sign_in(organisation, client):
    def enter(*roles):
        client.force_login(organisation.person(*roles), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def alert(organisation, brought):  # noqa: F811
    brought(complaints())
    monitor_of()
    return Alert.objects.get(kind="signal")


def test_the_pages_say_what_is_unusual(organisation, alert, sign_in):
    client = sign_in(("quality_manager", "head"))
    listed = client.get(reverse("monitors"))
    assert listed.context["heading"] == "1 个监控项中有 1 个异常"
    assert [row.state for row in listed.context["rows"]] == ["bad"]
    assert not client.get(reverse("monitors"), {"state": "good"}).context["rows"]
    assert not client.get(reverse("monitors"), {"unit": "south"}).context["rows"]
    page = client.get(reverse("monitor", args=[alert.monitor.public_id]))
    assert "高于控制上限" in page.context["finding"]
    chart = page.context["card"].spec
    assert chart.points[-1].rules
    assert len(page.context["card"].table.rows) == len(chart.points)
    alerts = client.get(reverse("alerts"))
    assert alerts.context["heading"] == "1 条严重预警待处理"
    assert alerts.context["rows"][0].alert == alert
    one = client.get(reverse("alert", args=[alert.public_id]))
    assert one.context["row"].text in one.content.decode()


def test_an_alert_becomes_a_ticket_by_one_click(organisation, alert, sign_in):
    client = sign_in(("supervisor", "beijing"))
    answer = client.post(reverse("alert_step", args=[alert.public_id, "ticket"]), {"level": "serious"})
    ticket = Ticket.objects.get()
    assert answer.url == reverse("ticket", args=[ticket.public_id])
    page = client.get(answer.url).content.decode()
    assert alert.number in page
    assert ticket.number in client.get(reverse("alert", args=[alert.public_id])).content.decode()


def test_what_is_done_about_an_alert(organisation, alert, sign_in):
    client = sign_in(("supervisor", "beijing"))

    def step(name, **given):
        return client.post(reverse("alert_step", args=[alert.public_id, name]), given)

    assert step("acknowledge").status_code == 302
    until = timezone.localtime(timezone.now() + dt.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert step("silence", until=until, reason="系统割接").status_code == 302
    assert step("silence", until="2020-01-01T00:00", reason="x").status_code == 422
    assert step("close", reason="").status_code == 422
    assert step("close", reason="已恢复").status_code == 302
    assert step("reopen").status_code == 302
    assert step("explode").status_code == 404
    shown = client.get(reverse("alert", args=[alert.public_id]))
    assert [line.entry.kind for line in shown.context["lines"]] == [
        "reopened",
        "closed",
        "silenced",
        "acknowledged",
        "raised",
    ]
    reader = sign_in(("executive", "head"))
    assert reader.get(reverse("alert", args=[alert.public_id])).status_code == 200
    assert step("acknowledge").status_code == 403
    stranger = sign_in(("supervisor", "south"))
    assert stranger.get(reverse("alert", args=[alert.public_id])).status_code == 404
    assert stranger.get(reverse("monitor", args=[alert.monitor.public_id])).status_code == 404
    assert step("close", reason="x").status_code == 404


def test_a_monitor_is_set_up_changed_and_given_a_phase(organisation, brought, sign_in):  # noqa: F811
    brought(complaints(weeks=6))
    client = sign_in(("analyst", "head"))
    ticket = execute(OpenTicket("x", "beijing"), SYSTEM).outcome
    origin = f"ticket:{ticket.public_id}"
    form = client.get(reverse("monitor_add"), {"metric": "complaints", "unit": "beijing", "origin": origin})
    assert form.context["form"].initial == {"metric": "complaints", "unit": "beijing", "origin": origin}
    given = {"metric": "complaints", "unit": "beijing", "period": "week", "rules": "anhoej", "origin": origin}
    made = client.post(reverse("monitor_add"), given)
    monitor = Monitor.objects.get()
    assert made.url == reverse("monitor", args=[monitor.public_id])
    assert (monitor.origin, monitor.rules) == (origin, "anhoej")
    assert client.post(reverse("monitor_add"), given).status_code == 422
    assert client.get(made.url).status_code == 200  # before the job
    changed = {"rules": "western_electric", "target_max": "30"}
    client.post(reverse("monitor_change", args=[monitor.public_id]), changed)
    wrong = client.post(reverse("monitor_change", args=[monitor.public_id]), changed | {"target_min": "40"})
    assert wrong.status_code == 422
    client.post(
        reverse("monitor_phase", args=[monitor.public_id]), {"starts": "2026-02-02", "reason": "新流程"}
    )
    assert client.post(reverse("monitor_phase", args=[monitor.public_id]), {"starts": "x"}).status_code == 422
    client.post(reverse("monitor_use", args=[monitor.public_id]), {"active": "0"})
    monitor.refresh_from_db()
    assert (monitor.target_max, monitor.active, monitor.phases.count()) == (30.0, False, 2)
    assert client.get(made.url).status_code == 200


def test_the_proposed_monitors_are_one_click(organisation, sign_in):
    execute(InstallCatalogue(), SYSTEM)
    client = sign_in(("quality_manager", "head"))
    assert client.get(reverse("monitors")).context["heading"] == "还没有监控项"
    client.post(reverse("monitors_propose"))
    assert Monitor.objects.count() >= 7
    assert sign_in(("agent", "beijing")).post(reverse("monitors_propose")).status_code == 403


def test_monitors_and_alerts_over_http(organisation, alert, sign_in):
    api = sign_in(("quality_manager", "north"))
    (listed,) = api.get("/api/v1/monitors").json()["items"]
    assert (listed["metric"], listed["state"], listed["unit"]) == ("complaints", "bad", "beijing")
    one = api.get(f"/api/v1/monitors/{listed['id']}").json()
    assert one["chart_data"]["points"][-1]["rules"]
    made = api.post("/api/v1/monitors", {"metric": "complaints", "unit": "tianjin"}, JSON)
    assert made.status_code == 201
    again = api.post("/api/v1/monitors", {"metric": "complaints", "unit": "tianjin"}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "monitor_app.watched_already")
    path = f"/api/v1/monitors/{made.json()['id']}"
    phase = {"starts": "2026-02-02", "reason": "新流程"}
    assert api.post(f"{path}/phases", phase, JSON).status_code == 200
    assert api.put(f"{path}/active", {"active": False}, JSON).status_code == 200
    found = api.get("/api/v1/alerts", {"state": "waiting"}).json()
    assert found["items"][0]["number"] == alert.number
    path = f"/api/v1/alerts/{alert.public_id}"
    assert api.post(f"{path}/acknowledge", {}, JSON).status_code == 200
    naive = api.post(f"{path}/silence", {"until": "2030-01-01T00:00:00", "reason": "x"}, JSON)
    assert naive.json()["code"] == "monitor_app.silence_out_of_range"
    opened = api.post(f"{path}/ticket", {"level": "serious"}, JSON)
    assert opened.status_code == 201
    assert api.post(f"{path}/close", {"reason": "已转工单"}, JSON).status_code == 200
    assert api.post(f"{path}/reopen", {}, JSON).status_code == 200
    kinds = [line["kind"] for line in api.get(path).json()["history"]]
    assert kinds == ["reopened", "closed", "ticket", "acknowledged", "raised"]
    other = sign_in(("quality_manager", "south"))
    assert other.get("/api/v1/alerts").json() == {"items": [], "total": 0}
    assert other.get(path).status_code == 404
    assert other.post(f"{path}/close", {"reason": "x"}, JSON).status_code == 404
