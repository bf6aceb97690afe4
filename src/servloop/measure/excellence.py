"""Operational-excellence self-assessment: five areas in our own statements.

Areas as the practice documents name them: customer focus, operational excellence, human-capital development, process
management, business results. Every statement is answered 1 (not at all) to 5 (everywhere, and improving).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from servloop.measure.excellence_form import FormScore, Statement, score_form

SCALE = (1.0, 5.0)

AREAS = {
    "customer": ("以客户为中心", "Customer focus"),
    "operation": ("卓越运营", "Operational excellence"),
    "people": ("人力资本发展", "Human-capital development"),
    "process": ("流程管理", "Process management"),
    "results": ("经营成果", "Business results"),
}

STATEMENTS = (
    Statement("customer1", "customer", "我们定期了解客户真正需要什么。", "We find out regularly what customers really need."),
    Statement("customer2", "customer", "客户的意见会变成看得见的改进。", "What customers tell us becomes improvement that they can see."),
    Statement("customer3", "customer", "各渠道向客户作出同样的承诺并兑现。", "All channels promise customers the same and keep it."),
    Statement("operation1", "operation", "服务标准清楚、可测量，人人知道。", "Service standards are clear, measurable and known to all."),
    Statement("operation2", "operation", "差错和等待在当天就能被发现。", "Errors and waiting are noticed on the same day."),
    Statement("operation3", "operation", "我们持续减少浪费与重复工作。", "We keep reducing waste and repeated work."),
    Statement("people1", "people", "员工具备岗位所需的技能，并不断更新。", "Staff have the skills their work needs and renew them."),
    Statement("people2", "people", "一线员工有权当场解决客户的问题。", "Front-line staff may solve a customer's problem on the spot."),
    Statement("people3", "people", "员工的建议得到答复和奖励。", "Suggestions of staff are answered and rewarded."),
    Statement("process1", "process", "每个关键流程都有负责人。", "Every key process has an owner."),
    Statement("process2", "process", "流程按数据而不是按印象改进。", "Processes are improved by data, not by impression."),
    Statement("process3", "process", "部门之间的交接不会丢失信息。", "Hand-overs between departments lose no information."),
    Statement("results1", "results", "我们知道服务质量对收入和成本的影响。", "We know what service quality does to revenue and cost."),
    Statement("results2", "results", "目标达成情况与同行标杆作比较。", "Results are compared with targets and with peers."),
    Statement("results3", "results", "改进的效果在结案前得到证实。", "The effect of an improvement is proven before it is closed."),
)  # fmt: skip


def self_assessment(
    frame: Any, *, columns: Mapping[str, str] | None = None, weights: Mapping[str, float] | None = None
) -> FormScore:
    """Score answered self-assessments.

    Args:
        frame: any data frame, one row a respondent.
        columns: statement code → column; the codes themselves when not given.
        weights: area → weight; equal when not given.

    Raises:
        SpecError: as `score_form`.
    """
    return score_form(frame, "excellence", AREAS, STATEMENTS, scale=SCALE, columns=columns, weights=weights)


def maturity(score: float) -> int:
    """Level 1 … 5 of a score 0 … 100: the nearest answer of the form."""
    return min(5, int(1 + score / 25 + 0.5))
