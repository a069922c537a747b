"""Queues: what waits in each, and pausing them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.domain.states import PRIORITIES
from jobs.operations.pausing import QueueState, describe_queues, pause_queue, resume_queue
from pennie.accounts.permissions import caller_of

_TAGS = ["queues"]
_EXAMPLE = {
    "name": "bulk",
    "pending": 1204,
    "processing": 2,
    "oldest_pending_at": "2026-11-27T08:12:44Z",
    "is_paused": False,
    "paused_at": None,
    "paused_for_all": False,
    "reason": "",
}


class QueueSerializer(serializers.Serializer[QueueState]):
    """A queue, and the clinic's jobs in it."""

    name = serializers.ChoiceField(choices=PRIORITIES, help_text="Workers empty them in this order.")
    pending = serializers.IntegerField(help_text="Jobs that wait.")
    processing = serializers.IntegerField(help_text="Jobs that are worked on.")
    oldest_pending_at = serializers.DateTimeField(allow_null=True, help_text="When the oldest that waits was sent.")
    is_paused = serializers.SerializerMethodField(help_text="Whether none is begun.")
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Since when; null: it is not paused.")
    paused_for_all = serializers.BooleanField(help_text="By an operator, for all clinics: only they resume it.")
    reason = serializers.CharField(help_text="Why.")

    def get_is_paused(self, queue: QueueState) -> bool:
        return queue.paused_at is not None


class QueueForm(serializers.Serializer[Any]):
    queue = serializers.ChoiceField(choices=PRIORITIES, help_text="Which.")


class PauseForm(QueueForm):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="", help_text="Why.")


class Queues(APIView):
    resource = "jobs"

    @extend_schema(
        operation_id="queues_list",
        tags=_TAGS,
        summary="List the queues",
        description="All three, with the clinic's own jobs.",
        responses=QueueSerializer(many=True),
        examples=[OpenApiExample("A queue", value=_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        states: Any = describe_queues(principal=caller_of(request))
        return Response(QueueSerializer(states, many=True).data)


class PauseQueue(APIView):
    resource = "jobs"

    @extend_schema(
        operation_id="queues_pause",
        tags=_TAGS,
        summary="Pause a queue",
        description="From now on no job of the clinic in it is begun, retries included. What is begun ends. Jobs are "
        "still taken in, and wait.",
        request=PauseForm,
        responses=QueueSerializer,
        examples=[
            OpenApiExample("Until night", value={"queue": "bulk", "reason": "until the evening"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        said = _read(PauseForm, request)
        principal = caller_of(request)
        pause_queue(
            queue=said["queue"],
            clinic_id=principal.clinic_id,
            user=principal.user,
            reason=said["reason"],
            now=timezone.now(),
        )
        return _answer(request, said["queue"])


class ResumeQueue(APIView):
    resource = "jobs"

    @extend_schema(
        operation_id="queues_resume",
        tags=_TAGS,
        summary="Resume a queue",
        description="What waits goes on within seconds; not while an operator has paused it for all clinics.",
        request=QueueForm,
        responses=QueueSerializer,
        examples=[OpenApiExample("Bulk", value={"queue": "bulk"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        queue = _read(QueueForm, request)["queue"]
        resume_queue(queue=queue, clinic_id=caller_of(request).clinic_id)
        return _answer(request, queue)


def _read(form_class: type[QueueForm], request: Request) -> Any:
    form = form_class(data=request.data)
    form.is_valid(raise_exception=True)
    return form.validated_data


def _answer(request: Request, name: str) -> Response:
    states = describe_queues(principal=caller_of(request))
    return Response(QueueSerializer(next(each for each in states if each.name == name)).data)
