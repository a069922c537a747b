"""What lists of owners and patients are narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from patients.domain.identity import normalise_chip
from patients.models import Owner, Patient
from pennie.rest.filters import MomentFilter


class _RegisterFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    external_id = django_filters.CharFilter(help_text="Exactly this id of the practice's own system.")
    name = django_filters.CharFilter(lookup_expr="icontains", help_text="Part of the name, in any case.")
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment (ISO 8601)."
    )
    archived = django_filters.BooleanFilter(method="leave", help_text="true: the archived ones instead of the others.")

    def leave(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset  # see filter_queryset: what is not asked for is left out all the same

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        archived = bool(self.form.cleaned_data.get("archived"))
        kept: QuerySet[Any] = super().filter_queryset(queryset)
        return kept.filter(archived_at__isnull=not archived)


class OwnerFilter(_RegisterFilter):
    phone = django_filters.CharFilter(help_text="Exactly as it is kept.")
    email = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Owner
        fields: list[str] = []


class PatientFilter(_RegisterFilter):
    owner = django_filters.UUIDFilter(field_name="owner_id", help_text="Patients of this owner.")
    veterinarian = django_filters.UUIDFilter(field_name="veterinarian_id", help_text="Who is responsible.")
    microchip = django_filters.CharFilter(method="by_chip", help_text="With or without spaces and hyphens.")
    species = django_filters.CharFilter(help_text="dog, cat, …")
    status = django_filters.ChoiceFilter(choices=Patient.Status.choices)

    class Meta:
        model = Patient
        fields: list[str] = []

    def by_chip(self, queryset: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        return queryset.filter(microchip=normalise_chip(value) or value)
