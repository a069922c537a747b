"""Reads over uploads and what was found in them. What is archived, and what a later run took the place of, is left out
of the lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from documents.domain.differences import Described, Difference, compare
from documents.models import Correction, Document, DocumentLink, Fact, Gap, Segmentation, Subject, Upload
from pennie.accounts.principal import Principal
from pennie.accounts.tenancy import ClinicQuerySet

RelationKind = Literal["same", "supersedes", "superseded_by"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """A link as one of its two documents sees it: what this one is to `other`."""

    link: DocumentLink
    kind: RelationKind
    other: Document


def list_uploads(*, principal: Principal, archived: bool | None = False) -> QuerySet[Upload]:
    """The clinic's uploads with the number of their documents as `document_count` and `review_count`.

    `archived`: those or the others; None: both. Those that were purged are never among them.
    """
    documents = Document.objects.filter(segmentation=OuterRef("current_segmentation"))
    uploads = Upload.objects.of(principal).filter(purged_at=None)
    if archived is not None:
        uploads = uploads.filter(archived_at__isnull=not archived)
    return uploads.annotate(
        document_count=_count(documents),
        review_count=_count(documents.filter(review=Document.Review.NEEDED)),
    ).select_related("current_segmentation", "patient")


def _count(rows: QuerySet[Document]) -> Coalesce:
    """Their number by a subquery, which is asked for the rows of a page only; a join would count all of them first."""
    counted = rows.order_by().values("segmentation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def is_current(*, or_archived: bool = False) -> Exists:
    """Of rows of a segmentation: that it is the current one of an upload which is not archived, or may be.

    Not `segmentation=F("upload__current_segmentation")`: of a join by two columns PostgreSQL expects next to no rows,
    and sorts all of a clinic's to show a page of them.
    """
    uploads = Upload.objects.filter(current_segmentation=OuterRef("segmentation"))
    return Exists(uploads if or_archived else uploads.filter(archived_at=None))


def list_documents(*, principal: Principal) -> ClinicQuerySet[Document]:
    """The documents of the clinic's current segmentations, of uploads that are not archived, with their links."""
    documents = Document.objects.of(principal).filter(is_current()).select_related("upload", "patient")
    return with_links(documents)


def find_document(*, principal: Principal, document_id: UUID) -> Document:
    """The document with upload, segmentation, patient and links, of whatever run. Raises Missing."""
    documents = Document.objects.select_related("upload", "segmentation", "patient")
    return with_links(documents).access(principal=principal, id=document_id)


def list_current_documents(*, upload: Upload) -> QuerySet[Document]:
    """The documents of the upload's current segmentation in the order of their lines, with their links."""
    documents = Document.objects.filter(segmentation=upload.current_segmentation_id, upload=upload)
    return with_links(documents.select_related("upload", "patient")).order_by("start_line")


def with_links(documents: ClinicQuerySet[Document]) -> ClinicQuerySet[Document]:
    """With the first that each is the same as, its copies, and its links that were not rejected, in four queries."""
    links = DocumentLink.objects.exclude(state=DocumentLink.State.REJECTED)
    links = links.select_related("document__upload", "first__upload").order_by("id")
    copies: Prefetch[str, QuerySet[Document], str] = Prefetch(
        "copies", Document.objects.order_by("upload", "start_line")
    )
    return documents.select_related("same_as").prefetch_related(
        copies, Prefetch("links_to", links), Prefetch("links_from", links)
    )


def list_relations(document: Document, links: Iterable[DocumentLink]) -> list[Relation]:
    """`links` as the document sees them, which is one end of each. Those to documents of other runs, or of archived
    uploads, are left out; document and upload of both ends should be loaded.
    """
    relations = (describe_relation(document, link) for link in links)
    return [each for each in relations if _is_listed(each.other)]


def describe_relation(document: Document, link: DocumentLink) -> Relation:
    is_later = link.document_id == document.pk
    kind: RelationKind = "superseded_by"
    if link.kind == DocumentLink.Kind.SAME:
        kind = "same"
    elif is_later:
        kind = "supersedes"
    return Relation(link=link, kind=kind, other=link.first if is_later else link.document)


def _is_listed(document: Document) -> bool:
    upload = document.upload
    return upload.archived_at is None and upload.current_segmentation_id == document.segmentation_id


def is_repeated() -> Q:
    """Of documents: that each is the same as a first one on the same patient's record, or is on nobody's."""
    return Q(same_as__isnull=False) & (Q(patient=None) | Q(same_as__patient=F("patient")))


