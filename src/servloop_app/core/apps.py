"""App configuration of the core."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Organisation, people, rights, actions."""

    name = "servloop_app.core"
    label = "core"
