"""Documents: what was found in uploads, and how staff correct it."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from documents import queries
from documents.api.v1 import link_representations, representations
from documents.api.v1.filters import DocumentFilter
from documents.api.v1.texts import RENDERERS, show_document_text
from documents.models import Document
from documents.operations import assigning, correcting, link_deciding
from documents.operations.link_reading import show_difference
from pennie.accounts.permissions import caller_of
from pennie.rest.etags import IF_MATCH, read_if_match, tag

_TAGS = ["documents"]
_KEPT = "Every line of the upload stays in one document or gap."
_EXAMPLE = {
    "id": "01983a5f-2222-7000-8000-000000000004",
    "upload": "01983a5e-1110-7000-8000-000000000001",
    "segmentation": "01983a5f-0000-7000-8000-000000000003",
    "is_current": True,
    "subject": "01983a5f-1111-7000-8000-000000000005",
    "patient": {
        "id": "01983a5f-3333-7000-8000-000000000006",
        "name": "Juniper",
        "external_id": "P-118",
        "status": "confirmed",
    },
    "title": "Visit note",
    "title_printed": True,
    "type": "consult_note",
    "date": "2024-03-05",
    "start_line": 118,
    "end_line": 164,
    "first_page": 3,
    "last_page": 4,
    "confidence": 0.92,
    "review": "not_needed",
    "reviewed_at": None,
    "same_as": None,
    "copies": [
        {
            "document": "01983a60-2222-7000-8000-000000000009",
            "upload": "01983a60-1110-7000-8000-000000000008",
            "start_line": 1,
            "end_line": 47,
        }
    ],
    "relations": [],
    "created_at": "2026-11-27T09:30:14.902Z",
    "updated_at": "2026-11-27T09:30:14.902Z",
    "links": {
        "self": "/api/v1/documents/01983a5f-2222-7000-8000-000000000004/",
        "text": "/api/v1/documents/01983a5f-2222-7000-8000-000000000004/text/",
        "links": "/api/v1/documents/01983a5f-2222-7000-8000-000000000004/links/",
        "facts": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/facts/"
        "?document=01983a5f-2222-7000-8000-000000000004",
        "upload": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/",
    },
}


def read_form(form: type[serializers.Serializer[Any]], said: Any, **options: Any) -> dict[str, Any]:
    """What was said, checked. Raises DRF's ValidationError."""
    filled = form(data=said, **options)
    filled.is_valid(raise_exception=True)
    return cast(dict[str, Any], filled.validated_data)


