"""The sample bank: its branches and its people. All of it is invented, and the name says so on every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import transaction

from servloop_app.core.actions import (
    Action,
    Actor,
    AssignRole,
    CreatePerson,
    CreateUnit,
    SetPassword,
    SetUpOrganisation,
    execute,
)
from servloop_app.core.errors import Conflict
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Person, Unit, UnitPlacement

Outcome = TypeVar("Outcome")
ROOT = "qinghe"
NAME = LocalizedText("青禾银行（示例）", "Qinghe Bank (sample)")
OPENED = date(2024, 1, 1)  # before the first sample record
BRANCHES = {
    "binjiang": LocalizedText("滨江支行", "Binjiang branch"),
    "jiangnan": LocalizedText("江南支行", "Jiangnan branch"),
    "chengdong": LocalizedText("城东支行", "Chengdong branch"),
    "chengxi": LocalizedText("城西支行", "Chengxi branch"),
    "beiyuan": LocalizedText("北苑支行", "Beiyuan branch"),
    "nanmen": LocalizedText("南门支行", "Nanmen branch"),
    "hubin": LocalizedText("湖滨支行", "Hubin branch"),
    "gaoxin": LocalizedText("高新支行", "Gaoxin branch"),
    "wenjiao": LocalizedText("文教支行", "Wenjiao branch"),
    "lingang": LocalizedText("临港支行", "Lingang branch"),
    "kongang": LocalizedText("空港支行", "Kongang branch"),
    "kejiyuan": LocalizedText("科技园支行", "Kejiyuan branch"),
}
MANAGER, SUPERVISOR, AGENT, EXECUTIVE = "linwen", "zhaomin", "zhouqian", "shenyi"
HOTLINE = ("hotline", LocalizedText("客服热线", "Hotline"))


@dataclass(frozen=True)
class SamplePerson:
    """Somebody to sign in as: one for each role, in the whole bank or in one branch."""

    username: str
    name: str
    role: str
    duty: LocalizedText
    unit: str = ROOT


PEOPLE = (
    SamplePerson("linwen", "林文", "quality_manager", LocalizedText("质量经理", "quality manager")),
    SamplePerson("hejing", "何静", "analyst", LocalizedText("分析师", "analyst")),
    SamplePerson(
        "zhaomin", "赵敏", "supervisor", LocalizedText("滨江主管", "supervisor, Binjiang"), "binjiang"
    ),
    SamplePerson("zhouqian", "周倩", "agent", LocalizedText("滨江客服", "agent, Binjiang"), "binjiang"),
    SamplePerson("shenyi", "沈毅", "executive", LocalizedText("行领导", "executive")),
    SamplePerson("tangke", "唐可", "auditor", LocalizedText("审计员", "auditor")),
    SamplePerson("luyao", "陆遥", "privacy_officer", LocalizedText("个人信息保护", "privacy officer")),
    SamplePerson("admin", "管理员", "administrator", LocalizedText("系统管理员", "administrator")),
)


def set_up(actor: Actor) -> None:
    """Make the bank and its branches, as far as they are missing.

    Raises:
        Conflict: ``demo.another_organisation``: the data folder belongs to somebody's own organisation.
    """
    root = UnitPlacement.objects.filter(parent=None).select_related("unit").first()
    if root is None:
        execute(SetUpOrganisation(ROOT, NAME), actor)
    elif root.unit.code != ROOT:
        raise Conflict("demo.another_organisation", organisation=str(root.unit.name))
    present = set(Unit.objects.values_list("code", flat=True))
    for code, name in BRANCHES.items():
        if code not in present:
            execute(CreateUnit(code, name, Unit.Kind.BRANCH.value, ROOT, OPENED), actor)
    code, name = HOTLINE
    if code not in present:
        execute(CreateUnit(code, name, Unit.Kind.TEAM.value, ROOT, OPENED), actor)


def employ(passwords: Mapping[str, str], actor: Actor, *, renew: bool) -> None:
    """Make the people, as far as they are missing.

    Args:
        passwords: sign-in name → password.
        actor: who does it.
        renew: the old passwords are lost: give people who are there already these ones.
    """
    present = {person.username: person for person in Person.objects.filter(username__in=passwords)}
    for somebody in PEOPLE:
        password = passwords[somebody.username]
        person = present.get(somebody.username)
        if person is None:
            _hire(somebody, password, actor)
        elif renew:
            execute(SetPassword(person.public_id, password), actor)


def _hire(somebody: SamplePerson, password: str, actor: Actor) -> None:
    with transaction.atomic():  # nobody stays without the role
        new = CreatePerson(somebody.username, somebody.unit, somebody.name, password=password)
        person = execute(new, actor).outcome
        execute(AssignRole(person.public_id, somebody.role, somebody.unit), actor)


def do(action: Action[Outcome], username: str = MANAGER) -> Outcome:
    """Carry an action out in the name of one of the sample people."""
    return execute(action, Actor.of_person(Person.objects.get(username=username), "command")).outcome
