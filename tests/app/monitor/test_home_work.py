"""Home says which tickets and alerts wait for this person, and nothing of other units."""

import pytest
from django.urls import reverse
from tests.app.monitor.test_monitors import brought, complaints, metric, monitor_of  # noqa: F401  # fixtures
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute
from servloop_app.improve.actions_tickets import OpenTicket
from servloop_app.monitor.actions_alerts import AssignAlert
from servloop_app.monitor.models import Alert
from servloop_app.web.home_work import waiting_work, work_stops

pytestmark = pytest.mark.django_db


def test_own_tickets_and_alerts_come_first(organisation, brought):  # noqa: F811
    brought(complaints())
    monitor_of()
    agent = organisation.actor(("supervisor", "beijing"))
    execute(OpenTicket("等候太久", "beijing", owner=agent.person.public_id), SYSTEM)
    execute(OpenTicket("信寄错了", "beijing"), SYSTEM)
    execute(OpenTicket("别处", "shanghai"), SYSTEM)
    alert = Alert.objects.get(kind="signal")
    execute(AssignAlert(alert.public_id, agent.person.public_id), SYSTEM)
    todo = waiting_work(agent.policy)
    assert [one.address for one in todo][1:] == [
        f"{reverse('tickets')}?owner=nobody",
        reverse("alert", args=[alert.public_id]),
    ]
    assert todo[0].text == "等候太久"
    stops = work_stops(agent.policy, [str(place) for place in range(7)])
    assert (stops[4].number, stops[6].number) == ("2", "2")


def test_who_may_not_act_is_asked_nothing(organisation):
    execute(OpenTicket("等候太久", "beijing"), SYSTEM)
    reader = organisation.actor(("executive", "head"))
    assert waiting_work(reader.policy) == []
    assert set(work_stops(reader.policy, [str(place) for place in range(7)])) == {5, 6}
    stranger = organisation.actor(("agent", "shanghai"))
    assert waiting_work(stranger.policy) == []
