"""Which patient of the register each animal of a file is. By microchip, by the sender's word, by a document that is on
record already, or as decided before; never by a name alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from documents.domain.findings import FactField
from documents.models import Document, Fact, Segmentation, Subject, Upload
from documents.operations.link_search import find_holders
from documents.operations.sightings import Sighting, read_sightings
from patients.domain.animals import find_again, fits, is_same_owner, list_contradictions
from patients.models import Patient
from patients.operations.proposing import describe_patient, lock_register, propose_patients
from pennie.accounts.models import Clinic

BY_CHIP = "microchip"
BY_SENDER = "named by sender"
BY_DOCUMENTS = "same document"
BY_STAFF = "staff"

_BATCH = 200  # subjects written at once: each is looked for among those of its statement
_ANSWERED = (Subject.State.MATCHED, Subject.State.NEW)


@dataclass(kw_only=True, slots=True)
class _Matching:
    """One run of `match_subjects`: the animals still without an answer, and what people must be told."""

    upload: Upload
    segmentation: Segmentation
    sightings: list[Sighting]
    settled: set[UUID] = field(default_factory=set)  # subjects
    warnings: list[str] = field(default_factory=list)

    @property
    def open(self) -> list[Sighting]:
        return [one for one in self.sightings if one.subject.pk not in self.settled]

    def settle(self, sighting: Sighting, *, state: Subject.State, patient: Patient | None, reason: str) -> None:
        subject = sighting.subject
        subject.state, subject.reason = state, reason
        subject.patient = None if state == Subject.State.PROPOSED else patient
        subject.proposed_patient = patient if state == Subject.State.PROPOSED else None
        self.settled.add(subject.pk)


def match_subjects(*, upload: Upload, segmentation: Segmentation, previous: Segmentation | None, now: datetime) -> None:
    """Answers for each subject of a new segmentation who it is, within the caller's transaction.

    1. The clinic's register is locked: two files with the same new animal make one patient.
    2. What staff decided about an animal of this file before is kept: in `previous`, else in a segmentation beside it.
    3. The sender's word: the file's one animal is the patient that the upload names; of several, the one that agrees.
       Disagreement is a warning, not a second patient.
    4. What was found by rule before is kept, so that no second patient is proposed.
    5. The microchip: matched as far as the clinic's `auto_match` allows, else proposed to staff.
    6. The patient on whose record its documents stand already, word for word: proposed to staff.
    7. A new, proposed patient for each named animal that is left.
    8. Documents and facts go to the patients of their subjects; those of a proposed match stay without.
    """
    lock_register(clinic_id=upload.clinic_id)
    sightings = read_sightings(subjects=Subject.objects.filter(segmentation=segmentation))
    matching = _Matching(upload=upload, segmentation=segmentation, sightings=sightings)
    earlier = read_sightings(subjects=Subject.objects.filter(upload=upload).exclude(segmentation=segmentation))
    earlier.sort(key=lambda one: previous is None or one.subject.segmentation_id != previous.pk)
    _keep_decisions(matching, [one for one in earlier if one.subject.decided_at is not None])
    _follow_sender(matching)
    _keep_decisions(matching, [one for one in earlier if one.subject.decided_at is None])
    _match_by_chip(matching)
    _match_by_documents(matching)
    _propose_rest(matching, now)
    _store(matching)


def _keep_decisions(matching: _Matching, earlier: Iterable[Sighting]) -> None:
    left = [one for one in earlier if _is_answer(one.subject)]
    for sighting in matching.open:
        again = find_again(told=sighting.told, among=left, telling=lambda one: one.told)
        if again is not None:
            before, subject = again.subject, sighting.subject
            state = Subject.State(before.state)
            matching.settle(sighting, state=state, patient=before.patient, reason=before.reason)
            subject.decided_by_id, subject.decided_at = before.decided_by_id, before.decided_at
            left = [one for one in left if not _is_used_up(one.subject, before)]


def _is_answer(subject: Subject) -> bool:
    """Whether it says who the animal is, or staff said that it is nobody known."""
    if subject.state == Subject.State.UNKNOWN:
        return subject.decided_at is not None
    return subject.state in _ANSWERED and subject.patient_id is not None


def _is_used_up(subject: Subject, taken: Subject) -> bool:
    """The one taken, and the same patient in other segmentations; a namesake in its own is another animal."""
    if subject.segmentation_id == taken.segmentation_id:
        return subject.pk == taken.pk
    return subject.patient_id == taken.patient_id


def _follow_sender(matching: _Matching) -> None:
    upload = matching.upload
    named = Patient.objects.filter(clinic_id=upload.clinic_id, pk=upload.patient_id) if upload.patient_id else None
    patient = named.select_related("owner").first() if named is not None else None
    if patient is None:
        return
    known = describe_patient(patient)
    animals = [one for one in matching.sightings if one.is_named] or matching.sightings
    if not animals:
        Document.objects.filter(segmentation=matching.segmentation).update(patient=patient)
        return
    if len(animals) > 1:
        animals = [one for one in animals if fits(told=one.told, known=known)]
        animals = [one for one in animals if one.told.chips & known.chips] or animals
        if len(animals) != 1:
            many = "more than one" if animals else "none"
            matching.warnings.append(
                f"the file tells of several animals, and {many} of them agrees with the patient that the sender named"
            )
            return
    (sighting,) = animals
    if sighting.subject.pk not in matching.settled:
        matching.settle(sighting, state=Subject.State.MATCHED, patient=patient, reason=BY_SENDER)
        for contradiction in list_contradictions(told=sighting.told, known=known):
            place = _place(sighting, contradiction)
            matching.warnings.append(f"the {contradiction}{place} is not that of the patient that the sender named")


def _match_by_chip(matching: _Matching) -> None:
    """Who is named is looked up; facts of nobody known only where the file names nobody: a proposal at most."""
    has_names = any(one.is_named for one in matching.sightings)
    asked = [one for one in matching.open if one.told.microchip and (one.is_named or not has_names)]
    if not asked:
        return
    holders: defaultdict[str, list[Patient]] = defaultdict(list)
    chips = {one.told.microchip for one in asked}
    register = Patient.objects.filter(clinic_id=matching.upload.clinic_id, archived_at=None, microchip__in=chips)
    for patient in register.select_related("owner").order_by("status", "-id"):  # confirmed ones first, newest first
        holders[patient.microchip].append(patient)
    rule = Clinic.objects.values_list("auto_match", flat=True).get(pk=matching.upload.clinic_id)
    for sighting in asked:
        found = holders[sighting.told.microchip]
        if len(found) > 1:
            place = _place(sighting, "microchip")
            matching.warnings.append(f"the microchip{place} is that of {len(found)} patients of the register")
        if found:
            sure = len(found) == 1 and _is_allowed(sighting, found[0], rule=rule)
            state = Subject.State.MATCHED if sure else Subject.State.PROPOSED
            matching.settle(sighting, state=state, patient=found[0], reason=BY_CHIP)


def _is_allowed(sighting: Sighting, patient: Patient, *, rule: str) -> bool:
    """Whether the clinic lets this match be made without asking (I5). Contradicting papers are always asked about."""
    if rule == Clinic.AutoMatch.OFF or not sighting.is_named or not sighting.is_chip_certain:
        return False
    known = describe_patient(patient)
    if "species" in list_contradictions(told=sighting.told, known=known):
        return False
    return rule == Clinic.AutoMatch.CHIP or is_same_owner(told=sighting.told, known=known)


def _match_by_documents(matching: _Matching) -> None:
    """A record that is sent again inside the next one makes no second patient."""
    asked = [one for one in matching.open if one.is_named]
    if not asked:
        return
    holders = find_holders(clinic_id=matching.upload.clinic_id, segmentation_id=matching.segmentation.pk)
    patients = Patient.objects.in_bulk(set(holders.values()))
    for sighting in asked:
        patient = patients.get(holders[sighting.subject.pk]) if sighting.subject.pk in holders else None
        if patient is not None:
            matching.settle(sighting, state=Subject.State.PROPOSED, patient=patient, reason=BY_DOCUMENTS)


def _propose_rest(matching: _Matching, now: datetime) -> None:
    named = [one for one in matching.open if one.is_named]
    if named:
        told = [one.told for one in named]
        made = propose_patients(clinic_id=matching.upload.clinic_id, told=told, now=now)
        for sighting, patient in zip(named, made, strict=True):
            matching.settle(sighting, state=Subject.State.NEW, patient=patient, reason="")
    for sighting in matching.open:
        matching.settle(sighting, state=Subject.State.UNKNOWN, patient=None, reason="")


def _store(matching: _Matching) -> None:
    segmentation = matching.segmentation
    subjects = [one.subject for one in matching.sightings]
    Subject.objects.bulk_update(
        subjects, ["state", "reason", "patient", "proposed_patient", "decided_by", "decided_at"], batch_size=_BATCH
    )
    for subject in subjects:
        adopt_documents(subject=subject)
    if any(subject.patient_id for subject in subjects):
        whose = Subquery(Subject.objects.filter(pk=OuterRef("subject")).values("patient")[:1])
        Document.objects.filter(segmentation=segmentation, subject__in=subjects).update(patient=whose)
        Fact.objects.filter(segmentation=segmentation).update(patient=whose)
    if matching.warnings:
        segmentation.warnings = [*segmentation.warnings, *matching.warnings]
        segmentation.save(update_fields=["warnings"])


def adopt_documents(*, subject: Subject) -> None:
    """Where the file names nobody, filing has no animal to put documents on: once it is known whose the file is, or may
    be, they are its.
    """
    if not subject.name and subject.state != Subject.State.UNKNOWN:
        others = Subject.objects.filter(segmentation=subject.segmentation_id).exclude(pk=subject.pk)
        documents = Document.objects.filter(segmentation=subject.segmentation_id, subject=None)
        documents.filter(~Exists(others)).update(subject=subject)


def _place(sighting: Sighting, field: FactField) -> str:
    return f" (line {sighting.lines[field]})" if field in sighting.lines else ""
