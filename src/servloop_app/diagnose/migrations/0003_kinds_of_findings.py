from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnose", "0002_findings")]

    operations = [
        migrations.AlterField(
            model_name="finding",
            name="kind",
            field=models.CharField(
                choices=[
                    ("change", "worse than the period before"),
                    ("unit", "worse than the other units"),
                    ("channel", "worse than the other channels"),
                    ("target", "off the target"),
                    ("bottleneck", "bottleneck of a process"),
                    ("rework", "work done again"),
                    ("slower", "step slower than before"),
                    ("weekday", "worse on one day of the week"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
    ]
