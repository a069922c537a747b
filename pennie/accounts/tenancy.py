"""Rows that belong to a clinic, and the one way to them."""

from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models

from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from pennie.lib.refusals import Missing

_Row = TypeVar("_Row", bound=models.Model)


class ClinicQuerySet(models.QuerySet[_Row]):
    """The rows of a table that every clinic shares."""

    def of(self, principal: Principal) -> Self:
        """Those of the principal's clinic."""
        return self.filter(clinic_id=principal.clinic_id)

    def access(self, *, principal: Principal, **lookup: Any) -> _Row:
        """The one row that `lookup` names, in the principal's clinic. Raises Missing."""
        row = self.of(principal).filter(**lookup).first()
        if row is None:
            raise Missing(str(self.model._meta.verbose_name))
        return row


class ClinicModel(models.Model):
    """A row of one clinic, with a UUIDv7 as its key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    clinic = models.ForeignKey("accounts.Clinic", on_delete=models.PROTECT, related_name="+", editable=False)

    clinic_id: UUID

    class Meta:
        abstract = True
