"""Reads over what files tell of patients. Of archived uploads, of segmentations that are not current, and of what was
retracted nothing is told.
"""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from documents import queries
from documents.models import Document, Fact, Subject, Upload
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.accounts.tenancy import ClinicQuerySet
from pennie.lib.refusals import Missing


def list_facts(*, principal: Principal) -> ClinicQuerySet[Fact]:
    """The facts of all the clinic's files."""
    return Fact.objects.of(principal).filter(queries.is_current(), retracted_at=None)


def list_facts_of_patient(*, principal: Principal, patient_id: UUID) -> ClinicQuerySet[Fact]:
    """Raises Missing."""
    patient = Patient.objects.access(principal=principal, id=patient_id)
    return list_facts(principal=principal).filter(patient=patient)


def list_facts_of_upload(*, principal: Principal, upload_id: UUID) -> ClinicQuerySet[Fact]:
    """Of an archived upload, too, for it is named. Raises Missing."""
    upload = Upload.objects.access(principal=principal, id=upload_id)
    return Fact.objects.of(principal).filter(segmentation=upload.current_segmentation_id, retracted_at=None)


def is_repeated() -> Exists:
    """Of facts: that the first document, which theirs is a copy of, says the same of the same patient, or said so until
    somebody retracted it there.
    """
    said = Fact.objects.filter(document=OuterRef("document__same_as"), patient=OuterRef("patient"))
    return Exists(said.filter(field=OuterRef("field"), value=OuterRef("value")))


def list_documents_of_patient(*, principal: Principal, patient_id: UUID) -> QuerySet[Document]:
    """Raises Missing."""
    patient = Patient.objects.access(principal=principal, id=patient_id)
    return queries.list_documents(principal=principal).filter(patient=patient)


def list_subjects(*, principal: Principal) -> QuerySet[Subject]:
    """The animals of the clinic's files, with their patients and the number of their documents."""
    return _with_patients(Subject.objects.of(principal)).filter(queries.is_current())


def access_subject(*, principal: Principal, subject_id: UUID) -> Subject:
    """One animal, of an earlier segmentation, too, with its facts as `told`. Raises Missing."""
    facts = Prefetch("facts", Fact.objects.filter(retracted_at=None).order_by("position"), to_attr="told")
    subjects = _with_patients(Subject.objects.of(principal)).prefetch_related(facts)
    subject = subjects.filter(pk=subject_id).first()
    if subject is None:
        raise Missing("subject")
    return subject


def _with_patients(subjects: ClinicQuerySet[Subject]) -> QuerySet[Subject]:
    documents = Document.objects.filter(subject=OuterRef("pk")).order_by().values("subject")
    count = Coalesce(Subquery(documents.annotate(number=Count("pk")).values("number")), 0)
    return subjects.select_related("patient", "proposed_patient").annotate(document_count=count)
