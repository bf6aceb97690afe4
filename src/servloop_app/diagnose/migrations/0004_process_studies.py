"""Stored analyses of process logs, and what people say about a process."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Make both tables."""

    dependencies = [
        ("diagnose", "0003_kinds_of_findings"),
        ("jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProcessDefinition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("standard", "standard of a process"),
                            ("weights", "weights of the sources"),
                            ("experts", "scores of an expert"),
                            ("benchmark", "benchmark times"),
                            ("journey", "stages of the journey"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("content", models.JSONField(null=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="definitions",
                        to="diagnose.processlog",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "definition of a process",
                "verbose_name_plural": "definitions of processes",
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("log", "kind", "version"), name="process_definition_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ProcessStudy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("key", models.CharField(max_length=64, unique=True)),
                ("parameters", models.JSONField(default=dict)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("as_of", models.DateTimeField(null=True)),
                ("result", models.JSONField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=80)),
                ("error_params", models.JSONField(default=dict)),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="studies",
                        to="diagnose.processlog",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="jobs.run",
                    ),
                ),
            ],
            options={
                "verbose_name": "process analysis",
                "verbose_name_plural": "process analyses",
                "ordering": ["-pk"],
            },
        ),
    ]
