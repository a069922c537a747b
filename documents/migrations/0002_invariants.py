"""What the database itself holds of the invariants.

I1: at commit, the documents and gaps of a segmentation that was made or touched cover each of its lines exactly once.
(That no two documents, and no two gaps, share a line is an exclusion constraint of their tables.) Facts: what one says
never changes; only whose it is, where it is filed, and that it was retracted.
"""

from django.db import migrations

PARTITION = """
CREATE FUNCTION documents_check_partition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    covered bigint;
    doubled boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM documents_segmentation WHERE id = NEW.id) THEN
        RETURN NULL;  -- deleted since, in this transaction
    END IF;
    WITH pieces AS (
        SELECT start_line, end_line FROM documents_document WHERE segmentation_id = NEW.id
        UNION ALL
        SELECT start_line, end_line FROM documents_gap WHERE segmentation_id = NEW.id
    ), beside AS (
        SELECT start_line, end_line, lag(end_line) OVER (ORDER BY start_line, end_line) AS before FROM pieces
    )
    SELECT coalesce(sum(end_line - start_line + 1), 0), coalesce(bool_or(start_line <= before), false)
    INTO covered, doubled FROM beside;
    IF doubled OR covered <> NEW.line_count THEN
        RAISE EXCEPTION 'segmentation % does not cover each of its % lines once', NEW.id, NEW.line_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'segmentation_covers_every_line_once';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER segmentation_covers_every_line_once
    AFTER INSERT OR UPDATE ON documents_segmentation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION documents_check_partition();
"""
NO_PARTITION = """
DROP TRIGGER segmentation_covers_every_line_once ON documents_segmentation;
DROP FUNCTION documents_check_partition();
"""
FACTS = """
CREATE FUNCTION documents_keep_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a fact is never edited' USING ERRCODE = 'check_violation', CONSTRAINT = 'fact_never_edited';
END $$;
CREATE TRIGGER fact_never_edited
    BEFORE UPDATE OF clinic_id, upload_id, segmentation_id, field, value, raw, unit, kg, date, line, quote
    ON documents_fact FOR EACH ROW
    WHEN ((OLD.clinic_id, OLD.upload_id, OLD.segmentation_id, OLD.field, OLD.value, OLD.raw, OLD.unit, OLD.kg, OLD.date,
           OLD.line, OLD.quote)
          IS DISTINCT FROM
          (NEW.clinic_id, NEW.upload_id, NEW.segmentation_id, NEW.field, NEW.value, NEW.raw, NEW.unit, NEW.kg, NEW.date,
           NEW.line, NEW.quote))
    EXECUTE FUNCTION documents_keep_fact();
"""
NO_FACTS = """
DROP TRIGGER fact_never_edited ON documents_fact;
DROP FUNCTION documents_keep_fact();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [
        migrations.RunSQL(PARTITION, NO_PARTITION),
        migrations.RunSQL(FACTS, NO_FACTS),
    ]
