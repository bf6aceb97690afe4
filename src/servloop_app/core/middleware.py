"""Middleware of the core."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase
from django.utils import translation

from servloop_app.core.models import Person

_DJANGO_LANGUAGE = {"zh-CN": "zh-hans", "en": "en"}


class NoNul:
    """Refuses NUL in addresses: PostgreSQL stores no such text, and nobody types it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 400, or go on."""
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest()
        return self.get_response(request)


class OwnLanguage:
    """Speaks to people in the language they chose, unless this browser was switched to another one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the person's language for the request."""
        person = request.user
        chosen = _DJANGO_LANGUAGE.get(person.language, "") if isinstance(person, Person) else ""
        if not chosen or settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return self.get_response(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
        response.headers["Content-Language"] = chosen
        return response
