"""Webhooks: who is told of what, what was sent, and what came back."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
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

from jobs.domain.webhooks import DELIVERY_STATES, DISABLED_FOR, EVENT_TYPES, name_message
from jobs.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from jobs.operations import webhooks
from pennie.accounts.permissions import caller_of
from pennie.rest.filters import MomentFilter

_TAGS = ["webhooks"]
_NO_STORE = {"Cache-Control": "no-store"}
_ROOT = "/api/v1/webhooks"
_EXAMPLE = {
    "id": "01983a5e-7771-7000-8000-000000000001",
    "url": "https://practice.example/hooks/pennie",
    "description": "practice system",
    "events": ["job.completed", "job.partial", "job.failed"],
    "is_enabled": True,
    "disabled_at": None,
    "disabled_for": "",
    "failing_since": None,
    "last_received_at": "2026-11-27T09:30:15Z",
    "former_secret_until": None,
    "created_at": "2026-11-26T08:00:00Z",
    "updated_at": "2026-11-26T08:00:00Z",
    "links": {
        "self": "/api/v1/webhooks/01983a5e-7771-7000-8000-000000000001/",
        "deliveries": "/api/v1/webhooks/01983a5e-7771-7000-8000-000000000001/deliveries/",
    },
}
_DELIVERY = {
    "id": "01983a5e-8881-7000-8000-000000000001",
    "event": "job.completed",
    "webhook_id": "msg_01983a5e-7772-7000-8000-000000000001",
    "state": "delivered",
    "tries": 2,
    "due_at": None,
    "is_replay": False,
    "created_at": "2026-11-27T09:30:14Z",
    "ended_at": "2026-11-27T09:30:20Z",
    "payload": {
        "type": "job.completed",
        "timestamp": "2026-11-27T09:30:14.902000Z",
        "data": {
            "job": "01983a5e-1111-7000-8000-000000000002",
            "upload": "01983a5e-1110-7000-8000-000000000001",
            "state": "completed",
            "version": 3,
            "links": {
                "job": "/api/v1/jobs/01983a5e-1111-7000-8000-000000000002/",
                "documents": "/api/v1/uploads/01983a5e-1110-7000-8000-000000000001/documents/",
            },
        },
    },
    "sendings": [
        {
            "number": 1,
            "at": "2026-11-27T09:30:15Z",
            "seconds": 0.041,
            "headers": {"webhook-id": "msg_01983a5e-7772-7000-8000-000000000001", "webhook-timestamp": "1795772415"},
            "status": 503,
            "answer": "restarting",
            "failure": "status",
        }
    ],
}


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An address that is told of events."""

    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENT_TYPES), help_text="What it is told of; empty: everything."
    )
    is_enabled = serializers.SerializerMethodField(help_text="Whether anything is sent to it.")
    disabled_for = serializers.ChoiceField(
        choices=["", *DISABLED_FOR],
        help_text="asked: somebody disabled it. gone: its server answered 410. failing: nothing was received for days.",
    )
    former_secret_until = serializers.DateTimeField(
        source="former_until", allow_null=True, help_text="Until then the former secret signs, too."
    )
    links = serializers.SerializerMethodField(help_text="Where to go from here.")

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "description",
            "events",
            "is_enabled",
            "disabled_at",
            "disabled_for",
            "failing_since",
            "last_received_at",
            "former_secret_until",
            "created_at",
            "updated_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "url": {"help_text": "Where messages are posted to."},
            "description": {"help_text": "For people."},
            "disabled_at": {"help_text": "Since when nothing is sent to it; null: it is enabled."},
            "failing_since": {"help_text": "Since when nothing was received; null: the last message was."},
            "last_received_at": {"help_text": "When it last answered with 2xx."},
        }

    def get_is_enabled(self, endpoint: WebhookEndpoint) -> bool:
        return endpoint.disabled_at is None

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_links(self, endpoint: WebhookEndpoint) -> dict[str, str]:
        own = f"{_ROOT}/{endpoint.pk}/"
        return {"self": own, "deliveries": f"{own}deliveries/"}


class MadeWebhookSerializer(WebhookSerializer):
    """An address that is told of events, with its secret, which is told this once."""

    secret = serializers.SerializerMethodField(help_text="What messages are signed with; told this once.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields[:-1], "secret", "links"]
        read_only_fields = fields

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        return str(self.context["secret"])


class NewWebhookForm(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, help_text="An https address on the internet.")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    events = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        max_length=len(EVENT_TYPES),
        default=list,
        help_text=f"Among {', '.join(EVENT_TYPES)}; none: all.",
    )


