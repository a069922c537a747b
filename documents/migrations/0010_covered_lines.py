"""To be run before a deploy: what ran until then does not know the column and leaves it empty."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0009_made_titles"),
    ]

    operations = [
        migrations.AddField(
            model_name="extractedtext",
            name="covered_lines",
            field=models.JSONField(null=True),
        ),
    ]
