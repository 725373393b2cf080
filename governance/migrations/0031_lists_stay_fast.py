"""Pages of lists by their filters read an index instead of every row; so does the class of the portfolio."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0030_approvals_surely_end"),
        ("registry", "0009_lists_stay_fast"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="approvalrequest",
            name="governance_approval_by_state",
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["state", "stage_due_at", "id"], name="governance_approvals_by_due"),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["state", "id"], name="governance_approvals_by_state"),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(fields=["pack", "class_id", "system"], name="governance_assessment_classes"),
        ),
        migrations.AddIndex(
            model_name="gateanswer",
            index=models.Index(fields=["decision", "id"], name="governance_gate_by_decision"),
        ),
        migrations.AddIndex(
            model_name="suspension",
            index=models.Index(
                condition=Q(lifted_at=None), fields=["id"], name="governance_newest_suspensions"
            ),
        ),
        migrations.AddIndex(
            model_name="waiver",
            index=models.Index(fields=["state", "id"], name="governance_waivers_by_state"),
        ),
    ]
