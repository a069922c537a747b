"""What the database itself refuses, whatever the code would do."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from documents.models import Fact, Segmentation
from pennie.accounts.models import Clinic
from tests.factories import DocumentFactory, FactFactory, GapFactory, JobFactory, SegmentationFactory, UploadFactory


def commit_checks() -> None:
    """Check now what is otherwise checked at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def segmentation(clinic: Clinic) -> Segmentation:
    made: Segmentation = SegmentationFactory(upload=UploadFactory(clinic=clinic), documents=())
    return made


def test_a_partition_that_covers_every_line_is_kept(segmentation: Segmentation) -> None:
    DocumentFactory(segmentation=segmentation, start_line=1, end_line=2)
    GapFactory(segmentation=segmentation, start_line=3, end_line=3)
    DocumentFactory(segmentation=segmentation, start_line=4, end_line=segmentation.line_count)
    commit_checks()


@pytest.mark.parametrize(("first", "second"), [((1, 2), (4, 6)), ((1, 3), (3, 6)), ((1, 6), (2, 6))])
def test_lines_lost_or_doubled_are_refused(
    segmentation: Segmentation, first: tuple[int, int], second: tuple[int, int]
) -> None:
    DocumentFactory(segmentation=segmentation, start_line=first[0], end_line=first[1])
    GapFactory(segmentation=segmentation, start_line=second[0], end_line=second[1])
    with pytest.raises(IntegrityError, match="does not cover each of its 6 lines once"), transaction.atomic():
        commit_checks()
    segmentation.delete()


def test_two_documents_never_share_a_line(segmentation: Segmentation) -> None:
    DocumentFactory(segmentation=segmentation, start_line=1, end_line=4)
    DocumentFactory(segmentation=segmentation, start_line=4, end_line=6)
    with (
        pytest.raises(IntegrityError, match="document_lines_once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS document_lines_once IMMEDIATE")
    segmentation.delete()


@pytest.mark.parametrize("change", [{"value": "Bramble"}, {"parts": {"number": 1.0}}], ids=["value", "parts"])
def test_what_a_fact_says_never_changes(clinic: Clinic, change: dict[str, Any]) -> None:
    fact = FactFactory(subject__segmentation__upload__clinic=clinic)
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        Fact.objects.filter(pk=fact.pk).update(**change)
    Fact.objects.filter(pk=fact.pk).update(patient=None, is_current=False)


def test_an_upload_has_one_active_job(clinic: Clinic) -> None:
    job = JobFactory(upload=UploadFactory(clinic=clinic))
    with pytest.raises(IntegrityError, match="job_active_once_per_upload"), transaction.atomic():
        JobFactory(upload=job.upload, state="retrying")
    JobFactory(upload=job.upload, state="completed")
