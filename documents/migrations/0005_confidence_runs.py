"""To be run before a deploy: what ran until then does not know the column and leaves it empty."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0004_document_by_review"),
    ]

    operations = [
        migrations.AddField(
            model_name="extractedtext",
            name="confidence_runs",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="upload",
            name="kind",
            field=models.CharField(
                editable=False, help_text="text, pdf, word, html, email, image or zip", max_length=20
            ),
        ),
    ]
