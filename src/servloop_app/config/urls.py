"""All addresses. Every view carries a declaration of who may use it (`core.routes`); a test walks them."""

from __future__ import annotations

from allauth.account import views as accounts
from allauth.mfa.base import views as second_factor
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from servloop_app.api.application import api
from servloop_app.config import health
from servloop_app.core.routes import RoutePolicy, declare, declare_included, public

_SIGN_IN = RoutePolicy(public=True, reason="people sign in here")
_OWN = RoutePolicy(reason="people look after their own sign-in")


@public("part of the sign-in package that this platform does not offer")
def _closed(request: HttpRequest) -> HttpResponse:
    raise Http404(request.path)


_accounts: list[URLPattern | URLResolver] = [
    path("login/", declare(accounts.login, _SIGN_IN), name="account_login"),
    path("logout/", declare(accounts.logout, _SIGN_IN), name="account_logout"),
    path("inactive/", declare(accounts.account_inactive, _SIGN_IN), name="account_inactive"),
    path("reauthenticate/", declare(accounts.reauthenticate, _OWN), name="account_reauthenticate"),
    path("password/change/", declare(accounts.password_change, _OWN), name="account_change_password"),
    # The package links to these by name; accounts are made and reset by administrators.
    path("signup/", _closed, name="account_signup"),
    path("email/", _closed, name="account_email"),
    path("password/set/", _closed, name="account_set_password"),
    path("password/reset/", _closed, name="account_reset_password"),
    path("confirm-email/", _closed, name="account_email_verification_sent"),
    # The second step of signing in comes before the person is signed in; the rest of 2fa/ after.
    path("2fa/authenticate/", declare(second_factor.authenticate, _SIGN_IN), name="mfa_authenticate"),
    path("2fa/", include(declare_included("allauth.mfa.urls", _OWN))),
]

# Django looks for these names here.
handler400 = "servloop_app.web.errors.bad_request"
handler403 = "servloop_app.web.errors.forbidden"
handler404 = "servloop_app.web.errors.missing"
handler500 = "servloop_app.web.errors.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include(_accounts)),
    path("api/v1/", api.urls),
    path("", include("servloop_app.web.urls")),
]
