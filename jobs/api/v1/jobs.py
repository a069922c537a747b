"""Jobs: how far they are, what they did, and what people do with them."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.v1 import representations
from jobs.api.v1.timeline import A_RUN, ByVersion, StepSerializer, represent_steps
from jobs.domain.states import PRIORITIES, STATES
from jobs.models import Attempt, Job, JobEvent
from jobs.operations import steering
from jobs.progress import read_progress
from jobs.queries import JobTotals, sum_attempts
from jobs.timeline import read_timeline
from pennie.accounts.permissions import caller_of
from pennie.lib.refusals import Refusal
from pennie.rest.filters import MomentFilter
from pennie.rest.pagination import CursorPagination

_TAGS = ["jobs"]
_TO_CHECK = {"Cache-Control": "private, no-cache"}  # it may be kept, but is asked about each time
EXAMPLE = {
    "id": "01983a5e-1111-7000-8000-000000000002",
    "upload": "01983a5e-1110-7000-8000-000000000001",
    "engine": "auto",
    "priority": "normal",
    "state": "completed",
    "stage": "",
    "windows_done": 12,
    "windows_total": 12,
    "percent": 100,
    "documents_found": 31,
    "eta": None,
    "problem": None,
    "segmentation": "01983a5f-0000-7000-8000-000000000003",
    "cancel_requested_at": None,
    "due_at": None,
    "discarded_at": None,
    "discard_reason": "",
    "runbook": None,
    "created_at": "2026-11-27T09:30:00Z",
    "started_at": "2026-11-27T09:30:00.210Z",
    "finished_at": "2026-11-27T09:30:14.902Z",
    "updated_at": "2026-11-27T09:30:14.902Z",
    "totals": {
        "calls": 13,
        "uncertain_calls": 0,
        "input_tokens": 91210,
        "cached_input_tokens": 0,
        "output_tokens": 7104,
        "cost_usd": "0.03244000",
        "known_cost_usd": "0.03244000",
    },
    "links": {
        "self": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/",
        "progress": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/progress/",
        "stream": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/stream/",
        "events": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/events/",
        "attempts": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/attempts/",
        "timeline": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/timeline/",
        "upload": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/",
        "documents": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/documents/",
        "segmentations": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/segmentations/",
    },
}
_PROGRESS = {
    "job": "01983a5e-1111-7000-8000-000000000002",
    "state": "processing",
    "version": 2,
    "stage": "asking",
    "windows_done": 5,
    "windows_total": 12,
    "percent": 41,
    "documents": 14,
    "known_cost_usd": "0.01352",
    "eta": "2026-11-27T09:30:14Z",
    "is_ended": False,
    "poll_after_seconds": 1,
}


class OldestFirst(CursorPagination):
    ordering = "id"


class ByNumber(CursorPagination):
    ordering = "number"


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    state = django_filters.MultipleChoiceFilter(
        distinct=False,
        choices=[(each, each) for each in STATES],
        help_text="One of these states; may be given several times.",
    )
    upload = django_filters.UUIDFilter(field_name="upload_id", help_text="Jobs of this upload.")
    batch = django_filters.UUIDFilter(field_name="batch_items__batch_id", help_text="Jobs of this batch.")
    priority = django_filters.ChoiceFilter(choices=[(each, each) for each in PRIORITIES], help_text="Of this queue.")
    created_since = MomentFilter(
        field_name="created_at", lookup_expr="gte", help_text="Made at or after this moment (ISO 8601)."
    )
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", help_text="Changed at or after this moment (ISO 8601)."
    )

    class Meta:
        model = Job
        fields: list[str] = []


class ResumeSerializer(serializers.Serializer[Any]):
    without_model = serializers.BooleanField(
        default=False, help_text="Let the rules read what the model may not be asked about."
    )


class JobViews(viewsets.GenericViewSet[Job]):
    """What the views of jobs share."""

    resource = "jobs"
    scopes: dict[str, str] = {}
    queryset = Job.objects.none()  # for the schema alone
    serializer_class = representations.JobSerializer
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.of(caller_of(self.request))

    def answer(self, job: Job) -> Response:
        """The job in full, with what it cost."""
        totals = sum_attempts(job_ids=[job.pk]).get(job.pk, JobTotals())
        return Response(representations.JobDetailSerializer(job, context={"totals": totals}).data)


@extend_schema_view(
    list=extend_schema(
        operation_id="jobs_list",
        tags=_TAGS,
        summary="List jobs",
        description="The clinic's jobs, newest first. What a job cost stands in its detail.",
    )
)
class JobViewSet(mixins.ListModelMixin, JobViews):
    filterset_class = JobFilter

    @extend_schema(
        operation_id="jobs_retrieve",
        tags=_TAGS,
        summary="A job",
        description="State, progress, how it ended, and what its calls to the model came to.",
        responses=representations.JobDetailSerializer,
        examples=[OpenApiExample("A job that is done", value=EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(Job.objects.access(principal=caller_of(request), pk=pk))

    @extend_schema(
        operation_id="jobs_progress",
        tags=_TAGS,
        summary="A job's progress",
        description="Made to be asked often: send the `ETag` back in `If-None-Match` and get 304 while nothing has "
        "changed. Ask again after `poll_after_seconds`. The stream tells the same without asking.",
        responses={
            200: representations.ProgressSerializer,
            304: OpenApiResponse(description="Nothing has changed since that ETag."),
        },
        examples=[OpenApiExample("Under way", value=_PROGRESS, response_only=True)],
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def progress(self, request: Request, pk: UUID) -> HttpResponseBase:
        progress = read_progress(job=Job.objects.access(principal=caller_of(request), pk=pk))
        response = Response(representations.ProgressSerializer(progress).data, headers=_TO_CHECK)
        response["ETag"] = f'"{progress.mark}"'
        return get_conditional_response(request._request, etag=response["ETag"], response=response) or response

    @extend_schema(
        operation_id="jobs_events",
        tags=_TAGS,
        summary="A job's life",
        description="Each change of its state, oldest first.",
        responses=representations.JobEventSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=OldestFirst, filter_backends=[])
    def events(self, request: Request, pk: UUID) -> Response:
        job = Job.objects.access(principal=caller_of(request), pk=pk)
        rows = JobEvent.objects.of(caller_of(request)).filter(job=job)
        return self._page(rows, representations.JobEventSerializer)

    @extend_schema(
        operation_id="jobs_timeline",
        tags=_TAGS,
        summary="A job's timeline",
        description="Each state that it was in, oldest first: from when to when, who asked for it, what it waited for, "
        "what was the matter and what to do about it, and of each run of a worker how far it came and what its calls "
        "to the model cost.",
        responses=StepSerializer(many=True),
        examples=[OpenApiExample("A run that ended parked", value=A_RUN, response_only=True)],
        filters=False,
    )
    @action(detail=True, pagination_class=ByVersion, filter_backends=[])
    def timeline(self, request: Request, pk: UUID) -> Response:
        principal = caller_of(request)
        job = Job.objects.access(principal=principal, pk=pk)
        rows: QuerySet[Any] = JobEvent.objects.of(principal).filter(job=job)
        events = self.paginate_queryset(rows) or []
        steps = read_timeline(job=job, events=events, now=timezone.now())
        return self.get_paginated_response(represent_steps(steps))

    @extend_schema(
        operation_id="jobs_attempts",
        tags=_TAGS,
        summary="A job's calls to the model",
        description="In the order in which they were made, without what was sent and came back.",
        responses=representations.AttemptSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=ByNumber, filter_backends=[])
    def attempts(self, request: Request, pk: UUID) -> Response:
        job = Job.objects.access(principal=caller_of(request), pk=pk)
        rows = Attempt.objects.of(caller_of(request)).filter(job=job).defer("request", "answer", "configuration")
        return self._page(rows, representations.AttemptSerializer)

    @extend_schema(
        operation_id="jobs_attempt",
        tags=_TAGS,
        summary="One call to the model",
        description="With the lines that were shown and the model's answer: personal data, so the scope documents:read "
        "is asked for. Both are empty once the upload was purged, or the call is older than CALL_BODIES_KEPT_DAYS.",
        responses=representations.AttemptDetailSerializer,
        filters=False,
    )
    @action(detail=True, url_path="attempts/<int:number>", scopes={"GET": "documents:read", "HEAD": "documents:read"})
    def attempt(self, request: Request, pk: UUID, number: int) -> Response:
        found = Attempt.objects.access(principal=caller_of(request), job_id=pk, number=number)
        return Response(representations.AttemptDetailSerializer(found).data, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="jobs_cancel",
        tags=_TAGS,
        summary="Cancel a job",
        description="At once while it waits. One that is processed ends at its next window: `cancel_requested_at` is "
        "set until then. A job that has ended: 409 `job_state_conflict`.",
        request=None,
        responses=representations.JobDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        return self.answer(steering.cancel(principal=caller_of(request), job_id=pk, now=timezone.now()))

    @extend_schema(
        operation_id="jobs_retry",
        tags=_TAGS,
        summary="Retry a job that failed, or is partial",
        description="One that failed begins anew; answers that were paid for are kept. Of one that is partial a new "
        "job asks about the lines that were not read, and about no others: the answer tells of the new job. 409 "
        "`job_state_conflict` where it is neither, 409 `another_job_runs` where a newer job is at the same file.",
        request=None,
        responses=representations.JobDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        return self.answer(steering.retry(principal=caller_of(request), job_id=pk, now=timezone.now()))

    @extend_schema(
        operation_id="jobs_resume",
        tags=_TAGS,
        summary="Let a parked job go on",
        description="Now, instead of at `due_at`. With `without_model` the rules read what the model still may not be "
        "asked about, and the job ends as partial. A job that is not parked: 409 `job_state_conflict`.",
        request=ResumeSerializer,
        responses=representations.JobDetailSerializer,
        examples=[OpenApiExample("By the rules", value={"without_model": True}, request_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        form = ResumeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        without_model = form.validated_data["without_model"]
        now = timezone.now()
        return self.answer(
            steering.resume(principal=caller_of(request), job_id=pk, without_model=without_model, now=now)
        )

    def _page(self, rows: QuerySet[Any], form: type[serializers.ModelSerializer[Any]]) -> Response:
        return self.get_paginated_response(form(self.paginate_queryset(rows), many=True).data)


class StreamElsewhere(APIView):
    """The stream's address, where it is not served."""

    resource = "jobs"

    @extend_schema(
        operation_id="jobs_stream",
        tags=_TAGS,
        summary="Follow a job",
        description="Server-sent events of its progress, by the stream process: a job's `links.stream` says where. "
        "Each `progress` event's data is as `progress` answers; each change of state is a `step`, as in `events`; the "
        "last is the event `end`. Connect again after an interruption with the `Last-Event-ID`: the steps that were "
        "missed are told first, then the present state. A client that has seen the end is answered 204, which tells "
        "browsers not to come back. Here: 421.",
        responses={(200, "text/event-stream"): str, 204: OpenApiResponse(description="The end was seen already.")},
    )
    def get(self, request: Request, job_id: UUID) -> Response:
        job = Job.objects.access(principal=caller_of(request), pk=job_id)
        raise Refusal(
            "stream_elsewhere",
            title="The stream is served by another process",
            detail="Connect to `stream`, or poll `progress`.",
            status=421,
            extra={key: representations.job_links(job)[key] for key in ("stream", "progress")},
        )

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)  # it asks for text/event-stream
