"""How far the checks of the log came, and what they found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_bundles"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckState",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(default=0)),
                ("roots", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("ok", models.BooleanField()),
                ("result", models.JSONField()),
            ],
            options={
                "db_table": "audit_checkstate",
            },
        ),
    ]
