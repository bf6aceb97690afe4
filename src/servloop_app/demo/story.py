"""What the sample bank's people did with what they saw: tickets, a goal, projects with checks, monitors, reports.

All of it is done by actions in the name of the sample people, as anybody would do it on the pages. The three projects
of the past could not declare their checks in time; they are waived and looked at afterwards, and every page says so.
The one that begins now has its check declared and locked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from servloop_app.collect.models import FeedbackRecord, Import
from servloop_app.core.models import Person
from servloop_app.demo import records, story_models, story_tickets
from servloop_app.demo.organisation import EXECUTIVE, MANAGER, ROOT, SUPERVISOR, do
from servloop_app.demo.simulator.world import BRANCHES, PLANTED, Planted
from servloop_app.diagnose.following import followed_log
from servloop_app.improve.actions_project_work import AddProjectAction, AddProjectCost, MoveProjectAction
from servloop_app.improve.actions_projects import AdvanceProject, CloseProject, OpenProject, WaiveCheck
from servloop_app.improve.project_models import Project, ProjectAction
from servloop_app.measure.models import MetricResult
from servloop_app.monitor.actions_monitors import CreateMonitor, ProposeMonitors
from servloop_app.monitor.actions_reports import MakeReports
from servloop_app.monitor.models import Monitor
from servloop_app.monitor.report_models import ReportRun
from servloop_app.plan.actions_goals import SetGoal
from servloop_app.plan.goal_models import Goal
from servloop_app.plan.models import Opportunity
from servloop_app.verify.actions import DeclareCheck, Design, ExploreCheck, JudgeCheck, PlanCheck
from servloop_app.verify.models import EffectCheck

ACCOUNTS = "对公开户"
_IN_PROJECTS = (*PLANTED["courtesy_training"].units, *PLANTED["queue_screens"].units)
OTHERS = tuple(unit for unit in BRANCHES if unit not in _IN_PROJECTS)
LATE = "项目开始时尚未启用平台，未能事先声明检验 / It began before the platform was in use; no check could be declared in time"
REPORT_MONTHS = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))


@dataclass(frozen=True)
class Past:
    """A project of the past, with what it is judged by.

    Attributes:
        planted: what it did to the data.
        title, purpose: in both languages.
        metric: code.
        smallest: smallest effect worth having.
        others: branches without a project to compare with; none for before and after.
        done: what was done.
        costs: kind, what, amount.
        verdict: decision and reason.
    """

    planted: Planted
    title: str
    purpose: str
    metric: str
    smallest: float
    others: tuple[str, ...]
    done: tuple[str, ...]
    costs: tuple[tuple[str, str, str], ...]
    verdict: tuple[str, str]
    watch: bool = False


PAST = (
    Past(
        PLANTED["letter_packaging"],
        "信函换用加固信封 / Stronger envelopes",
        "银行卡和对账单寄到时常有破损。换用加固信封，减少有关信函的投诉。",
        records.LETTERS,
        1.0,
        (),
        ("选定供应商并试寄 500 封", "全行换用新信封", "库存旧信封停用"),
        (("technology", "加固信封采购差价", "186000"), ("people", "选型与试寄", "24000")),
        ("adopt", "换用之后信函投诉明显下降，全行保留，并继续监控 / Complaints about letters fell clearly; kept for good"),
        watch=True,
    ),
    Past(
        PLANTED["courtesy_training"],
        "三家支行文明用语培训 / Courtesy training in three branches",
        "投诉多次提到服务态度。先在城东、城西、北苑三家支行培训，再决定是否推广。",
        "csat",
        3.0,
        OTHERS,
        ("编写情景对话教材", "三家支行全员培训两轮", "神秘顾客回访"),
        (("training", "讲师与教材", "128000"), ("people", "脱产培训工时", "212000")),
        ("adopt", "与未培训的支行相比满意度明显更高，按季度推广到其他支行 / Clearly more satisfied than branches without it; to be rolled out"),
    ),
    Past(
        PLANTED["queue_screens"],
        "两家支行更换叫号屏 / New queue screens in two branches",
        "客户反映叫号屏不动、也没人解释。在南门、湖滨两家支行换屏试点。",
        "csat",
        5.0,
        OTHERS,
        ("采购并安装新叫号屏", "大堂人员使用培训"),
        (("equipment", "叫号屏与安装", "96000"),),
        ("stop", "看不出值得的效果，不再推广；排队问题改从排班入手 / No effect worth having; the queue is to be tackled by staffing"),
    ),
)  # fmt: skip


def ready() -> bool:
    """Whether all records are in and everything that follows from them was computed."""
    return (
        not Import.objects.exclude(state__in=[Import.State.DONE, Import.State.UNDONE]).exists()
        and Import.objects.filter(state=Import.State.DONE).count() >= records.FILES
        and MetricResult.objects.filter(metric__code=records.LETTERS, complete=True, cells__gt=0).exists()
        and FeedbackRecord.objects.exists()
    )


def chapters(*, planted: bool) -> list[Callable[[], None]]:
    """What is to be told, in order; each chapter passes over what is there already."""
    always: list[Callable[[], None]] = [story_tickets.tell, story_models.tell, _monitors, _reports]
    if not planted:
        return always
    return [
        story_tickets.tell,
        story_models.tell,
        _goal_and_project,
        *(_past(one) for one in PAST),
        _monitors,
        _reports,
    ]


def _goal_and_project() -> None:
    """The branch whose document check waits: from the finding to a project with a declared check."""
    title = "尽调排期提速 / Faster scheduling of due diligence"
    if Project.objects.filter(title=title).exists():
        return
    key = f"log:{followed_log(ROOT, ACCOUNTS)}@binjiang"
    opportunity = Opportunity.objects.filter(key=key).first()
    today = timezone.localdate()
    owner = Person.objects.get(username=SUPERVISOR)
    wanted = "滨江支行开户周转时间回到 3 天以内 / Binjiang opens accounts within three days again"
    goal = Goal.objects.filter(title=wanted).first()
    if goal is None:
        goal = do(
            SetGoal(
                metric="turnaround",
                unit_code="binjiang",
                target=3.0 * 86_400,
                deadline=today + dt.timedelta(days=180),
                title=wanted,
                owner=owner.public_id,
                strategy="开户效率是年度重点 / Opening accounts quickly is this year's priority",
                opportunity=opportunity.public_id if opportunity else None,
            )
        )
    project = do(
        OpenProject(
            title=title,
            unit_code="binjiang",
            goals=[goal.public_id],
            owner=owner.public_id,
            purpose="滨江支行的材料审核之后要等尽调组排期，等待是平时的两倍多。与尽调组约定每日固定时段，材料齐全当天排入。",
        )
    )
    for what, days in (
        ("与尽调组约定每日两个固定时段", 7),
        ("材料清单当场核对，齐全才提交", 10),
        ("排期看板上线", 12),
    ):
        do(
            AddProjectAction(project.public_id, what, today + dt.timedelta(days=days), owner.public_id),
            SUPERVISOR,
        )
    do(AddProjectCost(project.public_id, "people", "尽调组每日预留工时", "90000"))
    start = today + dt.timedelta(days=14 - today.weekday())
    design = Design(
        metric="turnaround",
        units=["binjiang"],
        start=start,
        smallest=6 * 3600.0,
        method="did",
        comparison=[unit for unit in OTHERS if unit != "binjiang"],
        grain="week",
        after=12,
        gain=2.5,
    )
    check = do(PlanCheck(project.public_id, design))
    do(DeclareCheck(check.public_id))


def _past(one: Past) -> Callable[[], None]:
    def tell() -> None:
        project = Project.objects.filter(title=one.title).first() or _opened(one)
        check = project.checks.first() or _explored(one, project)
        _judged(one, project, check)

    return tell


def _opened(one: Past) -> Project:
    project = do(OpenProject(title=one.title, unit_code=ROOT, purpose=one.purpose))
    for what in one.done:
        do(AddProjectAction(project.public_id, what, timezone.localdate()))
    for kind, what, amount in one.costs:
        do(AddProjectCost(project.public_id, kind, what, amount, amount))
    do(WaiveCheck(project.public_id, LATE))
    do(AdvanceProject(project.public_id))
    for action in ProjectAction.objects.filter(project=project):
        do(MoveProjectAction(action.public_id, ProjectAction.State.DONE.value))
    return project


def _explored(one: Past, project: Project) -> EffectCheck:
    design = Design(
        metric=one.metric,
        units=list(one.planted.units) if one.others else [ROOT],
        start=one.planted.start,
        smallest=one.smallest,
        method="did" if one.others else "its",
        comparison=list(one.others),
        grain="month",
        after=6,
    )
    check = do(PlanCheck(project.public_id, design))
    do(ExploreCheck(check.public_id))
    return check


def _judged(one: Past, project: Project, check: EffectCheck) -> None:
    """The verdict, when the result is there; it is computed by a job of its own, and this chapter comes again."""
    check.refresh_from_db()
    if check.state == EffectCheck.State.EXPLORATORY and check.results.filter(final=True).exists():
        do(JudgeCheck(check.public_id, *one.verdict))
        check.refresh_from_db()
    if check.state != EffectCheck.State.JUDGED:
        return
    project.refresh_from_db()
    while project.state == Project.State.ACTIVE and project.gate != "act":
        project = do(AdvanceProject(project.public_id))
    if project.state == Project.State.ACTIVE:
        do(CloseProject(project.public_id, one.verdict[1]))
    if one.watch and not Monitor.objects.filter(metric__code=one.metric).exists():
        do(CreateMonitor(one.metric, ROOT, origin=f"check:{check.public_id}"))


def _monitors() -> None:
    if not Monitor.objects.filter(metric__code="complaint_rate", unit__code="hotline").exists():
        do(CreateMonitor("complaint_rate", "hotline", ticket_for_serious=True))
    do(ProposeMonitors())


def _reports() -> None:
    people = [
        person.public_id for person in Person.objects.filter(username__in=[MANAGER, SUPERVISOR, EXECUTIVE])
    ]
    for month in REPORT_MONTHS:
        if not ReportRun.objects.filter(month=month).exists():
            do(MakeReports(month, people))
