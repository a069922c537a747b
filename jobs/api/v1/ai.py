"""Whether the model's API answers."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.operations import checking
from pennie.accounts.permissions import caller_of


class AiProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="The kind of failure, stable: connection_refused, unauthorized, …")
    detail = serializers.CharField(help_text="What happened.")
    cure = serializers.CharField(help_text="What to do about it.")


class AiBreakerSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        choices=["closed", "open", "half_open"],
        help_text="closed: the model is asked. open: it is not, jobs wait. half_open: one call tries if it is back.",
    )
    reason = serializers.ChoiceField(
        choices=["model_away", "no_credit"],
        allow_null=True,
        help_text="model_away: too many calls failed. no_credit: the account at the provider has no money left.",
    )
    since = serializers.DateTimeField(allow_null=True, help_text="Of this state; null: it has always been closed.")
    next_probe_seconds = serializers.FloatField(
        allow_null=True, help_text="Until one call may try whether the model is back; null where closed."
    )
    failures = serializers.IntegerField(help_text="Failed calls of the last minute; 0 where not closed.")
    is_local = serializers.BooleanField(
        help_text="Redis is away: what this web process knows by itself, which may not be how the jobs fare."
    )


class AiCheckSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField(help_text="Whether records can be analysed with the engine named here.")
    engine = serializers.ChoiceField(choices=["rules", "openai"], help_text="What does the work: rules, or a model.")
    reachable = serializers.BooleanField(
        allow_null=True, help_text="Whether the model's server answered at all; null where none is asked."
    )
    checked_at = serializers.DateTimeField(help_text="A report is kept for a minute.")
    hint = serializers.CharField(default=None, allow_null=True, help_text="Why the rules engine does the work.")
    base_url = serializers.CharField(default=None, allow_null=True, help_text="The server's address.")
    model = serializers.CharField(default=None, allow_null=True, help_text="The model that is asked for.")
    api = serializers.CharField(default=None, allow_null=True, help_text="responses or chat.")
    answered_by = serializers.CharField(
        default=None, allow_null=True, help_text="The exact version that answered, as the server names it."
    )
    answer_form = serializers.CharField(
        default=None, allow_null=True, help_text="How strictly answers are formed: json_schema, json_object, plain."
    )
    shutdown_date = serializers.DateField(
        default=None, allow_null=True, help_text="Until when the model is offered, where the provider tells."
    )
    latency_seconds = serializers.FloatField(default=None, allow_null=True, help_text="Of the call, in seconds.")
    input_tokens = serializers.IntegerField(default=None, allow_null=True, help_text="Tokens that the call read.")
    output_tokens = serializers.IntegerField(default=None, allow_null=True, help_text="Tokens that it wrote.")
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, default=None, allow_null=True, help_text="Of the call; null: unknown."
    )
    breaker = AiBreakerSerializer(
        default=None,
        allow_null=True,
        help_text="Whether jobs ask the model now: as it is at this moment, and the same for all clinics. The check "
        "asks whatever it says. null where no model is asked.",
    )
    problem = AiProblemSerializer(default=None, allow_null=True, help_text="Why `ok` is false; else null.")


class AiCheck(APIView):
    """`GET /ai/check/`"""

    resource = "ai"

    @extend_schema(
        operation_id="ai_check",
        summary="Check that the model's API answers",
        description="Makes one small call to the model and tells what came back. The report is kept for a minute per "
        "clinic, so that asking often costs nothing. A model that does not answer is a report like any other (200 "
        "with `ok` false, and the cure): look at `ok`. While the call of another request is under way: 429.",
        tags=["ai"],
        responses=AiCheckSerializer,
        examples=[
            OpenApiExample(
                "A model that answers",
                value={
                    "ok": True,
                    "engine": "openai",
                    "reachable": True,
                    "checked_at": "2026-11-27T09:30:00Z",
                    "hint": None,
                    "base_url": "https://api.openai.com/v1",
                    "model": "gpt-6-luna",
                    "api": "responses",
                    "answered_by": "gpt-6-luna-2026-09-15",
                    "answer_form": "json_schema",
                    "shutdown_date": None,
                    "latency_seconds": 0.61,
                    "input_tokens": 58,
                    "output_tokens": 9,
                    "cost_usd": "0.00002300",
                    "breaker": {
                        "state": "closed",
                        "reason": None,
                        "since": None,
                        "next_probe_seconds": None,
                        "failures": 0,
                        "is_local": False,
                    },
                    "problem": None,
                },
                response_only=True,
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        report = checking.check_for_clinic(principal=caller_of(request), now=timezone.now())
        return Response(AiCheckSerializer(report).data, headers={"Cache-Control": "private, no-cache"})
