"""The register's owners."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from patients import queries
from patients.api.v1.filters import OwnerFilter
from patients.api.v1.registers import RegisterViewSet
from patients.api.v1.representations import OwnerForm, OwnerSerializer
from patients.models import Owner
from patients.operations import archiving, registering
from pennie.accounts.permissions import caller_of
from pennie.rest.etags import IF_MATCH, read_if_match

_TAGS = ["owners"]
_EXAMPLE = OpenApiExample(
    "An owner",
    response_only=True,
    value={
        "id": "01983a5e-2221-7000-8000-000000000001",
        "external_id": "C-881",
        "name": "Marlow Tennick",
        "phone": "555 0142",
        "email": "marlow@tennick.example",
        "address": "3 Hollow Lane",
        "patient_count": 2,
        "created_at": "2026-11-27T09:30:00Z",
        "updated_at": "2026-11-27T09:30:00Z",
        "archived_at": None,
        "links": {
            "self": "/api/v1/owners/01983a5e-2221-7000-8000-000000000001/",
            "patients": "/api/v1/patients/?owner=01983a5e-2221-7000-8000-000000000001",
        },
    },
)
_REQUEST = OpenApiExample(
    "A new owner",
    request_only=True,
    value={"name": "Marlow Tennick", "external_id": "C-881", "phone": "555 0142"},
)


@extend_schema_view(
    list=extend_schema(
        operation_id="owners_list",
        tags=_TAGS,
        summary="List owners",
        description="The clinic's owners, newest first; those that are archived only with `archived=true`.",
    )
)
class OwnerViewSet(RegisterViewSet[Owner]):
    queryset = Owner.objects.none()  # for the schema alone
    serializer_class = OwnerSerializer
    form_class = OwnerForm
    filterset_class = OwnerFilter

    def get_queryset(self) -> QuerySet[Owner]:
        return queries.list_owners(principal=self.principal)

    @extend_schema(operation_id="owners_retrieve", tags=_TAGS, summary="Read an owner", examples=[_EXAMPLE])
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(id=id)

    @extend_schema(
        operation_id="owners_create",
        tags=_TAGS,
        summary="Create an owner",
        description="409 `external_id_taken`, with the `existing` one's id, where the clinic has one by this external "
        "id.",
        request=OwnerForm,
        responses={201: OwnerSerializer},
        examples=[_REQUEST, _EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        owner = registering.create_owner(principal=self.principal, fields=self.read_form(), now=timezone.now())
        response = self.answer(id=owner.pk, status=201)
        response["Location"] = f"{request.path}{owner.pk}/"
        return response

    @extend_schema(
        operation_id="owners_update",
        tags=_TAGS,
        summary="Change an owner",
        description="Only what is sent changes. 409 `owner_archived`; 412 `stale` with an old If-Match.",
        parameters=[IF_MATCH],
        request=OwnerForm,
        examples=[_EXAMPLE],
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        registering.update_owner(
            principal=self.principal,
            owner_id=id,
            fields=self.read_form(partial=True),
            versions=read_if_match(request),
            now=timezone.now(),
        )
        return self.answer(id=id)

    @extend_schema(
        operation_id="owners_archive",
        tags=_TAGS,
        summary="Archive an owner",
        description="409 `owner_has_patients` while one of theirs is not archived.",
        request=None,
        responses={204: OpenApiResponse(description="They are archived.")},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        archiving.archive_owner(principal=self.principal, owner_id=id, now=timezone.now())
        return Response(status=204)

    @extend_schema(operation_id="owners_restore", tags=_TAGS, summary="Restore an archived owner", request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **kwargs: Any) -> Response:
        archiving.restore_owner(principal=self.principal, owner_id=self.id, now=timezone.now())
        return self.answer(id=self.id)


class OwnerPurgeView(APIView):
    resource = "patients"
    scopes = {"POST": "patients:purge"}

    @extend_schema(
        operation_id="owners_purge",
        tags=_TAGS,
        summary="Erase an archived owner for good",
        description="Cannot be undone. 409 `not_archived`; 409 `owner_has_patients`: purge their patients first, for "
        "what files tell of an owner is kept with the patients.",
        request=None,
        responses={204: OpenApiResponse(description="They are gone.")},
    )
    def post(self, request: Request, id: UUID) -> Response:
        archiving.purge_owner(principal=caller_of(request), owner_id=id)
        return Response(status=204)
