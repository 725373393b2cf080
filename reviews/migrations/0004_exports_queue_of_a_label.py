"""A label remembers the queue it was decided in, so that an export's filter means the same for ever."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_queue_skips")]

    operations = [
        migrations.AddField(
            model_name="label",
            name="queue",
            field=models.ForeignKey(
                db_index=False,
                default=uuid.UUID(
                    int=0
                ),  # for the statement only: there were no labels before this migration
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reviews.queue",
            ),
            preserve_default=False,
        ),
    ]
