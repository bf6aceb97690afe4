"""Writes outside actions are impossible, whichever way one tries."""

import ast

import pytest
from django.db import connection, transaction
from django.db.models import F
from tests.conftest import ROOT

from servloop_app.core import guard
from servloop_app.core.errors import WriteOutsideAction
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import Assignment, LogLeaf, Person, Unit

pytestmark = pytest.mark.django_db
APPLICATION = ROOT / "src" / "servloop_app"


def _raw(sql):
    def attempt(unit):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return attempt


def _bulk_update(unit):
    unit.kind = "team"
    Unit.objects.bulk_update([unit], ["kind"])


def _executemany(unit):
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE core_unit SET kind = %s WHERE id = %s", [("team", unit.pk)])


ATTEMPTS = {
    "save": lambda unit: unit.save(),
    "save new": lambda unit: Unit(code="x", kind="team").save(),
    "create": lambda unit: Unit.objects.create(code="x", name=LocalizedText("x"), kind="team"),
    "get_or_create": lambda unit: Unit.objects.get_or_create(code="x"),
    "update_or_create": lambda unit: Unit.objects.update_or_create(code="north", defaults={"kind": "team"}),
    "update": lambda unit: Unit.objects.update(kind="team"),
    "update with F": lambda unit: Unit.objects.filter(pk=unit.pk).update(code=F("kind")),
    "bulk_create": lambda unit: Unit.objects.bulk_create([Unit(code="x", kind="team")]),
    "bulk_create, conflicts": lambda unit: Unit.objects.bulk_create([Unit(code="x")], ignore_conflicts=True),
    "bulk_update": _bulk_update,
    "delete": lambda unit: Unit.objects.get(code="counter").delete(),
    "query delete": lambda unit: Assignment.objects.all().delete(),
    "raw delete": lambda unit: Unit.objects.all()._raw_delete("default"),
    "related manager": lambda unit: unit.people.create(username="x"),
    "password": lambda unit: Person(username="x").save(),
    "raw insert": _raw("INSERT INTO core_unit (code) VALUES ('x')"),
    "raw update": _raw("update core_unit set kind = 'team'"),
    "raw update, quoted": _raw("UPDATE \"core_unit\" SET kind = 'team'"),
    "raw delete, comment": _raw("/* SELECT */ DELETE FROM core_assignment"),
    "raw delete, line comment": _raw("-- SELECT\nDELETE FROM core_assignment"),
    "common table": _raw("WITH x AS (SELECT 1) DELETE FROM core_assignment"),
    "second statement": _raw("SELECT 1; DELETE FROM core_assignment"),
    "executemany": _executemany,
    "log leaf": lambda unit: LogLeaf.objects.all().delete(),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_write_outside_an_action_is_refused(organisation, name):
    unit = Unit.objects.get(code="north")
    before = (Unit.objects.count(), Assignment.objects.count(), unit.kind)
    with pytest.raises(WriteOutsideAction), transaction.atomic():
        ATTEMPTS[name](unit)
    assert (Unit.objects.count(), Assignment.objects.count(), Unit.objects.get(code="north").kind) == before


def test_rows_of_the_log_cannot_be_changed_even_in_an_action(organisation):
    for attempt in (
        lambda: LogLeaf.objects.filter(seq=0).update(action="x"),
        lambda: LogLeaf.objects.filter(seq=0).delete(),
    ):
        with pytest.raises(WriteOutsideAction), transaction.atomic(), guard.acting():
            attempt()


def test_opening_a_table_opens_no_other(organisation):
    with guard.opening("core_session"), pytest.raises(WriteOutsideAction):
        Unit.objects.update(kind="team")


def test_reads_and_locks_pass(organisation):
    with transaction.atomic():
        assert Unit.objects.select_for_update().filter(code="north").exists()
    assert list(Unit.objects.filter(code="update core_unit set kind")) == []


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('SELECT "core_unit"."id" FROM "core_unit" FOR UPDATE OF "core_unit"', set()),
        ("INSERT OR REPLACE INTO core_unit VALUES (1)", {"core_unit"}),
        ("REPLACE INTO core_unit VALUES (1)", {"core_unit"}),
        ("DELETE FROM ONLY core_unit", {"core_unit"}),
        ("TRUNCATE TABLE core_unit", {"core_unit"}),
        ("MERGE INTO core_unit USING x ON true", {"core_unit"}),
        ("COPY core_unit FROM STDIN", {"core_unit"}),
        ("EXPLAIN ANALYZE DELETE FROM core_unit", {"core_unit"}),
        ("WITH gone AS (DELETE FROM core_unit RETURNING id) SELECT id FROM gone", {"core_unit"}),
        ("INSERT INTO a SELECT 1 ON CONFLICT DO UPDATE SET b = 2", {"a"}),
        ("SAVEPOINT x", set()),
        ("DO $$ BEGIN PERFORM 1; END $$", {"?"}),
    ],
)
def test_what_a_statement_writes(sql, tables):
    assert guard.written_tables(sql) == tables


def _names_in(source):
    """Attributes that a source uses: by their own name, and with the name before them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            yield node.attr
            owner = node.value
            if isinstance(owner, ast.Name | ast.Attribute):
                yield f"{owner.id if isinstance(owner, ast.Name) else owner.attr}.{node.attr}"


PAST_THE_GUARD = {
    "executescript",
    "copy_expert",
    "copy_from",
    "copy_to",
    "cursor.copy",
    "cursor.cursor",
    "connection.connection",
    "connection.execute_wrappers",
}


def test_nothing_goes_past_the_guard_through_the_driver():
    """Scripts and bulk copies of the drivers are not seen by Django's cursors; only the guard touches its hook."""
    found = {
        (path.relative_to(APPLICATION).as_posix(), name)
        for path in APPLICATION.rglob("*.py")
        for name in PAST_THE_GUARD & set(_names_in(path.read_text(encoding="utf-8")))
    }
    assert found == {("core/guard.py", "connection.execute_wrappers")}
    tried = set(_names_in("cursor.executescript(x)\ncursor.copy(x)\nself.connection.connection.execute(x)"))
    assert {"executescript", "cursor.copy", "connection.connection"} <= tried
