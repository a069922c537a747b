"""What files tell of one patient, and that patient's erasure."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from documents import records
from documents.api.v1.facts import EXAMPLES, FactsView, PatientFactFilter
from documents.api.v1.filters import PatientDocumentFilter
from documents.api.v1.representations import DocumentSerializer
from documents.models import Document, Fact
from documents.operations import erasing
from pennie.accounts.permissions import caller_of

_TAGS = ["patients"]


class PurgedSerializer(serializers.Serializer[Any]):
    uploads = serializers.ListField(
        child=serializers.UUIDField(), help_text="Uploads whose text told of the patient, and still does."
    )


@extend_schema_view(
    get=extend_schema(
        operation_id="patients_facts_list",
        tags=_TAGS,
        summary="List the facts of a patient",
        description="From all of the patient's uploads that are not archived, each with document, line and quote. "
        "`is_current` tells which value of a field its own file would show. What a document says that was sent twice "
        "is told once, of the first: its `copies` tell where it stands again.",
        examples=EXAMPLES,
    )
)
class PatientFactsView(FactsView):
    resource = "patients"
    filterset_class = PatientFactFilter

    def get_queryset(self) -> QuerySet[Fact]:
        return records.list_facts_of_patient(principal=caller_of(self.request), patient_id=self.kwargs["id"])


@extend_schema_view(
    get=extend_schema(
        operation_id="patients_documents_list",
        tags=_TAGS,
        summary="List the documents of a patient",
        description="Newest first, from all uploads that are not archived. A document that was sent twice is there "
        "once, as the first, whose `copies` tell where it stands again; `copies=all` lists each.",
    )
)
class PatientDocumentsView(generics.ListAPIView[Document]):
    resource = "documents"
    queryset = Document.objects.none()  # for the schema alone
    serializer_class = DocumentSerializer
    filterset_class = PatientDocumentFilter

    def get_queryset(self) -> QuerySet[Document]:
        return records.list_documents_of_patient(principal=caller_of(self.request), patient_id=self.kwargs["id"])


class PatientPurgeView(APIView):
    resource = "patients"
    scopes = {"POST": "patients:purge"}

    @extend_schema(
        operation_id="patients_purge",
        tags=_TAGS,
        summary="Erase an archived patient for good",
        description="Deletes the patient and every fact that was read of it; cannot be undone. Uploads stay, for they "
        "may tell of others, too: the answer lists those whose text told of it, to be purged where they are of it "
        "alone. 409 `not_archived`: archive it first.",
        request=None,
        responses={200: PurgedSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        uploads = erasing.purge_patient(principal=caller_of(request), patient_id=id, now=timezone.now())
        return Response(PurgedSerializer({"uploads": uploads}).data)
