"""An approval without an end passed the check: a comparison with nothing is not false in SQL."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("governance", "0021_gate_and_suspension_guards")]

    operations = [
        migrations.RemoveConstraint(model_name="approvalrequest", name="governance_approval_ends"),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                name="governance_approval_ends",
                condition=~Q(state="approved")
                | (Q(expires_at__isnull=False) & Q(expires_at__gt=F("decided_at"))),
            ),
        ),
    ]
