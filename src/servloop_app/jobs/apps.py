"""App configuration of the jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Background runs and schedules."""

    name = "servloop_app.jobs"
    label = "jobs"
