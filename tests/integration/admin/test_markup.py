"""Whatever a file, a sender or a person calls something is shown as text: no page of the admin takes it for markup."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from documents.models import Document, Fact, Subject, Upload
from jobs.models import Attempt, Job
from patients.models import Owner, Patient
from pennie.accounts.models import ApiKey, Clinic, Membership, User
from tests.contracts.test_erasure import fill, plant
from tests.factories import ApiKeyFactory, CorrectionFactory, FactFactory
from tests.integration.admin.conftest import address, make_upload, member_of, user_of

MARKUP = "<i zq=1>\"'"
SHOWN = "&lt;i zq=1&gt;&quot;&#x27;"


@pytest.fixture
def rows(clinic: Clinic) -> list[Model]:
    """One of each table that a page shows, named in markup as far as it has words."""
    upload = make_upload(clinic)
    document, subject, job = upload.documents.get(), upload.subjects.get(), upload.jobs.get()
    FactFactory(subject=subject, document=document, patient=upload.patient, **fill(Fact, MARKUP))
    assert upload.patient is not None
    assert upload.patient.owner is not None
    key = ApiKeyFactory(clinic=clinic)
    Job.objects.filter(pk=job.pk).update(problem={"code": "x", "title": MARKUP, "detail": MARKUP}, worker=MARKUP)
    shown = [upload, document, subject, job, job.attempts.get(), upload.patient, upload.patient.owner]
    correction = CorrectionFactory(segmentation=document.segmentation, document=document)
    for row in (*shown, upload.extracted, document.segmentation, correction, job.events.get()):
        plant(row, MARKUP)
    ApiKey.objects.filter(pk=key.pk).update(name=MARKUP)
    User.objects.filter(memberships__clinic=clinic).update(name=MARKUP)
    Clinic.objects.filter(pk=clinic.pk).update(name=MARKUP)
    membership = Membership.objects.filter(clinic=clinic).exclude(user__patients=None).first()
    assert membership is not None
    return [*shown, key, membership]


def check(page: Any) -> None:
    said = page.content.decode()
    assert "<i zq" not in said
    assert SHOWN in said


@pytest.mark.parametrize("model", [Upload, Document, Subject, Job, Attempt, Patient, Owner, ApiKey, Membership])
def test_names_are_text_on_every_page(model: type[Model], rows: list[Model], clinic: Clinic, insider: Client) -> None:
    row = next(row for row in rows if type(row) is model)
    check(insider.get(address(model, "changelist")))
    check(insider.get(address(model, "change", row.pk)))
    check(insider.get(address(model, "history", row.pk)))


def test_names_are_text_on_the_first_page_and_in_the_choice_of_clinics(
    rows: list[Model], clinic: Clinic, other_clinic: Clinic
) -> None:
    insider = member_of(clinic)
    Clinic.objects.filter(pk=other_clinic.pk).update(name=MARKUP)
    user_of(insider).memberships.create(clinic=other_clinic, role="vet")
    check(insider.get(reverse("admin:index")))


def test_names_are_text_in_what_is_told_of_sent_files(clinic: Clinic, insider: Client) -> None:
    good = SimpleUploadedFile(f"{MARKUP}.txt", b"Patient: Juniper\nSeen for a cough.\n")
    bad = SimpleUploadedFile(f"{MARKUP}.exe", b"MZ\x00\x01")
    said = {"records": [good, bad], "engine": "rules", "priority": "normal"}
    answer = insider.post(address(Upload, "add"), said)
    assert answer.status_code == 400
    assert Upload.objects.get(clinic=clinic).name == f"{MARKUP}.txt"
    check(answer)


def test_names_are_text_in_what_is_told_of_a_change(rows: list[Model], insider: Client) -> None:
    owner = next(row for row in rows if isinstance(row, Owner))
    said = {"name": MARKUP, "phone": "555-0100", "email": "", "address": "", "external_id": ""}
    check(insider.post(address(Owner, "change", owner.pk), said, follow=True))
