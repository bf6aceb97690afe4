"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.views import general

urlpatterns: list[URLPattern] = [
    path("", general.start, name="start"),
    path("language/", general.language, name="language"),
]
