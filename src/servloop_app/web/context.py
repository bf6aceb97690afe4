"""What every template knows: the frame of the page around it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise, cached_property

from servloop_app.core.models import Person, Unit
from servloop_app.core.policy import Policy
from servloop_app.core.routes import policy_of, preview_of
from servloop_app.web import menu
from servloop_app.web.demo import planted

THEME_COOKIE = "servloop_theme"


class Shell:
    """The frame of one page; computed when a template asks, so that error pages need no database."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def theme(self) -> str:
        """``light`` or ``dark`` as chosen; empty lets the system decide."""
        chosen = self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in {"light", "dark"} else ""

    @property
    def stage_names(self) -> list[str | Promise]:
        """The loop, for pages before sign-in."""
        return [stage.label for stage in menu.STAGES]

    @cached_property
    def policy(self) -> Policy:
        """The rights of the person behind the request."""
        return policy_of(self.request)

    @cached_property
    def menu(self) -> menu.Menu:
        """What this person may open, with the current page marked."""
        return menu.menu_for(self.policy, self.request.path)

    @cached_property
    def organisation(self) -> str:
        """The name of the whole organisation; the product's before it is set up."""
        root = self._root
        return str(root.name) if root else "ServLoop"

    @cached_property
    def scope(self) -> str:
        """The units whose figures this person sees: it decides what all figures mean."""
        tops = self._tops
        if not tops:
            return ""
        names = Unit.objects.filter(pk__in=tops).order_by("sort_key")[:3]
        return ", ".join(str(unit.name) for unit in names)

    @cached_property
    def initials(self) -> str:
        """One Chinese or up to two Latin letters for the round mark of a person."""
        words = str(self.request.user).split()
        if not words:
            return "?"
        if not words[0][0].isascii():
            return words[0][0]
        return "".join(word[0] for word in words[:2]).upper()

    @cached_property
    def sample(self) -> bool:
        """Whether these are the sample bank's data: every page says so."""
        return planted.noted() is not None

    @cached_property
    def preview(self) -> Person | None:
        """Through whose eyes this page is shown, if not through one's own."""
        return preview_of(self.request)

    @cached_property
    def _root(self) -> Unit | None:
        return Unit.objects.filter(pk=self.policy.tree.root).first() if self.policy.tree.root else None

    @cached_property
    def _tops(self) -> list[int]:
        """Visible units whose parent is not visible."""
        seen = self.policy.units("units.view") | self.policy.units("home.view")
        parents = self.policy.tree.parents
        return [unit for unit in seen if parents.get(unit) not in seen]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"shell": Shell(request)}
