"""Dead letters: jobs that failed for good, retried or discarded one by one or many together."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.v1 import representations
from jobs.api.v1.jobs import JobFilter, JobViews
from jobs.models import Job
from jobs.operations import steering
from pennie.accounts.permissions import caller_of
from pennie.rest.filters import MomentFilter

_TAGS = ["jobs"]


class DeadLetterFilter(JobFilter):
    state = None  # they have all failed
    code = django_filters.CharFilter(field_name="problem__code", help_text="Failed for this kind of problem.")
    failed_since = MomentFilter(
        field_name="finished_at", lookup_expr="gte", help_text="Failed at or after this moment (ISO 8601)."
    )


class KindSerializer(serializers.Serializer[Any]):
    """A kind of failure."""

    code = serializers.CharField(help_text="The problem's.")
    count = serializers.IntegerField(help_text="Dead letters of this kind.")
    runbook = serializers.CharField(help_text="What to do about it: page and section of the documentation.")


class SteeredSerializer(serializers.Serializer[steering.Steered]):
    """What came of doing the same to many jobs."""

    done = serializers.IntegerField(help_text="Jobs it was done to.")
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="Jobs it was not, by problem code.")
    left = serializers.IntegerField(help_text="Jobs that were not looked at, beyond the 500: send the same again.")


class DiscardSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, help_text="Why nothing more is done about it.")


@extend_schema_view(
    list=extend_schema(
        operation_id="dead_letters_list",
        tags=_TAGS,
        summary="List dead letters",
        description="Jobs that failed for good and were neither retried nor discarded, newest first.",
    )
)
class DeadLetterViewSet(mixins.ListModelMixin, JobViews):
    filterset_class = DeadLetterFilter

    def get_queryset(self) -> QuerySet[Job]:
        return super().get_queryset().filter(state="failed", discarded_at=None)

    @extend_schema(
        operation_id="dead_letters_kinds",
        tags=_TAGS,
        summary="Count dead letters by kind",
        description="The most frequent kind first, each with where it is written what to do.",
        responses=KindSerializer(many=True),
        filters=False,
    )
    @action(detail=False, pagination_class=None, filter_backends=[])
    def kinds(self, request: Request) -> Response:
        counted = steering.count_kinds(principal=caller_of(request))
        kinds = [{"code": code, "count": count, "runbook": representations.runbook_of(code)} for code, count in counted]
        return Response(KindSerializer(kinds, many=True).data)

    @extend_schema(
        operation_id="dead_letters_retry_many",
        tags=_TAGS,
        summary="Retry many dead letters",
        description="Those that the same filters list, the oldest first, at most 500; without a filter all. Each is "
        "retried for itself, as by its own `retry/`; `left` tells how many were not looked at.",
        request=None,
        responses=SteeredSerializer,
        filters=True,
    )
    @action(detail=False, methods=["post"], url_path="retry", url_name="retry-many", pagination_class=None)
    def retry_many(self, request: Request) -> Response:
        jobs = self.filter_queryset(self.get_queryset())
        steered = steering.retry_many(principal=caller_of(request), jobs=jobs, now=timezone.now())
        return Response(SteeredSerializer(steered).data)

    @extend_schema(
        operation_id="dead_letters_discard_many",
        tags=_TAGS,
        summary="Discard many dead letters",
        description="Those that the same filters list, the oldest first, at most 500; without a filter all. All for "
        "the same reason; `left` tells how many were not looked at.",
        request=DiscardSerializer,
        responses=SteeredSerializer,
        examples=[OpenApiExample("Discard", value={"reason": "Sent by mistake"}, request_only=True)],
        filters=True,
    )
    @action(detail=False, methods=["post"], url_path="discard", url_name="discard-many", pagination_class=None)
    def discard_many(self, request: Request) -> Response:
        form = DiscardSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        jobs = self.filter_queryset(self.get_queryset())
        steered = steering.discard_many(
            principal=caller_of(request), jobs=jobs, reason=form.validated_data["reason"], now=timezone.now()
        )
        return Response(SteeredSerializer(steered).data)

    @extend_schema(
        operation_id="dead_letters_retry",
        tags=_TAGS,
        summary="Retry a dead letter",
        description="The job begins anew; answers that were paid for are kept.",
        request=None,
        responses=representations.JobDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: UUID) -> Response:
        return self.answer(steering.retry(principal=caller_of(request), job_id=pk, now=timezone.now()))

    @extend_schema(
        operation_id="dead_letters_discard",
        tags=_TAGS,
        summary="Discard a dead letter",
        description="Takes it off the list. The job stays on record with the reason, and can still be retried.",
        request=DiscardSerializer,
        responses=representations.JobDetailSerializer,
        examples=[OpenApiExample("Discard", value={"reason": "Sent by mistake"}, request_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: UUID) -> Response:
        form = DiscardSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]
        job = steering.discard(principal=caller_of(request), job_id=pk, reason=reason, now=timezone.now())
        return self.answer(job)
