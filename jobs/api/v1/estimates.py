"""What a file would take before it is sent, and how its sender stands with the limits of use."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.v1.representations import upload_address
from jobs.domain.estimating import Estimate
from jobs.domain.use_limits import MEASURES, SCOPES
from jobs.operations import limiting
from jobs.operations.limiting import Standing
from jobs.operations.previewing import Preview
from pennie.accounts.permissions import IsKnown, caller_of
from pennie.lib.refusals import Refusal

DRY_RUN = OpenApiParameter(
    "dry_run",
    bool,
    description="true: tell what the file would take and whether it would be taken, with 200. Nothing is stored, no "
    "job is made, no call to the model, and an Idempotency-Key is not used up.",
)
ESTIMATE_EXAMPLE = {
    "dry_run": True,
    "name": "juniper-2024.pdf",
    "kind": "pdf",
    "size": 481220,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "line_count": 855,
    "page_count": 24,
    "would_answer": 202,
    "upload": None,
    "estimate": {
        "engine": "openai",
        "model": "gpt-6-luna",
        "windows": 2,
        "known_windows": 0,
        "calls": 6,
        "input_tokens": 29904,
        "output_tokens": 17161,
        "cost_usd": "0.01157200",
        "seconds": 73.5,
    },
    "refusal": None,
}


class DryRunForm(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(default=False)


class EstimateSerializer(serializers.Serializer[Estimate]):
    """What reading the file would take: an estimate, rather too high than too low."""

    engine = serializers.ChoiceField(choices=["rules", "openai"], help_text="What would do the work.")
    model = serializers.CharField(allow_null=True, help_text="The model that would be asked; null for the rules.")
    windows = serializers.IntegerField(help_text="Parts that the file is read in.")
    known_windows = serializers.IntegerField(help_text="Of these, parts whose answer is kept: they cost nothing.")
    calls = serializers.IntegerField(help_text="Calls to the model, further questions about doubts included.")
    input_tokens = serializers.IntegerField(help_text="Tokens that the model would read.")
    output_tokens = serializers.IntegerField(help_text="Tokens that it would write, its thinking included.")
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, allow_null=True, help_text="US dollars; null: unknown, which is not 0."
    )
    seconds = serializers.FloatField(help_text="From the first call to the last answer, without time in a queue.")


class LimitSerializer(serializers.Serializer[Any]):
    """A limit of use, as a refusal tells it."""

    scope = serializers.ChoiceField(choices=SCOPES, help_text="Whose use is added up.")
    measure = serializers.ChoiceField(choices=MEASURES, help_text="What is counted, over what time or in what.")
    amount = serializers.IntegerField(required=False, help_text="The most that may be asked for.")
    used = serializers.IntegerField(required=False, help_text="So much was asked for.")
    left = serializers.IntegerField(required=False, help_text="So much may be asked for.")
    needed = serializers.IntegerField(help_text="So much this file takes.")
    resets_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="From when on the file fits, if nothing more is sent; null: never."
    )


class LimitRefusalSerializer(serializers.Serializer[Refusal]):
    """Why a limit of use would refuse the file."""

    code = serializers.ChoiceField(choices=["use_limit_reached", "upload_over_limit"], help_text="Stable.")
    title = serializers.CharField(help_text="What is wrong, in a few words.")
    detail = serializers.CharField(help_text="Which limit, how much is left, from when on, and who can raise it.")
    status = serializers.IntegerField(help_text="That the upload would be answered with: 429 or 413.")
    limit = LimitSerializer(source="extra.limit", help_text="The limit, for programs.")


class PreviewSerializer(serializers.Serializer[Preview]):
    """What would become of a file. Nothing of it was kept."""

    dry_run = serializers.SerializerMethodField(help_text="True: nothing was done.")
    name = serializers.CharField(help_text="The file's name as it would be kept.")
    kind = serializers.CharField(help_text="text, pdf, word, html, email, image or zip.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the bytes, in hex.")
    line_count = serializers.IntegerField(allow_null=True, help_text="Null: reading it takes longer than you can wait.")
    page_count = serializers.IntegerField(allow_null=True, help_text="The same.")
    would_answer = serializers.SerializerMethodField(help_text="The status of the upload's answer: 202, 200, 413, 429.")
    upload = serializers.SerializerMethodField(help_text="The upload of the same file, if it is on record; else null.")
    estimate = EstimateSerializer(
        allow_null=True, help_text="Null: on record, so that nothing is asked; or the text could not be read so soon."
    )
    refusal = LimitRefusalSerializer(allow_null=True, help_text="Why a limit of use would refuse it; else null.")

    def get_dry_run(self, preview: Preview) -> bool:
        return True

    def get_would_answer(self, preview: Preview) -> int:
        if preview.refusal is not None:
            return preview.refusal.status
        return 202 if preview.upload is None else 200

    def get_upload(self, preview: Preview) -> str | None:
        return None if preview.upload is None else upload_address(preview.upload.pk)


class StandingSerializer(serializers.Serializer[Standing]):
    """A limit of use that holds for the caller."""

    scope = serializers.ChoiceField(
        choices=SCOPES, source="limit.scope", help_text="user: yours in this clinic; clinic: the clinic's; global."
    )
    measure = serializers.ChoiceField(
        choices=MEASURES, source="limit.measure", help_text="What is counted, over what time or in what."
    )
    amount = serializers.SerializerMethodField(help_text="The most that may be asked for; null: not told.")
    used = serializers.IntegerField(
        allow_null=True, help_text="So much was asked for; null: of one upload, or not told."
    )
    left = serializers.IntegerField(allow_null=True, help_text="So much may be asked for; null: the same.")
    resets_at = serializers.DateTimeField(
        allow_null=True, help_text="When all of it is free again, if nothing more is sent; null: it is, or not told."
    )

    def get_amount(self, standing: Standing) -> int | None:
        return None if standing.is_withheld else standing.limit.amount


class LimitsSerializer(serializers.Serializer[Any]):
    limits = StandingSerializer(many=True, help_text="All that hold. What is not among them is not limited.")


class Limits(APIView):
    """`GET /limits/`"""

    permission_classes = [IsKnown]

    @extend_schema(
        operation_id="limits_list",
        summary="Tell the limits of use",
        description="What the caller may ask for, and how much of it is used and left. Of a limit on all clinics "
        "together no figures are told.",
        tags=["uploads"],
        responses=LimitsSerializer,
        examples=[
            OpenApiExample(
                "A user's",
                value={
                    "limits": [
                        {
                            "scope": "user",
                            "measure": "calls_per_hour",
                            "amount": 100,
                            "used": 54,
                            "left": 46,
                            "resets_at": "2026-11-27T10:30:00Z",
                        }
                    ]
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        standings = limiting.tell_standings(principal=caller_of(request), now=timezone.now())
        return Response(LimitsSerializer({"limits": standings}).data, headers={"Cache-Control": "no-store"})
