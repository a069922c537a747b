"""May run while the product does, before or after a deploy: nothing is locked, and nothing but speed depends on it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("documents", "0007_clinical_facts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="document",
            index=models.Index(
                condition=models.Q(("same_as", None), _negated=True), fields=["same_as"], name="document_by_first"
            ),
        ),
        AddIndexConcurrently(
            model_name="document",
            index=models.Index(
                condition=models.Q(("date", None), _negated=True), fields=["clinic", "date"], name="document_by_date"
            ),
        ),
    ]
