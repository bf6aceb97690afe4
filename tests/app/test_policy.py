"""Rights: roles × units, deny wins, narrowing only ever intersects."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import AssignRole, CloseUnit, execute
from servloop_app.core.errors import NotAllowed
from servloop_app.core.models import Assignment, OutboxEvent, Person, Unit
from servloop_app.core.permissions import ORGANISATION_WIDE, PERMISSIONS, ROLES
from servloop_app.core.policy import Policy, scoped
from servloop_app.core.units import UnitTree

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def codes(policy, permission):
    return {policy.tree.codes[unit] for unit in policy.units(permission)}


def test_a_role_reaches_over_the_subtree_and_no_further(organisation):
    policy = Policy(organisation.person(("agent", "north")))
    assert codes(policy, "tickets.edit") == {"north", "beijing", "tianjin", "counter"}
    assert policy.may("tickets.edit", organisation.id("counter"))
    assert not policy.may("tickets.edit", organisation.id("head"))
    assert not policy.may("people.edit")


def test_deny_wins_wherever_it_stands(organisation):
    below = Policy(organisation.person(("agent", "head"), ("agent", "beijing", "deny")))
    assert codes(below, "tickets.edit") == {"head", "north", "tianjin", "south", "shanghai"}
    above = Policy(organisation.person(("agent", "beijing"), ("agent", "head", "deny")))
    assert codes(above, "tickets.edit") == set()
    other_role = Policy(organisation.person(("quality_manager", "north"), ("agent", "beijing", "deny")))
    assert codes(other_role, "tickets.edit") == {"north", "tianjin"}
    assert codes(other_role, "goals.edit") == {"north", "tianjin", "beijing", "counter"}


def test_assignments_hold_from_a_day_until_another(organisation):
    person = organisation.person()
    today = TODAY()
    execute(AssignRole(person.public_id, "agent", "north", "allow", today, today + timedelta(days=2)), SYSTEM)
    held = [
        bool(Policy(person, today + timedelta(days=shift)).units("tickets.view")) for shift in (-1, 0, 1, 2)
    ]
    assert held == [False, True, True, False]


def test_nobody_and_the_locked_out_may_nothing(organisation):
    person = organisation.person(("administrator", "head"))
    person.is_active = False
    for policy in (Policy(None), Policy(person), Policy(organisation.person())):
        assert policy.permissions() == frozenset()
        with pytest.raises(NotAllowed):
            policy.require("home.view")


def test_narrowing_intersects(organisation):
    wide = Policy(organisation.person(("quality_manager", "north")))
    narrow = Policy(organisation.person(("analyst", "beijing"), ("agent", "south")))
    both = wide.within(narrow)
    assert codes(both, "feedback.view") == {"beijing", "counter"}
    assert codes(both, "goals.edit") == set()
    token = wide.within(permissions=["goals.edit", "people.edit"])
    assert codes(token, "goals.edit") == codes(wide, "goals.edit")
    assert not token.may("people.edit")
    assert not token.may("feedback.view")
    assert token.within(permissions=["feedback.view"]).permissions() == frozenset()


def test_permissions_over_the_organisation_need_its_root(organisation):
    branch = Policy(organisation.person(("administrator", "beijing")))
    assert branch.may("people.edit")
    assert all(not branch.may(permission) for permission in ORGANISATION_WIDE)
    assert Policy(organisation.person(("administrator", "head"))).may("settings.edit")


def test_administrators_do_not_read_personal_data(organisation):
    policy = Policy(organisation.person(("administrator", "head")))
    assert not policy.may("personal_data.open")
    assert not policy.may("feedback.view")


def test_an_unknown_permission_is_a_defect():
    with pytest.raises(KeyError):
        Policy(None).may("feedback.veiw")


def test_two_queries_whatever_is_asked(organisation, django_assert_num_queries):
    person = organisation.person(
        ("quality_manager", "north"), ("agent", "south"), ("agent", "shanghai", "deny")
    )
    policy = Policy(person)
    with django_assert_num_queries(2):
        for permission in PERMISSIONS:
            policy.may(permission, 1)
            policy.units(permission)


def test_scoped_rows_are_those_of_visible_units(organisation, django_assert_num_queries):
    here, there = organisation.person(home="beijing"), organisation.person(home="shanghai")
    supervisor = organisation.person(("supervisor", "north"), home="north")
    policy = Policy(supervisor)
    assert policy.units("people.view")
    with django_assert_num_queries(1):
        seen = set(scoped(Person, policy, "people.view"))
    assert here in seen
    assert there not in seen
    assert {unit.code for unit in scoped(Unit, policy, "units.view")} == {
        "north",
        "beijing",
        "tianjin",
        "counter",
    }
    assert scoped(Assignment, policy, "roles.view").count() == 0
    everything = Policy(organisation.person(("administrator", "head")))
    assert set(scoped(Person, everything, "people.view")) == set(Person.objects.all())


def test_a_model_says_how_it_belongs_to_a_unit(organisation):
    with pytest.raises(TypeError, match="UNIT_PATH"):
        scoped(OutboxEvent, Policy(None), "feedback.view")


def test_the_scope_of_facts(organisation):
    scope = Policy(organisation.person(("analyst", "north"))).facts("metrics.view")
    assert scope.unit_ids == {"north", "beijing", "tianjin", "counter"}
    assert Policy(organisation.person(("analyst", "head"))).facts("metrics.view").unit_ids is None
    assert Policy(None).facts("metrics.view").unit_ids == frozenset()


def test_closed_units_leave_the_tree_but_not_the_past(organisation):
    tomorrow = TODAY() + timedelta(days=1)
    execute(CloseUnit("counter", tomorrow), SYSTEM)
    assert "counter" in UnitTree.load(TODAY()).codes.values()
    assert "counter" not in UnitTree.load(tomorrow).codes.values()


UNITS = ("head", "north", "south", "beijing", "tianjin", "shanghai", "counter")
PARENT = {
    "north": "head",
    "south": "head",
    "beijing": "north",
    "tianjin": "north",
    "shanghai": "south",
    "counter": "beijing",
}


def above(unit):
    yield unit
    while unit in PARENT:
        unit = PARENT[unit]
        yield unit


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    assigned=st.lists(
        st.tuples(st.sampled_from(sorted(ROLES)), st.sampled_from(UNITS), st.sampled_from(["allow", "deny"])),
        max_size=6,
        unique=True,
    ),
    permission=st.sampled_from(sorted(PERMISSIONS)),
)
def test_the_policy_is_the_definition(organisation, assigned, permission):
    """Allowed = some allow above or here carries the permission, and no deny above or here does."""
    policy = Policy(organisation.person(*assigned))
    for unit in UNITS:
        way = set(above(unit))
        effects = {effect for role, where, effect in assigned if where in way and permission in ROLES[role]}
        assert policy.may(permission, organisation.id(unit)) == (effects == {"allow"})
