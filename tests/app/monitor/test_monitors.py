"""Monitors over imported files: the right chart, complete periods only, one alert for a run of signals."""

import datetime as dt
from contextlib import contextmanager

import numpy as np
import pytest
from django.utils import timezone
from tests.app.organisation import SYSTEM

from servloop_app.core import guard
from servloop_app.core.actions import Actor, execute, undo
from servloop_app.core.chain import chain_of, reference
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound
from servloop_app.core.models import LogLeaf
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.improve.actions_tickets import OpenTicket, ReplyToCustomer
from servloop_app.improve.actions_tickets_system import MarkBreaches
from servloop_app.improve.models import Ticket
from servloop_app.jobs.models import Run
from servloop_app.jobs.runs import enqueue, perform
from servloop_app.measure.actions import InstallCatalogue
from servloop_app.monitor import monitor_queries as queries
from servloop_app.monitor.actions_alerts import (
    AcknowledgeAlert,
    AssignAlert,
    CloseAlert,
    ReopenAlert,
    SilenceAlert,
    TicketFromAlert,
)
from servloop_app.monitor.actions_monitors import (
    COMPUTE_JOB,
    ChangeMonitor,
    CreateMonitor,
    ProposeMonitors,
    StartPhase,
    UseMonitor,
)
from servloop_app.monitor.models import Alert, Monitor, MonitorResult
from servloop_app.monitor.monitor_tasks import SETTLE_JOB

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 1, 5)
WEEKS = 30


@contextmanager
def refused(code, kind=ActionError):
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code


