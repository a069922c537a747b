"""Uploads, their text, and what was found in them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from documents import queries
from documents.api.v1 import representations
from documents.api.v1.documents import read_form
from documents.api.v1.filters import UploadFilter
from documents.api.v1.texts import MOST_LINES, RENDERERS, show_upload_text
from documents.models import Document, Segmentation, Upload
from documents.operations import adopting, archiving, correcting
from pennie.accounts.permissions import caller_of
from pennie.lib.refusals import Missing, Refusal

_TAGS = ["uploads"]
_NO_STORE = {"Cache-Control": "no-store"}
# A file is somebody else's: no browser may run it, or take it for what it does not say it is.
_SANDBOX = {
    **_NO_STORE,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
_MEDIA_TYPES = {
    "text": "text/plain",
    "pdf": "application/pdf",
    "email": "message/rfc822",
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}  # no HTML and no picture, which a browser might show after all
EXAMPLE: dict[str, Any] = {
    "id": "01983a5e-1110-7000-8000-000000000001",
    "name": "juniper-2024.pdf",
    "kind": "pdf",
    "size": 481220,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "line_count": 855,
    "page_count": 24,
    "external_id": "R-2024-0117",
    "metadata": {"branch": "north"},
    "patient": None,
    "segmentation": {
        "id": "01983a5f-0000-7000-8000-000000000003",
        "number": 1,
        "engine": "rules",
        "model": "",
        "revision": 1,
        "created_at": "2026-11-27T09:30:14.902Z",
    },
    "document_count": 59,
    "review_count": 4,
    "received_at": "2026-11-27T09:30:00Z",
    "updated_at": "2026-11-27T09:30:14.902Z",
    "archived_at": None,
    "links": {
        "self": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/",
        "text": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/text/",
        "content": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/content/",
        "documents": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/documents/",
        "facts": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/facts/",
        "segmentations": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/segmentations/",
        "jobs": "/api/v1/jobs/?upload=01983a5e-1110-7000-8000-000000000001",
    },
}


class NoContent(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "no_content",
            title="The file is not at hand",
            detail="The storage does not have the bytes of this upload. Tell the operator; its text is not affected.",
            status=503,
        )


@extend_schema_view(
    list=extend_schema(
        operation_id="uploads_list",
        tags=_TAGS,
        summary="List uploads",
        description="The clinic's, newest first. Archived ones only with `archived=true`.",
    )
)
class UploadViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Upload]):
    """What is read of uploads, and what is done with them once they are here.

    Sending them is a job's submission, so the view set in `jobs.api.v1` is made of this one and adds it; that one is
    routed, this one is not.
    """

    resource = "uploads"
    scopes: dict[str, str] = {}
    queryset = Upload.objects.none()  # for the schema alone
    serializer_class = representations.UploadSerializer
    filterset_class = UploadFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Upload]:
        return queries.list_uploads(principal=caller_of(self.request), archived=None)  # the filter chooses

    def find(self, pk: UUID) -> Upload:
        """The upload, archived or not. Raises Missing."""
        upload = self.get_queryset().filter(pk=pk).first()
        if upload is None:
            raise Missing("upload")
        return upload

    @extend_schema(
        operation_id="uploads_retrieve",
        tags=_TAGS,
        summary="An upload",
        examples=[OpenApiExample("An upload", value=EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(self.get_serializer(self.find(pk)).data)

    @extend_schema(
        operation_id="uploads_archive",
        tags=_TAGS,
        summary="Archive an upload",
        description="It and its documents leave the lists; nothing is lost. Sent again or restored, it is back.",
        responses={204: OpenApiResponse(description="Archived.")},
        filters=False,
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        archiving.archive_upload(principal=caller_of(request), upload_id=pk, now=timezone.now())
        return Response(status=204)

    @extend_schema(
        operation_id="uploads_restore",
        tags=_TAGS,
        summary="Restore an archived upload",
        request=None,
        responses=representations.UploadSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        archiving.restore_upload(principal=caller_of(request), upload_id=pk, now=timezone.now())
        return self.retrieve(request, pk)

    @extend_schema(
        operation_id="uploads_text",
        tags=_TAGS,
        summary="An upload's text",
        description=f"The lines as extracted, {MOST_LINES:,} at most in an answer: `next` tells where they go on. With "
        "`Accept: text/plain` the text alone. Before the file was read: 409 `no_text`.",
        parameters=[representations.LinesForm],
        responses={(200, "application/json"): representations.TextSerializer, (200, "text/plain"): str},
        filters=False,
    )
    @action(detail=True, renderer_classes=RENDERERS)
    def text(self, request: Request, pk: UUID) -> Response:
        asked = read_form(representations.LinesForm, request.query_params)
        shown = show_upload_text(
            upload=self.find(pk),
            from_line=asked["from_line"],
            to_line=asked.get("to_line"),
            address=f"{representations.ROOT}/uploads/{pk}/text/",
        )
        return Response(shown, headers=_NO_STORE)

    @extend_schema(
        operation_id="uploads_content",
        tags=_TAGS,
        summary="An upload's file",
        description="The bytes as received, to be saved, never shown.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        filters=False,
    )
    @action(detail=True)
    def content(self, request: Request, pk: UUID) -> HttpResponseBase:
        upload = self.find(pk)
        try:
            stored = upload.content.open("rb")
        except (OSError, ValueError):  # ValueError: no file was ever stored
            raise NoContent from None
        name = "".join(character if character.isprintable() else "_" for character in upload.name)
        media_type = _MEDIA_TYPES.get(upload.kind, "application/octet-stream")
        return FileResponse(stored, as_attachment=True, filename=name, content_type=media_type, headers=_SANDBOX)

    @extend_schema(
        operation_id="uploads_documents",
        tags=_TAGS,
        summary="An upload's documents and gaps",
        description="Of the current segmentation: every line once, in order.",
        responses=representations.PartitionSerializer,
        filters=False,
    )
    @action(detail=True, resource="documents")
    def documents(self, request: Request, pk: UUID) -> Response:
        upload = self.find(pk)
        segmentation = upload.current_segmentation
        pieces = [
            {
                "document": piece if isinstance(piece, Document) else None,
                "gap": None if isinstance(piece, Document) else piece,
            }
            for piece in queries.list_pieces(upload=upload)
        ]
        shown = {
            "segmentation": segmentation.number if segmentation else None,
            "revision": segmentation.revision if segmentation else None,
            "pieces": pieces,
        }
        return Response(representations.PartitionSerializer(shown, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="uploads_confirm",
        tags=_TAGS,
        summary="Confirm all documents of an upload",
        description="Those that staff did not decide yet are right as they are; no later run changes them.",
        request=None,
        responses=representations.ConfirmedSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], resource="documents")
    def confirm(self, request: Request, pk: UUID) -> Response:
        confirmed = correcting.confirm_all(principal=caller_of(request), upload_id=pk, now=timezone.now())
        return Response({"confirmed": confirmed})

    @extend_schema(
        operation_id="uploads_segmentations",
        tags=_TAGS,
        summary="The runs over an upload",
        description="Newest first. One of them is current; a run after staff decided something is a proposal.",
        responses=representations.SegmentationSerializer(many=True),
        filters=False,
    )
    @action(detail=True, resource="documents", filter_backends=[])
    def segmentations(self, request: Request, pk: UUID) -> Response:
        runs: Any = queries.list_segmentations(upload=self.find(pk))  # Any: the view set's own rows are uploads
        page = self.paginate_queryset(runs)
        return self.get_paginated_response(self._show_runs(page))

    @extend_schema(
        operation_id="uploads_differences",
        tags=_TAGS,
        summary="What a run proposes to change",
        description="How its documents differ from the current ones; empty for the current run.",
        responses=representations.DifferencesSerializer,
        filters=False,
    )
    @action(detail=True, resource="documents", url_path="segmentations/<int:number>/differences")
    def differences(self, request: Request, pk: UUID, number: int) -> Response:
        differences = queries.list_differences(segmentation=self._find_run(pk, number))
        return Response(representations.DifferencesSerializer({"differences": differences}).data)

    @extend_schema(
        operation_id="uploads_adopt",
        tags=_TAGS,
        summary="Take another run's documents",
        description="They become the current ones. Documents that staff decided are kept where the lines are the "
        "same; where they are not: 409 `decisions_would_be_lost` with these `documents`, unless `force`.",
        request=representations.AdoptForm,
        responses=representations.SegmentationSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], resource="documents", url_path="segmentations/<int:number>/adopt")
    def adopt(self, request: Request, pk: UUID, number: int) -> Response:
        said = read_form(representations.AdoptForm, request.data)
        run = self._find_run(pk, number)
        adopting.adopt(principal=caller_of(request), segmentation_id=run.pk, force=said["force"], now=timezone.now())
        return Response(self._show_runs([self._find_run(pk, number)])[0])

    def _find_run(self, pk: UUID, number: int) -> Segmentation:
        run = queries.list_segmentations(upload=self.find(pk)).filter(number=number).first()
        if run is None:
            raise Missing("segmentation")
        return run

    def _show_runs(self, runs: Any) -> Any:
        return representations.SegmentationSerializer(runs, many=True, context=self.get_serializer_context()).data
