"""Columns are recognised in the words of people and of the tools they export from."""

from __future__ import annotations

import polars as pl
import pytest

from servloop.io import recognise_columns

EXPORTS = {
    "xes": (
        "case:concept:name,concept:name,time:timestamp,org:resource,org:group,lifecycle:transition,Activity,Resource",
        "case:concept:name,concept:name,time:timestamp,,org:resource,org:group,lifecycle:transition",
    ),
    "intervals": (
        "case_id,start_time,end_time,creator,variant,activity,resource",
        "case_id,activity,end_time,start_time,resource,,",
    ),
    "disco": (
        "Case ID,Activity,Resource,Start Timestamp,Complete Timestamp,Variant",
        "Case ID,Activity,Complete Timestamp,Start Timestamp,Resource,,",
    ),
    "celonis": ("_CASE_KEY,ACTIVITY_EN,EVENTTIME,USER_NAME", "_CASE_KEY,ACTIVITY_EN,EVENTTIME,,USER_NAME,,"),
    "jira": ("Issue key,Status,Updated,Assignee,Summary", "Issue key,Status,Updated,,Assignee,,"),
    "servicenow": (
        "number,state,sys_updated_on,assigned_to,assignment_group",
        "number,state,sys_updated_on,,assigned_to,assignment_group,",
    ),
    "zendesk": (
        "Ticket ID,Event type,Created at,Agent,Group",
        "Ticket ID,Event type,Created at,,Agent,Group,",
    ),
    "chinese": (
        "案件编号,环节,完成时间,开始时间,经办人,科室",
        "案件编号,环节,完成时间,开始时间,经办人,科室,",
    ),
    "chinese tickets": ("工单号,步骤,处理时间,处理人,处理部门", "工单号,步骤,处理时间,,处理人,处理部门,"),
    "chinese flows": ("流程编号,节点名称,时间,操作人,部门", "流程编号,节点名称,时间,,操作人,部门,"),
    "only starts": ("工单编号,活动,开始时间", "工单编号,活动,开始时间,,,,"),
    "full width and case": ("ＣＡＳＥ－ＩＤ,ACTIVITY,TimeStamp", "ＣＡＳＥ－ＩＤ,ACTIVITY,TimeStamp,,,,"),
}
ROLES = ("case", "activity", "timestamp", "start", "resource", "group", "lifecycle")


@pytest.mark.parametrize("export", EXPORTS)
def test_common_exports(export: str) -> None:
    names, expected = (text.split(",") for text in EXPORTS[export])
    assert recognise_columns(names) == {
        role: column for role, column in zip(ROLES, expected, strict=True) if column
    }


def test_order_of_columns_does_not_matter() -> None:
    for names, _ in EXPORTS.values():
        columns = names.split(",")
        assert recognise_columns(columns[::-1]) == recognise_columns(columns)


def test_equally_good_columns_are_left_open() -> None:
    assert recognise_columns(["环节", "步骤", "工单号", "时间"]) == {"case": "工单号", "timestamp": "时间"}


def test_sample_decides_which_column_is_a_time() -> None:
    sample = pl.DataFrame({"created": ["by hand"], "updated": ["2025-01-02 10:00"], "started": ["yes"]})
    assert recognise_columns(sample.columns, sample) == {"timestamp": "updated"}


def test_order_column_must_hold_distinct_whole_numbers() -> None:
    good = pl.DataFrame({"序号": ["2", "1"]})
    assert recognise_columns(good.columns, good) == {"seq": "序号"}
    for values in (["1", "1"], ["1", None], ["a", "b"]):
        bad = pl.DataFrame({"序号": values})
        assert recognise_columns(bad.columns, bad) == {}
