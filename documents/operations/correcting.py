"""What staff correct in the documents of an upload. Every line stays covered once (I1), and no fact is lost.

Each operation locks the upload, works on its current segmentation only, and writes a Correction. `versions` are those
of the document that the caller knows (If-Match); None: any. All raise Missing, UploadArchived, NotCurrent and Stale.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from documents.domain import partition
from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.language import find_language
from documents.domain.lines import SourceText, fold, is_blank, strip_invisible
from documents.domain.made_titles import make_title
from documents.models import Correction, Document
from documents.operations.editing import Edit, open_document, repartition, tell
from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from pennie.lib.refusals import Refusal

_TITLE_LENGTH = 500
_TITLE_TAKEN = 120  # characters of a line that stand as title where nobody gives one
_SAVED = ["title", "title_printed", "type", "date"]

Versions = Collection[str] | None


class Description(TypedDict, total=False):
    """What is known of a document beside its lines. What is not named stays as it is."""

    title: str
    type: str
    date: date | None


class NotDescribable(Refusal):
    def __init__(self, *, detail: str) -> None:
        super().__init__("not_describable", title="The description does not fit", detail=detail, status=422)


@transaction.atomic
def split(
    *,
    principal: Principal,
    document_id: UUID,
    at_line: int,
    description: Description | None = None,
    versions: Versions = None,
    now: datetime,
) -> tuple[Document, Document]:
    """The document up to the line before `at_line`, and a new one from there, of the same patient.

    The new one has the type of the first and, unless `description` says otherwise, its first words as title and no
    date. Raises NotCorrectable, NotDescribable.
    """
    edit, document = _open(principal, document_id, versions, now)
    new = Document(
        id=new_id(),
        clinic_id=document.clinic_id,
        upload=edit.upload,
        segmentation=edit.segmentation,
        subject_id=document.subject_id,
        patient_id=document.patient_id,
        type=document.type,
        confidence=1.0,  # staff say that it begins here
        created_at=now,
    )
    after = partition.split(edit.pieces, document=document.pk, at_line=at_line, new=new.pk)
    taken = _take_title(edit.text, first=at_line, last=document.end_line)
    new.title, new.title_printed = taken or _make_title(new, text=edit.text), bool(taken)
    new.start_line, new.end_line = at_line, document.end_line
    _describe(new, description or {}, text=edit.text)
    repartition(edit, kind=Correction.Kind.SPLIT, document=document, after=after, new=new)
    return document, new


@transaction.atomic
def move_start(
    *, principal: Principal, document_id: UUID, to_line: int, versions: Versions = None, now: datetime
) -> Document:
    """The document begins at `to_line`; the piece before it gives or takes the lines. Raises NotCorrectable."""
    edit, document = _open(principal, document_id, versions, now)
    after = partition.move_start(edit.pieces, document=document.pk, to_line=to_line)
    repartition(edit, kind=Correction.Kind.MOVE_START, document=document, after=after)
    return document


@transaction.atomic
def merge_next(*, principal: Principal, document_id: UUID, versions: Versions = None, now: datetime) -> Document:
    """The document takes in the next one and the gaps between; it keeps its title, type, date and patient.

    Where no document follows it takes in the last gaps. Raises NotCorrectable.
    """
    edit, document = _open(principal, document_id, versions, now)
    after = partition.merge_next(edit.pieces, document=document.pk)
    repartition(edit, kind=Correction.Kind.MERGE_NEXT, document=document, after=after)
    return document


@transaction.atomic
def mark_gap(*, principal: Principal, document_id: UUID, versions: Versions = None, now: datetime) -> partition.Piece:
    """The lines of the document belong to none; gives the gap. The document is gone; its facts stay its patient's."""
    edit, document = _open(principal, document_id, versions, now)
    after = partition.mark_gap(edit.pieces, document=document.pk)
    gap = next(piece for piece in after if piece.start_line == document.start_line)
    repartition(edit, kind=Correction.Kind.MARK_GAP, document=document, after=after)
    return gap


