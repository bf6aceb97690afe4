"""Errors as the API tells them: problem details (RFC 9457) with a stable code, in the caller's language."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from servloop.errors import ServLoopError
from servloop.messages import message
from servloop.results import plain
from servloop_app.core.errors import ActionError, Conflict, NotAllowed, NotFound

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (ActionError, 422),
)


def problem(
    request: HttpRequest, status: int, code: str, params: dict[str, Any] | None = None, **more: Any
) -> HttpResponse:
    """One problem document; ``detail`` is in the language that the caller accepts."""
    language = getattr(request, "LANGUAGE_CODE", "en")
    params = plain(params or {})
    document = {
        "type": f"urn:servloop:problem:{code}",
        "title": code,
        "status": status,
        "detail": message(code, params, language),
        "code": code,
        "params": params,
        **more,
    }
    answer = JsonResponse(document, status=status, content_type="application/problem+json")
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def install(api: NinjaAPI) -> None:
    """Have every error of the API answered as a problem."""

    @api.exception_handler(ServLoopError)
    def _ours(request: HttpRequest, error: ServLoopError) -> HttpResponse:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
        return problem(request, status, error.code, error.params)

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = [
            {"field": ".".join(str(part) for part in item["loc"]), "problem": item["msg"]}
            for item in error.errors
        ]
        return problem(request, 422, "core.request_invalid", {"count": len(fields)}, errors=fields)

    @api.exception_handler(AuthenticationError)
    def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
        return problem(request, 401, "core.not_signed_in")

    @api.exception_handler(Http404)
    def _missing(request: HttpRequest, error: Http404) -> HttpResponse:  # noqa: ARG001
        return problem(request, 404, "core.not_found", {"kind": "resource", "reference": request.path})

    @api.exception_handler(PermissionDenied)
    def _denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:  # noqa: ARG001
        return problem(request, 403, "core.not_allowed", {"permission": ""})

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(
            request, error.status_code, "core.request_invalid", {"count": 1}, errors=[{"problem": str(error)}]
        )
