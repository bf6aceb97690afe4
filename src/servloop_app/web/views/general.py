"""Where a sign-in leads, and the language of the pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from servloop_app.core.routes import policy_of, public, signed_in
from servloop_app.web.menu import menu_for

ONE_YEAR = 365 * 24 * 3600


@signed_in("leads to the first page that the person may open")
def start(request: HttpRequest) -> HttpResponse:
    """The first page that this person may open."""
    menu = menu_for(policy_of(request), request.path)
    for pages in (menu.before, *(stage.pages for stage in (*menu.stages, menu.trust))):
        if pages:
            return redirect(pages[0].address)
    return render(request, "web/no_pages.html")


@public("the language is chosen before signing in, too")
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages; kept in a cookie so that it holds before sign-in too."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=ONE_YEAR,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
