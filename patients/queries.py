"""Reads over the register."""

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from patients.models import Owner, Patient, Registered
from pennie.accounts.principal import Principal
from pennie.accounts.tenancy import ClinicQuerySet


def list_patients(*, principal: Principal) -> ClinicQuerySet[Patient]:
    """The clinic's patients, archived ones too, with their owners and veterinarians."""
    return Patient.objects.of(principal).select_related("owner", "veterinarian")


def list_owners(*, principal: Principal) -> QuerySet[Owner]:
    """The clinic's owners, archived ones too, with the number of their present patients as `patient_count`."""
    patients = Patient.objects.filter(owner=OuterRef("pk"), archived_at=None).order_by().values("owner")
    # A subquery is asked for the rows of a page only; a join would count all of them first.
    count = Coalesce(Subquery(patients.annotate(number=Count("pk")).values("number")), 0)
    return Owner.objects.of(principal).annotate(patient_count=count)


def version_of(row: Registered) -> str:
    """What changes whenever the row does; the ETag of its representation."""
    return f"{row.pk.hex[-12:]}-{round(row.updated_at.timestamp() * 1_000_000)}"
