"""App configuration of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Views, templates, static files."""

    name = "servloop_app.web"
    label = "web"

    def ready(self) -> None:
        """Make the jobs that write files known."""
        from servloop_app.web.monitor import report_jobs  # noqa: F401, PLC0415  # models are ready only now
