"""Copies of documents, and what they are found by. Additive: what ran before goes on without it.

What the database itself holds: both documents of a link, and a copy and its first, are of one clinic; a pair is linked
once, in one direction; a copy is of a first document, which is a copy of none (looked at when a transaction commits).
What is on record already is linked by the command `link_documents`.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import pennie.lib.ids

LINKS = """
CREATE FUNCTION documents_check_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM documents_document
        WHERE id IN (NEW.document_id, NEW.first_id) AND clinic_id = NEW.clinic_id) <> 2 THEN
        RAISE EXCEPTION 'a link is between two documents of its clinic'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'link_of_one_clinic';
    END IF;
    IF EXISTS (SELECT FROM documents_documentlink
               WHERE document_id = NEW.first_id AND first_id = NEW.document_id AND id <> NEW.id) THEN
        RAISE EXCEPTION 'the two documents are linked already'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'link_pair_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER link_of_one_clinic
    BEFORE INSERT OR UPDATE OF document_id, first_id, clinic_id ON documents_documentlink
    FOR EACH ROW EXECUTE FUNCTION documents_check_link();
"""
NO_LINKS = """
DROP TRIGGER link_of_one_clinic ON documents_documentlink;
DROP FUNCTION documents_check_link();
"""
COPIES = """
CREATE FUNCTION documents_check_copy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    copied uuid;
BEGIN
    SELECT same_as_id INTO copied FROM documents_document WHERE id = NEW.id;
    IF copied IS NULL THEN
        RETURN NULL;  -- deleted, or the first itself, since
    END IF;
    IF NOT EXISTS (SELECT FROM documents_document
                   WHERE id = copied AND id <> NEW.id AND same_as_id IS NULL AND clinic_id = NEW.clinic_id)
       OR EXISTS (SELECT FROM documents_document WHERE same_as_id = NEW.id) THEN
        RAISE EXCEPTION 'a copy is of a first document of its clinic, and has no copies itself'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_copy_of_a_first';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER document_copy_of_a_first
    AFTER INSERT OR UPDATE OF same_as_id ON documents_document DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.same_as_id IS NOT NULL) EXECUTE FUNCTION documents_check_copy();
"""
NO_COPIES = """
DROP TRIGGER document_copy_of_a_first ON documents_document;
DROP FUNCTION documents_check_copy();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_rules_when_model_away"),
        ("documents", "0005_confidence_runs"),
        ("patients", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentFingerprint",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="fingerprint",
                        serialize=False,
                        to="documents.document",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("digest", models.CharField(max_length=32)),
                ("word_count", models.PositiveIntegerField()),
                ("digit_count", models.PositiveIntegerField()),
                ("standing", models.PositiveSmallIntegerField()),
                ("reference", models.CharField(blank=True, default="", max_length=32)),
                ("sketch", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="DocumentLink",
            fields=[
                (
                    "id",
                    models.UUIDField(default=pennie.lib.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("same", "the same document"), ("supersedes", "an amended one")], max_length=12
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("found", "linked, the same words"),
                            ("proposed", "proposed"),
                            ("confirmed", "confirmed"),
                            ("rejected", "told apart"),
                        ],
                        max_length=12,
                    ),
                ),
                ("alike", models.FloatField(help_text="0 to 1: how much of their words is the same.")),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "copies",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="document",
            name="same_as",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="copies",
                to="documents.document",
            ),
        ),
        migrations.AlterField(
            model_name="correction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("split", "split"),
                    ("move_start", "beginning moved"),
                    ("merge_next", "merged with the next"),
                    ("mark_gap", "marked as gap"),
                    ("assign", "assigned to a patient"),
                    ("describe", "title, type or date"),
                    ("confirm", "confirmed"),
                    ("adopt", "another segmentation taken"),
                    ("link", "linked to another"),
                    ("unlink", "told apart from another"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="documentfingerprint",
            name="clinic",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
            ),
        ),
        migrations.AddField(
            model_name="documentlink",
            name="clinic",
            field=models.ForeignKey(
                editable=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
            ),
        ),
        migrations.AddField(
            model_name="documentlink",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="documentlink",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="links_to", to="documents.document"
            ),
        ),
        migrations.AddField(
            model_name="documentlink",
            name="first",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="links_from", to="documents.document"
            ),
        ),
        migrations.AddIndex(
            model_name="documentfingerprint",
            index=models.Index(fields=["clinic", "digest"], name="fingerprint_by_digest"),
        ),
        migrations.AddIndex(
            model_name="documentfingerprint",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["clinic", "reference"],
                name="fingerprint_by_reference",
            ),
        ),
        migrations.AddIndex(
            model_name="documentlink",
            index=models.Index(condition=models.Q(("state", "proposed")), fields=["clinic", "-id"], name="link_open"),
        ),
        migrations.AddConstraint(
            model_name="documentlink",
            constraint=models.UniqueConstraint(fields=("document", "first"), name="link_pair_once"),
        ),
        migrations.AddConstraint(
            model_name="documentlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("document", models.F("first")), _negated=True), name="link_of_two"
            ),
        ),
        migrations.RunSQL(LINKS, NO_LINKS),
        migrations.RunSQL(COPIES, NO_COPIES),
    ]
