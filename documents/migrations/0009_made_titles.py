"""May run while the product does, before or after a deploy: only the field's description changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0008_document_link_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="document",
            name="title_printed",
            field=models.BooleanField(
                help_text="Whether the file prints it; else it was made from type and date, or given by staff."
            ),
        ),
    ]
