"""The application keeps how far checks came; the auditor reads it, as everything of the trail and the log."""

from django.db import migrations

from audit.grants import set_grants


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_fingerprint")]

    operations = [set_grants()]
