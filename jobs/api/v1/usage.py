"""What the model cost a clinic."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.costs import Row, break_down_costs, list_dearest
from jobs.domain.costs import GROUPINGS
from jobs.domain.periods import Period, UnfitPeriod, read_period
from pennie.accounts.permissions import caller_of

MOST_ROWS = 1_000
DEAREST = 10
_TAGS = ["usage"]
_NOT_KEPT = {"Cache-Control": "private, no-store"}
_GROUPINGS = [each for each in GROUPINGS if each != "clinic"]
_CURE_BY = f"Send one of {', '.join(_GROUPINGS)}, or leave it out for upload."
_CURE_LIMIT = f"Send a whole number from 1 to {MOST_ROWS}, or leave it out for 100."
_PERIOD = [
    OpenApiParameter(
        "since", OpenApiTypes.DATE, description="The first day, in UTC. Left out: the first of the month."
    ),
    OpenApiParameter(
        "until", OpenApiTypes.DATE, description="The day after the last. Left out: the first of next month."
    ),
]
_FIGURES = {
    "calls": 13,
    "failed_calls": 1,
    "uncertain_calls": 0,
    "input_tokens": 91210,
    "cached_input_tokens": 14080,
    "cache_write_tokens": 0,
    "output_tokens": 7104,
    "known_cost_usd": "0.03244000",
    "lines": 5600,
    "tokens_per_1000_lines": 17556.1,
    "known_cost_usd_per_1000_lines": "0.00579286",
}
_DAYS = {"since": "2026-11-01", "until": "2026-12-01"}
_UPLOAD = "01983a5e-1110-7000-8000-000000000001"
_EXAMPLE = {
    **_DAYS,
    "by": "upload",
    "total": _FIGURES,
    "groups": 1,
    "results": [{"key": _UPLOAD, **_FIGURES}],
}
_DEAREST_EXAMPLE = {
    **_DAYS,
    "results": [
        {
            "upload": _UPLOAD,
            "runs": 1,
            **_FIGURES,
            "causes": [
                {
                    "code": "truncated",
                    "detail": "1 call ($0.0041) brought truncated answers",
                    "cost_usd": "0.00410000",
                }
            ],
            "why": "$0.0324 for 5,600 lines in 13 calls: 1 call ($0.0041) brought truncated answers.",
        }
    ],
}


class FiguresSerializer(serializers.Serializer[Any]):
    """What some calls came to."""

    calls = serializers.IntegerField(help_text="Calls made, those that failed included.")
    failed_calls = serializers.IntegerField(help_text="Of these, calls that brought nothing of use.")
    uncertain_calls = serializers.IntegerField(help_text="Of these, calls that may have cost what nobody told.")
    input_tokens = serializers.IntegerField(help_text="Tokens read by the model.")
    cached_input_tokens = serializers.IntegerField(help_text="Of these, tokens at the price of its cache.")
    cache_write_tokens = serializers.IntegerField(help_text="Of these, tokens at the price of writing to its cache.")
    output_tokens = serializers.IntegerField(help_text="Tokens written by the model.")
    known_cost_usd = serializers.DecimalField(
        source="cost_usd", max_digits=20, decimal_places=8, help_text="In US dollars, without the uncertain calls."
    )
    lines = serializers.IntegerField(help_text="Lines of the uploads asked about, each upload once.")
    tokens_per_1000_lines = serializers.FloatField(allow_null=True, help_text="Input and output; null: no lines known.")
    known_cost_usd_per_1000_lines = serializers.DecimalField(
        source="cost_per_1000_lines",
        max_digits=20,
        decimal_places=8,
        allow_null=True,
        help_text="Null: no lines known.",
    )


class UsageRowSerializer(FiguresSerializer):
    """One group's figures."""

    key = serializers.CharField(
        help_text="The document's, upload's or user's id, the model's name, or the day. Empty: calls of no document, "
        "of nobody, or of a model that was not told."
    )

    def to_representation(self, instance: Row) -> dict[str, Any]:
        return {"key": instance.key, **FiguresSerializer(instance.figures).data}


class _PeriodSerializer(serializers.Serializer[Any]):
    since = serializers.DateField(source="period.since", help_text="The first day, in UTC.")
    until = serializers.DateField(source="period.until", help_text="The day after the last.")


