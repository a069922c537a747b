"""Two files with the same document, filed at the same moment: one of them is the first, whoever comes second."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from documents.models import Document, DocumentLink, Upload
from documents.operations import archiving
from documents.operations.editing import UploadArchived
from documents.operations.link_deciding import confirm_link, reject_link
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import UploadFactory
from tests.integration.documents.linked import NOISY, at, file_again, file_texts
from tests.unit.likeness.papers import LAB, VISIT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("earlier_waits", [True, False])
def test_of_two_filed_at_once_the_upload_that_came_first_has_the_first(clinic: Clinic, earlier_waits: bool) -> None:
    uploads = [UploadFactory(clinic=clinic, text=text) for text in (VISIT + LAB, LAB + VISIT)]
    texts = {uploads[0].pk: [VISIT, LAB], uploads[1].pk: [LAB, VISIT]}
    together = Barrier(2, timeout=20)

    def file(upload: Upload, *, is_late: bool) -> None:
        try:
            with transaction.atomic():
                Upload.objects.select_for_update().get(pk=upload.pk)
                together.wait()  # both are at work, and neither sees what the other filed
                if is_late:
                    together.wait()
                made = file_again(upload, texts[upload.pk])
                if not is_late:
                    together.wait()  # the late one runs into the lock that this one still holds
            assert made.documents.count() == 2
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        late = uploads[0 if earlier_waits else 1]
        for each in [pool.submit(file, upload, is_late=upload == late) for upload in uploads]:
            each.result()
    for document in uploads[0].documents.all():
        assert document.same_as is None
        (copy,) = document.copies.all()
        assert copy.upload_id == uploads[1].pk
    assert DocumentLink.objects.count() == 2


def test_decisions_and_runs_at_once_leave_no_circle_and_no_deadlock(clinic: Clinic, principal: Principal) -> None:
    first, second, third = file_texts(clinic, VISIT), file_texts(clinic, NOISY), file_texts(clinic, VISIT)
    link = DocumentLink.objects.get(document=at(second))

    def decide(document_id: UUID, *, confirm: bool) -> None:
        act = confirm_link if confirm else reject_link
        act(principal=principal, document_id=document_id, link_id=link.pk, now=timezone.now())

    def archive(upload_id: UUID) -> None:
        for act in (archiving.archive_upload, archiving.restore_upload):
            act(principal=principal, upload_id=upload_id, now=timezone.now())

    def closing(call: object, *args: object, **kwargs: object) -> None:
        try:
            call(*args, **kwargs)  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        asked = [
            pool.submit(closing, decide, at(first).pk, confirm=True),
            pool.submit(closing, archive, third.upload_id),
            pool.submit(closing, decide, at(second).pk, confirm=False),
            pool.submit(closing, file_again, third.upload, [VISIT]),
            pool.submit(closing, file_texts, clinic, LAB, VISIT),
        ]
        for each in asked:
            error = each.exception()
            assert error is None or isinstance(error, UploadArchived), str(error)
    copies = Document.objects.exclude(same_as=None).select_related("same_as__upload")
    assert {copy.same_as for copy in copies} <= {at(first)}
    assert all(copy.same_as is not None and copy.same_as.same_as_id is None for copy in copies)
