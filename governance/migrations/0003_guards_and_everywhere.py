"""Puts people, grants and keys under the trail's guards and makes the scope `everywhere`."""

from django.db import migrations

from audit.trail.guards import audited


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_initial"), ("audit", "0002_guards")]

    operations = [
        # Django re-hashes a password at sign-in when its hasher has become stronger; a changed
        # password is an event of `governance.access.services`.
        audited("governance_person", "person", exempt=["last_login", "password"]),
        audited("governance_roleassignment", "role_assignment"),
        audited("governance_servicekey", "service_key", exempt=["last_used_at"]),
        audited("governance_personaltoken", "personal_token", exempt=["last_used_at"]),
        migrations.RunSQL(
            "INSERT INTO governance_scope (kind, label) VALUES ('everywhere', 'everywhere')",
            "DELETE FROM governance_scope WHERE kind = 'everywhere'",
        ),
    ]
