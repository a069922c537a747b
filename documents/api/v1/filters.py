"""What lists of uploads and documents are narrowed by."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet

from documents.domain.findings import DOCUMENT_TYPES
from documents.models import Document, Upload
from documents.queries import has_open_link, is_repeated
from pennie.accounts.permissions import caller_of
from pennie.rest.filters import MomentFilter


class DocumentFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    upload = django_filters.UUIDFilter(field_name="upload_id", help_text="Documents of this upload.")
    patient = django_filters.UUIDFilter(field_name="patient_id", help_text="Documents of this patient.")
    type = django_filters.MultipleChoiceFilter(
        distinct=False,
        choices=[(each, each) for each in DOCUMENT_TYPES],
        help_text="One of these types; may be given several times.",
    )
    review = django_filters.MultipleChoiceFilter(
        distinct=False, choices=Document.Review.choices, help_text="One of these states; may be given several times."
    )
    date_from = django_filters.DateFilter(
        field_name="date", lookup_expr="gte", help_text="Dated on or after this day (YYYY-MM-DD)."
    )
    date_to = django_filters.DateFilter(
        field_name="date", lookup_expr="lte", help_text="Dated on or before this day (YYYY-MM-DD)."
    )
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment (ISO 8601)."
    )
    copies = django_filters.ChoiceFilter(
        choices=[(each, each) for each in ("all", "hide", "only", "proposed")],
        method="pass_copies",
        help_text="hide: without those that are the same as a first one on the same patient's record. only: those that "
        "are the same as a first one. proposed: those with a link that waits for a decision. Else all.",
    )
    copies_default: ClassVar[str] = "all"

    class Meta:
        model = Document
        fields: list[str] = []

    def pass_copies(self, queryset: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        return queryset  # see below: without the parameter too, some are left out

    def filter_queryset(self, queryset: QuerySet[Document]) -> QuerySet[Document]:
        found: QuerySet[Document] = super().filter_queryset(queryset)
        asked = self.form.cleaned_data["copies"] or self.copies_default
        if asked == "hide":
            return found.exclude(is_repeated())
        if asked == "only":
            return found.filter(same_as__isnull=False)
        return found.filter(has_open_link(principal=caller_of(self.request))) if asked == "proposed" else found


class PatientDocumentFilter(DocumentFilter):
    """As for all documents; a copy is left out unless it is asked for."""

    copies_default = "hide"


class UploadFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    external_id = django_filters.CharFilter(help_text="Exactly this id of the practice's own system.")
    patient = django_filters.UUIDFilter(field_name="patient_id", help_text="Sent as the record of this patient.")
    sha256 = django_filters.CharFilter(help_text="Of the file, in hexadecimal.")
    received_since = MomentFilter(
        field_name="received_at", lookup_expr="gte", help_text="Received at or after this moment (ISO 8601)."
    )
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment (ISO 8601)."
    )
    archived = django_filters.BooleanFilter(
        method="pass_archived", help_text="true: the archived ones instead of the others."
    )

    class Meta:
        model = Upload
        fields: list[str] = []

    def pass_archived(self, queryset: QuerySet[Upload], name: str, value: bool) -> QuerySet[Upload]:
        return queryset  # see below: without the parameter too, the archived ones are left out

    def filter_queryset(self, queryset: QuerySet[Upload]) -> QuerySet[Upload]:
        wants_archived = bool(self.form.cleaned_data["archived"])
        found: QuerySet[Upload] = super().filter_queryset(queryset)
        return found.filter(archived_at__isnull=not wants_archived)
