"""All addresses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("", include("servloop_app.web.urls")),
]

handler400 = "servloop_app.web.errors.bad_request"
handler403 = "servloop_app.web.errors.forbidden"
handler404 = "servloop_app.web.errors.missing"
handler500 = "servloop_app.web.errors.failed"
