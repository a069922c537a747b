"""The animals of files, and staff's decisions about whose patients they are."""

from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from documents import records
from documents.api.v1.facts import FactSerializer
from documents.models import Subject
from documents.operations import deciding
from patients.models import Patient
from pennie.accounts.permissions import caller_of
from pennie.accounts.principal import Principal

_TAGS = ["subjects"]
_EXAMPLE = OpenApiExample(
    "A proposed match",
    response_only=True,
    value={
        "id": "01983a5f-0002-7000-8000-000000000001",
        "upload": "01983a5e-1110-7000-8000-000000000001",
        "segmentation": "01983a5f-0000-7000-8000-000000000003",
        "position": 1,
        "name": "Juniper",
        "state": "proposed",
        "reason": "microchip",
        "patient": None,
        "proposed_patient": {
            "id": "01983a5e-2222-7000-8000-000000000001",
            "name": "Juniper",
            "species": "dog",
            "microchip": "985112004567890",
            "status": "confirmed",
        },
        "document_count": 14,
        "decided_by": None,
        "decided_at": None,
        "links": {
            "self": "/api/v1/subjects/01983a5f-0002-7000-8000-000000000001/",
            "upload": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/",
            "facts": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/facts/"
            "?subject=01983a5f-0002-7000-8000-000000000001",
        },
        "facts": [],
    },
)


class CandidateSerializer(serializers.ModelSerializer[Patient]):
    class Meta:
        model = Patient
        fields = ["id", "name", "species", "microchip", "status"]
        read_only_fields = fields


class SubjectSerializer(serializers.ModelSerializer[Subject]):
    """An animal as one file tells of it."""

    upload = serializers.UUIDField(source="upload_id", read_only=True)
    segmentation = serializers.UUIDField(source="segmentation_id", read_only=True)
    name = serializers.CharField(read_only=True, help_text="Empty: facts that belong to no known animal.")
    state = serializers.ChoiceField(
        choices=Subject.State.choices,
        read_only=True,
        help_text="new: `patient` was made of it; proposed: `proposed_patient` may be it, staff decides; matched: "
        "`patient` is it; unknown: nobody known.",
    )
    reason = serializers.CharField(
        read_only=True, help_text="microchip, same document, named by sender, staff, or empty."
    )
    patient = CandidateSerializer(read_only=True, allow_null=True)
    proposed_patient = CandidateSerializer(read_only=True, allow_null=True)
    document_count = serializers.IntegerField(read_only=True)
    decided_by = serializers.UUIDField(source="decided_by_id", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Subject
        fields = [
            "id",
            "upload",
            "segmentation",
            "position",
            "name",
            "state",
            "reason",
            "patient",
            "proposed_patient",
            "document_count",
            "decided_by",
            "decided_at",
            "links",
        ]
        read_only_fields = fields

    def get_links(self, subject: Subject) -> dict[str, str]:
        upload = f"/api/v1/uploads/{subject.upload_id}/"
        return {
            "self": f"/api/v1/subjects/{subject.pk}/",
            "upload": upload,
            "facts": f"{upload}facts/?subject={subject.pk}",
        }


class SubjectDetailSerializer(SubjectSerializer):
    """With what the file tells of it."""

    facts = FactSerializer(many=True, read_only=True, source="told")

    class Meta(SubjectSerializer.Meta):
        fields = [*SubjectSerializer.Meta.fields, "facts"]
        read_only_fields = fields


class SubjectAssignForm(serializers.Serializer[Any]):
    patient = serializers.UUIDField(help_text="Id of a patient of the clinic.")


class SubjectFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    state = django_filters.MultipleChoiceFilter(
        distinct=False, choices=Subject.State.choices, help_text="One of these states; may be given several times."
    )
    upload = django_filters.UUIDFilter(field_name="upload_id")
    patient = django_filters.UUIDFilter(field_name="patient_id", help_text="Animals that are this patient.")
    proposed_patient = django_filters.UUIDFilter(
        field_name="proposed_patient_id", help_text="Animals that may be this patient."
    )

    class Meta:
        model = Subject
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(
        operation_id="subjects_list",
        tags=_TAGS,
        summary="List the animals of files",
        description="Those of current segmentations of uploads that are not archived, newest first. `state=proposed` "
        "is the list of matches that wait for a decision.",
    )
)
class SubjectViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Subject]):
    resource = "documents"
    queryset = Subject.objects.none()  # for the schema alone
    serializer_class = SubjectSerializer
    filterset_class = SubjectFilter
    lookup_value_converter = "uuid"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Subject]:
        return records.list_subjects(principal=self.principal)

    @property
    def principal(self) -> Principal:
        return caller_of(self.request)

    @property
    def id(self) -> UUID:
        return cast(UUID, self.kwargs["id"])

    def answer(self) -> Response:
        subject = records.access_subject(principal=self.principal, subject_id=self.id)
        return Response(SubjectDetailSerializer(subject).data)

    @extend_schema(
        operation_id="subjects_retrieve",
        tags=_TAGS,
        summary="Read an animal of a file",
        responses=SubjectDetailSerializer,
        examples=[_EXAMPLE],
    )
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer()

    @extend_schema(
        operation_id="subjects_accept",
        tags=_TAGS,
        summary="Accept the proposed match",
        description="Documents and facts go to the proposed patient. 409 `nothing_proposed` where it was decided "
        "before.",
        request=None,
        responses=SubjectDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **kwargs: Any) -> Response:
        deciding.accept_match(principal=self.principal, subject_id=self.id, now=timezone.now())
        return self.answer()

    @extend_schema(
        operation_id="subjects_reject",
        tags=_TAGS,
        summary="Reject the proposed match",
        description="A new patient is proposed, made of the facts. 409 `nothing_proposed` where it was decided before.",
        request=None,
        responses=SubjectDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **kwargs: Any) -> Response:
        deciding.reject_match(principal=self.principal, subject_id=self.id, now=timezone.now())
        return self.answer()

    @extend_schema(
        operation_id="subjects_assign",
        tags=_TAGS,
        summary="Say which patient it is",
        description="Whatever was thought before. Documents and facts follow, except those that staff gave to another "
        "patient one by one; a proposed patient that was this animal alone is archived.",
        request=SubjectAssignForm,
        responses=SubjectDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, **kwargs: Any) -> Response:
        form = SubjectAssignForm(data=request.data)
        form.is_valid(raise_exception=True)
        patient: UUID = form.validated_data["patient"]
        deciding.reassign_subject(principal=self.principal, subject_id=self.id, patient_id=patient, now=timezone.now())
        return self.answer()
