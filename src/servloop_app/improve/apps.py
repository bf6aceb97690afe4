"""App configuration of the improve stage."""

from __future__ import annotations

from django.apps import AppConfig


class ImproveConfig(AppConfig):
    """Tickets and improvement projects: who does what until when."""

    name = "servloop_app.improve"
    label = "improve"