class WebhookForm(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    events = serializers.ListField(child=serializers.CharField(), required=False, max_length=len(EVENT_TYPES))
    is_enabled = serializers.BooleanField(required=False, help_text="False: nothing more is sent to it.")


class TrySerializer(serializers.ModelSerializer[WebhookTry]):
    """One sending, and what came back."""

    class Meta:
        model = WebhookTry
        fields = ["number", "at", "seconds", "headers", "status", "answer", "failure"]
        read_only_fields = fields
        extra_kwargs = {
            "number": {"help_text": "Within the delivery, from 1."},
            "seconds": {"help_text": "How long it took."},
            "headers": {"help_text": "That were sent, without the signature."},
            "status": {"help_text": "HTTP status; null: there was no answer."},
            "answer": {"help_text": "The first 1,000 bytes of its body."},
            "failure": {"help_text": "Why it does not count as received; empty: it does."},
        }


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One message on its way to a webhook."""

    event = serializers.CharField(source="message.event", help_text="What it tells of.")
    webhook_id = serializers.SerializerMethodField(
        help_text="The header of that name: the same however often the message is sent."
    )
    due_at = serializers.SerializerMethodField(help_text="When it is tried next; null: no more.")

    class Meta:
        model = WebhookDelivery
        fields = ["id", "event", "webhook_id", "state", "tries", "due_at", "is_replay", "created_at", "ended_at"]
        read_only_fields = fields
        extra_kwargs = {
            "state": {"help_text": "pending: it is tried until received, for a day. failed: given up."},
            "tries": {"help_text": "How often it was sent."},
            "is_replay": {"help_text": "Whether somebody asked for it to be sent once more."},
        }

    def get_webhook_id(self, delivery: WebhookDelivery) -> str:
        return name_message(delivery.message_id)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_at(self, delivery: WebhookDelivery) -> Any:
        return serializers.DateTimeField().to_representation(delivery.due_at) if delivery.state == "pending" else None


class DeliveryDetailSerializer(DeliverySerializer):
    """One message on its way to a webhook, with what it says and how each sending went."""

    payload = serializers.JSONField(source="message.payload", help_text="The body that is sent.")
    sendings = TrySerializer(many=True, help_text="Each, oldest first.")

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "payload", "sendings"]
        read_only_fields = fields


class ReplayForm(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="Messages that were first to be sent at or after this moment,")
    until = serializers.DateTimeField(help_text="and before this one.")
    states = serializers.ListField(
        child=serializers.ChoiceField(choices=[state for state in DELIVERY_STATES if state != "pending"]),
        default=["failed"],
        allow_empty=False,
        help_text="How they ended.",
    )


class ReplayedSerializer(serializers.Serializer[Any]):
    """What came of a replay."""

    replayed = serializers.IntegerField(help_text="How many messages are sent once more.")
    left = serializers.IntegerField(help_text="How many are not yet: send the same again.")


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]  # it is not typed
    state = django_filters.ChoiceFilter(
        choices=[(each, each) for each in DELIVERY_STATES], help_text="Those that stand so."
    )
    event = django_filters.CharFilter(field_name="message__event", help_text="Those that tell of this.")
    created_since = MomentFilter(
        field_name="created_at", lookup_expr="gte", help_text="Made at or after this moment (ISO 8601)."
    )

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(
        operation_id="webhooks_list",
        tags=_TAGS,
        summary="List webhooks",
        description="The clinic's, newest first.",
        examples=[OpenApiExample("A webhook", value=_EXAMPLE, response_only=True)],
    )
)
class WebhookViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[WebhookEndpoint]):
    resource = "webhooks"
    queryset = WebhookEndpoint.objects.none()  # for the schema alone
    serializer_class = WebhookSerializer
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.of(caller_of(self.request))

    @extend_schema(
        operation_id="webhooks_create",
        tags=_TAGS,
        summary="Add a webhook",
        description="Messages are posted to `url` as Standard Webhooks says, signed with `secret`, which is told this "
        "once. 422 `webhook_unfit` with `errors` for an address that is not on the internet or not https, or an event "
        "that there is not; 409 `too_many_webhooks`.",
        request=NewWebhookForm,
        responses={201: MadeWebhookSerializer},
        examples=[
            OpenApiExample(
                "A practice system",
                request_only=True,
                value={"url": _EXAMPLE["url"], "events": _EXAMPLE["events"], "description": "practice system"},
            ),
            OpenApiExample(
                "A webhook",
                response_only=True,
                value={**_EXAMPLE, "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        said = _read(NewWebhookForm, request)
        return _answer_made(
            webhooks.make_endpoint(principal=caller_of(request), now=timezone.now(), **said), status=201
        )

    @extend_schema(
        operation_id="webhooks_retrieve",
        tags=_TAGS,
        summary="Read a webhook",
        responses=WebhookSerializer,
        examples=[OpenApiExample("A webhook", value=_EXAMPLE, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        endpoint = WebhookEndpoint.objects.access(principal=caller_of(request), pk=pk)
        return Response(WebhookSerializer(endpoint).data)

    @extend_schema(
        operation_id="webhooks_update",
        tags=_TAGS,
        summary="Change a webhook",
        description="Only what is named. What still waits for one that is disabled has failed, and can be replayed "
        "once it is enabled again. 422 `webhook_unfit`.",
        request=WebhookForm,
        responses=WebhookSerializer,
        examples=[
            OpenApiExample("Enable it again", value={"is_enabled": True}, request_only=True),
            OpenApiExample("A webhook", value=_EXAMPLE, response_only=True),
        ],
        filters=False,
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        said = _read(WebhookForm, request)
        endpoint = webhooks.change_endpoint(principal=caller_of(request), endpoint_id=pk, now=timezone.now(), **said)
        return Response(WebhookSerializer(endpoint).data)

    @extend_schema(
        operation_id="webhooks_remove",
        tags=_TAGS,
        summary="Remove a webhook",
        description="With all that was sent to it.",
        responses={204: OpenApiResponse(description="It is gone.")},
        filters=False,
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        webhooks.remove_endpoint(principal=caller_of(request), endpoint_id=pk, now=timezone.now())
        return Response(status=204)

    @extend_schema(
        operation_id="webhooks_rotate",
        tags=_TAGS,
        summary="Rotate a webhook's secret",
        description="The new secret is told this once. For a day messages are signed with the former, too.",
        request=None,
        responses=MadeWebhookSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: UUID) -> Response:
        return _answer_made(
            webhooks.rotate_secret(principal=caller_of(request), endpoint_id=pk, now=timezone.now()), status=200
        )

    @extend_schema(
        operation_id="webhooks_test",
        tags=_TAGS,
        summary="Send a test message",
        description="The event is `webhook.test`. Read the delivery to see what came of it. 409 `webhook_disabled`.",
        request=None,
        responses={202: DeliverySerializer},
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: UUID) -> Response:
        delivery = webhooks.send_test(principal=caller_of(request), endpoint_id=pk, now=timezone.now())
        return Response(DeliverySerializer(delivery).data, status=202)

    @extend_schema(
        operation_id="webhooks_replay",
        tags=_TAGS,
        summary="Send messages of a range once more",
        description="Each once, with its first `webhook-id`, the oldest first, at most 1,000: sent again, it goes on "
        "where it ended. 409 `webhook_disabled`.",
        request=ReplayForm,
        responses={202: ReplayedSerializer},
        examples=[
            OpenApiExample(
                "What failed on a day",
                value={"since": "2026-11-27T00:00:00Z", "until": "2026-11-28T00:00:00Z", "states": ["failed"]},
                request_only=True,
            ),
            OpenApiExample("Replayed", value={"replayed": 12, "left": 0}, response_only=True),
        ],
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: UUID) -> Response:
        said = _read(ReplayForm, request)
        replayed = webhooks.replay_range(principal=caller_of(request), endpoint_id=pk, now=timezone.now(), **said)
        return Response(ReplayedSerializer(replayed).data, status=202)


@extend_schema_view(
    list=extend_schema(
        operation_id="webhook_deliveries_list",
        tags=_TAGS,
        summary="List what was sent",
        description="To this webhook, newest first.",
    )
)
class DeliveryViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[WebhookDelivery]):
    resource = "webhooks"
    queryset = WebhookDelivery.objects.none()  # for the schema alone
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        return webhooks.list_deliveries(principal=caller_of(self.request), endpoint_id=self.kwargs["webhook_pk"])

    @extend_schema(
        operation_id="webhook_deliveries_retrieve",
        tags=_TAGS,
        summary="What was sent, and what came back",
        responses=DeliveryDetailSerializer,
        examples=[OpenApiExample("Received at the second try", value=_DELIVERY, response_only=True)],
        filters=False,
    )
    def retrieve(self, request: Request, webhook_pk: UUID, pk: UUID) -> Response:
        delivery = self.get_queryset().access(principal=caller_of(request), pk=pk)  # type: ignore[attr-defined]
        return Response(DeliveryDetailSerializer(delivery).data, headers=_NO_STORE)

    @extend_schema(
        operation_id="webhook_deliveries_replay",
        tags=_TAGS,
        summary="Send a message once more",
        description="With its first `webhook-id`. The answer is the new delivery. 409 `webhook_disabled`, and "
        "`webhook_still_sent` while it is being tried.",
        request=None,
        responses={202: DeliverySerializer},
        filters=False,
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, webhook_pk: UUID, pk: UUID) -> Response:
        delivery = webhooks.replay(
            principal=caller_of(request), endpoint_id=webhook_pk, delivery_id=pk, now=timezone.now()
        )
        return Response(DeliverySerializer(delivery).data, status=202)


def _read(form_class: type[serializers.Serializer[Any]], request: Request) -> Any:
    form = form_class(data=request.data)
    form.is_valid(raise_exception=True)
    return form.validated_data


def _answer_made(made: webhooks.Made, *, status: int) -> Response:
    told = MadeWebhookSerializer(made.endpoint, context={"secret": made.secret}).data
    return Response(told, status=status, headers=_NO_STORE)
