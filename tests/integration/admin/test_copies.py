"""Documents that are one, in the admin: shown side by side, decided by a button, once on the patient's page."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents.models import Document, DocumentLink
from documents.operations.archiving import archive_upload
from documents.operations.deciding import reassign_subject
from patients.models import Patient
from pennie.accounts.models import Clinic
from tests.factories import PatientFactory, principal_at
from tests.integration.admin.conftest import address, member_of
from tests.integration.documents.linked import AMENDED, NOISY, OTHER_VISIT, at, file_texts
from tests.unit.likeness.papers import LAB, VISIT


def test_a_documents_page_shows_where_it_differs_and_decides(clinic: Clinic, insider: Client) -> None:
    first, second = at(file_texts(clinic, LAB, VISIT), 1), at(file_texts(clinic, NOISY))
    link = DocumentLink.objects.get()
    page = insider.get(address(Document, "change", second.pk)).content.decode()
    for words in ("the same document as", "tbroat", "throat", "Yes, so it is", "No, they are two"):
        assert words in page
    assert address(Document, "change", first.pk) in page
    step = address(DocumentLink, "step", link.pk, "confirm")
    back = f"http://testserver{address(Document, 'change', second.pk)}"
    assert insider.post(step, headers={"Referer": back})["Location"] == back
    second.refresh_from_db()
    assert second.same_as == first
    page = insider.get(address(Document, "change", first.pk)).content.decode()
    assert "Yes, so it is" not in page
    assert "No, they are two" in page


def test_a_links_page_shows_both_and_where_they_differ(clinic: Clinic, insider: Client) -> None:
    file_texts(clinic, LAB)
    file_texts(clinic, AMENDED)
    link = DocumentLink.objects.get()
    page = insider.get(address(DocumentLink, "change", link.pk)).content.decode()
    assert page.count("line 5</a>") == 2
    assert "5.9" in page
    assert "another number" in page
    assert insider.post(address(DocumentLink, "step", link.pk, "reject")).status_code == 302
    link.refresh_from_db()
    assert link.state == "rejected"


def test_many_are_decided_at_once_from_the_list(clinic: Clinic, insider: Client) -> None:
    file_texts(clinic, VISIT, LAB)
    file_texts(clinic, NOISY, AMENDED)
    asked = {"action": "confirm", "_selected_action": [str(each.pk) for each in DocumentLink.objects.all()]}
    insider.post(address(DocumentLink, "changelist"), asked)
    assert set(DocumentLink.objects.values_list("state", flat=True)) == {"confirmed"}


def test_a_patients_page_has_each_document_once_and_tells_where_it_stands_again(
    clinic: Clinic, insider: Client
) -> None:
    principal, patient = principal_at(clinic), PatientFactory(clinic=clinic)
    for texts in ((VISIT, LAB), (LAB, OTHER_VISIT, VISIT)):
        segmentation = file_texts(clinic, *texts)
        subject = segmentation.subjects.get()
        reassign_subject(principal=principal, subject_id=subject.pk, patient_id=patient.pk, now=timezone.now())
    answer = insider.get(address(Patient, "change", patient.pk))
    rows = answer.context["documents"]["rows"]
    assert sorted("record.txt" in row[-1] for row in rows) == [False, True, True]
    assert len(answer.context["facts"]["rows"]) == 2


def test_the_list_of_documents_may_be_without_copies(clinic: Clinic, insider: Client) -> None:
    first = at(file_texts(clinic, VISIT))
    copy, near = at(file_texts(clinic, VISIT)), at(file_texts(clinic, NOISY))
    for asked, seen in (
        ("hide", {first, near}),
        ("only", {copy}),
        ("proposed", {first, near}),
        ("", {first, copy, near}),
    ):
        shown = insider.get(address(Document, "changelist") + f"?copies={asked}").context["cl"].result_list
        assert set(shown) == seen


def test_links_of_archived_uploads_leave_the_list(clinic: Clinic, insider: Client) -> None:
    file_texts(clinic, VISIT)
    second = file_texts(clinic, NOISY)
    link = DocumentLink.objects.get()
    insider.post(address(DocumentLink, "step", link.pk, "confirm"))
    archive_upload(principal=principal_at(clinic), upload_id=second.upload_id, now=timezone.now())
    assert list(insider.get(address(DocumentLink, "changelist")).context["cl"].result_list) == []


@pytest.mark.parametrize("step", ["confirm", "reject"])
def test_a_stranger_decides_nothing(clinic: Clinic, other_clinic: Clinic, stranger: Client, step: str) -> None:
    file_texts(clinic, VISIT)
    file_texts(clinic, NOISY)
    link = DocumentLink.objects.get()
    stranger.post(address(DocumentLink, "step", link.pk, step))
    member_of(other_clinic, role="vet").post(address(DocumentLink, "step", link.pk, step))
    link.refresh_from_db()
    assert link.state == "proposed"


def test_the_overview_counts_the_copies_that_wait_for_staff(clinic: Clinic, insider: Client, stranger: Client) -> None:
    file_texts(clinic, VISIT)
    second = at(file_texts(clinic, NOISY))
    assert _waiting(insider) == 1
    assert _waiting(stranger) == 0
    archive_upload(principal=principal_at(clinic), upload_id=second.upload_id, now=timezone.now())
    assert _waiting(insider) == 0


def _waiting(client: Client) -> int:
    tiles = client.get(reverse("admin:index")).context["tiles"]
    (tile,) = (tile for tile in tiles if tile.words == "proposed copies")
    assert len(client.get(tile.address).context["cl"].result_list) == tile.count
    return int(tile.count)


def test_a_link_of_the_same_words_says_so(clinic: Clinic, insider: Client) -> None:
    file_texts(clinic, LAB)
    file_texts(clinic, LAB)
    page = insider.get(address(DocumentLink, "change", DocumentLink.objects.get().pk)).content.decode()
    assert "Their words are the same." in page
    assert "Where they differ" not in page


def test_the_differences_of_a_link_stand_in_the_order_of_its_documents(clinic: Clinic, insider: Client) -> None:
    first = at(file_texts(clinic, VISIT))
    second = at(file_texts(clinic, NOISY))
    first.upload.name, second.upload.name = "first.txt", "second.txt"
    for each in (first, second):
        each.upload.save(update_fields=["name"])
    answer = insider.get(address(DocumentLink, "change", DocumentLink.objects.get().pk))
    page = answer.content.decode()
    assert answer.context["changes"]["headers"] == ["", "in second.txt", "", "in first.txt", ""]
    assert page.index("second.txt</a>") < page.index("first.txt</a>")
