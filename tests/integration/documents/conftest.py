"""A small upload with all that can be corrected in it."""

import pytest
from django.db import transaction

from documents.models import Document, Segmentation
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import (
    DocumentFactory,
    FactFactory,
    GapFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    principal_at,
)

TEXT = (
    "Registration\nName: Juniper\n\n--- fax ---\n\fVisit note\nSeen for a cough.\nWeight: 12 kg\n"
    "\fLab report\nGlucose 5\n\n"
)


@pytest.fixture
def principal(clinic: Clinic) -> Principal:
    made: Principal = principal_at(clinic)
    return made


@pytest.fixture
def segmentation(clinic: Clinic) -> Segmentation:
    """Registration 1-3, a gap 4, visit note 5-7, lab report 8-10, with facts in lines 2, 4 and 7."""
    with transaction.atomic():  # it covers every line only once all is made
        return make_segmentation(clinic)


def make_segmentation(clinic: Clinic) -> Segmentation:
    upload = UploadFactory(clinic=clinic, text=TEXT)
    extracted = upload.extracted
    extracted.page_runs = [[1, 1], [5, 2], [8, 3]]
    extracted.save()
    made: Segmentation = SegmentationFactory(upload=upload, documents=())
    subject = SubjectFactory(segmentation=made, patient=PatientFactory(clinic=clinic))
    for start, end, page, title in [(1, 3, 1, "Registration"), (5, 7, 2, "Visit note"), (8, 10, 3, "Lab report")]:
        DocumentFactory(
            segmentation=made,
            start_line=start,
            end_line=end,
            first_page=page,
            last_page=page,
            title=title,
            subject=subject,
            patient=subject.patient,
        )
    GapFactory(segmentation=made, start_line=4, end_line=4)
    for line, field in [(2, "name"), (4, "clinic"), (7, "weight")]:
        holder = made.documents.filter(start_line__lte=line, end_line__gte=line).first()
        FactFactory(subject=subject, patient=subject.patient, document=holder, line=line, field=field, quote="x")
    upload.current_segmentation = made
    upload.save()
    return made


def at(segmentation: Segmentation, line: int) -> Document:
    """The document that holds the line."""
    return segmentation.documents.get(start_line__lte=line, end_line__gte=line)
