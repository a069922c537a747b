"""The index by which workers find whose turn it is. It is built while jobs are sent and worked on."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("jobs", "0011_queues")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "pending")), fields=["priority", "clinic", "id"], name="job_turn"
            ),
        ),
    ]
