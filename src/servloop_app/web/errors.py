"""Pages for what went wrong: what happened, what is unharmed, what to do, a code and the request's number."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servloop.errors import ServLoopError
from servloop_app.core.errors import NotAllowed, NotFound


def sentence(error: ServLoopError) -> str:
    """What an error says in the language of the page."""
    return error.message(get_language() or "en")


class ErrorPages:
    """Turns errors of ours that no view has handled into their page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do unless a view raises."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that raised one of our errors."""
        if isinstance(exception, NotFound):
            return missing(request, exception)
        if isinstance(exception, NotAllowed):
            return forbidden(request, exception)
        if isinstance(exception, ServLoopError):
            return _page(
                request,
                HTTPStatus.UNPROCESSABLE_ENTITY,
                _("This could not be done"),
                sentence(exception),
                todo=_("Nothing was changed."),
                code=exception.code,
            )
        return None


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not allowed."""
    happened = (
        sentence(exception)
        if isinstance(exception, ServLoopError)
        else _("Your roles do not include this page.")
    )
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        _("No permission for this"),
        happened,
        todo=_("If you need it for your work, ask an administrator for the role."),
        code=exception.code if isinstance(exception, ServLoopError) else "web.forbidden",
        meaning="neutral",
    )


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: no such page or object, or one that this person may not know of."""
    return _page(
        request,
        HTTPStatus.NOT_FOUND,
        _("There is nothing at this address"),
        _("The page or record does not exist, or it belongs to a unit that you cannot see."),
        todo=_("Check the address, or start again from the menu."),
        code="web.not_found",
        meaning="neutral",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: a request that no page of ours sends."""
    return _page(
        request,
        HTTPStatus.BAD_REQUEST,
        _("The request could not be understood"),
        _("It was incomplete or larger than allowed. Nothing was changed."),
        todo=_("Go back, reload the page and try again."),
        code="web.bad_request",
    )


def failed(request: HttpRequest) -> HttpResponse:
    """500: a defect of ours."""
    return _page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("The server made a mistake"),
        _("What you sent may not have been carried out. What was saved before is unharmed."),
        todo=_("Try again; if it happens again, tell your administrator the number below."),
        code="web.failed",
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without its proof of origin: the page was open too long, or cookies are off."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        _("The form is out of date"),
        _("It was open for too long, or the browser refuses cookies. Nothing was changed."),
        todo=_("Go back, reload the page and send it again."),
        code="web.csrf",
        meaning="neutral",
    )


def _page(
    request: HttpRequest,
    status: HTTPStatus,
    title: str,
    happened: str,
    *,
    todo: str,
    code: str,
    meaning: str = "bad",
) -> HttpResponse:
    context = {
        "title": title,
        "happened": happened,
        "todo": todo,
        "code": code,
        "meaning": meaning,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "web/error.html", context, status=status)
