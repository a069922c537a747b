"""`python -m tests.bench.seeding COUNT`: a clinic with so many uploads, each with documents, a patient and a job.

Prints {"key", "rows": {model: count}, "paths": {name: path}, "queries": {name: count}}: what to ask, as whom,
and how many queries each answer takes.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import django

_PIECES = ((1, 3), (4, 4), (5, 6))  # of the six lines that the factories write


def main(count: int) -> None:
    django.setup()
    from django.db import transaction

    from documents.models import Document, Upload
    from jobs.models import Job
    from pennie.accounts.models import ApiKey
    from pennie.accounts.rights import SCOPES
    from tests.factories import ApiKeyFactory, ClinicFactory

    clinic = ClinicFactory()
    key = ApiKey.make_secret()
    ApiKeyFactory(clinic=clinic, secret=key, scopes=list(SCOPES))
    for number in range(count):
        with transaction.atomic():  # a segmentation covers every line only once all is made
            document, job = _make_upload(clinic, number=number)
    paths = {
        "list of documents": "/api/v1/documents/",
        "list of uploads": "/api/v1/uploads/",
        "detail of a document": f"/api/v1/documents/{document.pk}/",
        "progress of a job": f"/api/v1/jobs/{job.pk}/progress/",
    }
    told = {
        "key": key,
        "rows": {model.__name__: model.objects.filter(clinic=clinic).count() for model in (Upload, Document, Job)},
        "paths": paths,
        "queries": {name: _count_queries(path, key=key) for name, path in paths.items()},
    }
    json.dump(told, sys.stdout)


def _make_upload(clinic: Any, *, number: int) -> tuple[Any, Any]:
    from django.utils import timezone

    from tests.factories import (
        DocumentFactory,
        JobFactory,
        PatientFactory,
        SegmentationFactory,
        SubjectFactory,
        UploadFactory,
    )

    upload = UploadFactory(clinic=clinic, name=f"record-{number}.txt")
    segmentation = SegmentationFactory(upload=upload, documents=())
    patient = PatientFactory(clinic=clinic)
    subject = SubjectFactory(segmentation=segmentation, patient=patient)
    for first, last in _PIECES:
        document = DocumentFactory(
            segmentation=segmentation, start_line=first, end_line=last, subject=subject, patient=patient
        )
    upload.current_segmentation = segmentation
    upload.save(update_fields=["current_segmentation"])
    leased = timezone.now() + timedelta(hours=1)
    job = JobFactory(upload=upload, state="processing", version=2, lease_until=leased, windows_total=9, windows_done=4)
    return document, job


def _count_queries(path: str, *, key: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from rest_framework.test import APIClient

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}", HTTP_HOST="127.0.0.1")
    client.get(path)  # notes that the key was used, once a minute
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return len(queries)


if __name__ == "__main__":
    main(int(sys.argv[1]))