@transaction.atomic
def describe(
    *, principal: Principal, document_id: UUID, description: Description, versions: Versions = None, now: datetime
) -> Document:
    """Another title, type or date. Where nothing differs, nothing is written. Raises NotDescribable.

    A title that was made of type and date follows them, unless another is given.
    """
    edit, document = open_document(principal=principal, document_id=document_id, versions=versions, now=now)
    before = tell(document)
    _describe(document, description, text=edit.text)
    if tell(document) == before:
        return document
    document.save(update_fields=[*_SAVED, *edit.mark(document)])
    edit.renew_links(document)
    edit.write_down(Correction.Kind.DESCRIBE, document=document, before=before, after=tell(document))
    return document


@transaction.atomic
def confirm(*, principal: Principal, document_id: UUID, versions: Versions = None, now: datetime) -> Document:
    """The document is right as it is. One that staff decided already stays as it is."""
    edit, document = open_document(principal=principal, document_id=document_id, versions=versions, now=now)
    _confirm(edit, [document])
    return document


@transaction.atomic
def confirm_all(*, principal: Principal, upload_id: UUID, now: datetime) -> int:
    """All documents of the upload that staff did not decide yet are right; gives how many. Raises Missing,
    UploadArchived."""
    edit = Edit.of_upload(principal=principal, upload_id=upload_id, now=now)
    return _confirm(edit, list(edit.documents.values()))


def _confirm(edit: Edit, documents: list[Document]) -> int:
    corrections = []
    decided = [document for document in documents if not document.is_staff_decided]
    for document in decided:
        before = tell(document)
        edit.mark(document)
        document.review = Document.Review.CONFIRMED
        kind = Correction.Kind.CONFIRM
        corrections.append(edit.draft(kind, document=document, before=before, after=tell(document)))
    if decided:
        Document.objects.bulk_update(decided, ["review", "reviewed_by", "reviewed_at", "updated_at"], batch_size=500)
        Correction.objects.bulk_create(corrections, batch_size=500)
        edit.touch()
    return len(decided)


def _open(principal: Principal, document_id: UUID, versions: Versions, now: datetime) -> tuple[Edit, Document]:
    """The edit, and the document as one of all those of its segmentation."""
    edit, document = open_document(principal=principal, document_id=document_id, versions=versions, now=now)
    return edit, edit.documents[document.pk]


def _describe(document: Document, description: Description, *, text: SourceText) -> None:
    is_made = document.has_made_title
    if "title" in description:
        title = " ".join(strip_invisible(description["title"]).split())
        if not title or len(title) > _TITLE_LENGTH:
            raise NotDescribable(detail=f"A title has 1 to {_TITLE_LENGTH} characters that can be seen.")
        if title != document.title:
            lines = text.lines[document.start_line - 1 : document.end_line]
            is_made = False
            document.title = title
            document.title_printed = any(fold(title) in fold(line) for line in lines)
    if "type" in description:
        if description["type"] not in DOCUMENT_TYPES:
            raise NotDescribable(detail=f"A document's type is one of: {', '.join(DOCUMENT_TYPES)}.")
        document.type = description["type"]
    if "date" in description:
        document.date = description["date"]
    if is_made and description.keys() & {"type", "date"}:
        document.title = _make_title(document, text=text)


def _make_title(document: Document, *, text: SourceText) -> str:
    date = document.date.isoformat() if document.date else None
    return make_title(kind=document.type, date=date, language=find_language(map(fold, text.lines)))


def _take_title(text: SourceText, *, first: int, last: int) -> str:
    """The first line with words, as one would write it; empty where no glyph of it can be seen."""
    line = next((line for line in text.lines[first - 1 : last] if not is_blank(line)), "")
    return " ".join(strip_invisible(line).split())[:_TITLE_TAKEN]
