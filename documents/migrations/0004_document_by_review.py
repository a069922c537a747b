"""May run while the product does, before or after a deploy: nothing is locked, and nothing but speed depends on it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("documents", "0003_name_matches"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="document",
            index=models.Index(
                condition=models.Q(("review", "not_needed"), _negated=True),
                fields=["clinic", "review", "-id"],
                name="document_by_review",
            ),
        ),
    ]
