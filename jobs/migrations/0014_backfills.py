"""Backfills, and the jobs that are made for one. The new index has no row yet: it is built in moments."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import pennie.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_rules_when_model_away"),
        ("documents", "0010_covered_lines"),
        ("jobs", "0013_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                (
                    "id",
                    models.UUIDField(default=pennie.lib.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("series", models.UUIDField(editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("paused", "paused"),
                            ("cancelled", "cancelled"),
                            ("ended", "ended"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("criteria", models.JSONField(default=dict)),
                ("engine", models.CharField(max_length=20)),
                ("per_minute", models.FloatField(null=True)),
                ("at_most", models.PositiveIntegerField(null=True)),
                ("cursor", models.UUIDField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("expected_files", models.PositiveIntegerField(default=0)),
                ("expected_calls", models.PositiveIntegerField(default=0)),
                ("expected_tokens", models.PositiveBigIntegerField(default=0)),
                ("expected_usd", models.DecimalField(decimal_places=8, max_digits=16, null=True)),
                ("submitted", models.PositiveIntegerField(default=0)),
                ("already_at_work", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="jobs.batch"
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="backfill",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="jobs.backfill",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("backfill", None), _negated=True),
                fields=("backfill", "upload"),
                name="job_once_per_backfill",
            ),
        ),
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(fields=["clinic", "-id"], name="backfill_list"),
        ),
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(fields=["series"], name="backfill_by_series"),
        ),
        migrations.AddConstraint(
            model_name="backfill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state__in", ("open", "paused"))),
                    models.Q(("ended_at__isnull", False), ("state__in", ("cancelled", "ended"))),
                    _connector="OR",
                ),
                name="backfill_ends_once",
            ),
        ),
    ]
