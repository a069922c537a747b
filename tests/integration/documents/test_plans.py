"""A page of a long list is read by walking along an index, not by sorting the list."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from documents.models import Document, Segmentation, Subject, Upload
from pennie.accounts.models import Clinic

UPLOADS = 400
DOCUMENTS = 15  # of each


@pytest.fixture
def filled(clinic: Clinic) -> None:
    """Enough rows for the planner to care."""
    uploads = [Upload(clinic=clinic, sha256=f"{n:064}", name="a.txt", kind="text", size=1) for n in range(UPLOADS)]
    Upload.objects.bulk_create(uploads)
    runs = [
        Segmentation(
            clinic=clinic,
            upload=upload,
            number=1,
            engine="rules",
            prompt_version="v1",
            stitching_version="v1",
            line_count=DOCUMENTS,
        )
        for upload in uploads
    ]
    Segmentation.objects.bulk_create(runs)
    for upload, run in zip(uploads, runs, strict=True):
        upload.current_segmentation = run
    Upload.objects.bulk_update(uploads, ["current_segmentation"])
    Subject.objects.bulk_create(
        Subject(clinic=clinic, upload=run.upload, segmentation=run, position=place, state="unknown")
        for run in runs
        for place in range(1, 4)
    )
    Document.objects.bulk_create(make_document(run, line=line) for run in runs for line in range(1, DOCUMENTS + 1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE documents_upload, documents_segmentation, documents_subject, documents_document")


def make_document(run: Segmentation, *, line: int) -> Document:
    return Document(
        clinic_id=run.clinic_id,
        upload=run.upload,
        segmentation=run,
        start_line=line,
        end_line=line,
        first_page=1,
        last_page=1,
        title="Visit note",
        title_printed=True,
        type="consult_note",
        confidence=1.0,
        review="not_needed",
    )


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("documents/", "documents_document"),
        ("documents/?type=consult_note&type=dental", "documents_document"),
        ("documents/?review=not_needed", "documents_document"),
        ("documents/?copies=hide", "documents_document"),
        ("subjects/", "documents_subject"),
        ("subjects/?state=unknown&state=new", "documents_subject"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_a_page_is_a_walk_along_an_index(api: APIClient, path: str, table: str) -> None:
    found, plan = read_page(api, path, table=table)
    assert found == 50
    assert "Sort" not in plan, plan
    assert "Unique" not in plan, plan


@pytest.mark.parametrize("asked", ["review=needed", "review=confirmed", "review=confirmed&review=corrected"])
@pytest.mark.usefixtures("filled")
def test_a_few_documents_among_many_are_found_by_an_index(api: APIClient, asked: str) -> None:
    oldest = list(Document.objects.order_by("id").values_list("pk", flat=True)[:9])  # the walk would come to them last
    for review, chosen in (("needed", oldest[:3]), ("confirmed", oldest[3:6]), ("corrected", oldest[6:])):
        Document.objects.filter(pk__in=chosen).update(review=review)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE documents_document")
    found, plan = read_page(api, f"documents/?{asked}", table="documents_document")
    assert found == 3 * asked.count("review")
    assert "document_by_review" in plan, plan


def read_page(api: APIClient, path: str, *, table: str) -> tuple[int, str]:
    """How many rows it has, and the plan of the query that found them."""
    with CaptureQueriesContext(connection) as seen:
        answer: Any = api.get(f"/api/v1/{path}")
    (query,) = [each["sql"] for each in seen if f'FROM "{table}"' in each["sql"] and each["sql"].endswith("LIMIT 51")]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        return len(answer.json()["results"]), "\n".join(line for (line,) in cursor.fetchall())
