"""The register's patients."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from patients import queries
from patients.api.v1.filters import PatientFilter
from patients.api.v1.registers import RegisterViewSet
from patients.api.v1.representations import PatientForm, PatientSerializer
from patients.models import Patient
from patients.operations import archiving, registering
from pennie.rest.etags import IF_MATCH, read_if_match

_TAGS = ["patients"]
_EXAMPLE = OpenApiExample(
    "A patient",
    response_only=True,
    value={
        "id": "01983a5e-2222-7000-8000-000000000001",
        "external_id": "A-1042",
        "status": "confirmed",
        "name": "Juniper",
        "species": "dog",
        "breed": "Beagle",
        "sex": "female",
        "neutered": True,
        "date_of_birth": "2019-04",
        "color": "tricolor",
        "microchip": "985112004567890",
        "owner": {"id": "01983a5e-2221-7000-8000-000000000001", "name": "Marlow Tennick", "external_id": ""},
        "veterinarian": {"id": "01983a5e-0002-7000-8000-000000000001", "name": "Dr. Odile Farrow"},
        "created_at": "2026-11-27T09:30:00Z",
        "updated_at": "2026-11-27T09:30:00Z",
        "archived_at": None,
        "links": {
            "self": "/api/v1/patients/01983a5e-2222-7000-8000-000000000001/",
            "facts": "/api/v1/patients/01983a5e-2222-7000-8000-000000000001/facts/",
            "documents": "/api/v1/patients/01983a5e-2222-7000-8000-000000000001/documents/",
            "subjects": "/api/v1/subjects/?patient=01983a5e-2222-7000-8000-000000000001",
        },
    },
)
_REQUEST = OpenApiExample(
    "A new patient",
    request_only=True,
    value={
        "name": "Juniper",
        "external_id": "A-1042",
        "species": "canine",
        "microchip": "985 112 004 567 890",
        "date_of_birth": "2019-04",
        "owner": "01983a5e-2221-7000-8000-000000000001",
    },
)


@extend_schema_view(
    list=extend_schema(
        operation_id="patients_list",
        tags=_TAGS,
        summary="List patients",
        description="The clinic's patients, newest first; those that are archived only with `archived=true`.",
    )
)
class PatientViewSet(RegisterViewSet[Patient]):
    queryset = Patient.objects.none()  # for the schema alone
    serializer_class = PatientSerializer
    form_class = PatientForm
    filterset_class = PatientFilter

    def get_queryset(self) -> QuerySet[Patient]:
        return queries.list_patients(principal=self.principal)

    @extend_schema(operation_id="patients_retrieve", tags=_TAGS, summary="Read a patient", examples=[_EXAMPLE])
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(id=id)

    @extend_schema(
        operation_id="patients_create",
        tags=_TAGS,
        summary="Create a patient",
        description="A confirmed patient. 409 `external_id_taken`, with the `existing` one's id, where the clinic has "
        "one by this external id; 422 where a value cannot be.",
        request=PatientForm,
        responses={201: PatientSerializer},
        examples=[_REQUEST, _EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        patient = registering.create_patient(principal=self.principal, fields=self.read_form(), now=timezone.now())
        response = self.answer(id=patient.pk, status=201)
        response["Location"] = f"{request.path}{patient.pk}/"
        return response

    @extend_schema(
        operation_id="patients_update",
        tags=_TAGS,
        summary="Change a patient",
        description="Only what is sent changes. 409 `patient_archived`; 412 `stale` with an old If-Match.",
        parameters=[IF_MATCH],
        request=PatientForm,
        examples=[_EXAMPLE],
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        registering.update_patient(
            principal=self.principal,
            patient_id=id,
            fields=self.read_form(partial=True),
            versions=read_if_match(request),
            now=timezone.now(),
        )
        return self.answer(id=id)

    @extend_schema(
        operation_id="patients_archive",
        tags=_TAGS,
        summary="Archive a patient",
        description="It stands in no list and meets no file until it is restored.",
        request=None,
        responses={204: OpenApiResponse(description="It is archived.")},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        archiving.archive_patient(principal=self.principal, patient_id=id, now=timezone.now())
        return Response(status=204)

    @extend_schema(
        operation_id="patients_restore",
        tags=_TAGS,
        summary="Restore an archived patient",
        description="With its owner, where that one is archived, too.",
        request=None,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **kwargs: Any) -> Response:
        archiving.restore_patient(principal=self.principal, patient_id=self.id, now=timezone.now())
        return self.answer(id=self.id)

    @extend_schema(
        operation_id="patients_confirm",
        tags=_TAGS,
        summary="Confirm a proposed patient",
        description="A patient that was made of a record becomes one of the register.",
        request=None,
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        registering.confirm_patient(principal=self.principal, patient_id=self.id, now=timezone.now())
        return self.answer(id=self.id)
