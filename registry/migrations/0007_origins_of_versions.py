"""What a version is made of beyond its code and data, and the indexes by which lineage asks."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_deployments")]

    operations = [
        migrations.AddField(
            "datasetuse", "licence", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("modelversion", "base_model", models.JSONField(default=dict)),
        migrations.AddField("modelversion", "prompt", models.JSONField(default=dict)),
        migrations.AddField("modelversion", "features", models.JSONField(default=list)),
        migrations.AddIndex(
            "datasetuse", models.Index(fields=["name", "dataset_version"], name="registry_dataset_by_name")
        ),
        migrations.AddIndex(
            "modelversion",
            GinIndex(fields=["code"], name="registry_version_code", opclasses=["jsonb_path_ops"]),
        ),
        migrations.AddIndex(
            "modelversion",
            GinIndex(fields=["base_model"], name="registry_version_base", opclasses=["jsonb_path_ops"]),
        ),
        migrations.AddIndex(
            "modelversion",
            GinIndex(fields=["prompt"], name="registry_version_prompt", opclasses=["jsonb_path_ops"]),
        ),
    ]
