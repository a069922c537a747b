"""The frame of every correction: what is locked, what must hold, what is written down (I1, I6)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from django.db.models import F

from documents import queries
from documents.domain.lines import SourceText
from documents.domain.partition import Piece, Pieces, check
from documents.models import Correction, Document, Gap, Segmentation, Upload
from documents.operations.fingerprinting import write_fingerprints
from documents.operations.linking import find_neighbours, renew_links
from documents.operations.texts import load_text
from patients.operations.proposing import lock_register
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal


class UploadArchived(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "upload_archived",
            title="The upload is archived",
            detail="Nothing in an archived upload is changed. Restore it first.",
            status=409,
        )


class NotCurrent(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "not_current",
            title="The document is not of the current segmentation",
            detail="Only documents of the upload's current segmentation are corrected. Adopt its segmentation first.",
            status=409,
        )


class Stale(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "stale",
            title="The document was changed meanwhile",
            detail="Its ETag is no longer the one that If-Match names. Read it again, then decide anew.",
            status=412,
        )


@dataclass(kw_only=True)
class Edit:
    """One correction in the making, inside a transaction. The upload's row is locked until it ends."""

    principal: Principal
    upload: Upload
    segmentation: Segmentation
    now: datetime

    @classmethod
    def of_upload(cls, *, principal: Principal, upload_id: UUID, now: datetime) -> Self:
        """Raises Missing, UploadArchived.

        The clinic's register is locked as well, before any document: links to other uploads' documents may change.
        """
        upload = Upload.objects.select_for_update(of=("self",), no_key=True).access(principal=principal, id=upload_id)
        if upload.archived_at is not None:
            raise UploadArchived
        lock_register(clinic_id=upload.clinic_id)
        if upload.current_segmentation_id is None:
            raise Missing("segmentation")
        segmentation = Segmentation.objects.select_for_update(of=("self",)).get(pk=upload.current_segmentation_id)
        return cls(principal=principal, upload=upload, segmentation=segmentation, now=now)

    @cached_property
    def text(self) -> SourceText:
        return load_text(upload=self.upload)

    @cached_property
    def documents(self) -> dict[UUID, Document]:
        return {document.pk: document for document in self.segmentation.documents.select_for_update(of=("self",))}

    @cached_property
    def pieces(self) -> Pieces:
        """The partition as it is, in order."""
        pieces = [
            Piece(start_line=each.start_line, end_line=each.end_line, document=each.pk)
            for each in self.documents.values()
        ] + [
            Piece(start_line=gap.start_line, end_line=gap.end_line, reason=gap.reason)
            for gap in self.segmentation.gaps.all()
        ]
        return tuple(sorted(pieces, key=lambda piece: piece.start_line))

    def mark(self, document: Document) -> list[str]:
        """Sets who corrected it and when; gives the fields to save."""
        document.review = Document.Review.CORRECTED
        document.reviewed_by = self.principal.user
        document.reviewed_at = document.updated_at = self.now
        return ["review", "reviewed_by", "reviewed_at", "updated_at"]

    def write_down(
        self, kind: Correction.Kind, *, document: Document | None, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        """The Correction, and the new revision of segmentation and upload."""
        self.draft(kind, document=document, before=before, after=after).save(force_insert=True)
        self.touch()

    def draft(
        self, kind: Correction.Kind, *, document: Document | None, before: dict[str, Any], after: dict[str, Any]
    ) -> Correction:
        return Correction(
            clinic_id=self.upload.clinic_id,
            upload=self.upload,
            segmentation=self.segmentation,
            document=document,
            kind=kind,
            before=before,
            after=after,
            made_by=self.principal.user,
            made_at=self.now,
        )

    def renew_links(self, *documents: Document) -> None:
        """After what is known of them changed: whose they are, title, type or date."""
        renew_links(clinic_id=self.upload.clinic_id, documents=[each.pk for each in documents], now=self.now)

    def touch(self) -> None:
        Segmentation.objects.filter(pk=self.segmentation.pk).update(revision=F("revision") + 1)
        self.upload.updated_at = self.now
        self.upload.save(update_fields=["updated_at"])


def open_document(
    *, principal: Principal, document_id: UUID, versions: Collection[str] | None, now: datetime
) -> tuple[Edit, Document]:
    """The edit of one document's upload, and the document.

    `versions`: those of the document (`queries.version_of`) that the caller knows; None: any. Raises Missing,
    UploadArchived, NotCurrent, Stale.
    """
    seen = Document.objects.access(principal=principal, id=document_id)
    edit = Edit.of_upload(principal=principal, upload_id=seen.upload_id, now=now)
    # Read again under the lock: it may have been merged away while this waited.
    document = Document.objects.select_for_update(of=("self",)).access(principal=principal, id=document_id)
    if document.segmentation_id != edit.segmentation.pk:
        raise NotCurrent
    if versions is not None and queries.version_of(document) not in versions:
        raise Stale
    return edit, document


def repartition(
    edit: Edit, *, kind: Correction.Kind, document: Document, after: Pieces, new: Document | None = None
) -> None:
    """Makes the partition that `after` says, the pieces that changed and no others.

    Documents whose lines changed are corrected; facts go to the document that now holds their line. Whose a fact is
    does not change: assigning does that.
    """
    check(after, lines=edit.text.lines)
    documents = edit.documents | ({new.pk: new} if new else {})
    gone, come = _without(edit.pieces, after), _without(after, edit.pieces)
    linked = find_neighbours({piece.document for piece in gone if piece.document})
    before = _tell(gone, documents)
    edit.segmentation.gaps.filter(start_line__in=[piece.start_line for piece in gone if not piece.document]).delete()
    for piece in come:
        held = documents[piece.document] if piece.document else None
        if held is None:
            _add_gap(edit, piece)
        else:
            _set_lines(edit, held, piece=piece, is_new=held is new)
        edit.segmentation.facts.filter(line__range=(piece.start_line, piece.end_line)).update(document=held)
    kept = {piece.document for piece in after}
    merged = [piece.document for piece in gone if piece.document and piece.document not in kept]
    Document.objects.filter(pk__in=merged).delete()
    _renew_links(edit, [documents[piece.document] for piece in come if piece.document], linked=linked)
    edit.write_down(
        kind,
        document=None if document.pk in merged else document,
        before=before,
        after=_tell(come, documents),
    )


def _renew_links(edit: Edit, reworded: Sequence[Document], *, linked: set[UUID]) -> None:
    write_fingerprints(documents=reworded, lines=edit.text.lines, noise=edit.segmentation.noise_lines)
    changed = {document.pk for document in reworded}
    renew_links(clinic_id=edit.upload.clinic_id, documents=changed | linked, reworded=changed, now=edit.now)


def tell_document(document: Document) -> dict[str, Any]:
    """A document as corrections keep it."""
    return {
        "id": str(document.pk),
        "start_line": document.start_line,
        "end_line": document.end_line,
        "title": document.title,
        "type": document.type,
        "date": document.date.isoformat() if document.date else None,
        "patient": str(document.patient_id) if document.patient_id else None,
        "review": document.review,
    }


def tell(*documents: Document) -> dict[str, Any]:
    return {"documents": [tell_document(document) for document in documents], "gaps": []}


def _tell(pieces: Iterable[Piece], documents: dict[UUID, Document]) -> dict[str, Any]:
    pieces = list(pieces)
    return {
        "documents": [tell_document(documents[piece.document]) for piece in pieces if piece.document],
        "gaps": [
            {"start_line": piece.start_line, "end_line": piece.end_line, "reason": piece.reason}
            for piece in pieces
            if not piece.document
        ],
    }


def _without(pieces: Pieces, others: Pieces) -> list[Piece]:
    known = set(others)
    return [piece for piece in pieces if piece not in known]


def _add_gap(edit: Edit, piece: Piece) -> None:
    Gap.objects.create(
        clinic_id=edit.upload.clinic_id,
        segmentation=edit.segmentation,
        start_line=piece.start_line,
        end_line=piece.end_line,
        reason=piece.reason,
    )


def _set_lines(edit: Edit, document: Document, *, piece: Piece, is_new: bool) -> None:
    document.start_line, document.end_line = piece.start_line, piece.end_line
    document.first_page = edit.text.pages[piece.start_line - 1]
    document.last_page = edit.text.pages[piece.end_line - 1]
    marked = edit.mark(document)
    if is_new:
        document.save(force_insert=True)
    else:
        document.save(update_fields=["start_line", "end_line", "first_page", "last_page", *marked])
