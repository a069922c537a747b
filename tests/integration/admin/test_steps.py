"""What staff do by buttons: one call into the domain each, POSTed, within the scopes of their role."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from documents.models import Document, Segmentation, Subject, Upload
from jobs.models import Job
from patients.models import Owner, Patient
from pennie.accounts import admin_steps
from pennie.accounts.models import Clinic
from tests.factories import OwnerFactory, PatientFactory, SegmentationFactory, UploadFactory
from tests.integration.admin.conftest import MAKERS, MARK, address, make_upload, member_of, user_of


def take(client: Client, row: Any, name: str, **said: Any) -> Any:
    return client.post(address(type(row), "step", row.pk, name), said)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def upload(clinic: Clinic) -> Upload:
    """Of five lines, in two documents to be reviewed."""
    made: Upload = UploadFactory(clinic=clinic, text="one\ntwo\nthree\nfour\nfive\n")
    segmentation = SegmentationFactory(upload=made, documents=[(1, 3), (4, 5)])
    made.current_segmentation = segmentation
    made.save(update_fields=["current_segmentation"])
    return made


@pytest.fixture
def document(upload: Upload) -> Document:
    return upload.documents.get(start_line=1)


def _lines(upload: Upload) -> list[tuple[int, int]]:
    documents = Document.objects.filter(segmentation=upload.current_segmentation_id).order_by("start_line")
    return [(each.start_line, each.end_line) for each in documents]


def test_a_document_is_confirmed(insider: Client, document: Document) -> None:
    answer = take(insider, document, "confirm")
    assert answer["Location"] == address(Document, "change", document.pk)
    document.refresh_from_db()
    assert document.review == Document.Review.CONFIRMED
    assert document.reviewed_by == answer.wsgi_request.user


@pytest.mark.parametrize(
    ("step", "said", "after"),
    [
        ("split", {"line": 2}, [(1, 1), (2, 3), (4, 5)]),
        ("merge", {}, [(1, 5)]),
        ("gap", {}, [(4, 5)]),
    ],
)
def test_a_documents_lines_are_corrected(
    step: str, said: dict[str, Any], after: list[tuple[int, int]], insider: Client, document: Document, upload: Upload
) -> None:
    answer = take(insider, document, step, **said)
    assert answer["Location"].startswith(address(Upload, "change", upload.pk))
    assert _lines(upload) == after
    assert insider.get(answer["Location"]).status_code == 200


def test_a_beginning_is_moved(insider: Client, upload: Upload) -> None:
    take(insider, upload.documents.get(start_line=4), "begin", line=3)
    assert _lines(upload) == [(1, 2), (3, 5)]


@pytest.mark.parametrize("line", ["", "x", "0", "99"])
def test_a_line_that_does_not_fit_is_told_and_changes_nothing(
    line: str, insider: Client, document: Document, upload: Upload
) -> None:
    answer = take(insider, document, "split", line=line)
    assert answer.status_code == 302
    assert told(answer)
    assert _lines(upload) == [(1, 3), (4, 5)]


def test_title_type_date_and_patient_are_corrected_by_the_form(
    insider: Client, document: Document, clinic: Clinic
) -> None:
    patient = PatientFactory(clinic=clinic)
    said = {"title": "Blood count", "type": "lab_report", "date": "2024-04-01", "patient": str(patient.pk)}
    assert insider.post(address(Document, "change", document.pk), said).status_code == 302
    document.refresh_from_db()
    assert (document.title, document.type, str(document.date)) == ("Blood count", "lab_report", "2024-04-01")
    assert document.patient == patient
    assert document.review == Document.Review.CORRECTED
    assert sorted(document.corrections.values_list("kind", flat=True)) == ["assign", "describe"]


def test_what_the_domain_refuses_is_an_error_of_the_form_and_undoes_all(
    insider: Client, document: Document, upload: Upload, clinic: Clinic
) -> None:
    Upload.objects.filter(pk=upload.pk).update(archived_at="2024-01-01T00:00Z")
    said = {"title": "Other", "type": "lab_report", "date": "", "patient": str(PatientFactory(clinic=clinic).pk)}
    answer = insider.post(address(Document, "change", document.pk), said)
    assert answer.status_code == 200
    assert "Restore it first" in str(answer.context["adminform"].form.errors)
    document.refresh_from_db()
    assert document.title != "Other"


def test_all_documents_of_a_file_are_confirmed(insider: Client, upload: Upload) -> None:
    assert told(take(insider, upload, "confirm")) == ["2 documents confirmed."]
    assert set(upload.documents.values_list("review", flat=True)) == {"confirmed"}


@pytest.mark.parametrize(
    ("reviews", "offered"),
    [(["needed", "confirmed"], True), (["not_needed", "corrected"], True), (["confirmed", "corrected"], False)],
)
def test_confirming_all_is_offered_as_long_as_a_document_is_undecided(
    reviews: list[str], offered: bool, insider: Client, upload: Upload
) -> None:
    for document, review in zip(upload.documents.order_by("start_line"), reviews, strict=True):
        Document.objects.filter(pk=document.pk).update(review=review)
    assert (b"/do/confirm/" in insider.get(address(Upload, "change", upload.pk)).content) == offered


def test_a_file_is_archived_restored_and_erased(insider: Client, upload: Upload) -> None:
    Job.objects.create(upload=upload, clinic=upload.clinic, state="completed")
    for step, archived, purged in (("archive", True, False), ("restore", False, False), ("archive", True, False)):
        take(insider, upload, step)
        upload.refresh_from_db()
        assert (upload.is_archived, upload.purged_at is not None) == (archived, purged)
    assert take(insider, upload, "purge")["Location"] == address(Upload, "changelist")
    upload.refresh_from_db()
    assert upload.purged_at is not None
    assert not upload.documents.exists()


def test_only_administrators_erase(clinic: Clinic, upload: Upload) -> None:
    client = member_of(clinic, role="vet")
    Upload.objects.filter(pk=upload.pk).update(archived_at="2024-01-01T00:00Z")
    assert take(client, upload, "purge").status_code == 403
    assert b"/do/purge/" not in client.get(address(Upload, "change", upload.pk)).content
    assert Upload.objects.get(pk=upload.pk).purged_at is None


def test_a_file_is_analysed_again(insider: Client, upload: Upload) -> None:
    take(insider, upload, "rerun", engine="rules", priority="urgent")
    job = upload.jobs.get()
    assert (job.engine, job.priority, job.state) == ("rules", "urgent", "pending")


def test_another_run_is_taken(insider: Client, upload: Upload, clinic: Clinic) -> None:
    other = SegmentationFactory(upload=upload)
    foreign = SegmentationFactory(upload=UploadFactory(clinic=clinic))
    take(insider, upload, "adopt", run=str(foreign.pk))
    assert Upload.objects.get(pk=upload.pk).current_segmentation_id != foreign.pk
    take(insider, upload, "adopt", run=str(other.pk))
    assert Upload.objects.get(pk=upload.pk).current_segmentation_id == other.pk


@pytest.fixture
def job(clinic: Clinic) -> Job:
    return make_upload(clinic).jobs.get()


def test_a_dead_letter_is_retried(insider: Client, job: Job) -> None:
    take(insider, job, "retry")
    job.refresh_from_db()
    assert job.state == "pending"
    take(insider, job, "cancel")
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_a_dead_letter_is_discarded_with_a_reason(insider: Client, job: Job) -> None:
    assert "This field is required" in told(take(insider, job, "discard"))[0]
    take(insider, job, "discard", reason="a test file")
    job.refresh_from_db()
    assert job.discard_reason == "a test file"
    shown = insider.get(address(Job, "changelist") + "?letters=open").context["cl"].result_list
    assert not shown


def test_who_discards_a_job_of_a_purged_file_is_told_that_the_reason_is_not_kept(insider: Client, job: Job) -> None:
    Upload.objects.filter(pk=job.upload_id).update(purged_at=timezone.now(), sha256="")
    assert "the reason is not kept" in told(take(insider, job, "discard", reason="a test file"))[0]
    job.refresh_from_db()
    assert (job.discard_reason, job.is_dead_letter) == ("", False)


def test_chosen_jobs_are_retried_from_the_list_and_others_left(insider: Client, clinic: Clinic, job: Job) -> None:
    done = make_upload(clinic).jobs.get()
    Job.objects.filter(pk=done.pk).update(state="completed")
    chosen = {"action": "retry", "_selected_action": [str(job.pk), str(done.pk)]}
    insider.post(address(Job, "changelist"), chosen)
    assert Job.objects.get(pk=job.pk).state == "pending"
    assert Job.objects.get(pk=done.pk).state == "completed"


def _fields(page: Any) -> dict[str, list[str]]:
    """What the form of a page sends, hidden fields alone."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()):
        fields.setdefault(name, []).append(value)
    return fields


