"""An invented log: opening business accounts at a bank branch, with one queue that holds half of all waiting."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta

STEPS = {
    "apply": ("提交申请", "Application"),
    "check": ("材料审核", "Document check"),
    "supplement": ("补充材料", "Supplement"),
    "diligence": ("尽职调查", "Due diligence"),
    "approval": ("账户审批", "Approval"),
    "opened": ("开立账户", "Account opened"),
    "ebanking": ("网银激活", "E-banking on"),
    "withdrawn": ("终止", "Withdrawn"),
}
HEADS = {
    "zh": ("工单号", "步骤", "完成时间", "经办人", "部门"),
    "en": ("Case ID", "Activity", "Complete timestamp", "Resource", "Department"),
}
DEPARTMENTS = {
    "zh": {"apply": "柜面", "diligence": "尽调组", "approval": "审批中心"},
    "en": {"apply": "Counter", "diligence": "Due diligence team", "approval": "Approval centre"},
}
OTHER_DEPARTMENT = {"zh": "运营部", "en": "Operations"}
# median hours before a step, by the step and the one before it
HOURS = {"check": 1.8, "supplement": 3.1, "diligence": 26.4, "approval": 5.2, "opened": 2.4, "ebanking": 1.1}
HOURS_BACK = {("supplement", "check"): 21.6, ("approval", "diligence"): 7.9}


def account_opening(language: str, *, cases: int = 300, seed: int = 7) -> bytes:
    """The log as CSV in UTF-8 with a byte order mark, as Excel writes it."""
    draw = random.Random(seed)
    column = 0 if language == "zh" else 1
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS[language])
    for case in range(cases):
        now = datetime(2026, 9, 1, 9, tzinfo=UTC) + timedelta(hours=draw.uniform(0, 24 * 70))
        before = ""
        for step in _path(draw):
            if before:
                hours = HOURS_BACK.get((before, step), HOURS.get(step, 6.0))
                now += timedelta(hours=hours * draw.lognormvariate(0, 0.55))
            department = DEPARTMENTS[language].get(step, OTHER_DEPARTMENT[language])
            person = f"U{draw.randrange(4) + 10 * len(department):03d}"
            writer.writerow(
                (f"KH{case:05d}", STEPS[step][column], f"{now:%Y-%m-%d %H:%M:%S}", person, department)
            )
            before = step
    return text.getvalue().encode("utf-8-sig")


def _path(draw: random.Random) -> list[str]:
    path = ["apply", "check"]
    while draw.random() < 0.3:
        path += ["supplement"]
        if draw.random() < 0.08:
            return [*path, "withdrawn"]
        path += ["check"]
    if draw.random() < 0.03:
        return [*path, "withdrawn"]
    path += ["diligence", "approval"]
    while draw.random() < 0.06:
        path += ["diligence", "approval"]
    if draw.random() < 0.03:
        return [*path, "withdrawn"]
    path += ["opened"]
    if draw.random() < 0.87:
        path += ["ebanking"]
    return path


def worked_hours(*, cases: int = 200, seed: int = 3) -> str:
    """A log with begin and end of each step, people and departments: checks are slow since June, some come back."""
    draw = random.Random(seed)
    lines = ["case_id,activity,start,time,resource,department,channel"]
    teams = {"Receive": "Desk", "Check": "Review", "Decide": "Review", "Inform": "Desk"}
    for case in range(cases):
        now = datetime(2026, 4, 1, 1, tzinfo=UTC) + timedelta(
            hours=24 * draw.randrange(120) + 9 * draw.random()
        )
        path = [
            "Receive",
            "Check",
            *(["Receive", "Check"] if draw.random() < 0.25 else []),
            "Decide",
            "Inform",
        ]
        channel = draw.choice(("web", "phone"))
        for step in path[: 2 if draw.random() < 0.04 else None]:
            slow = 2.5 if step == "Check" and now.month >= 6 else 1.0
            now += timedelta(hours=slow * draw.lognormvariate(0.3, 0.6))
            begin, now = now, now + timedelta(minutes=draw.uniform(5, 40))
            person = f"{teams[step][0]}{draw.randrange(3)}"
            times = f"{begin:%Y-%m-%d %H:%M:%S},{now:%Y-%m-%d %H:%M:%S}"
            lines.append(f"S{case:04d},{step},{times},{person},{teams[step]},{channel}")
    return "\n".join(lines) + "\n"
