"""An action is permission, validation, transaction and one leaf — or nothing at all."""

import time
from dataclasses import dataclass, field

import pytest
from tests.app.organisation import PASSWORD, SYSTEM

from servloop_app.core import audit_log, guard
from servloop_app.core.actions import (
    Action,
    Actor,
    AssignRole,
    CreatePerson,
    CreateUnit,
    MoveUnit,
    RemoveAssignment,
    SetPassword,
    SetPersonActive,
    UpdateUnit,
    actions,
    execute,
    find_unit,
    undo,
)
from servloop_app.core.errors import ActionError, NotAllowed
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import LogLeaf, LogPayload, Person, Unit, UnitPlacement
from servloop_app.trust.queries import verify_log

pytestmark = pytest.mark.django_db
ROWS = 100_000


@dataclass
class RenameAll(Action[int]):
    """A bulk change."""

    name = "test.rename_all"
    permission = "units.edit"
    fail: bool = False
    codes: list[str] = field(default_factory=list)

    def object(self):
        return "unit:*"

    def perform(self, actor):
        changed = Unit.objects.filter(code__in=self.codes).update(name=LocalizedText("新", "New"))
        if self.fail:
            raise ActionError("core.name_missing")
        return changed


@dataclass
class RenameUnits(Action[int]):
    """A change of every row there is."""

    name = "test.rename_units"
    permission = "units.edit"

    def object(self):
        return "unit:*"

    def perform(self, actor):
        return Unit.objects.update(name=LocalizedText("新", "New"))


def test_an_action_leaves_one_leaf_that_names_actor_action_and_object(organisation):
    actor = organisation.actor(("administrator", "head"))
    before = LogLeaf.objects.count()
    done = execute(CreateUnit("wuhan", LocalizedText("武汉", "Wuhan"), "branch", "south"), actor)
    leaf = LogLeaf.objects.get(seq=done.seq)
    assert LogLeaf.objects.count() == before + 1
    assert (leaf.actor, leaf.action, leaf.object) == (actor.reference, "unit.create", "unit:wuhan")
    assert audit_log.read_payload(done.seq)["arguments"]["parent"] == "south"
    assert "武汉" not in leaf.body


def test_a_bulk_action_is_one_leaf(organisation):
    before = LogLeaf.objects.count()
    done = execute(RenameAll(codes=["north", "south", "beijing"]), SYSTEM)
    assert done.outcome == 3
    assert LogLeaf.objects.count() == before + 1


@pytest.mark.slow
def test_a_bulk_action_over_a_hundred_thousand_rows_is_one_leaf(organisation):
    with guard.acting():
        Unit.objects.bulk_create(
            [Unit(code=f"u{number}", name=LocalizedText("旧", "Old"), kind="team") for number in range(ROWS)],
            batch_size=5000,
        )
    before = LogLeaf.objects.count()
    started = time.perf_counter()
    done = execute(RenameUnits(), SYSTEM)
    assert time.perf_counter() - started < 30.0  # one statement; a leaf for each row would take minutes
    assert done.outcome >= ROWS
    assert LogLeaf.objects.count() == before + 1
    assert verify_log().intact


def test_a_failing_action_changes_nothing_and_leaves_no_leaf(organisation):
    before = LogLeaf.objects.count()
    with pytest.raises(ActionError):
        execute(RenameAll(fail=True, codes=["north"]), SYSTEM)
    assert Unit.objects.get(code="north").name == LocalizedText("北区", "North")
    assert LogLeaf.objects.count() == before


def test_without_the_permission_nothing_happens(organisation):
    before = LogLeaf.objects.count()
    actor = organisation.actor(("analyst", "head"))
    made = LogLeaf.objects.count()
    with pytest.raises(NotAllowed):
        execute(CreateUnit("x", LocalizedText("x"), "team", "north"), actor)
    assert LogLeaf.objects.count() == made > before
    assert not Unit.objects.filter(code="x").exists()


def test_a_permission_reaches_as_far_as_its_subtree(organisation):
    actor = organisation.actor(("administrator", "north"))
    execute(CreateUnit("desk", LocalizedText("台"), "team", "counter"), actor)
    for parent in ("head", "south", "shanghai"):
        with pytest.raises(NotAllowed):
            execute(CreateUnit("desk2", LocalizedText("台"), "team", parent), actor)
    with pytest.raises(NotAllowed):  # both ends of a move count
        execute(MoveUnit("desk", "shanghai"), actor)


def test_passwords_never_reach_the_log(organisation):
    person = organisation.person()
    created = execute(CreatePerson("secretive", "head", password=PASSWORD), SYSTEM)
    changed = execute(SetPassword(person.public_id, "Another-horse-8"), SYSTEM)
    for seq in (created.seq, changed.seq):
        assert "password" not in audit_log.read_payload(seq)["arguments"]