def test_all_of_a_list_are_discarded_so_many_at_once(
    insider: Client, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_steps, "MOST_AT_ONCE", 2)
    for _ in range(3):
        make_upload(clinic)
    first = str(Job.objects.earliest("id").pk)
    chosen = {"action": "discard", "_selected_action": [first], "select_across": "1", "index": "0"}
    for left in (1, 0):
        page = insider.post(address(Job, "changelist"), chosen)
        assert "3 chosen. At most 2 are taken at once." in page.content.decode()
        fields = _fields(page)
        assert len(fields["_selected_action"]) == 1  # however many there are
        answer = insider.post(address(Job, "changelist"), {**fields, "reason": "sent by mistake"})
        assert Job.objects.filter(discarded_at=None).count() == left
        assert ("At most 2 at once. More are left: choose them again." in told(answer)) == bool(left)


def test_those_that_were_chosen_one_by_one_are_discarded_and_no_others(insider: Client, clinic: Clinic) -> None:
    jobs = [make_upload(clinic).jobs.get() for _ in range(3)]
    chosen = {"action": "discard", "_selected_action": [str(job.pk) for job in jobs[:2]], "index": "0"}
    fields = _fields(insider.post(address(Job, "changelist"), {**chosen, "select_across": "0"}))
    insider.post(address(Job, "changelist"), {**fields, "reason": "sent by mistake"})
    assert list(Job.objects.filter(discarded_at=None)) == [jobs[2]]