def has_open_link(*, principal: Principal) -> Q:
    """Of documents: that a link of it waits for a decision."""
    links = DocumentLink.objects.of(principal).filter(state=DocumentLink.State.PROPOSED).order_by()
    return Q(pk__in=links.values("document").union(links.values("first")))


def is_link_current() -> Q:
    """Of links: that both documents are of current segmentations."""
    later = Upload.objects.filter(current_segmentation=OuterRef("document__segmentation"))
    earlier = Upload.objects.filter(current_segmentation=OuterRef("first__segmentation"))
    return Q(Exists(later), Exists(earlier))


def list_open_links(*, principal: Principal) -> QuerySet[DocumentLink]:
    """The links that wait for a decision; not those of documents whose upload is archived."""
    links = DocumentLink.objects.of(principal).filter(state=DocumentLink.State.PROPOSED)
    return links.filter(is_link_current(), document__upload__archived_at=None)


def find_link(*, principal: Principal, document_id: UUID, link_id: UUID) -> DocumentLink:
    """A link of the document, rejected ones too, with both documents and their uploads. Raises Missing."""
    links = DocumentLink.objects.filter(Q(document=document_id) | Q(first=document_id))
    return links.select_related("document__upload", "first__upload").access(principal=principal, id=link_id)


def list_links(*, document: Document) -> list[DocumentLink]:
    """All links of the document, rejected ones too, the oldest first."""
    links = DocumentLink.objects.filter(Q(document=document) | Q(first=document))
    return list(links.select_related("document__upload", "first__upload").order_by("id"))


def list_pieces(*, upload: Upload) -> list[Document | Gap]:
    """Documents and gaps of the upload's current segmentation: every line once, in order."""
    gaps = Gap.objects.filter(segmentation=upload.current_segmentation_id)
    pieces: list[Document | Gap] = [*list_current_documents(upload=upload), *gaps]
    return sorted(pieces, key=lambda piece: piece.start_line)


def list_segmentations(*, upload: Upload) -> QuerySet[Segmentation]:
    """All runs over the upload, newest first, with the number of their documents as `document_count`."""
    runs = upload.segmentations.select_related("upload").annotate(document_count=Count("documents"))
    return runs.order_by("-number")


def list_differences(*, segmentation: Segmentation) -> tuple[Difference, ...]:
    """What `segmentation` proposes to change in the upload's current one; nothing where it is that one."""
    current = Upload.objects.values_list("current_segmentation", flat=True).get(pk=segmentation.upload_id)
    if current == segmentation.pk:
        return ()
    described: dict[object, list[Described]] = {current: [], segmentation.pk: []}
    documents = Document.objects.filter(segmentation__in=[each for each in described if each]).order_by("start_line")
    for each in documents:
        described[each.segmentation_id].append(describe_document(each))
    return compare(before=described[current], after=described[segmentation.pk])


def describe_document(document: Document) -> Described:
    return Described(
        id=document.pk,
        start_line=document.start_line,
        end_line=document.end_line,
        title=document.title,
        type=document.type,
        date=document.date.isoformat() if document.date else None,
    )


def has_decisions(*, segmentation: Segmentation) -> bool:
    """Whether staff decided anything in it (I6)."""
    return find_decided(Segmentation.objects.filter(pk=segmentation.pk)).exists()


def find_decided(segmentations: QuerySet[Segmentation]) -> QuerySet[Segmentation]:
    """Those in which staff decided anything: a document, a correction, whose an animal is, a fact retracted, a link of
    another file's document to one of them."""
    mine = {"segmentation": OuterRef("pk")}
    links = _decided_links().filter(Q(document__segmentation=OuterRef("pk")) | Q(first__segmentation=OuterRef("pk")))
    return segmentations.filter(
        Exists(Document.objects.filter(review__in=Document.STAFF_DECIDED, **mine))
        | Exists(Correction.objects.filter(**mine))
        | Exists(Subject.objects.exclude(decided_at=None).filter(**mine))
        | Exists(Fact.objects.exclude(retracted_at=None).filter(**mine))
        | Exists(links)
    )


def _decided_links() -> QuerySet[DocumentLink]:
    return DocumentLink.objects.filter(state__in=DocumentLink.DECIDED)


def is_link_decided() -> Exists:
    """Of documents: that staff decided about one of their links."""
    either = Q(document=OuterRef("pk")) | Q(first=OuterRef("pk"))
    return Exists(_decided_links().filter(either))


def version_of(document: Document) -> str:
    """What changes whenever the document does: for ETag and If-Match."""
    return f"{document.updated_at:%Y%m%dT%H%M%S%f}"
