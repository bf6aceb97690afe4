"""The organisation in which the browser tests walk: a bank with three branches, made by actions like any other."""

from __future__ import annotations

import django

PASSWORD = "Correct-horse-7"
UNITS = (
    ("binjiang", "滨江支行", "Binjiang branch"),
    ("jiangnan", "江南支行", "Jiangnan branch"),
    ("hotline", "客服热线", "Hotline"),
)
# sign-in name, name, home unit, roles there
PEOPLE = (
    ("linwen", "林文", "qinghe", ("administrator", "quality_manager", "auditor", "privacy_officer")),
    ("zhouqian", "周倩", "binjiang", ("analyst",)),
    ("wangmin", "王敏", "binjiang", ("agent",)),
    ("chenhao", "陈皓", "jiangnan", ()),
)


def build() -> None:
    """Make it, in an empty work database."""
    from servloop_app.core.actions import (
        Actor,
        AssignRole,
        CreatePerson,
        CreateUnit,
        SetUpOrganisation,
        execute,
    )
    from servloop_app.core.localized import LocalizedText

    system = Actor.system("tests", "command")
    execute(SetUpOrganisation(code="qinghe", title=LocalizedText("青禾银行", "Qinghe Bank")), system)
    for code, zh, en in UNITS:
        execute(CreateUnit(code=code, title=LocalizedText(zh, en), kind="branch", parent="qinghe"), system)
    for username, name, unit, roles in PEOPLE:
        new = CreatePerson(username=username, unit_code=unit, full_name=name, password=PASSWORD)
        person = execute(new, system).outcome
        for role in roles:
            execute(AssignRole(person=person.public_id, role=role, unit_code=unit), system)


if __name__ == "__main__":
    django.setup()
    build()
