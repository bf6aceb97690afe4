"""The chain of custody on a page: what the object came from, where we are, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse

from servloop_app.core.chain import ChainItem, chain_kinds, chain_of
from servloop_app.core.routes import policy_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHOWN = 4  # of one kind, before the rest folds away


@dataclass(frozen=True)
class Shown:
    """An object of the chain with its address."""

    item: ChainItem
    address: str


@dataclass(frozen=True)
class Group:
    """The objects of one kind that stand next to each other in the chain."""

    label: StrOrPromise
    first: list[Shown] = field(default_factory=list)
    rest: list[Shown] = field(default_factory=list)
    here: bool = False

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.first) + len(self.rest)


def chain(request: HttpRequest, reference: str) -> dict[str, object]:
    """Context of the chain's part for the object of a page.

    Args:
        request: whose rights count.
        reference: ``"<kind>:<public id>"`` of the page's own object.
    """
    found = chain_of(policy_of(request), reference)
    here = Group(chain_kinds[reference.partition(":")[0]].label, here=True)
    return {"groups": [*_groups(found.before), here, *_groups(found.after)]}


def _groups(items: Iterable[ChainItem]) -> list[Group]:
    groups = []
    for kind, members in groupby(items, key=lambda item: item.kind):
        shown = [Shown(item, reverse(item.route, args=item.arguments) + item.query) for item in members]
        groups.append(Group(chain_kinds[kind].label, shown[:SHOWN], shown[SHOWN:]))
    return groups
