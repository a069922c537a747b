"""What files tell of one patient, and that patient's erasure."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from documents import records
from documents.api.v1.facts import EXAMPLE, FactsView
from documents.domain.findings import DOCUMENT_TYPES
from documents.models import Document, Fact
from documents.operations import erasing
from pennie.accounts.permissions import caller_of

_TAGS = ["patients"]


class PatientDocumentSerializer(serializers.ModelSerializer[Document]):
    """A document of a patient, where it stands in its upload."""

    upload = serializers.UUIDField(source="upload_id", read_only=True)
    upload_name = serializers.CharField(source="upload.name", read_only=True, help_text="The file's name.")
    start_line = serializers.IntegerField(read_only=True, help_text="1-based, of the whole file.")
    end_line = serializers.IntegerField(read_only=True, help_text="Inclusive.")
    date = serializers.DateField(read_only=True, allow_null=True, help_text="The document's own date.")
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Document
        fields = [
            "id",
            "upload",
            "upload_name",
            "title",
            "type",
            "date",
            "start_line",
            "end_line",
            "first_page",
            "last_page",
            "confidence",
            "review",
            "created_at",
            "updated_at",
            "links",
        ]
        read_only_fields = fields

    def get_links(self, document: Document) -> dict[str, str]:
        own = f"/api/v1/documents/{document.pk}/"
        return {"self": own, "text": f"{own}text/", "upload": f"/api/v1/uploads/{document.upload_id}/"}


class PatientDocumentFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    type = django_filters.MultipleChoiceFilter(choices=[(each, each) for each in DOCUMENT_TYPES])
    review = django_filters.MultipleChoiceFilter(choices=Document.Review.choices)
    upload = django_filters.UUIDFilter(field_name="upload_id")
    date_from = django_filters.DateFilter(field_name="date", lookup_expr="gte", help_text="YYYY-MM-DD, inclusive.")
    date_to = django_filters.DateFilter(field_name="date", lookup_expr="lte", help_text="YYYY-MM-DD, inclusive.")
    updated_since = django_filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment (ISO 8601)."
    )

    class Meta:
        model = Document
        fields: list[str] = []


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
        "`is_current` tells which value of a field its own file would show.",
        examples=[OpenApiExample("A fact", response_only=True, value=EXAMPLE)],
    )
)
class PatientFactsView(FactsView):
    resource = "patients"

    def get_queryset(self) -> QuerySet[Fact]:
        if getattr(self, "swagger_fake_view", False):
            return Fact.objects.none()
        return records.list_facts_of_patient(principal=caller_of(self.request), patient_id=self.id)


@extend_schema_view(
    get=extend_schema(
        operation_id="patients_documents_list",
        tags=_TAGS,
        summary="List the documents of a patient",
        description="Newest first, from all uploads that are not archived.",
    )
)
class PatientDocumentsView(generics.ListAPIView[Document]):
    resource = "documents"
    queryset = Document.objects.none()  # for the schema alone
    serializer_class = PatientDocumentSerializer
    filterset_class = PatientDocumentFilter

    def get_queryset(self) -> QuerySet[Document]:
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
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
