"""Indexes for adding up costs, and for finding the bodies of old calls. They are built while calls go on."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("accounts", "0003_rules_when_model_away"),
        ("jobs", "0002_spending"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(fields=["clinic", "started_at"], name="attempt_by_clinic_time"),
        ),
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(fields=["started_at"], name="attempt_by_time"),
        ),
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(
                    models.Q(("request", ""), _negated=True), models.Q(("answer", ""), _negated=True), _connector="OR"
                ),
                fields=["started_at"],
                name="attempt_with_bodies",
            ),
        ),
    ]
