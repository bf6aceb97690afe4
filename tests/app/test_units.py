"""The tree of units changes from a day on and never bites its own tail."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import (
    CloseUnit,
    CreateUnit,
    MoveUnit,
    RemoveUnit,
    SetUpOrganisation,
    execute,
)
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import UnitPlacement
from servloop_app.core.units import UnitTree, tree_lines

pytestmark = pytest.mark.django_db
CODES = ["north", "south", "beijing", "tianjin", "shanghai", "counter"]


def parent_on(code, day):
    tree = UnitTree.load(day)
    names = {name: unit for unit, name in tree.codes.items()}
    above = tree.parents[names[code]]
    return None if above is None else tree.codes[above]


def refused(action):
    with pytest.raises(ActionError) as error:
        execute(action, SYSTEM)
    return error.value.code


def test_a_move_counts_from_its_day_and_the_past_stays(organisation):
    today = timezone.localdate()
    later = today + timedelta(days=10)
    execute(MoveUnit("counter", "shanghai", later), SYSTEM)
    assert parent_on("counter", today) == "beijing"
    assert parent_on("counter", later - timedelta(days=1)) == "beijing"
    assert parent_on("counter", later) == "shanghai"
    assert refused(MoveUnit("counter", "tianjin", today)) == "core.before_last_change"


def test_what_cannot_be(organisation):
    today = timezone.localdate()
    later = today + timedelta(days=1)
    assert refused(SetUpOrganisation("other", LocalizedText("x"))) == "core.organisation_exists"
    assert refused(MoveUnit("north", "counter", today)) == "core.unit_below_itself"
    assert refused(MoveUnit("head", "north", today)) == "core.root_stays"
    assert refused(MoveUnit("north", "head", today)) == "core.already_there"
    assert refused(CloseUnit("north", later)) == "core.unit_has_children"
    assert refused(CloseUnit("head", later)) == "core.root_stays"
    assert refused(RemoveUnit("north")) == "core.unit_in_use"
    assert refused(RemoveUnit("head")) == "core.root_stays"
    organisation.person(home="counter")
    assert refused(RemoveUnit("counter")) == "core.unit_in_use"
    execute(CloseUnit("counter", later), SYSTEM)
    assert (
        refused(CreateUnit("desk", LocalizedText("x"), "team", "counter", later)) == "core.parent_not_in_tree"
    )
    assert refused(CloseUnit("counter", later)) == "core.unit_closed"


def test_a_future_move_is_seen_by_a_move_before_it(organisation):
    """Beijing goes below shanghai in ten days: shanghai cannot go below beijing today."""
    today = timezone.localdate()
    execute(MoveUnit("beijing", "shanghai", today + timedelta(days=10)), SYSTEM)
    assert refused(MoveUnit("shanghai", "counter", today)) == "core.unit_below_itself"


def test_lines_of_a_tree_are_in_the_order_of_their_names(organisation):
    tree = UnitTree.load(timezone.localdate())
    lines = [(line.unit.code, line.depth) for line in tree_lines(tree, frozenset(tree.codes))]
    assert lines == [
        ("head", 0),
        ("north", 1),
        ("beijing", 2),
        ("counter", 3),
        ("tianjin", 2),
        ("south", 1),
        ("shanghai", 2),
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(CODES), st.sampled_from([*CODES, "head"]), st.integers(0, 3)), max_size=12
    )
)
def test_whatever_is_moved_the_tree_stays_a_tree(organisation, moves):
    today = timezone.localdate()
    for code, parent, days in moves:
        try:
            execute(MoveUnit(code, parent, today + timedelta(days=days)), SYSTEM)
        except ActionError:
            continue
    for days in range(5):
        tree = UnitTree.load(today + timedelta(days=days))
        assert set(tree.codes.values()) == {"head", *CODES}
        assert set(tree.subtree(tree.root)) == set(tree.codes)
        assert len(list(tree.subtree(tree.root))) == len(tree.codes)
    assert UnitPlacement.objects.filter(valid_to=None).count() == len(CODES) + 1
