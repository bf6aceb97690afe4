"""Whose words reports quote; and overdue tickets are named in alerts by their numbers, no longer by their titles."""

import datetime as dt

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def find_quoted(apps, schema_editor):
    """Note the records behind the quotes of reports that are frozen already.

    A quote names its record where its reader may open it; else it is found by its words and its day.
    """
    report = apps.get_model("monitor", "Report")
    record = apps.get_model("collect", "FeedbackRecord")
    quoted = apps.get_model("monitor", "QuotedRecord")
    for one in report.objects.iterator(chunk_size=50):
        rows = []
        for place, quote in enumerate(one.content.get("quotes", ())):
            if quote["record"]:
                found = record.objects.filter(pk=quote["record"])
            else:
                day = dt.datetime.combine(dt.date.fromisoformat(quote["day"]), dt.time())
                start = timezone.make_aware(day)
                said = record.objects.filter(
                    occurred_at__gte=start,
                    occurred_at__lt=start + dt.timedelta(days=1, hours=1),
                    masked_text__contains=quote["text"],
                )
                found = [row for row in said if row.masked_text.strip() == quote["text"]]
            rows += [
                quoted(
                    report=one,
                    place=place,
                    record=row.pk,
                    brought_by_id=row.brought_by_id,
                    person_key=row.person_key,
                )
                for row in found
            ]
        quoted.objects.bulk_create(rows)


def forget_titles(apps, schema_editor):
    """A ticket's title may be a customer's words: an alert about it shows them from the ticket, and keeps no copy."""
    alert = apps.get_model("monitor", "Alert")
    for one in alert.objects.filter(kind="overdue").iterator(chunk_size=500):
        one.facts.pop("title", None)
        one.save(update_fields=["facts"])


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0001_initial"),
        ("monitor", "0002_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuotedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveSmallIntegerField()),
                ("record", models.UUIDField()),
                ("person_key", models.CharField(blank=True, db_index=True, max_length=32)),
                (
                    "brought_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="collect.import"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quoted", to="monitor.report"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("report", "place", "record"), name="monitor_quoted_once")
                ],
            },
        ),
        migrations.RunPython(find_quoted, migrations.RunPython.noop),
        migrations.RunPython(forget_titles, migrations.RunPython.noop),
    ]
