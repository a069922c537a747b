from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0005_limits_by_operator"),
    ]

    operations = [
        migrations.AddField(
            model_name="windowcheckpoint",
            name="failure",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
    ]
