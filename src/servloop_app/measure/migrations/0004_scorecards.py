import django.db.models.deletion
import servloop_app.core.localized
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_links"),
        ("measure", "0003_studies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BalancedScorecard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "name",
                    servloop_app.core.localized.LocalizedTextField(
                        default=servloop_app.core.localized.LocalizedText, verbose_name="name"
                    ),
                ),
                (
                    "sort_key",
                    servloop_app.core.localized.PinyinKeyField(
                        db_index=True, default="", editable=False, max_length=300, source="name"
                    ),
                ),
                ("perspectives", models.JSONField(default=list)),
                ("judgements", models.JSONField(default=dict)),
                ("starter", models.CharField(blank=True, max_length=40)),
                ("active", models.BooleanField(default=True, verbose_name="in use")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="core.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "scorecard",
                "verbose_name_plural": "scorecards",
                "ordering": ["sort_key", "pk"],
            },
        ),
        migrations.CreateModel(
            name="OwnBenchmark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("metric", models.CharField(db_index=True, max_length=60, verbose_name="metric")),
                ("value", models.FloatField(verbose_name="value")),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("published", models.DateField()),
                ("practice", models.CharField(blank=True, max_length=1000)),
                ("verified", models.BooleanField(default=False)),
                ("imported", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
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
                "ordering": ["metric", "-published", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ScorecardVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("definition", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="measure.balancedscorecard",
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
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("card", "version"), name="measure_scorecard_version_once")
                ],
            },
        ),
    ]
