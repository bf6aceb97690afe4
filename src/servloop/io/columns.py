"""Which column is the case, the step, the time: recognised by name, in English and Chinese.

Names are those of the XES standard (IEEE 1849), of common exports (Celonis, Disco, Jira, ServiceNow, Zendesk,
Freshdesk) and of everyday Chinese and English tables. Within a role, an earlier group beats a later one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from servloop.errors import InputError

ROLES = ("case", "activity", "timestamp", "start", "resource", "group", "lifecycle", "seq")
REQUIRED = ("case", "activity", "timestamp")

_NAMES: dict[str, tuple[str, ...]] = {
    "case": (
        "case:concept:name",
        "case id|caseid|case_id|case key|_case_key|案件编号|案例编号|案例id|流程编号|流程实例编号|流程实例id",
        (
            "case|case number|case no|ticket id|ticket number|ticket no|issue key|issue id|incident number|incident id"
            "|request id|request number|order id|order number|process instance id|工单号|工单编号|工单id|单号|案件号"
            "|事件单号|受理编号|受理号|业务编号|业务流水号|办件编号|服务单号|投诉编号|申请编号|订单号|订单编号"
        ),
        "ticket|number|key|incident|trace|trace id|trace_id|id|编号|案件|工单",
    ),
    "activity": (
        "concept:name",
        "activity|activity name|activity en|_activity|活动|活动名称|环节|环节名称|步骤|步骤名称|节点|节点名称|流程节点|流程环节",
        "task|task name|event name|event type|step|step name|operation|任务|任务名称|操作|操作名称|工序|动作|事件|事件名称|办理环节",
        "event|action|status|to status|new status|state|new value|stage|状态|阶段",
    ),
    "timestamp": (
        "time:timestamp",
        (
            "timestamp|complete timestamp|completion timestamp|end timestamp|end time|endtime|end_time|complete time"
            "|completion time|finish time|eventtime|event time|完成时间|结束时间|办结时间|时间戳|完成时刻"
        ),
        "time|datetime|date time|event timestamp|event date|时间|发生时间|操作时间|办理时间|处理时间|记录时间|日期时间",
        (
            "date|created|created at|updated|updated at|sys_created_on|sys_updated_on|opened at|changed at|finished"
            "|ended|completed|提交时间|创建时间|更新时间|提交答卷时间|日期"
        ),
    ),
    "start": (
        "start_timestamp|start timestamp|time:start_timestamp",
        "start time|starttime|start_time|started at|begin time|begin timestamp|开始时间|起始时间|开始时刻|接收时间",
        "start|started|start date|begin|开始|受理时间|到达时间",
    ),
    "resource": (
        "org:resource",
        (
            "resource|user|user name|username|agent|assignee|assigned to|handler|performer|originator|处理人|经办人|办理人"
            "|操作人|执行人|处理人员|经办人员|操作员|受理人|责任人|坐席|客服"
        ),
        "employee|staff|owner|author|operator|worker|changed by|updated by|user id|员工|人员|工号|资源|负责人",
    ),
    "group": (
        "org:group",
        (
            "department|group|team|assignment group|workgroup|support group|org unit|organizational unit"
            "|部门|科室|处理部门|经办部门|办理部门|所属部门|承办部门|处室|组别|班组|团队"
        ),
        "org|organisation|organization|role|org:role|branch|office|unit|机构|单位|网点|岗位|角色",
    ),
    "lifecycle": (
        "lifecycle:transition",
        "lifecycle|lifecycle transition|transition|event lifecycle|生命周期|生命周期状态",
    ),
    "seq": ("seq|sequence|sequence number|seq no|event index|event number|序号|顺序号|事件序号",),
}


def plain_name(name: str) -> str:
    """A name without case, width, and the differences between space, underscore and hyphen."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    return re.sub(r"[\s_\-./]+", " ", text).strip()


_RANKS: Mapping[str, Mapping[str, int]] = {
    role: {
        plain_name(name): rank
        for rank, group in reversed(list(enumerate(groups)))
        for name in group.split("|")
    }
    for role, groups in _NAMES.items()
}


def candidates(names: Sequence[str]) -> dict[str, list[str]]:
    """Role -> columns of the best matching group of names; more than one is an ambiguity."""
    found: dict[str, list[str]] = {}
    for role, ranks in _RANKS.items():
        ranked = [(ranks[plain], name) for name in names if (plain := plain_name(name)) in ranks]
        best = min((rank for rank, _ in ranked), default=None)
        if best is not None:
            found[role] = [name for rank, name in ranked if rank == best]
    return found


def recognise_columns(names: Sequence[str], sample: pl.DataFrame | None = None) -> dict[str, str]:
    """Role -> column, for the roles case, activity, timestamp, start, resource, group, lifecycle (and seq).

    A role is left out when no column or more than one equally good column fits. A table whose only time is a
    start uses it as the timestamp.

    Args:
        names: the columns of the table.
        sample: some rows; where given, columns that hold times are preferred for times, and a column is
            taken as the order of rows only when it holds distinct whole numbers.
    """
    found = candidates(names)
    if sample is not None:
        found["start"] = [name for name in found.get("start", ()) if _holds_times(sample[name])]
        # A column named like the time without a readable one stays, so that its values are complained about.
        named = found.get("timestamp", [])
        found["timestamp"] = [name for name in named if _holds_times(sample[name])] or named
        found["seq"] = [name for name in found.get("seq", ()) if _numbers_rows(sample[name])]
    chosen = {role: columns[0] for role, columns in found.items() if len(columns) == 1}
    if "timestamp" not in chosen and not found.get("timestamp") and "start" in chosen:
        chosen["timestamp"] = chosen.pop("start")
    return {role: chosen[role] for role in ROLES if role in chosen}


def _holds_times(values: pl.Series) -> bool:
    from servloop.io.times import looks_like_times

    return looks_like_times(values.head(100))


def _numbers_rows(values: pl.Series) -> bool:
    if values.dtype == pl.String:
        values = values.cast(pl.Int64, strict=False)
    return values.dtype.is_integer() and values.null_count() == 0 and values.is_unique().all()


def resolve_columns(frame: pl.DataFrame, given: Mapping[str, str | None], file: str) -> dict[str, str]:
    """Role -> column from the person's choice, completed by recognition.

    Raises:
        InputError: ``io.no_such_column`` for a given column that is not there,
            ``io.ambiguous_<role>_column`` and ``io.missing_<role>_column`` with the option to give for a required
            role that cannot be told.
    """
    chosen = {role: column for role, column in given.items() if column is not None}
    for column in chosen.values():
        if column not in frame.columns:
            raise InputError("io.no_such_column", file=file, column=column, columns=frame.columns)
    free = [name for name in frame.columns if name not in chosen.values()]
    recognised = recognise_columns(free, frame)
    if "timestamp" in chosen and recognised.get("timestamp") == chosen.get("start"):
        recognised.pop("timestamp", None)
    columns = {**recognised, **chosen}
    options = candidates(free)
    for role in REQUIRED:
        if role in columns:
            continue
        kind = "ambiguous" if len(options.get(role, ())) > 1 else "missing"
        raise InputError(
            f"io.{kind}_{role}_column",
            file=file,
            columns=frame.columns,
            options=options.get(role, []),
            option=f"--{role}",
        )
    return {role: columns[role] for role in ROLES if role in columns}
