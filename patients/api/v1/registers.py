"""What the views of owners and patients share."""

from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import mixins, viewsets
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from patients.models import Owner, Patient
from patients.queries import version_of
from pennie.accounts.permissions import caller_of
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from pennie.rest.etags import tag

_Row = TypeVar("_Row", Owner, Patient)


class RegisterViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[_Row], Generic[_Row]):
    """Lists rows of the register, and answers with one of them and its ETag."""

    resource = "patients"
    lookup_value_converter = "uuid"
    lookup_url_kwarg = "id"
    form_class: type[BaseSerializer[Any]]

    @property
    def principal(self) -> Principal:
        return caller_of(self.request)

    @property
    def id(self) -> UUID:
        return cast(UUID, self.kwargs["id"])

    def read_form(self, *, partial: bool = False) -> Any:
        """The request's members, checked. Raises DRF's ValidationError."""
        form = self.form_class(data=self.request.data, partial=partial)
        form.is_valid(raise_exception=True)
        return form.validated_data

    def answer(self, *, id: UUID, status: int = 200) -> Response:
        """The row as it is now. Raises Missing."""
        rows: QuerySet[_Row] = self.get_queryset()
        row = rows.filter(pk=id).first()
        if row is None:
            raise Missing(str(rows.model._meta.verbose_name))
        return tag(Response(self.get_serializer(row).data, status=status), version=version_of(row))
