"""App configuration of trust."""

from __future__ import annotations

from django.apps import AppConfig


class TrustConfig(AppConfig):
    """Checkpoints of the audit log."""

    name = "servloop_app.trust"
    label = "trust"

    def ready(self) -> None:
        """Publish a checkpoint every five minutes."""
        from servloop_app.core.localized import LocalizedText  # noqa: PLC0415  # ready only now
        from servloop_app.jobs.schedules import DefaultSchedule, default_schedules  # noqa: PLC0415
        from servloop_app.trust import tasks  # noqa: F401, PLC0415

        name = LocalizedText("发布审计日志检查点", "Publish a checkpoint of the audit log")
        default_schedules.add(
            "audit-checkpoint", DefaultSchedule(name, "trust.publish_checkpoint", "*/5 * * * *", {})
        )
