"""App configuration of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Views, templates, static files."""

    name = "servloop_app.web"
    label = "web"
