"""What is erased is nowhere any more: distinctive words are put into every column that takes words, then looked for in
every column of every table, and in the folder of files.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone
from rest_framework.test import APIClient

from documents.models import Fact, Upload
from jobs.models import Attempt, Job
from patients.models import Owner, Patient
from pennie.accounts.models import Clinic, IdempotencyKey
from tests.factories import (
    AttemptFactory,
    BatchFactory,
    BatchItemFactory,
    CorrectionFactory,
    DocumentFactory,
    DocumentFingerprintFactory,
    FactFactory,
    GapFactory,
    JobEventFactory,
    JobFactory,
    OwnerFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    WebhookMessageFactory,
    WebhookTryFactory,
    WindowCheckpointFactory,
    WindowCutFactory,
)

API = "/api/v1/"
MARK = "zq"  # with a number after it: in no word of ours

HANGS_ON = ("documents.Upload", "documents.Segmentation", "documents.Subject", "documents.Document", "jobs.Job")
# Codes, versions and numbers that the program chooses, never words of a file or of people.
CODES = frozenset(
    {
        "documents.Upload.kind",
        "documents.Upload.content",  # a path of ids, looked for as such
        "documents.Segmentation.engine",
        "documents.Segmentation.model",
        "documents.Segmentation.prompt_version",
        "documents.Segmentation.stitching_version",
        "documents.Segmentation.unread",  # lines and a code
        "documents.Subject.reason",
        "documents.Fact.unit",
        "documents.Fact.date",
        "jobs.Job.engine",
        "jobs.Job.worker",
        "jobs.Job.stage",
        "jobs.Job.problem",  # a title and a cure of ours
        "jobs.JobEvent.before",
        "jobs.JobEvent.after",
        "jobs.JobEvent.reason",
        "jobs.JobEvent.worker",
        "jobs.JobEvent.problem",  # as the job's
        "jobs.Attempt.purpose",
        "jobs.Attempt.question_key",
        "jobs.Attempt.configuration",
        "jobs.Attempt.model",
        "jobs.Attempt.failure",
        "jobs.Attempt.provider_request_id",
        "jobs.WindowCheckpoint.question_key",
        "patients.Patient.date_of_birth",  # no word goes in; deleted with its row
        "documents.Gap.reason",
        "documents.ExtractedText.confidence_runs",  # numbers
        "documents.ExtractedText.covered_lines",  # numbers
        "jobs.Outbox.queue",
    }
)


def word_fields(model: type[models.Model]) -> "Iterator[models.Field[Any, Any]]":
    """The columns that take words of people and of files."""
    for field in model._meta.concrete_fields:
        base = field.base_field if isinstance(field, ArrayField) else field
        takes_words = isinstance(base, models.CharField | models.TextField | models.JSONField | models.FileField)
        if takes_words and not field.choices and f"{model._meta.label}.{field.name}" not in CODES:
            yield field


def fill(model: type[models.Model], word: str) -> dict[str, Any]:
    """`word` for each such column."""
    said: dict[str, Any] = {}
    for field in word_fields(model):
        if isinstance(field, ArrayField):
            said[field.name] = [word]
        else:
            said[field.name] = {"said": [word]} if isinstance(field, models.JSONField) else word
    return said


def plant(row: models.Model, word: str) -> None:
    """Put `word` into every such column of the row, past all rules."""
    said = fill(type(row), word)
    if said:
        type(row)._base_manager.filter(pk=row.pk).update(**said)


def find_words(words: Iterable[str]) -> list[str]:
    """Table and column of each place in the database that holds one of the words."""
    places = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        columns = cursor.fetchall()
        quote = connection.ops.quote_name
        for table, column in columns:
            for word in words:
                cursor.execute(
                    f"SELECT count(*) FROM {quote(table)} WHERE {quote(column)}::text ILIKE %s",
                    [f"%{word}%"],
                )
                if cursor.fetchone()[0]:
                    places.append(f"{table}.{column}")
    return sorted(set(places))


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    """With a row of each table that hangs on one, each full of its word, and the answers that its sender was given."""
    upload: Upload = UploadFactory(clinic=clinic, text=f"Patient {MARK}0\n----", patient=PatientFactory(clinic=clinic))
    segmentation = SegmentationFactory(upload=upload, documents=())
    subject = SubjectFactory(segmentation=segmentation, patient=upload.patient)
    document = DocumentFactory(segmentation=segmentation, subject=subject, end_line=1)
    job = JobFactory(upload=upload, state="failed")
    message = WebhookMessageFactory(clinic=clinic, job=job)
    delivery = WebhookDeliveryFactory(endpoint=WebhookEndpointFactory(clinic=clinic), message=message)
    rows = [
        message,
        WebhookTryFactory(delivery=delivery),
        upload.extracted,
        segmentation,
        subject,
        document,
        DocumentFingerprintFactory(document=document),
        GapFactory(segmentation=segmentation, start_line=2, end_line=2),
        CorrectionFactory(segmentation=segmentation, document=document),
        job,
        JobEventFactory(job=job),
        AttemptFactory(job=job, state="settled", input_tokens=1200),
        WindowCheckpointFactory(upload=upload, job=job),
        WindowCutFactory(upload=upload),
        BatchItemFactory(batch=BatchFactory(clinic=clinic), job=job).batch,
    ]
    upload.current_segmentation = segmentation
    upload.save(update_fields=["current_segmentation"])
    plant(upload, f"{MARK}1")
    for row in rows:
        plant(row, f"{MARK}2")
    FactFactory(subject=subject, document=document, **fill(Fact, f"{MARK}2"))  # a fact is never edited
    keep_answer(upload, word=f"{MARK}3")
    return upload


def keep_answer(row: Upload | Patient | Owner, *, word: str) -> None:
    """An answer to a request with an Idempotency-Key, as it is kept for a day."""
    body = json.dumps({"upload": {"id": str(row.pk), "name": word}})
    said = {"fingerprint": "f", "status": 202, "body": body, "headers": {"Location": "/"}}
    IdempotencyKey.objects.create(clinic_id=row.clinic_id, actor="key:1", key=f"once-{row.pk}", **said)


def test_every_table_of_an_upload_is_planted(upload: Upload) -> None:
    """A new table that hangs on uploads must be planted here, and be erased."""
    planted = set(find_words([f"{MARK}2", f"{MARK}3"]))
    hanging = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is not None and field.related_model._meta.label in HANGS_ON
    }
    columns = {f"{model._meta.db_table}.{field.column}" for model in hanging for field in word_fields(model)}
    assert columns - planted - {f"documents_upload.{field.column}" for field in word_fields(Upload)} == set()


def test_no_word_is_left_of_a_purged_upload(
    upload: Upload, api: APIClient, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    words = [f"{MARK}{number}" for number in range(4)]
    assert find_words(words)
    assert api.delete(f"{API}uploads/{upload.pk}/").status_code == 204
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"{API}uploads/{upload.pk}/purge/").status_code in (200, 204)
    assert find_words(words) == []
    assert [path for path in media.rglob("*") if path.is_file()] == []
    attempt = Attempt.objects.get(job__upload=upload)
    assert attempt.input_tokens == 1200  # what it cost stays


@pytest.mark.parametrize("when", ["before", "after"])
def test_no_word_is_left_of_why_a_dead_letter_was_discarded(clinic: Clinic, api: APIClient, when: str) -> None:
    job = JobFactory(upload=UploadFactory(clinic=clinic), state="failed")

    def discard() -> None:
        answer = api.post(f"{API}dead-letters/{job.pk}/discard/", {"reason": f"{MARK}8 was sent by mistake"})
        assert (answer.status_code, bool(answer.json()["discarded_at"])) == (200, True)

    if when == "before":
        discard()
        assert find_words([f"{MARK}8"]) == ["jobs_job.discard_reason"]
    assert api.delete(f"{API}uploads/{job.upload_id}/").status_code == 204
    assert api.post(f"{API}uploads/{job.upload_id}/purge/").status_code in (200, 204)
    if when == "after":
        discard()
    assert find_words([f"{MARK}8"]) == []


def test_an_answer_that_was_erased_is_told_as_such(clinic: Clinic, api: APIClient) -> None:
    sent = {"file": ContentFile(f"Patient: Juniper\n{MARK}4 seen for a cough.\n".encode(), name=f"{MARK}4.txt")}
    header = {"Idempotency-Key": "once"}
    first = api.post(f"{API}uploads/", sent, format="multipart", headers=header)
    assert first.status_code == 202, first.content
    upload = first.json()["upload"]["id"]
    Job.objects.filter(upload=upload).update(state="cancelled")
    api.delete(f"{API}uploads/{upload}/")
    api.post(f"{API}uploads/{upload}/purge/")
    assert find_words([f"{MARK}4"]) == []
    sent["file"].seek(0)
    again = api.post(f"{API}uploads/", sent, format="multipart", headers=header)
    assert (again.status_code, again.json()["code"]) == (410, "erased")
    assert Upload.objects.count() == 1


def test_no_word_is_left_of_a_purged_patient(clinic: Clinic, api: APIClient) -> None:
    patient = PatientFactory(clinic=clinic, owner=None)
    plant(patient, f"{MARK}5")
    segmentation = SegmentationFactory(upload__clinic=clinic, documents=())
    subject = SubjectFactory(segmentation=segmentation, patient=patient, state="matched", name=f"{MARK}5")
    document = DocumentFactory(segmentation=segmentation, subject=subject, patient=patient)
    FactFactory(subject=subject, document=document, patient=patient, quote=f"Name: {MARK}5", value=f"{MARK}5")
    keep_answer(patient, word=f"{MARK}5")
    assert api.delete(f"{API}patients/{patient.pk}/").status_code == 204
    assert api.post(f"{API}patients/{patient.pk}/purge/").status_code == 200
    assert find_words([f"{MARK}5"]) == []


def test_no_word_is_left_of_a_purged_owner(clinic: Clinic, api: APIClient) -> None:
    owner = OwnerFactory(clinic=clinic)
    plant(owner, f"{MARK}6")
    keep_answer(owner, word=f"{MARK}6")
    assert api.delete(f"{API}owners/{owner.pk}/").status_code == 204
    assert api.post(f"{API}owners/{owner.pk}/purge/").status_code == 204
    assert find_words([f"{MARK}6"]) == []


def test_no_word_is_left_of_how_the_batch_of_a_purged_upload_was_called(clinic: Clinic, api: APIClient) -> None:
    header = {"Idempotency-Key": "once"}
    batches = [
        api.post(f"{API}batches/", {"name": f"{MARK}9{word}"}, headers=header if word == "a" else {}).json()["id"]
        for word in "ab"
    ]
    file = ContentFile(b"Patient: Juniper\nSeen for a cough.\n", name="note.txt")
    sent = api.post(f"{API}uploads/", {"file": file, "batch": batches[0]}, format="multipart")
    upload = sent.json()["upload"]["id"]
    Job.objects.filter(upload=upload).update(state="cancelled")
    assert find_words([f"{MARK}9a"]) == ["accounts_idempotencykey.body", "jobs_batch.name"]
    api.delete(f"{API}uploads/{upload}/")
    assert api.post(f"{API}uploads/{upload}/purge/").status_code == 204
    assert find_words([f"{MARK}9a"]) == []
    assert find_words([f"{MARK}9b"]) == ["jobs_batch.name"]  # no file of that one was purged
    assert api.post(f"{API}batches/", {"name": f"{MARK}9a"}, headers=header).status_code == 410


def test_an_answer_about_something_else_is_kept(clinic: Clinic, api: APIClient) -> None:
    owner, other = OwnerFactory.create_batch(2, clinic=clinic)
    keep_answer(other, word=f"{MARK}7")
    api.delete(f"{API}owners/{owner.pk}/")
    api.post(f"{API}owners/{owner.pk}/purge/")
    assert find_words([f"{MARK}7"]) == ["accounts_idempotencykey.body"]
    assert timezone.now() >= IdempotencyKey.objects.get().created_at
