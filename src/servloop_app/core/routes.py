"""What a route asks of the person, declared on the view and checked before it runs.

Every view carries exactly one declaration; a test walks all routes and fails for one without.

    @policy("people.view", post="people.edit")
    def people(request): ...

    @signed_in("people manage their own sessions")
    def sessions(request): ...

    @public("a customer fills in a form")
    def form(request, key): ...

They work on functions and on view classes. What is inside a page is still read through `scoped` and written by
actions: the route's permission decides whether the page exists for the person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.decorators import method_decorator

from servloop_app.core.actions.base import Actor
from servloop_app.core.errors import NotAllowed
from servloop_app.core.models import Person
from servloop_app.core.permissions import PERMISSIONS
from servloop_app.core.policy import Policy

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "route_policy"
SEE_AS = "see_as"


@dataclass(frozen=True)
class RoutePolicy:
    """What a route asks for.

    Attributes:
        permission: needed for every verb that ``verbs`` does not name; empty for public and signed-in routes.
        verbs: HTTP verb in lower case → permission.
        public: anyone may come, without signing in.
        reason: why no permission is asked for.
    """

    permission: str = ""
    verbs: dict[str, str] = field(default_factory=dict)
    public: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        asked = {self.permission, *self.verbs.values()} - {""}
        if asked - PERMISSIONS:
            msg = f"unknown permissions {sorted(asked - PERMISSIONS)}; they are listed in core/permissions.py"
            raise ValueError(msg)
        if not asked and not self.reason:
            msg = "a route without a permission says why"
            raise ValueError(msg)

    def permission_for(self, verb: str) -> str:
        """The permission for an HTTP verb; HEAD asks what GET asks."""
        verb = "get" if verb.lower() in {"head", "options"} else verb.lower()
        return self.verbs.get(verb, self.permission)

    def admits(self, held: Policy, verb: str) -> bool:
        """Whether someone signed in with these rights may come."""
        permission = self.permission_for(verb)
        return not permission or held.may(permission)

    def require(self, request: HttpRequest) -> None:
        """Go on only when the signed-in person may use the route.

        Raises:
            NotAllowed: they may not.
        """
        verb = request.method or "GET"
        if not self.admits(policy_of(request), verb):
            raise NotAllowed(self.permission_for(verb))


def policy_of(request: HttpRequest) -> Policy:
    """The rights that count for a request, made once: the person's own, narrowed by token or preview."""
    held = getattr(request, "_servloop_policy", None)
    if not isinstance(held, Policy):
        person = request.user if isinstance(request.user, Person) else None
        held = Policy(person)
        watched = preview_of(request)
        if person is not None and watched is not None:
            held = Policy(watched).within(held)
        set_policy(request, held)
    return held


def set_policy(request: HttpRequest, held: Policy) -> None:
    """Narrow the rights of a request (API tokens do)."""
    request._servloop_policy = held  # type: ignore[attr-defined]  # noqa: SLF001  # ours


def preview_of(request: HttpRequest) -> Person | None:
    """Through whose eyes an administrator looks just now, if they do and may."""
    session = getattr(request, "session", None)
    public_id = session.get(SEE_AS) if session is not None else None
    if not public_id or not isinstance(request.user, Person):
        return None
    watched = Person.objects.filter(public_id=public_id, is_active=True).first()
    if watched is None or not Policy(request.user).may("access.preview", watched.unit_id):
        return None
    return watched


def actor_of(request: HttpRequest, channel: str = "page") -> Actor:
    """Who acts in a request; only for signed-in people."""
    person = request.user
    assert isinstance(person, Person)
    previewing = SEE_AS in getattr(request, "session", {})
    return Actor.of_person(person, channel, policy_of(request), preview=previewing)


def declare(view: View, asked: RoutePolicy) -> View:
    """Put a declaration on a view and have it checked at every call."""

    def decorate(inner: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(inner)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not asked.public:
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                asked.require(request)
            return inner(request, *args, **kwargs)

        return checked

    if isinstance(view, type):
        view.dispatch = method_decorator(decorate)(view.dispatch)  # type: ignore[attr-defined]  # a View class
        setattr(view, ATTRIBUTE, asked)
        return view
    guarded = decorate(view)
    setattr(guarded, ATTRIBUTE, asked)
    return guarded  # type: ignore[return-value]  # same signature


def policy(permission: str, **verbs: str) -> Callable[[View], View]:
    """The route needs a permission; ``post="people.edit"`` and the like differ by verb."""
    return lambda view: declare(view, RoutePolicy(permission, verbs))


def signed_in(reason: str) -> Callable[[View], View]:
    """The route is for everybody who signed in; say why no permission is needed."""
    return lambda view: declare(view, RoutePolicy(reason=reason))


def public(reason: str) -> Callable[[View], View]:
    """The route is for anyone; say why."""
    return lambda view: declare(view, RoutePolicy(public=True, reason=reason))


def declared(view: Any) -> RoutePolicy | None:
    """The declaration of a view, whether function or class-based."""
    for candidate in (view, getattr(view, "view_class", None)):
        found = getattr(candidate, ATTRIBUTE, None)
        if isinstance(found, RoutePolicy):
            return found
    return None


def declare_included(module: str, asked: RoutePolicy) -> list[URLPattern | URLResolver]:
    """The routes of another package's URL module, all under one declaration."""
    return [_declared_pattern(pattern, asked) for pattern in import_module(module).urlpatterns]


def _declared_pattern(pattern: URLPattern | URLResolver, asked: RoutePolicy) -> URLPattern | URLResolver:
    if isinstance(pattern, URLPattern):
        return URLPattern(
            pattern.pattern, declare(pattern.callback, asked), pattern.default_args, pattern.name
        )
    inner = [_declared_pattern(item, asked) for item in pattern.url_patterns]
    return URLResolver(pattern.pattern, inner, pattern.default_kwargs, pattern.app_name, pattern.namespace)
