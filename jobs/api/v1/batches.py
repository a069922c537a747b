"""Batches: files that are sent together, followed and announced as one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Batch
from jobs.operations import batching
from jobs.operations.batch_progress import BatchProgress, read_progress
from pennie.accounts import idempotency
from pennie.accounts.permissions import caller_of

_TAGS = ["batches"]
_ROOT = "/api/v1"
_TO_CHECK = {"Cache-Control": "private, no-cache"}  # it may be kept, but is asked about each time
_POLL_SECONDS = 5
_EXAMPLE = {
    "id": "01983a5e-6661-7000-8000-000000000001",
    "name": "November referrals",
    "created_at": "2026-11-27T09:30:00Z",
    "closed_at": "2026-11-27T09:31:10Z",
    "ended_at": None,
    "progress": {
        "jobs": 40,
        "by_state": {"pending": 12, "processing": 4, "completed": 23, "failed": 1},
        "ended": 24,
        "percent": 60,
        "windows_done": 120,
        "windows_total": 148,
        "documents": 611,
        "known_cost_usd": "0.71240000",
        "eta": "2026-11-27T09:41:02Z",
        "poll_after_seconds": 5,
    },
    "links": {
        "self": "/api/v1/batches/01983a5e-6661-7000-8000-000000000001/",
        "progress": "/api/v1/batches/01983a5e-6661-7000-8000-000000000001/progress/",
        "jobs": "/api/v1/jobs/?batch=01983a5e-6661-7000-8000-000000000001",
    },
}


class BatchProgressSerializer(serializers.Serializer[BatchProgress]):
    """How far a batch is."""

    jobs = serializers.IntegerField(help_text="One for each file that was added.")
    by_state = serializers.DictField(child=serializers.IntegerField(), help_text="Jobs in each state that there is.")
    ended = serializers.IntegerField(help_text="Jobs that have ended, well or not.")
    percent = serializers.IntegerField(help_text="Of the jobs; 100 once the batch has ended.")
    windows_done = serializers.IntegerField(help_text="Of the jobs that know theirs.")
    windows_total = serializers.IntegerField(help_text="Of the jobs that know theirs.")
    documents = serializers.IntegerField(help_text="Found so far; of jobs that have ended well, filed.")
    known_cost_usd = serializers.DecimalField(
        max_digits=14,
        decimal_places=8,
        allow_null=True,
        help_text="US dollars of the calls whose cost is known; null in the list of batches.",
    )
    eta = serializers.DateTimeField(
        allow_null=True, help_text="When the last of the jobs at work is likely to be done; null: nobody can say."
    )
    poll_after_seconds = serializers.SerializerMethodField(
        help_text="When it is worth asking again, in seconds; null: the batch has ended."
    )

    def get_poll_after_seconds(self, progress: BatchProgress) -> int | None:
        return None if progress.has_ended else _POLL_SECONDS


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """Files that were sent together. `context` holds their progress by batch."""

    progress = serializers.SerializerMethodField(help_text="How far it is.")
    links = serializers.SerializerMethodField(help_text="Where to go from here.")

    class Meta:
        model = Batch
        fields = ["id", "name", "created_at", "closed_at", "ended_at", "progress", "links"]
        read_only_fields = fields
        extra_kwargs = {
            "name": {"help_text": "For people."},
            "closed_at": {"help_text": "When no more files were taken; null: they are."},
            "ended_at": {"help_text": "When the last of its jobs had ended, and the webhook was told; null: not yet."},
        }

    @extend_schema_field(BatchProgressSerializer)
    def get_progress(self, batch: Batch) -> Any:
        return BatchProgressSerializer(self.context["progress"][batch.pk]).data

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_links(self, batch: Batch) -> dict[str, str]:
        own = f"{_ROOT}/batches/{batch.pk}/"
        return {"self": own, "progress": f"{own}progress/", "jobs": f"{_ROOT}/jobs/?batch={batch.pk}"}


class CancelledBatchSerializer(BatchSerializer):
    """A batch of which jobs were cancelled. `context` holds how many are left, too."""

    left = serializers.SerializerMethodField(help_text="Jobs that were not looked at, beyond the 500: send it again.")

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "left"]
        read_only_fields = fields

    def get_left(self, batch: Batch) -> int:
        left: int = self.context["left"]
        return left


class NewBatchForm(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="", help_text="For people.")


@extend_schema_view(
    list=extend_schema(
        operation_id="batches_list",
        tags=_TAGS,
        summary="List batches",
        description="The clinic's, newest first. What a batch cost stands in its detail.",
        examples=[OpenApiExample("A batch", value=_EXAMPLE, response_only=True)],
    )
)
class BatchViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Batch]):
    resource = "jobs"
    queryset = Batch.objects.none()  # for the schema alone
    serializer_class = BatchSerializer
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Batch]:
        return Batch.objects.of(caller_of(self.request))

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None  # every list of the API has pages
        progress = read_progress(batches=page, with_cost=False)  # which would add up every call of all their jobs
        shown = BatchSerializer(page, many=True, context={"progress": progress})
        return self.get_paginated_response(shown.data)

    @extend_schema(
        operation_id="batches_create",
        tags=_TAGS,
        summary="Begin a batch",
        description="Then send each file with its id (`POST uploads/`, field `batch`), and close it. Its jobs are "
        "announced by one `batch.ended` webhook; who is told of that is not told of each. A batch to which nothing was "
        "added for a day is closed by itself.",
        parameters=[idempotency.PARAMETER],
        request=NewBatchForm,
        responses={201: BatchSerializer},
        examples=[
            OpenApiExample("Begin", value={"name": "November referrals"}, request_only=True),
            OpenApiExample("A batch", value=_EXAMPLE, response_only=True),
        ],
    )
    @idempotency.idempotent
    def create(self, request: Request) -> Response:
        form = NewBatchForm(data=request.data)
        form.is_valid(raise_exception=True)
        batch = batching.make_batch(principal=caller_of(request), name=form.validated_data["name"], now=timezone.now())
        return self._answer(batch, status=201)

    @extend_schema(
        operation_id="batches_retrieve",
        tags=_TAGS,
        summary="Read a batch",
        responses=BatchSerializer,
        examples=[OpenApiExample("A batch", value=_EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(self._find(request, pk))

    @extend_schema(
        operation_id="batches_progress",
        tags=_TAGS,
        summary="A batch's progress",
        description="Made to be asked often: send the `ETag` back in `If-None-Match` and get 304 while nothing has "
        "changed. Ask again after `poll_after_seconds`.",
        responses={
            200: BatchProgressSerializer,
            304: OpenApiResponse(description="Nothing has changed since that ETag."),
        },
        examples=[OpenApiExample("Under way", value=_EXAMPLE["progress"], response_only=True)],
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def progress(self, request: Request, pk: UUID) -> HttpResponseBase:
        batch = self._find(request, pk)
        progress = read_progress(batches=[batch])[batch.pk]
        response = Response(BatchProgressSerializer(progress).data, headers=_TO_CHECK)
        response["ETag"] = f'"{progress.mark}"'
        return get_conditional_response(request._request, etag=response["ETag"], response=response) or response

    @extend_schema(
        operation_id="batches_close",
        tags=_TAGS,
        summary="Close a batch",
        description="No file is taken any more; it ends with the last of its jobs. One that is closed stays so.",
        request=None,
        responses=BatchSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: UUID) -> Response:
        return self._answer(batching.close_batch(principal=caller_of(request), batch_id=pk, now=timezone.now()))

    @extend_schema(
        operation_id="batches_cancel",
        tags=_TAGS,
        summary="Cancel a batch",
        description="Closes it, and cancels those of its jobs that have not ended, at once where they wait: the "
        "oldest, at most 500; `left` tells how many were not looked at. A job that was there before its file was "
        "added, or that another batch waits for, goes on: cancel it by itself.",
        request=None,
        responses=CancelledBatchSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        cancelled = batching.cancel_batch(principal=caller_of(request), batch_id=pk, now=timezone.now())
        progress = read_progress(batches=[cancelled.batch])
        context = {"progress": progress, "left": cancelled.left}
        return Response(CancelledBatchSerializer(cancelled.batch, context=context).data)

    def _find(self, request: Request, pk: UUID) -> Batch:
        return Batch.objects.access(principal=caller_of(request), pk=pk)

    def _answer(self, batch: Batch, *, status: int = 200) -> Response:
        context = {"progress": read_progress(batches=[batch])}
        return Response(BatchSerializer(batch, context=context).data, status=status)