class UsageSerializer(_PeriodSerializer):
    """What a period cost."""

    by = serializers.ChoiceField(choices=_GROUPINGS, help_text="What it is added up by.")
    total = FiguresSerializer(help_text="Of all groups, those not among the results too.")
    groups = serializers.IntegerField(help_text="How many there are.")
    results = UsageRowSerializer(source="rows", many=True, help_text="The dearest first; days in their order.")


class CauseSerializer(serializers.Serializer[Any]):
    """A reason why an upload was dear. One call may count for several."""

    code = serializers.ChoiceField(
        choices=["many_lines", "asked_again", "failed", "truncated", "little_cached", "several_runs"],
        help_text="Stable, for programs.",
    )
    detail = serializers.CharField(source="words", help_text="The same with figures.")
    cost_usd = serializers.DecimalField(
        max_digits=20, decimal_places=8, allow_null=True, help_text="What it cost; null: that cannot be told."
    )


class DearUploadSerializer(FiguresSerializer):
    """An upload, what it cost and why."""

    upload = serializers.UUIDField(help_text="The upload.")
    runs = serializers.IntegerField(help_text="Jobs that made calls for it.")
    causes = CauseSerializer(many=True, help_text="The dearest first.")
    why = serializers.CharField(help_text="The same as one sentence.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            "upload": str(instance.upload_id),
            "runs": instance.costs.runs,
            **FiguresSerializer(instance.costs.figures).data,
            "causes": CauseSerializer(instance.causes, many=True).data,
            "why": instance.why,
        }


class DearestSerializer(_PeriodSerializer):
    """The uploads on which most was spent."""

    results = DearUploadSerializer(many=True, help_text="The dearest first, ten at the most.")


class Usage(APIView):
    """`GET /usage/`"""

    resource = "usage"

    @extend_schema(
        operation_id="usage",
        tags=_TAGS,
        summary="What the model cost",
        description="The clinic's calls to the model in a period of at most 366 days, added up from the ledger. A call "
        "counts on the day, in UTC, on which it was begun. A document's cost is its upload's, spread over its "
        "documents by their share of lines; its calls are the upload's, not spread. `results` are the dearest "
        "groups, up to `limit`; `groups` tells how many there are, and `total` is of all.",
        parameters=[
            OpenApiParameter("by", enum=_GROUPINGS, default="upload", description="What to add up by."),
            *_PERIOD,
            OpenApiParameter("limit", int, default=100, description=f"Results at the most, 1 to {MOST_ROWS}."),
        ],
        responses=UsageSerializer,
        examples=[OpenApiExample("By upload", value=_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        by, limit = request.query_params.get("by", "upload"), request.query_params.get("limit", "100")
        if by not in _GROUPINGS:
            raise serializers.ValidationError({"by": _CURE_BY})
        if not (limit.isascii() and limit.isdecimal() and len(limit) < 9 and 1 <= int(limit) <= MOST_ROWS):
            raise serializers.ValidationError({"limit": _CURE_LIMIT})
        breakdown = break_down_costs(
            by=by,
            period=_read_period(request),
            clinic_id=caller_of(request).clinic_id,
            limit=int(limit),
        )
        return Response(UsageSerializer(breakdown).data, headers=_NOT_KEPT)


class DearestUploads(APIView):
    """`GET /usage/dearest/`"""

    resource = "usage"

    @extend_schema(
        operation_id="usage_dearest",
        tags=_TAGS,
        summary="The dearest uploads, and why",
        description="The ten uploads on which most was spent in the period, each with what was out of the ordinary: "
        "much longer than others, asked about again, failures and truncated answers that were billed, little of it "
        "from the provider's cache, several runs.",
        parameters=_PERIOD,
        responses=DearestSerializer,
        examples=[OpenApiExample("One upload", value=_DEAREST_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        period = _read_period(request)
        uploads = list_dearest(period=period, clinic_id=caller_of(request).clinic_id, limit=DEAREST)
        return Response(DearestSerializer({"period": period, "results": uploads}).data, headers=_NOT_KEPT)


def _read_period(request: Request) -> Period:
    said = request.query_params
    try:
        return read_period(since=said.get("since"), until=said.get("until"), today=timezone.now().date())
    except UnfitPeriod as unfit:
        raise serializers.ValidationError({unfit.field: str(unfit)}) from None
