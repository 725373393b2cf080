"""What is live now, newest first, without looking at everything that ever was."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0008_aliases"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(condition=Q(ended_at=None), fields=["id"], name="registry_newest_live"),
        ),
    ]