def test_a_strangers_list_takes_no_step_on_another_clinics_row(stranger: Client, job: Job) -> None:
    stranger.post(address(Job, "changelist"), {"action": "retry", "_selected_action": [str(job.pk)]})
    assert Job.objects.get(pk=job.pk).state == "failed"


def test_a_proposed_match_is_accepted_from_the_files_page(insider: Client, clinic: Clinic) -> None:
    upload = make_upload(clinic)
    subject = upload.subjects.get()
    page = address(Upload, "change", upload.pk)
    assert address(Subject, "step", subject.pk, "accept") in insider.get(page).content.decode()
    referred = f"http://testserver{page}?line=3"
    answer = insider.post(address(Subject, "step", subject.pk, "accept"), headers={"referer": referred})
    assert answer["Location"] == referred
    subject.refresh_from_db()
    assert (subject.state, subject.patient) == ("matched", upload.patient)


@pytest.mark.parametrize(
    "referred", ["https://evil.example/admin/", "http://testserver/api/v1/", "//evil.example/admin/", ""]
)
def test_a_step_leads_back_to_the_admin_only(referred: str, insider: Client, document: Document) -> None:
    answer = insider.post(address(Document, "step", document.pk, "confirm"), headers={"referer": referred})
    assert answer["Location"] == address(Document, "change", document.pk)


def test_a_match_is_rejected_or_given_to_another_patient(insider: Client, clinic: Clinic, other_clinic: Clinic) -> None:
    subject = make_upload(clinic).subjects.get()
    foreign, other = PatientFactory(clinic=other_clinic), PatientFactory(clinic=clinic)
    take(insider, subject, "reassign", patient=str(foreign.pk))
    subject.refresh_from_db()
    assert subject.state == "proposed"
    take(insider, subject, "reject")
    subject.refresh_from_db()
    assert subject.state == "new"
    take(insider, subject, "reassign", patient=str(other.pk))
    subject.refresh_from_db()
    assert subject.patient == other


def test_a_patient_is_entered_normalised_and_changed(insider: Client, clinic: Clinic) -> None:
    said = {"name": "Bramble", "species": "Hund", "microchip": "985 141 000 123 456", "date_of_birth": "2019-04"}
    assert insider.post(address(Patient, "add"), said).status_code == 302
    patient = Patient.objects.get(clinic=clinic, name="Bramble")
    assert (patient.species, patient.microchip, patient.status) == ("dog", "985141000123456", "confirmed")
    assert insider.post(address(Patient, "change", patient.pk), {**said, "name": "Bramble II"}).status_code == 302
    patient.refresh_from_db()
    assert patient.name == "Bramble II"
    assert LogEntry.objects.filter(object_id=str(patient.pk)).count() == 2