def test_undo_is_an_action_of_its_own(organisation):
    done = execute(MoveUnit("counter", "tianjin"), SYSTEM)
    assert done.undoable
    back = undo(done.seq, SYSTEM)
    assert back.seq == done.seq + 1
    assert UnitPlacement.objects.get(unit__code="counter", valid_to=None).parent.code == "beijing"
    renamed = execute(UpdateUnit("north", LocalizedText("华北", "N"), "division"), SYSTEM)
    undo(renamed.seq, SYSTEM)
    assert Unit.objects.get(code="north").name == LocalizedText("北区", "North")
    with pytest.raises(NotAllowed):
        undo(renamed.seq, organisation.actor(("analyst", "head")))


def test_every_way_back_of_people_and_roles_works(organisation):
    person = organisation.person(home="beijing")
    assigned = execute(AssignRole(person.public_id, "agent", "beijing"), SYSTEM)
    undo(assigned.seq, SYSTEM)
    assert not person.assignments.exists()
    again = execute(AssignRole(person.public_id, "agent", "beijing"), SYSTEM)
    removed = execute(RemoveAssignment(again.outcome.public_id), SYSTEM)
    undo(removed.seq, SYSTEM)
    assert person.assignments.get().role == "agent"
    locked = execute(SetPersonActive(person.public_id, active=False), SYSTEM)
    undo(locked.seq, SYSTEM)
    assert Person.objects.get(pk=person.pk).is_active


def test_what_was_erased_cannot_be_undone(organisation):
    from servloop_app.core import guard

    done = execute(MoveUnit("counter", "tianjin"), SYSTEM)
    with guard.maintaining():
        LogPayload.objects.filter(pk=done.seq).delete()
    for seq in (done.seq, 10_000):
        with pytest.raises(ActionError) as error:
            undo(seq, SYSTEM)
        assert error.value.code == "core.cannot_undo"
    assert audit_log.verify([]).intact  # erasing details leaves the tree whole


def test_an_action_does_not_execute_another(organisation):
    @dataclass
    class Nested(Action[None]):
        name = "test.nested"
        permission = ""

        def object(self):
            return "x"

        def perform(self, actor):
            execute(RenameAll(), actor)

    with pytest.raises(RuntimeError, match=r"executed inside test\.nested"):
        execute(Nested(), SYSTEM)


def test_a_preview_changes_nothing(organisation):
    person = organisation.person(("administrator", "head"))
    actor = Actor.of_person(person, "page", preview=True)
    with pytest.raises(ActionError) as error:
        execute(RenameAll(codes=["north"]), actor)
    assert error.value.code == "core.preview_is_read_only"


def test_nobody_locks_themselves_out_and_one_administrator_stays(organisation):
    first = organisation.person(("administrator", "head"))
    with pytest.raises(ActionError) as error:
        execute(SetPersonActive(first.public_id, active=False), Actor.of_person(first, "page"))
    assert error.value.code == "core.not_yourself"
    with pytest.raises(ActionError) as error:
        execute(RemoveAssignment(first.assignments.get().public_id), SYSTEM)
    assert error.value.code == "core.last_administrator"


def test_action_names_are_stable_and_permissions_exist():
    from servloop_app.core.permissions import PERMISSIONS

    known = actions()
    assert {"unit.create", "unit.move", "person.create", "role.assign", "token.issue", "job.cancel"} <= set(
        known
    )
    for name, action in known.items():
        assert name.count(".") == 1
        assert action.permission == "" or action.permission in PERMISSIONS


def test_what_is_refused_says_why(organisation):
    cases = {
        "core.code_invalid": CreateUnit("a b", LocalizedText("x"), "team", "north"),
        "core.code_taken": CreateUnit("south", LocalizedText("x"), "team", "north"),
        "core.name_missing": CreateUnit("x", LocalizedText("  "), "team", "north"),
        "core.choice_unknown": CreateUnit("x", LocalizedText("x"), "galaxy", "north"),
        "core.time_zone_unknown": UpdateUnit("north", LocalizedText("x"), "division", "Mars/Olympus"),
        "core.username_invalid": CreatePerson("a b", "head"),
        "core.email_invalid": CreatePerson("a", "head", email="nobody"),
        "core.password_weak": CreatePerson("a", "head", password="12345678"),
        "core.not_found": CreatePerson("a", "nowhere"),
    }
    for code, action in cases.items():
        with pytest.raises(ActionError) as error:
            execute(action, SYSTEM)
        assert error.value.code == code
        for language in ("en", "zh-CN"):
            assert not error.value.message(language).startswith(code)
    assert find_unit("north").name.en == "North"
