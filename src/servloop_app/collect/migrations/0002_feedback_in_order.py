"""Indexes that hold the list of feedback in its order, in place of those of single columns.

The old ones are dropped by hand: changing the fields would have SQLite copy the whole table, once for each.
"""

import django.db.models.deletion
from django.db import migrations, models

_COLUMNS = ("unit_id", "brought_by_id", "occurred_at")


def _drop(apps, schema_editor):
    model = apps.get_model("collect", "FeedbackRecord")
    with schema_editor.connection.cursor() as cursor:
        known = schema_editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name, found in known.items():
        plain = found["index"] and not found["unique"] and not found["primary_key"]
        if plain and len(found["columns"]) == 1 and found["columns"][0] in _COLUMNS:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def _restore(apps, schema_editor):
    table = schema_editor.quote_name(apps.get_model("collect", "FeedbackRecord")._meta.db_table)
    for column in _COLUMNS:
        name = schema_editor.quote_name(f"collect_feedbackrecord_{column}")
        schema_editor.execute(f"CREATE INDEX {name} ON {table} ({schema_editor.quote_name(column)})")


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0001_initial"),
        ("core", "0002_links"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_drop, _restore)],
            state_operations=[
                migrations.AlterField(
                    model_name="feedbackrecord",
                    name="brought_by",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="collect.import",
                    ),
                ),
                migrations.AlterField(
                    model_name="feedbackrecord",
                    name="occurred_at",
                    field=models.DateTimeField(verbose_name="time"),
                ),
                migrations.AlterField(
                    model_name="feedbackrecord",
                    name="unit",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.unit",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="feedbackrecord",
            index=models.Index(
                condition=models.Q(("current", True)),
                fields=["-occurred_at"],
                name="collect_feedback_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="feedbackrecord",
            index=models.Index(
                condition=models.Q(("current", True)),
                fields=["channel", "-occurred_at"],
                name="collect_feedback_channel",
            ),
        ),
        migrations.AddIndex(
            model_name="feedbackrecord",
            index=models.Index(
                fields=["unit", "-occurred_at", "current"], name="collect_feedback_unit"
            ),
        ),
        migrations.AddIndex(
            model_name="feedbackrecord",
            index=models.Index(
                fields=["brought_by", "-occurred_at", "current"], name="collect_feedback_import"
            ),
        ),
    ]