def complaints(last_share=0.7, *, weeks=WEEKS, bad_weeks=1, seed=5, start=MONDAY):
    """Weeks of feedback in two branches; in Beijing the last ones bring far more complaints."""
    rng = np.random.default_rng(seed)
    lines = ["id,date,channel,kind,rating,comment,branch"]
    for week in range(weeks):
        for unit in ("beijing", "shanghai"):
            share = last_share if unit == "beijing" and week >= weeks - bad_weeks else 0.2
            for row in range(60):
                day = start + dt.timedelta(weeks=week, days=row % 7)
                kind = "complaint" if rng.random() < share else "praise"
                lines.append(f"{unit}-{week}-{row},{day} 10:00,app,{kind},3,意见,{unit}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def metric(add_metric):
    return add_metric(
        "feedback",
        'share(kind == "complaint", where=present(kind))',
        code="complaints",
        direction="lower",
        target_max=40.0,
    )


@pytest.fixture
def brought(bring_in, metric, work_off):
    def bring(text, name="weeks.csv"):
        bring_in(text, name, target="feedback", timezone="Asia/Shanghai", columns={"unit": "branch"})
        work_off()

    return bring


def monitor_of(unit="beijing", work=None, **more):
    made = execute(CreateMonitor("complaints", unit, **more), SYSTEM).outcome
    run_job(COMPUTE_JOB, monitors=[str(made.public_id)])
    return Monitor.objects.get(pk=made.pk)


def run_job(kind, **arguments):
    with guard.opening("jobs_run"):
        run = enqueue(kind, arguments)
    perform(run.public_id)
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error_detail
    return run.result


def test_a_share_is_charted_by_week_and_a_new_signal_is_one_alert(organisation, brought):
    brought(complaints())
    monitor = monitor_of()
    assert monitor.chart == "p"
    result = monitor.result
    points = result.document["points"]
    assert [point["start"] for point in points[:2]] == ["2026-01-05", "2026-01-12"]
    assert len(points) == WEEKS
    assert points[-1]["n"] == 60
    assert points[-1]["value"] == pytest.approx(70, abs=15)
    assert points[-1]["low"] < points[-1]["value"] < points[-1]["high"]
    assert "beyond_limits" in points[-1]["rules"]
    assert (points[-1]["side"], points[-1]["missed"], result.state) == ("above", True, "bad")
    signal = Alert.objects.get(kind="signal")
    assert (signal.grade, signal.unit.code, signal.state) == ("serious", "beijing", "open")
    assert signal.facts["value"] == points[-1]["value"]
    assert Alert.objects.get(kind="target").grade == "watch"
    found = chain_of(EverythingPolicy(), reference("monitor", monitor.public_id))
    assert {item.kind for item in found.after} == {"alert"}


def test_looking_again_raises_nothing_and_leaves_no_trace(organisation, brought):
    brought(complaints())
    monitor = monitor_of()
    before = (Alert.objects.count(), LogLeaf.objects.count())
    assert run_job(COMPUTE_JOB)["computed"] == 0  # the facts are the same
    assert run_job(COMPUTE_JOB, monitors=[str(monitor.public_id)]) == {
        "monitors": 1,
        "computed": 1,
        "alerts": 0,
    }
    assert (Alert.objects.count(), LogLeaf.objects.count()) == before
    assert MonitorResult.objects.count() == 1


def test_further_signals_belong_to_the_same_alert(organisation, brought):
    brought(complaints(weeks=WEEKS))
    monitor_of()
    alert = Alert.objects.get(kind="signal")
    more = complaints(weeks=WEEKS + 2, bad_weeks=3)
    brought(more, "weeks.csv")  # the same data set grows by two bad weeks
    alert.refresh_from_db()
    assert Alert.objects.filter(kind="signal").count() == 1
    assert alert.last == MONDAY + dt.timedelta(weeks=WEEKS + 1)
    assert list(alert.entries.order_by("pk").values_list("kind", flat=True)) == ["raised", "went_on"]
    target = Alert.objects.get(kind="target")
    assert target.grade == "serious"  # three weeks in a row


def test_a_closed_alert_stays_closed_while_its_run_goes_on(organisation, brought):
    brought(complaints(weeks=WEEKS))
    monitor_of()
    alert = Alert.objects.get(kind="signal")
    execute(CloseAlert(alert.public_id, "短信群发所致"), SYSTEM)
    brought(complaints(weeks=WEEKS + 1, bad_weeks=2))
    alert.refresh_from_db()
    assert (alert.state, Alert.objects.filter(kind="signal").count()) == ("closed", 1)


def test_the_good_side_wakes_nobody(organisation, brought):
    brought(complaints(last_share=0.0))
    monitor = monitor_of()
    assert "beyond_limits" in monitor.result.document["points"][-1]["rules"]
    assert not Alert.objects.exists()
    assert monitor.result.state == "good"


def test_a_calm_series_raises_nothing(organisation, brought):
    brought(complaints(last_share=0.2, seed=11))
    monitor = monitor_of()
    assert not Alert.objects.filter(grade="serious").exists()
    assert monitor.result.document["points"][-1]["rules"] == []


def test_half_a_week_does_not_count(organisation, brought):
    text = complaints()
    monday = MONDAY + dt.timedelta(weeks=WEEKS)
    text += f"late,{monday} 10:00,app,complaint,3,意见,beijing\n"
    brought(text)
    assert monitor_of().result.newest == monday - dt.timedelta(weeks=1)


def test_small_groups_have_no_point(organisation, brought):
    lines = ["id,date,channel,kind,rating,comment,branch"]
    for week in range(20):
        for row in range(30 if week != 7 else 2):
            day = MONDAY + dt.timedelta(weeks=week, days=row % 7)
            lines.append(
                f"{week}-{row},{day} 10:00,app,{'complaint' if row % 5 == 0 else 'praise'},3,x,beijing"
            )
    brought("\n".join(lines))
    point = monitor_of().result.document["points"][7]
    assert (point["value"], point["n"], point["why"]) == (None, 0, "measure_app.small_group")


def test_days_and_months_and_counts(organisation, brought, add_metric):
    add_metric("feedback", "count()", code="volume", unit="count")
    brought(complaints())
    daily = monitor_of(period="day")
    assert len(daily.result.document["points"]) == WEEKS * 7
    monthly = monitor_of(period="month", unit="shanghai")
    assert monthly.result.document["points"][0]["start"] == "2026-01-01"
    made = execute(CreateMonitor("volume", "head"), SYSTEM).outcome
    run_job(COMPUTE_JOB, monitors=[str(made.public_id)])
    volume = Monitor.objects.get(pk=made.pk)
    assert volume.chart == "u"
    point = volume.result.document["points"][3]
    assert point["value"] == pytest.approx(120 / 7)
    assert point["low"] < point["value"] < point["high"]


def test_a_monitor_sees_its_unit_and_all_below(organisation, brought):
    brought(complaints())
    assert monitor_of("head").result.document["points"][0]["n"] == 120
    assert monitor_of("north").result.document["points"][0]["n"] == 60
    assert monitor_of("tianjin").result.document["points"][0]["value"] is None


def test_anhoej_judges_the_phase_as_a_whole(organisation, brought):
    brought(complaints(last_share=0.34, bad_weeks=14))
    document = monitor_of(rules="anhoej").result.document
    assert document["runs"][0]["signal"] is True
    assert document["points"][-1]["rules"]
    assert all(not point["rules"] for point in document["points"][:-1])


def test_a_new_phase_has_limits_of_its_own(organisation, brought):
    brought(complaints(last_share=0.6, bad_weeks=10))
    monitor = monitor_of()
    starts = MONDAY + dt.timedelta(weeks=WEEKS - 10)
    done = execute(StartPhase(monitor.public_id, starts, "新增投诉渠道"), SYSTEM)
    run_job(COMPUTE_JOB, monitors=[str(monitor.public_id)])
    points = Monitor.objects.get(pk=monitor.pk).result.document["points"]
    assert points[0]["center"] == pytest.approx(20, abs=6)
    assert points[-1]["center"] == pytest.approx(60, abs=8)
    assert points[-1]["phase"] == 1
    assert points[-1]["rules"] == []
    with refused("monitor_app.phase_not_last", Conflict):
        execute(StartPhase(monitor.public_id, starts - dt.timedelta(weeks=2), "x"), SYSTEM)
    with refused("monitor_app.reason_missing"):
        execute(StartPhase(monitor.public_id, starts + dt.timedelta(weeks=2), " "), SYSTEM)
    undo(done.seq, SYSTEM)
    assert monitor.phases.count() == 1


def test_a_monitor_is_made_once_and_only_of_what_can_be_computed(organisation, metric, add_metric):
    execute(CreateMonitor("complaints", "beijing"), SYSTEM)
    with refused("monitor_app.watched_already", Conflict):
        execute(CreateMonitor("complaints", "beijing"), SYSTEM)
    execute(CreateMonitor("complaints", "beijing", "day"), SYSTEM)
    for wrong in (
        {"period": "hour"},
        {"rules": "mine"},
        {"target_min": 5.0, "target_max": 1.0},
        {"origin": "nothing:1"},
        {"origin": "ticket:nonsense"},
    ):
        with pytest.raises(ActionError):
            execute(CreateMonitor("complaints", "tianjin", **wrong), SYSTEM)
    with pytest.raises(NotFound):
        execute(CreateMonitor("nothing", "tianjin"), SYSTEM)


def test_what_asked_to_keep_watching_leads_to_the_monitor(organisation, metric):
    ticket = execute(OpenTicket("x", "beijing"), SYSTEM).outcome
    origin = reference("ticket", ticket.public_id)
    made = execute(CreateMonitor("complaints", "beijing", origin=origin), SYSTEM).outcome
    after = chain_of(EverythingPolicy(), origin).after
    assert [item.reference for item in after] == [reference("monitor", made.public_id)]


def test_the_proposed_monitors_are_set_up_once(organisation):
    execute(InstallCatalogue(), SYSTEM)
    made = execute(ProposeMonitors(), SYSTEM).outcome
    assert made == Monitor.objects.count() >= 7
    assert Monitor.objects.filter(unit__kind="branch").count() == 3
    assert execute(ProposeMonitors(), SYSTEM).outcome == 0


def test_changing_and_switching_off(organisation, brought):
    brought(complaints())
    monitor = monitor_of()
    person = organisation.person(("supervisor", "north"))
    done = execute(ChangeMonitor(monitor.public_id, "anhoej", None, 90.0, True, person.public_id), SYSTEM)
    monitor.refresh_from_db()
    assert (monitor.rules, monitor.target_max, monitor.owner) == ("anhoej", 90.0, person)
    undo(done.seq, SYSTEM)
    monitor.refresh_from_db()
    assert (monitor.rules, monitor.target_max) == ("western_electric", None)
    stranger = organisation.person(("supervisor", "south"))
    with refused("monitor_app.owner_without_right"):
        execute(ChangeMonitor(monitor.public_id, "anhoej", None, None, False, stranger.public_id), SYSTEM)
    execute(UseMonitor(monitor.public_id, active=False), SYSTEM)
    assert run_job(COMPUTE_JOB)["monitors"] == 0


def test_other_units_see_no_monitor_and_no_alert(organisation, brought):
    brought(complaints())
    monitor = monitor_of()
    alert = Alert.objects.first()
    stranger = Policy(organisation.person(("supervisor", "south")))
    assert not queries.monitors(stranger).exists()
    assert not queries.alerts(stranger).exists()
    with pytest.raises(NotFound):
        queries.one_alert(stranger, alert.public_id)
    actor = organisation.actor(("supervisor", "south"))
    for action in (
        AcknowledgeAlert(alert.public_id),
        CloseAlert(alert.public_id, "x"),
        TicketFromAlert(alert.public_id),
    ):
        with pytest.raises(NotAllowed):
            execute(action, actor)
    analyst = organisation.actor(("analyst", "south"))
    with pytest.raises(NotAllowed):
        execute(UseMonitor(monitor.public_id, active=False), analyst)


def test_an_alert_is_seen_to_silenced_closed_and_opened_again(organisation, brought):
    brought(complaints())
    monitor_of()
    alert = Alert.objects.get(kind="signal")
    actor = organisation.actor(("supervisor", "beijing"))
    rights = actor.policy
    assert queries.alerts(rights, queries.AlertFilter()).first() == alert
    execute(AcknowledgeAlert(alert.public_id), actor)
    alert.refresh_from_db()
    assert (alert.state, alert.owner) == ("acknowledged", actor.person)
    until = timezone.now() + dt.timedelta(days=3)
    for wrong in (timezone.now() - dt.timedelta(days=1), timezone.now() + dt.timedelta(days=200)):
        with refused("monitor_app.silence_out_of_range"):
            execute(SilenceAlert(alert.public_id, wrong, "x"), actor)
    execute(SilenceAlert(alert.public_id, until, "系统割接"), actor)
    assert alert not in queries.alerts(rights, queries.AlertFilter())
    Alert.objects.all()
    later = organisation.person(("supervisor", "north"))
    execute(AssignAlert(alert.public_id, later.public_id), actor)
    with refused("monitor_app.reason_missing"):
        execute(CloseAlert(alert.public_id, ""), actor)
    done = execute(CloseAlert(alert.public_id, "已恢复"), actor)
    with refused("monitor_app.alert_closed", Conflict):
        execute(AcknowledgeAlert(alert.public_id), actor)
    undo(done.seq, actor)
    with refused("monitor_app.alert_not_closed", Conflict):
        execute(ReopenAlert(alert.public_id), actor)
    kinds = [entry.kind for entry in queries.history(alert)]
    assert kinds == ["reopened", "closed", "assigned", "silenced", "acknowledged", "raised"]


def test_a_silence_is_over_by_itself_and_covers_new_runs(organisation, brought, monkeypatch):
    brought(complaints(weeks=WEEKS))
    monitor_of()
    alert = Alert.objects.get(kind="signal")
    execute(SilenceAlert(alert.public_id, timezone.now() + dt.timedelta(days=3), "x"), SYSTEM)
    everything = EverythingPolicy()
    assert alert not in queries.alerts(everything, queries.AlertFilter())
    calm = complaints(weeks=WEEKS)
    rows = calm.splitlines()
    for week, share in ((WEEKS, 0.2), (WEEKS + 1, 0.2), (WEEKS + 2, 0.9)):
        rows += [
            f"beijing-{week}-{row},{MONDAY + dt.timedelta(weeks=week, days=row % 7)} 10:00,app,"
            f"{'complaint' if row < 60 * share else 'praise'},3,意见,beijing"
            for row in range(60)
        ]
    brought("\n".join(rows) + "\n")
    new = Alert.objects.filter(kind="signal").exclude(pk=alert.pk).get()
    assert new.state == "silenced"
    later = timezone.now() + dt.timedelta(days=4)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert {alert, new} <= set(queries.alerts(everything, queries.AlertFilter()))


def test_an_alert_becomes_a_ticket_once(organisation, brought):
    brought(complaints())
    monitor_of()
    alert = Alert.objects.get(kind="signal")
    agent = organisation.actor(("supervisor", "beijing"))
    ticket = execute(TicketFromAlert(alert.public_id, "serious"), agent).outcome
    assert (ticket.unit.code, ticket.source) == ("beijing", reference("alert", alert.public_id))
    alert.refresh_from_db()
    assert alert.state == "acknowledged"
    with refused("monitor_app.already_a_ticket", Conflict):
        execute(TicketFromAlert(alert.public_id), agent)
    found = chain_of(EverythingPolicy(), reference("ticket", ticket.public_id))
    assert [item.kind for item in found.before] == ["monitor", "alert"]


def test_serious_alerts_open_tickets_where_that_is_wanted(organisation, brought):
    brought(complaints())
    monitor_of(ticket_for_serious=True)
    ticket = Ticket.objects.get()
    assert (ticket.level, ticket.source) == (
        "serious",
        reference("alert", Alert.objects.get(kind="signal").public_id),
    )


def test_an_overdue_ticket_is_an_alert_for_the_supervisor(organisation, monkeypatch, work_off):
    supervisor = organisation.person(("supervisor", "north"))
    organisation.person(("supervisor", "south"))
    ticket = execute(OpenTicket("等候太久", "beijing"), SYSTEM).outcome
    later = ticket.resolution_due + dt.timedelta(minutes=1)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: later)
    execute(MarkBreaches(), SYSTEM)
    work_off()
    alerts = Alert.objects.order_by("pk")
    assert [(one.facts["clock"], one.grade, one.owner) for one in alerts] == [
        ("reply", "watch", supervisor),
        ("resolution", "serious", supervisor),
    ]
    before = chain_of(EverythingPolicy(), reference("alert", alerts[0].public_id)).before
    assert [item.number for item in before] == [ticket.number]
    execute(ReplyToCustomer(ticket.public_id, "好了", "phone"), SYSTEM)
    assert run_job(SETTLE_JOB) == {"closed": 2}
    assert run_job(SETTLE_JOB) == {"closed": 0}
    assert set(Alert.objects.values_list("state", flat=True)) == {"closed"}
    assert real() < later
    assert Actor.system("x").person is None


def test_a_formula_that_no_longer_fits_is_said(organisation, brought, metric, monkeypatch):
    from servloop.errors import SpecError
    from servloop_app.monitor import monitor_tasks

    brought(complaints(weeks=4))

    def broken(*_arguments):
        raise SpecError("figures.unknown_column", name="gone", known=[])

    monkeypatch.setattr(monitor_tasks, "PeriodTable", broken)
    result = monitor_of().result
    assert (result.error_code, result.points) == ("figures.unknown_column", 0)


def test_without_facts_there_is_a_chart_without_points(organisation, metric):
    result = monitor_of().result
    assert (result.points, result.state, result.document) == (0, "neutral", {"points": []})
