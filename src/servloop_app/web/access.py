"""Who may open a page: every view names its permission, and the person behind a request has one policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from servloop_app.core.models import Person
from servloop_app.core.policy import Policy

View = Callable[..., HttpResponseBase]
SIGNED_IN = "signed_in"
PUBLIC = "public"


def policy_of(request: HttpRequest) -> Policy:
    """The rights of the person behind a request, made once per request."""
    policy: Policy | None = getattr(request, "policy", None)
    if policy is None:
        person = request.user
        policy = Policy(person if isinstance(person, Person) else None)
        request.policy = policy  # type: ignore[attr-defined]  # the request carries it for the rest of its life
    return policy


def page(permission: str) -> Callable[[View], View]:
    """Mark a view as a page that needs a permission somewhere.

    `SIGNED_IN` asks only for a sign-in, `PUBLIC` for nothing.

    Where the permission must hold in a certain unit, the view's query or action asks again for that unit.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if permission not in {SIGNED_IN, PUBLIC}:
                policy_of(request).require(permission)
            return view(request, *args, **kwargs)

        protected = guarded if permission == PUBLIC else login_required(guarded)
        protected.permission = permission  # type: ignore[attr-defined]  # read by the test that walks all routes
        return protected

    return decorate
