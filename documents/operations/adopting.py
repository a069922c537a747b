"""Staff take another run's segmentation as the current one."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from documents.models import Correction, Document, Fact, Segmentation, Subject, Upload
from documents.operations.assigning import assign_to
from documents.operations.editing import Edit, UploadArchived
from documents.operations.fingerprinting import add_fingerprints
from documents.operations.linking import hand_links_over, renew_links_of_runs
from documents.queries import is_link_decided
from patients.operations.proposing import lock_register
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

_DECIDED = ["title", "title_printed", "type", "date", "review", "reviewed_by", "reviewed_at"]


class DecisionsWouldBeLost(Refusal):
    """`extra["documents"]`: [{id, start_line, end_line}], what staff decided and the other segmentation lacks."""

    def __init__(self, documents: list[Document]) -> None:
        super().__init__(
            "decisions_would_be_lost",
            title="Decisions of staff would be lost",
            detail=f"{len(documents)} documents that staff confirmed or corrected have other lines there. Ask again "
            "with force to take it all the same, then correct them there.",
            status=409,
            extra={
                "documents": [
                    {"id": str(each.pk), "start_line": each.start_line, "end_line": each.end_line} for each in documents
                ]
            },
        )


@transaction.atomic
def adopt(*, principal: Principal, segmentation_id: UUID, force: bool = False, now: datetime) -> Segmentation:
    """The segmentation becomes its upload's current one; for the one that is, nothing is done.

    A document that staff decided is kept where the new segmentation has one of exactly its lines: title, type, date,
    patient, review and decided links go over. Where one has none: DecisionsWouldBeLost, unless `force`. Retracted facts
    stay retracted, and whose an animal is goes over by its name. Raises Missing, UploadArchived.
    """
    adopted = Segmentation.objects.access(principal=principal, id=segmentation_id)
    upload = Upload.objects.select_for_update(of=("self",), no_key=True).access(
        principal=principal, id=adopted.upload_id
    )
    if upload.archived_at is not None:
        raise UploadArchived
    previous = upload.current_segmentation
    if previous == adopted:
        return adopted
    lock_register(clinic_id=upload.clinic_id)
    edit = Edit(principal=principal, upload=upload, segmentation=adopted, now=now)
    add_fingerprints(segmentation=adopted, lines=edit.text.lines)
    if previous is not None:
        _keep_decisions(edit, previous=previous, force=force)
    upload.current_segmentation = adopted
    upload.save(update_fields=["current_segmentation"])
    # Its documents come into the lists only now: whoever asks for what changed must see them.
    adopted.documents.update(updated_at=now)
    renew_links_of_runs(adopted, previous, now=now)
    edit.write_down(
        Correction.Kind.ADOPT,
        document=None,
        before={"segmentation": previous.number if previous else None},
        after={"segmentation": adopted.number},
    )
    adopted.refresh_from_db()
    return adopted


def _keep_decisions(edit: Edit, *, previous: Segmentation, force: bool) -> None:
    _keep_subjects(edit, previous=previous)  # before the documents are read: it sets their patients
    reviewed = Q(review__in=Document.STAFF_DECIDED)
    decided = list(previous.documents.filter(reviewed | Q(is_link_decided())).select_related("patient"))
    heirs = {(each.start_line, each.end_line): each for each in edit.documents.values()}
    lost = [each for each in decided if (each.start_line, each.end_line) not in heirs]
    if lost and not force:
        raise DecisionsWouldBeLost(lost)
    _keep_retractions(edit, previous=previous)
    for each in decided:
        heir = heirs.get((each.start_line, each.end_line))
        if heir is not None and each.is_staff_decided:
            _hand_over(edit, each, heir=heir)
    pairs = ((each, heirs.get((each.start_line, each.end_line))) for each in decided)
    hand_links_over({each.pk: heir.pk for each, heir in pairs if heir is not None})


def _hand_over(edit: Edit, decided: Document, *, heir: Document) -> None:
    for field in _DECIDED:
        setattr(heir, field, getattr(decided, field))
    heir.updated_at = edit.now
    if heir.patient_id != decided.patient_id:
        assign_to(edit, document=heir, patient=decided.patient)
    heir.save(update_fields=[*_DECIDED, "subject", "patient", "updated_at"])


def _keep_subjects(edit: Edit, *, previous: Segmentation) -> None:
    open_ones = {
        each.name.casefold(): each for each in edit.segmentation.subjects.filter(decided_at=None).exclude(name="")
    }
    for decided in previous.subjects.exclude(decided_at=None).exclude(name=""):
        heir = open_ones.get(decided.name.casefold())
        if heir is None:
            continue
        Subject.objects.filter(pk=heir.pk).update(
            state=decided.state,
            reason=decided.reason,
            patient=decided.patient_id,
            proposed_patient=decided.proposed_patient_id,
            decided_by=decided.decided_by_id,
            decided_at=decided.decided_at,
        )
        heir.documents.update(patient=decided.patient_id)
        heir.facts.update(patient=decided.patient_id)


def _keep_retractions(edit: Edit, *, previous: Segmentation) -> None:
    for fact in previous.facts.exclude(retracted_at=None):
        same = Fact.objects.filter(segmentation=edit.segmentation, field=fact.field, line=fact.line, raw=fact.raw)
        same.filter(value=fact.value).update(retracted_at=fact.retracted_at, retracted_by=fact.retracted_by_id)
