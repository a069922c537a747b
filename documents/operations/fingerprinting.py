"""Fingerprints of documents: written with them and when their lines change, read to find copies."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db.models import Q, QuerySet

from documents.domain.likeness.fingerprints import (
    VERSION,
    Fingerprint,
    pack_sketch,
    take_fingerprint,
    unpack_sketch,
)
from documents.domain.likeness.marks import Standing
from documents.domain.likeness.verdicts import Paper
from documents.domain.likeness.wording import Wording, read_wording
from documents.models import Document, DocumentFingerprint, ExtractedText, Segmentation
from documents.queries import is_current

_BATCH = 500
_VALUES = ["version", "digest", "word_count", "digit_count", "standing", "reference", "sketch"]

Key = tuple[UUID, int]  # of two documents the one with the lesser key is the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A document of a current segmentation as links are looked for."""

    id: UUID
    upload_id: UUID
    segmentation_id: UUID
    start_line: int
    end_line: int
    subject_id: UUID | None
    patient_id: UUID | None  # whose it is; `paper.patient` may be proposed
    same_as_id: UUID | None
    paper: Paper

    @property
    def key(self) -> Key:
        """Uploads in the order in which they came, documents in that of their lines."""
        return self.upload_id, self.start_line


def write_fingerprints(*, documents: Sequence[Document], lines: Sequence[str], noise: Collection[int]) -> None:
    """Those of documents of one upload, in place of any before. `lines`: of the whole file, `noise`: their numbers."""
    without = frozenset(noise)
    made = [_make_row(each, lines=lines, noise=without) for each in documents]
    DocumentFingerprint.objects.bulk_create(
        made, batch_size=_BATCH, update_conflicts=True, unique_fields=["document"], update_fields=_VALUES
    )


def add_fingerprints(*, segmentation: Segmentation, lines: Sequence[str]) -> int:
    """Those that its documents lack, or have of an earlier version; gives how many."""
    has = Q(fingerprint__version=VERSION)
    lacking = list(segmentation.documents.exclude(has))
    write_fingerprints(documents=lacking, lines=lines, noise=segmentation.noise_lines)
    return len(lacking)


def find_known(*, clinic_id: UUID, which: Q) -> list[Known]:
    """The clinic's documents that can be linked and that `which` narrows: those of current segmentations, of uploads
    that are not archived, with a fingerprint of this version.
    """
    return find_any(clinic_id=clinic_id, which=which & Q(is_current()))


def find_any(*, clinic_id: UUID, which: Q) -> list[Known]:
    """The same of documents of whatever run."""
    documents: QuerySet[Document] = Document.objects.filter(which, clinic_id=clinic_id)
    rows = (
        documents.filter(fingerprint__version=VERSION, fingerprint__clinic=clinic_id)
        .select_related("fingerprint", "subject")
        .order_by()
    )
    return [_describe(each) for each in rows]


def _describe(document: Document) -> Known:
    subject, kept = document.subject, document.fingerprint
    patient = document.patient_id or (subject.proposed_patient_id if subject else None)
    fingerprint = Fingerprint(
        digest=kept.digest,
        word_count=kept.word_count,
        digit_count=kept.digit_count,
        standing=Standing(kept.standing),
        reference=kept.reference,
        sketch=unpack_sketch(bytes(kept.sketch)),
    )
    return Known(
        id=document.pk,
        upload_id=document.upload_id,
        segmentation_id=document.segmentation_id,
        start_line=document.start_line,
        end_line=document.end_line,
        subject_id=document.subject_id,
        patient_id=document.patient_id,
        same_as_id=document.same_as_id,
        paper=Paper(
            fingerprint=fingerprint,
            title=document.title,
            type=document.type,
            date=document.date,
            animal=subject.name if subject else "",
            patient=patient,
        ),
    )


def _make_row(document: Document, *, lines: Sequence[str], noise: Collection[int]) -> DocumentFingerprint:
    wording = read_wording(lines=lines, start_line=document.start_line, end_line=document.end_line, noise=noise)
    taken = take_fingerprint(wording)
    return DocumentFingerprint(
        document=document,
        clinic_id=document.clinic_id,
        version=VERSION,
        digest=taken.digest,
        word_count=taken.word_count,
        digit_count=taken.digit_count,
        standing=taken.standing,
        reference=taken.reference,
        sketch=pack_sketch(taken.sketch),
    )


class Placed(Protocol):
    """Lines of a file."""

    @property
    def upload_id(self) -> UUID: ...
    @property
    def segmentation_id(self) -> UUID: ...
    @property
    def start_line(self) -> int: ...
    @property
    def end_line(self) -> int: ...


class Wordings:
    """The words of documents, each file read once. Of at most `most` files: their texts are held."""

    def __init__(self, *, most: int = 20) -> None:
        self._most = most
        self._lines: dict[UUID, list[str]] = {}
        self._noise: dict[UUID, frozenset[int]] = {}

    def read(self, place: Placed) -> Wording | None:
        """None where the file's text is not there, or where too many others were read."""
        lines = self._find_lines(place.upload_id)
        if place.end_line > len(lines):
            return None
        noise = self._find_noise(place.segmentation_id)
        return read_wording(lines=lines, start_line=place.start_line, end_line=place.end_line, noise=noise)

    def read_lines(self, place: Placed) -> list[str]:
        """The lines as they are; none where the file's text is not there."""
        return self._find_lines(place.upload_id)[place.start_line - 1 : place.end_line]

    def _find_lines(self, upload_id: UUID) -> list[str]:
        if upload_id not in self._lines:
            if len(self._lines) >= self._most:
                return []
            text = ExtractedText.objects.filter(upload=upload_id).values_list("text", flat=True).first()
            self._lines[upload_id] = text.split("\n") if text else []
        return self._lines[upload_id]

    def _find_noise(self, segmentation_id: UUID) -> frozenset[int]:
        if segmentation_id not in self._noise:
            noise: Iterable[int] = Segmentation.objects.values_list("noise_lines", flat=True).get(pk=segmentation_id)
            self._noise[segmentation_id] = frozenset(noise)
        return self._noise[segmentation_id]
