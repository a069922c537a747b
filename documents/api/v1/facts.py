"""Facts as the API shows them."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, serializers

from documents import records
from documents.domain.findings import FACT_FIELDS
from documents.models import Fact
from pennie.accounts.permissions import caller_of
from pennie.rest.pagination import CursorPagination

EXAMPLE = {
    "id": "01983a5f-0003-7000-8000-000000000001",
    "field": "weight",
    "value": 12.4,
    "raw": "12,4 kg",
    "unit": "kg",
    "kg": 12.4,
    "date": "2024-03-05",
    "line": 118,
    "quote": "Gewicht: 12,4 kg",
    "also": [131],
    "is_current": True,
    "flags": [],
    "suggestion": "",
    "parts": {},
    "patient": "01983a5e-2222-7000-8000-000000000001",
    "subject": "01983a5f-0002-7000-8000-000000000001",
    "document": "01983a5f-0001-7000-8000-000000000001",
    "upload": "01983a5e-1110-7000-8000-000000000001",
}


class OldestFirst(CursorPagination):
    """In the order in which they were filed: upload by upload, animal by animal, field by field."""

    ordering = "id"


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})
class ScalarField(serializers.JSONField):
    """Text, a number, true or false."""


class FactSerializer(serializers.ModelSerializer[Fact]):
    """One observation, with the words that it was read from."""

    value = ScalarField(read_only=True, help_text="Normalised: text, a number, true or false.")
    unit = serializers.CharField(
        read_only=True, allow_null=True, help_text="kg, lb, g, oz, cm, in, …; null: no measure."
    )
    kg = serializers.FloatField(read_only=True, allow_null=True, help_text="A weight in kilograms.")
    date = serializers.CharField(read_only=True, help_text="ISO 8601: of the measure, else of its document; or empty.")
    line = serializers.IntegerField(read_only=True, help_text="1-based, of the whole file.")
    quote = serializers.CharField(read_only=True, help_text="Verbatim; stands in that line.")
    raw = serializers.CharField(read_only=True, help_text="The value as printed.")
    also = serializers.ListField(
        child=serializers.IntegerField(), read_only=True, help_text="Further lines that state the same."
    )
    is_current = serializers.BooleanField(
        read_only=True, help_text="Of the file's values of this field the one to show."
    )
    suggestion = serializers.CharField(read_only=True, help_text="Of a breed the usual name that is likely meant.")
    parts = serializers.DictField(
        read_only=True,
        help_text="What a clinical fact consists of, and the birth dates that an age leaves possible; parts that are "
        "not printed are absent. problem: problem, status. vaccine: product, against, date, due. medication: drug, "
        "strength, form, dose, route, frequency, duration, directions. lab_value: analyte, usual_name, result, number, "
        "unit, range, low, high, flag. allergy: substance. alert: alert. temperature: celsius. body_condition: of. "
        "age: born_from, born_to.",
    )
    patient = serializers.UUIDField(source="patient_id", read_only=True, allow_null=True)
    subject = serializers.UUIDField(source="subject_id", read_only=True, help_text="The animal of the file.")
    document = serializers.UUIDField(source="document_id", read_only=True, allow_null=True, help_text="null: in a gap.")
    upload = serializers.UUIDField(source="upload_id", read_only=True)

    class Meta:
        model = Fact
        fields = [
            "id",
            "field",
            "value",
            "raw",
            "unit",
            "kg",
            "date",
            "line",
            "quote",
            "also",
            "is_current",
            "flags",
            "suggestion",
            "parts",
            "patient",
            "subject",
            "document",
            "upload",
        ]
        read_only_fields = fields


class FactFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    field = django_filters.MultipleChoiceFilter(
        distinct=False,
        choices=[(each, each) for each in FACT_FIELDS],
        help_text="One of these fields; may be given several times.",
    )
    is_current = django_filters.BooleanFilter(help_text="true: only the value to show of each field.")
    document = django_filters.UUIDFilter(field_name="document_id")
    subject = django_filters.UUIDFilter(field_name="subject_id")
    upload = django_filters.UUIDFilter(field_name="upload_id")
    patient = django_filters.UUIDFilter(field_name="patient_id")

    class Meta:
        model = Fact
        fields: list[str] = []


class PatientFactFilter(FactFilter):
    """As for all facts; what a copy repeats is left out unless it is asked for."""

    copies = django_filters.ChoiceFilter(
        choices=[(each, each) for each in ("all", "hide")],
        method="pass_copies",
        help_text="all: also what a copy says again that its first says. Else, or with hide, each is told once.",
    )

    def pass_copies(self, queryset: QuerySet[Fact], name: str, value: str) -> QuerySet[Fact]:
        return queryset  # see below: without the parameter too, repeated ones are left out

    def filter_queryset(self, queryset: QuerySet[Fact]) -> QuerySet[Fact]:
        found: QuerySet[Fact] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["copies"] == "all" else found.exclude(records.is_repeated())


class FactsView(generics.ListAPIView[Fact]):
    """What lists of facts share."""

    resource = "documents"
    queryset = Fact.objects.none()  # for the schema alone
    serializer_class = FactSerializer
    filterset_class = FactFilter
    pagination_class = OldestFirst


LAB_VALUE = EXAMPLE | {
    "id": "01983a5f-0003-7000-8000-000000000002",
    "field": "lab_value",
    "value": "ALT 145 U/L",
    "raw": "ALT  145  U/L  10-125  H",
    "unit": "U/L",
    "kg": None,
    "line": 124,
    "quote": "ALT  145  U/L  10-125  H",
    "also": [],
    "flags": ["above_range"],
    "parts": {
        "analyte": "ALT",
        "usual_name": "ALT",
        "result": "145",
        "number": 145,
        "unit": "U/L",
        "range": "10-125",
        "low": 10,
        "high": 125,
        "flag": "high",
    },
}
EXAMPLES = [
    OpenApiExample("A weight", response_only=True, value=EXAMPLE),
    OpenApiExample("A laboratory value", response_only=True, value=LAB_VALUE),
]


@extend_schema_view(
    get=extend_schema(
        operation_id="facts_list",
        tags=["documents"],
        summary="List facts",
        description="Those of current segmentations of uploads that are not archived, oldest first, each with line and "
        "quote. `document=` gives those of one document.",
        examples=EXAMPLES,
    )
)
class AllFactsView(FactsView):
    def get_queryset(self) -> QuerySet[Fact]:
        return records.list_facts(principal=caller_of(self.request))


@extend_schema_view(
    get=extend_schema(
        operation_id="uploads_facts_list",
        tags=["uploads"],
        summary="List the facts of an upload",
        description="Those of its current segmentation, animal by animal, each with line and quote.",
        examples=EXAMPLES,
    )
)
class UploadFactsView(FactsView):
    def get_queryset(self) -> QuerySet[Fact]:
        return records.list_facts_of_upload(principal=caller_of(self.request), upload_id=self.kwargs["id"])
