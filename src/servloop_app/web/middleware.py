"""Middleware of the pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequestId:
    """Gives each request a short number that stands in error pages, logs and the answer's header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Number the request and its answer."""
        number = secrets.token_hex(4)
        request.request_id = number  # type: ignore[attr-defined]  # ours
        response = self.get_response(request)
        response["X-Request-ID"] = number
        return response
