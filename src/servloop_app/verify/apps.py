"""App configuration of the verify stage."""

from __future__ import annotations

from django.apps import AppConfig


class VerifyConfig(AppConfig):
    """Effect checks declared before, and verdicts: did it help?"""

    name = "servloop_app.verify"
    label = "verify"
