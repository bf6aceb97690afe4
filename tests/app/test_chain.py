"""The chain of custody: what an object came from and what came of it, as far as a person may see."""

import uuid

import pytest
from django.test import RequestFactory
from tests.app.organisation import SYSTEM

from servloop_app.core import chain as module
from servloop_app.core.actions import Action, execute
from servloop_app.core.chain import ChainItem, ChainKind, chain_of, connect, disconnect, reference
from servloop_app.core.errors import WriteOutsideAction
from servloop_app.core.hooks import Registry
from servloop_app.core.models import Link
from servloop_app.core.policy import EverythingPolicy, Policy
from servloop_app.core.routes import set_policy
from servloop_app.web import chain as page

pytestmark = pytest.mark.django_db
A, B, C, D, E = (uuid.UUID(int=n) for n in range(1, 6))


class Connect(Action[None]):
    """Links as other actions make them."""

    name = "test.connect"
    permission = ""

    def __init__(self, *pairs):
        self.pairs = pairs

    def object(self):
        return "test:links"

    def recorded(self):
        return {}

    def perform(self, actor):
        for source, target in self.pairs:
            connect(source, target)


@pytest.fixture
def kinds(monkeypatch):
    """Records led to tickets (kept in a table), tickets to projects; some may not be seen."""
    hidden = set()
    registry = Registry("chain_kinds")

    def items_of(kind):
        def items(policy, ids):
            return [
                ChainItem(reference(kind, one), f"{one.int}", f"{kind} {one.int}", "home")
                for one in ids
                if one not in hidden
            ]

        return items

    kept = lambda ids: [(reference("record", A), reference("ticket", B))]
    registry.add("record", ChainKind("record", "Record", 1, "feedback.view", items_of("record")))
    registry.add("ticket", ChainKind("ticket", "Ticket", 2, "tickets.view", items_of("ticket"), kept))
    registry.add("project", ChainKind("project", "Project", 3, "projects.view", items_of("project")))
    monkeypatch.setattr(module, "chain_kinds", registry)
    monkeypatch.setattr(page, "chain_kinds", registry)
    return hidden


def seen(chain):
    return [item.reference for item in chain.before], [item.reference for item in chain.after]


R, T, P = reference("record", A), reference("ticket", B), reference("project", C)
OTHER = reference("project", D)


def test_a_chain_is_followed_both_ways_in_the_order_of_the_loop(organisation, kinds):
    execute(Connect((T, P), (T, P), (T, OTHER), (P, reference("gone", E))), SYSTEM)
    assert Link.objects.count() == 3
    everything = EverythingPolicy()
    assert seen(chain_of(everything, T)) == ([R], [P, OTHER])
    assert seen(chain_of(everything, P)) == ([R, T], [])
    assert seen(chain_of(everything, reference("ticket", E))) == ([], [])


def test_what_may_not_be_seen_is_neither_shown_nor_passed_through(organisation, kinds):
    execute(Connect((T, P)), SYSTEM)
    kinds.add(B)
    assert seen(chain_of(EverythingPolicy(), P)) == ([], [])
    kinds.clear()
    agent = Policy(organisation.person(("agent", "head")))  # tickets, no projects
    assert seen(chain_of(agent, T)) == ([R], [])
    nobody = Policy(organisation.person())
    assert seen(chain_of(nobody, T)) == ([], [])


def test_a_ring_ends(organisation, kinds):
    execute(Connect((T, P), (P, T)), SYSTEM)
    assert seen(chain_of(EverythingPolicy(), P)) == ([R, T], [T])


def test_links_are_made_and_taken_back_in_actions_only(organisation, kinds):
    with pytest.raises(WriteOutsideAction):
        connect(T, P)
    execute(Connect((T, P)), SYSTEM)
    with pytest.raises(WriteOutsideAction):
        disconnect(T, P)


def test_a_page_groups_its_chain_by_kind_and_folds_many_away(organisation, kinds):
    many = [reference("project", uuid.UUID(int=100 + n)) for n in range(7)]
    execute(Connect(*((T, one) for one in many)), SYSTEM)
    request = RequestFactory().get("/")
    set_policy(request, EverythingPolicy())
    groups = page.chain(request, T)["groups"]
    assert [(str(group.label), group.here, group.total) for group in groups] == [
        ("Record", False, 1),
        ("Ticket", True, 0),
        ("Project", False, 7),
    ]
    assert (len(groups[2].first), len(groups[2].rest)) == (4, 3)
    assert groups[0].first[0].address == "/home/"
