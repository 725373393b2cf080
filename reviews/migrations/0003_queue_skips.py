"""What people passed over; indexes for assigned and skipped reviews; one index less on slots."""

import django.db.models.deletion
from django.db import migrations, models

import audit.ids
from audit.trail.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_partitions_and_guards")]

    operations = [
        migrations.CreateModel(
            name="Skip",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("queue_id", models.UUIDField()),
                ("reason", models.TextField(blank=True, default="")),
                ("snoozed_until", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="skips",
                        to="reviews.reviewitem",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["queue_id", "person_id", "-at"], name="reviews_skip_by")],
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(reason="") | models.Q(snoozed_until__isnull=False),
                        name="reviews_skip_needs_a_reason",
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="slot",
            name="item",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="slots",
                to="reviews.reviewitem",
            ),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(
                condition=models.Q(open=True, assigned_to_id__isnull=False),
                fields=["assigned_to_id", "queue_id", "sort_at", "id"],
                name="reviews_slot_assigned",
            ),
        ),
        migrations.AddIndex(
            model_name="exclusion",
            index=models.Index(
                condition=models.Q(why="skipped"),
                fields=["person_id", "item_id"],
                name="reviews_exclusion_skipped",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(why__in=["judged", "cannot_tell", "escalated", "skipped"]),
                name="reviews_known_exclusion",
            ),
        ),
        append_only("reviews_skip"),
    ]
