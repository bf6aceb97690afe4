"""The chain of custody: every object says what it came from and what came of it.

Objects are named as in the audit log, ``"<kind>:<public id>"``. An action that makes one object out of another
calls `connect`; a package that keeps such a link in tables of its own names it through `ChainKind.kept`. Each
package registers its kinds in ``AppConfig.ready()``, so that this module knows none of them:

    chain_kinds.add("ticket", ChainKind("ticket", _("Ticket"), 40, "tickets.view", items=chain.tickets))

`chain_of` follows the links both ways and returns what the person may see of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from servloop_app.core.hooks import Registry
from servloop_app.core.models import Link
from servloop_app.core.policy import Policy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A chain is read level by level, one query each; no chain of work is longer, and a page shows no more.
DEEPEST = 10
MOST = 200
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class ChainItem:
    """An object as a chain shows it.

    Attributes:
        reference: ``"<kind>:<public id>"``.
        number: short name that people read out; may be empty.
        title: what it is, in a few words.
        route: name of the address of its page.
        arguments: of that address.
        state: word for its state; may be empty.
        meaning: ``"good"``, ``"watch"``, ``"bad"``, ``"neutral"`` or ``"info"``.
        query: to be put behind the address, with its question mark.
    """

    reference: str
    number: str
    title: StrOrPromise
    route: str
    arguments: tuple[object, ...] = ()
    state: StrOrPromise = ""
    meaning: str = "neutral"
    query: str = ""

    @property
    def kind(self) -> str:
        """The kind of object."""
        return self.reference.partition(":")[0]


@dataclass(frozen=True)
class ChainKind:
    """A kind of object in the chain.

    Attributes:
        name: as in references.
        label: what people call it.
        order: place in the loop; a chain is shown in this order.
        permission: needed to see objects of this kind.
        items: ``(policy, public ids)`` → those of them that the person may see.
        kept: ``(public ids)`` → links that touch these objects and are kept in the package's own tables, as
            (source, target) references; None when it keeps none.
    """

    name: str
    label: StrOrPromise
    order: int
    permission: str
    items: Callable[[Policy, Sequence[UUID]], Iterable[ChainItem]]
    kept: Callable[[Sequence[UUID]], Pairs] | None = None


@dataclass(frozen=True)
class Chain:
    """What an object came from and what came of it, each in the order of the loop."""

    before: tuple[ChainItem, ...]
    after: tuple[ChainItem, ...]


chain_kinds: Registry[ChainKind] = Registry("chain_kinds")


def reference(kind: str, public_id: UUID | str) -> str:
    """How the chain and the audit log name an object."""
    return f"{kind}:{public_id}"


def connect(source: str, target: str) -> None:
    """Put on record that one object led to another; only inside an action, twice counts once."""
    Link.objects.get_or_create(source=source, target=target)


def disconnect(source: str, target: str) -> None:
    """Take a link back; only inside an action."""
    Link.objects.filter(source=source, target=target).delete()


def chain_of(policy: Policy, start: str) -> Chain:
    """Follow the links from an object both ways.

    Whatever the person may not see is left out, and is not passed through either: what lies behind it would tell
    of it.

    Args:
        policy: the person's rights.
        start: reference of the object.
    """
    return Chain(_walk(policy, start, forward=False), _walk(policy, start, forward=True))


def _walk(policy: Policy, start: str, *, forward: bool) -> tuple[ChainItem, ...]:
    found: dict[str, ChainItem] = {}
    seen = {start}
    level = [start]
    for _depth in range(DEEPEST):
        following = {
            target if forward else source
            for source, target in _links(level, forward=forward)
            if (source if forward else target) in seen
        } - seen
        if not following or len(found) >= MOST:
            break
        visible = {item.reference: item for item in _items(policy, following)}
        found |= visible
        seen |= following
        level = list(visible)
    order = {name: (kind.order, name) for name, kind in chain_kinds.items()}
    return tuple(sorted(found.values(), key=lambda item: (order[item.kind], item.number, item.reference)))


def _links(references: Collection[str], *, forward: bool) -> set[tuple[str, str]]:
    wanted = Q(source__in=references) if forward else Q(target__in=references)
    links = set(Link.objects.filter(wanted).values_list("source", "target")[:MOST])
    for name, ids in _by_kind(references).items():
        kept = chain_kinds[name].kept
        if kept is not None:
            links |= {pair for pair in kept(ids) if pair[0 if forward else 1] in references}
    return links


def _items(policy: Policy, references: Collection[str]) -> list[ChainItem]:
    items: list[ChainItem] = []
    for name, ids in _by_kind(references).items():
        kind = chain_kinds[name]
        if policy.may(kind.permission):
            items += kind.items(policy, ids)
    return items


def _by_kind(references: Iterable[str]) -> dict[str, list[UUID]]:
    """Ids by registered kind; what belongs to no installed package is left out."""
    found: dict[str, list[UUID]] = {}
    for one in references:
        kind, _colon, public_id = one.partition(":")
        if kind in chain_kinds:
            found.setdefault(kind, []).append(UUID(public_id))
    return found
