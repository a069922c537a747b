"""What a job's timeline is told from: of each step who asked for it, its lease, and what the job was like after it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Of the steps that were made before: each claim gave the job a new number, and so did being failed as poison.
NUMBER_STEPS = """
UPDATE jobs_jobevent AS event SET fence = counted.fence
FROM (
    SELECT id, count(*) FILTER (WHERE after = 'processing' OR reason = 'poison')
        OVER (PARTITION BY job_id ORDER BY version) AS fence
    FROM jobs_jobevent
) AS counted
WHERE counted.id = event.id AND counted.fence > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0015_intake"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="cancel_requested_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="fence",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="problem",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="windows_done",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="jobevent",
            name="windows_total",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunSQL(sql=NUMBER_STEPS, reverse_sql=migrations.RunSQL.noop),
    ]
