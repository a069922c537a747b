"""Archived is out of sight and comes back; purged is gone, from the database and from the disk."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection

from documents import queries
from documents.models import Correction, Document, ExtractedText, Fact, Gap, Segmentation, Subject, Upload
from documents.operations.archiving import NotArchived, archive_upload, purge_upload, restore_upload
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.factories import CorrectionFactory, PatientFactory, UploadFactory, principal_at
from tests.integration.documents.analysing import file_record

NOW = dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    made = file_record(
        "practice_export",
        clinic=clinic,
        external_id="R-1",
        metadata={"box": "7"},
        patient=PatientFactory(clinic=clinic),
    )
    CorrectionFactory(segmentation=made)
    return made.upload


def test_an_archived_upload_leaves_the_lists_and_comes_back(upload: Upload, principal: Principal) -> None:
    archived = archive_upload(principal=principal, upload_id=upload.pk, now=NOW)
    assert (archived.archived_at, archived.updated_at) == (NOW, NOW)
    assert not queries.list_uploads(principal=principal)
    assert not queries.list_documents(principal=principal)
    assert list(queries.list_uploads(principal=principal, archived=True)) == [upload]
    later = NOW + dt.timedelta(hours=1)
    assert archive_upload(principal=principal, upload_id=upload.pk, now=later).archived_at == NOW
    restore_upload(principal=principal, upload_id=upload.pk, now=later)
    assert list(queries.list_uploads(principal=principal)) == [upload]
    assert {document.updated_at for document in queries.list_documents(principal=principal)} == {later}


def test_an_upload_in_use_is_never_purged(upload: Upload) -> None:
    with pytest.raises(NotArchived):
        purge_upload(upload=upload, now=NOW)
    assert Segmentation.objects.exists()


def test_nothing_of_a_purged_upload_is_left_but_that_it_was(
    upload: Upload, principal: Principal, media: Path, django_capture_on_commit_callbacks: object
) -> None:
    words = [document.title for document in Document.objects.all()[:3]] + ["record.txt", "R-1", upload.sha256]
    archive_upload(principal=principal, upload_id=upload.pk, now=NOW)
    assert [path for path in media.rglob("*") if path.is_file()]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        purge_upload(upload=upload, now=NOW)
        assert [path for path in media.rglob("*") if path.is_file()]
    assert not [path for path in media.rglob("*") if path.is_file()]
    for model in (Segmentation, Document, Gap, Subject, Fact, Correction, ExtractedText):
        assert not model._default_manager.exists()
    assert (upload.purged_at, upload.metadata, upload.patient, upload.current_segmentation) == (NOW, {}, None, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(u)::text FROM documents_upload u")
        kept = cursor.fetchone()[0]
    assert not [word for word in words if word in kept]
    purge_upload(upload=upload, now=NOW)


def test_a_purged_upload_is_neither_archived_nor_restored(upload: Upload, principal: Principal) -> None:
    archive_upload(principal=principal, upload_id=upload.pk, now=NOW)
    purge_upload(upload=upload, now=NOW)
    for operation in (archive_upload, restore_upload):
        with pytest.raises(Missing):
            operation(principal=principal, upload_id=upload.pk, now=NOW)


def test_a_file_that_another_upload_holds_stays(
    upload: Upload, principal: Principal, media: Path, django_capture_on_commit_callbacks: object
) -> None:
    archive_upload(principal=principal, upload_id=upload.pk, now=NOW)
    UploadFactory(clinic=upload.clinic, content=upload.content.name)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        purge_upload(upload=upload, now=NOW)
    assert [path for path in media.rglob("*") if path.is_file()]


def test_another_clinic_archives_nothing(upload: Upload, other_clinic: Clinic) -> None:
    stranger = principal_at(other_clinic)
    for operation in (archive_upload, restore_upload):
        with pytest.raises(Missing):
            operation(principal=stranger, upload_id=upload.pk, now=NOW)
