"""The parts of clinical facts, never edited as all else that a fact says. Additive: may run before the deploy."""

from django.db import migrations, models

SAID = "clinic_id, upload_id, segmentation_id, field, value, raw, unit, kg, date, line, quote"


def guard(columns: str) -> str:
    """The trigger that holds that no fact is edited, over `columns`."""
    names = columns.split(", ")
    old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
    return f"""
DROP TRIGGER fact_never_edited ON documents_fact;
CREATE TRIGGER fact_never_edited
    BEFORE UPDATE OF {columns}
    ON documents_fact FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION documents_keep_fact();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0006_document_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="fact",
            name="parts",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AlterField(
            model_name="fact",
            name="field",
            field=models.CharField(
                choices=[
                    ("name", "name"),
                    ("species", "species"),
                    ("breed", "breed"),
                    ("sex", "sex"),
                    ("neutered", "neutered"),
                    ("date_of_birth", "date of birth"),
                    ("age", "age"),
                    ("color", "color"),
                    ("weight", "weight"),
                    ("height", "height"),
                    ("microchip", "microchip"),
                    ("owner", "owner"),
                    ("owner_phone", "owner phone"),
                    ("owner_email", "owner email"),
                    ("owner_address", "owner address"),
                    ("veterinarian", "veterinarian"),
                    ("clinic", "clinic"),
                    ("problem", "problem"),
                    ("vaccine", "vaccine"),
                    ("medication", "medication"),
                    ("lab_value", "lab value"),
                    ("allergy", "allergy"),
                    ("alert", "alert"),
                    ("temperature", "temperature"),
                    ("heart_rate", "heart rate"),
                    ("respiratory_rate", "respiratory rate"),
                    ("body_condition", "body condition"),
                ],
                max_length=30,
            ),
        ),
        migrations.RunSQL(guard(f"{SAID}, parts"), guard(SAID)),
    ]