@extend_schema_view(
    list=extend_schema(
        operation_id="documents_list",
        tags=_TAGS,
        summary="List documents",
        description="Of current segmentations of uploads that are not archived, newest first. With `updated_since` a "
        "copy is kept up to date: what was merged or marked as a gap is no longer listed.",
    )
)
class DocumentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Document]):
    """Corrections are operations that keep the partition. Each takes `If-Match` and answers with the new `ETag`."""

    resource = "documents"
    queryset = Document.objects.none()  # for the schema alone
    serializer_class = representations.DocumentSerializer
    filterset_class = DocumentFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Document]:
        return queries.list_documents(principal=caller_of(self.request))

    @extend_schema(
        operation_id="documents_retrieve",
        tags=_TAGS,
        summary="A document",
        description="Also one that a later run proposes (`is_current` false), or one of an archived upload.",
        examples=[OpenApiExample("A document", value=_EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_describe",
        tags=_TAGS,
        summary="Change title, type or date",
        parameters=[IF_MATCH],
        request=representations.DescriptionForm,
        responses=representations.DocumentSerializer,
        examples=[OpenApiExample("Retitle", value={"title": "Dental chart", "type": "dental"}, request_only=True)],
        filters=False,
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        said = read_form(representations.DescriptionForm, request.data)
        correcting.describe(description=cast(correcting.Description, said), **self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_text",
        tags=_TAGS,
        summary="A document's text",
        description="Its lines with number and page. With `Accept: text/plain` the text alone. Before the file was "
        "read: 409 `no_text`.",
        responses={(200, "application/json"): representations.TextSerializer, (200, "text/plain"): str},
        filters=False,
    )
    @action(detail=True, renderer_classes=RENDERERS)
    def text(self, request: Request, pk: UUID) -> Response:
        return Response(show_document_text(document=self._find(pk)), headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="documents_split",
        tags=_TAGS,
        summary="Split a document",
        description="A new document begins at `line`, of the same patient. Without title it takes its first words. "
        f"{_KEPT} 409 `first_line`, `line_outside`, `blank_document` where the line does not fit.",
        parameters=[IF_MATCH],
        request=representations.SplitForm,
        responses=representations.SplitSerializer,
        examples=[OpenApiExample("Split", value={"line": 131, "title": "Lab report"}, request_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def split(self, request: Request, pk: UUID) -> Response:
        said = read_form(representations.SplitForm, request.data)
        line = said.pop("line")
        both = correcting.split(at_line=line, description=cast(correcting.Description, said), **self._call(pk))
        shown = [self._find(document.pk) for document in both]
        form = representations.SplitSerializer({"documents": shown}, context=self.get_serializer_context())
        return tag(Response(form.data), version=queries.version_of(shown[0]))

    @extend_schema(
        operation_id="documents_move_start",
        tags=_TAGS,
        summary="Move a document's beginning",
        description="Earlier: it takes lines from gaps and from the document before, never all of it. Later: its lines "
        f"go to what stands before. {_KEPT}",
        parameters=[IF_MATCH],
        request=representations.MoveStartForm,
        responses=representations.DocumentSerializer,
        examples=[OpenApiExample("Two lines earlier", value={"line": 116}, request_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="move-start")
    def move_start(self, request: Request, pk: UUID) -> Response:
        said = read_form(representations.MoveStartForm, request.data)
        correcting.move_start(to_line=said["line"], **self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_merge_next",
        tags=_TAGS,
        summary="Merge a document with the next",
        description="It takes in the next one and the gaps between, and keeps its own title, type, date and patient. "
        "Where no document follows it takes in the last gaps; where nothing follows: 409 `no_next_document`.",
        parameters=[IF_MATCH],
        request=None,
        responses=representations.DocumentSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="merge-next")
    def merge_next(self, request: Request, pk: UUID) -> Response:
        correcting.merge_next(**self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_mark_gap",
        tags=_TAGS,
        summary="Mark a document as no document",
        description="Its lines become a gap and its id is gone. What was read from its lines stays with its patient.",
        parameters=[IF_MATCH],
        request=None,
        responses=representations.GapSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="mark-gap")
    def mark_gap(self, request: Request, pk: UUID) -> Response:
        gap = correcting.mark_gap(**self._call(pk))
        shown = {"start_line": gap.start_line, "end_line": gap.end_line, "reason": gap.reason}
        return Response(shown)

    @extend_schema(
        operation_id="documents_assign",
        tags=_TAGS,
        summary="Assign a document to a patient",
        description="Its facts follow; what it says of other animals stays theirs. An archived patient: 409 "
        "`patient_archived`.",
        parameters=[IF_MATCH],
        request=representations.AssignDocumentForm,
        responses=representations.DocumentSerializer,
        examples=[
            OpenApiExample("Assign", value={"patient": "01983a5f-3333-7000-8000-000000000006"}, request_only=True)
        ],
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: UUID) -> Response:
        said = read_form(representations.AssignDocumentForm, request.data)
        assigning.assign(patient_id=said["patient"], **self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_confirm",
        tags=_TAGS,
        summary="Confirm a document",
        description="It is right as it is; no later run changes it. One that was decided before stays as it is.",
        parameters=[IF_MATCH],
        request=None,
        responses={200: OpenApiResponse(representations.DocumentSerializer)},
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: UUID) -> Response:
        correcting.confirm(**self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_links",
        tags=_TAGS,
        summary="A document's links",
        description="To documents that are the same or amend it, rejected ones too.",
        responses=link_representations.LinksSerializer,
        filters=False,
    )
    @action(detail=True)
    def links(self, request: Request, pk: UUID) -> Response:
        document = self._find(pk)
        relations = [queries.describe_relation(document, link) for link in queries.list_links(document=document)]
        return Response(link_representations.LinksSerializer({"links": relations}).data)

    @extend_schema(
        operation_id="documents_link",
        tags=_TAGS,
        summary="A link, and where the two documents differ",
        description="Word by word, with the lines of both. Running headers, page counters, fax lines and stamps of "
        "printing are left out of the comparison.",
        responses=link_representations.LinkSerializer,
        filters=False,
    )
    @action(detail=True, url_path="links/<uuid:link>")
    def link(self, request: Request, pk: UUID, link: UUID) -> Response:
        found = queries.find_link(principal=caller_of(request), document_id=pk, link_id=link)
        document = self._find(pk)
        relation = queries.describe_relation(document, found)
        shown = {"relation": relation, "difference": show_difference(first=document, second=relation.other)}
        return Response(link_representations.LinkSerializer(shown).data, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="documents_confirm_link",
        tags=_TAGS,
        summary="Confirm a link",
        description="The two are one document, or one supersedes the other, as the link says; no later run changes it.",
        parameters=[IF_MATCH],
        request=None,
        responses=representations.DocumentSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="links/<uuid:link>/confirm")
    def confirm_link(self, request: Request, pk: UUID, link: UUID) -> Response:
        link_deciding.confirm_link(link_id=link, **self._call(pk))
        return self._answer(pk)

    @extend_schema(
        operation_id="documents_reject_link",
        tags=_TAGS,
        summary="Reject a link",
        description="The two are two documents, also where their words are the same; they are not linked again.",
        parameters=[IF_MATCH],
        request=None,
        responses=representations.DocumentSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="links/<uuid:link>/reject")
    def reject_link(self, request: Request, pk: UUID, link: UUID) -> Response:
        link_deciding.reject_link(link_id=link, **self._call(pk))
        return self._answer(pk)

    def _call(self, pk: UUID) -> dict[str, Any]:
        """What every correction is told."""
        return {
            "principal": caller_of(self.request),
            "document_id": pk,
            "versions": read_if_match(self.request),
            "now": timezone.now(),
        }

    def _find(self, pk: UUID) -> Document:
        return queries.find_document(principal=caller_of(self.request), document_id=pk)

    def _answer(self, pk: UUID) -> Response:
        document = self._find(pk)
        return tag(Response(self.get_serializer(document).data), version=queries.version_of(document))
