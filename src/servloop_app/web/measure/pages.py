"""Rendering of the pages of figures: every one knows the words for the catalogue's codes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from servloop_app.web.measure import words

WORDS = {
    "methods": words.METHOD_LABELS,
    "values": words.VALUE_LABELS,
    "sources": words.SOURCE_LABELS,
    "directions": words.DIRECTION_LABELS,
    "classes": words.CLASS_LABELS,
}


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of figures."""
    return render(request, template, WORDS | context, status=status)
