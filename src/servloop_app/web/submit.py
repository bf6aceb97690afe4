"""From a form to an action and back: what the action refuses stands in the form, in words."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from servloop.errors import ServLoopError
from servloop_app.core.actions import Action, Done, execute
from servloop_app.core.errors import NotAllowed, NotFound
from servloop_app.core.routes import actor_of
from servloop_app.web.errors import sentence

Outcome = TypeVar("Outcome")


def submit(
    request: HttpRequest, action: Action[Outcome], said: str = "", form: forms.Form | None = None
) -> Done[Outcome] | None:
    """Carry out an action for the person behind a request.

    Args:
        request: whose rights count.
        action: what to do.
        said: the sentence that confirms it.
        form: where a refusal is shown; without a form it is a message.

    Returns:
        What came of it; None when it was refused.
    """
    try:
        done = execute(action, actor_of(request))
    except (NotAllowed, NotFound):
        raise
    except ServLoopError as error:
        if form is not None:
            form.add_error(None, sentence(error))
        else:
            messages.error(request, sentence(error))
        return None
    if said:
        messages.success(request, said)
    return done


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = 50) -> Page[Any]:
    """The part of a long list that the address asks for."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