def test_what_the_register_refuses_is_told_at_its_field(insider: Client, clinic: Clinic) -> None:
    PatientFactory(clinic=clinic, external_id="P-1")
    for said, field in (
        ({"date_of_birth": "2019-13"}, "date_of_birth"),
        ({"date_of_birth": "spring"}, "date_of_birth"),
        ({"microchip": "12"}, "microchip"),
        ({"species": "gryphon"}, "species"),
    ):
        answer = insider.post(address(Patient, "add"), {"name": "Bramble", **said})
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
    answer = insider.post(address(Patient, "add"), {"name": "Bramble", "external_id": "P-1"})
    assert "external id" in str(answer.context["adminform"].form.errors)
    assert not Patient.objects.filter(name="Bramble").exists()


def test_a_patient_is_confirmed_archived_and_erased(insider: Client, clinic: Clinic) -> None:
    patient = PatientFactory(clinic=clinic, status="proposed")
    for step in ("confirm", "archive", "restore", "archive"):
        take(insider, patient, step)
    patient.refresh_from_db()
    assert (patient.status, patient.is_archived) == ("confirmed", True)
    take(insider, patient, "purge")
    assert not Patient.objects.filter(pk=patient.pk).exists()


def test_an_owner_is_entered_changed_and_archived(insider: Client, clinic: Clinic) -> None:
    insider.post(address(Owner, "add"), {"name": "Marlow Tennick", "phone": "1"})
    owner = Owner.objects.get(clinic=clinic)
    insider.post(address(Owner, "change", owner.pk), {"name": "Marlow Tennick", "phone": "2"})
    take(insider, owner, "archive")
    owner.refresh_from_db()
    assert (owner.phone, owner.is_archived) == ("2", True)
    busy = PatientFactory(clinic=clinic).owner
    assert "has patients" in told(take(insider, busy, "archive"))[-1]


def test_steps_are_posted_and_named(insider: Client, document: Document) -> None:
    assert insider.get(address(Document, "step", document.pk, "confirm")).status_code == 405
    assert take(insider, document, "unheard-of").status_code == 302
    csrf = Client(enforce_csrf_checks=True)
    csrf.force_login(user_of(insider), backend="django.contrib.auth.backends.ModelBackend")
    assert take(csrf, document, "confirm").status_code == 403
    document.refresh_from_db()
    assert document.review == Document.Review.NEEDED


def test_the_history_tells_no_name(insider: Client, clinic: Clinic) -> None:
    upload = make_upload(clinic)
    take(insider, upload, "archive")
    take(insider, upload.patient, "archive")
    entries = LogEntry.objects.all()
    assert len(entries) == 2
    for entry in entries:
        assert MARK not in f"{entry.object_repr} {entry.change_message}"
    assert "Archive" in insider.get(address(Upload, "history", upload.pk)).content.decode()


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model._meta.label)
def test_each_step_that_a_page_offers_can_be_taken_or_is_refused_in_words(
    model: type[Any], clinic: Clinic, insider: Client
) -> None:
    model_admin: Any = admin.site.get_model_admin(model)
    for step in model_admin.steps:
        row = MAKERS[model](clinic)
        answer = take(insider, row, step.name)
        assert answer.status_code in (200, 302)
        if answer.status_code == 302:
            assert told(answer)


def test_a_row_deleted_for_good_cannot_be_deleted_by_the_admins_own_way(insider: Client, upload: Upload) -> None:
    for model in (Upload, Document, Patient, Owner, Job, Subject):
        page = insider.get(address(model, "changelist")).content.decode()
        assert "delete_selected" not in page
    assert insider.post(address(Upload, "delete", upload.pk), {"post": "yes"}).status_code == 403
    assert Segmentation.objects.filter(upload=upload).exists()


def test_a_form_that_was_opened_before_another_saved_is_held_up_once(insider: Client, clinic: Clinic) -> None:
    upload = make_upload(clinic)
    document = upload.documents.get()
    rows: list[tuple[Any, dict[str, str]]] = [
        (document, {"title": "Mine", "type": document.type, "date": "", "patient": str(document.patient_id)}),
        (upload.patient, {"name": "Mine"}),
        (OwnerFactory(clinic=clinic), {"name": "Mine"}),
    ]
    for row, said in rows:
        path = address(type(row), "change", row.pk)
        seen = insider.get(path).context["version"]
        assert seen in insider.get(path).content.decode()
        type(row).objects.filter(pk=row.pk).update(updated_at="2024-01-01T00:00Z")
        answer = insider.post(path, {**said, "version": seen})
        assert answer.status_code == 200
        assert "Somebody else changed this" in str(answer.context["adminform"].form.errors)
        assert insider.post(path, {**said, "version": answer.context["version"]}).status_code == 302
        row.refresh_from_db()
        assert str(row) == "Mine"
