"""Signing in, who am I, and keys for machines."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from pennie.accounts import operations, tokens
from pennie.accounts.api.v1 import serializers
from pennie.accounts.models import ApiKey
from pennie.accounts.permissions import IsKnown, caller_of

_NO_STORE = {"Cache-Control": "no-store"}  # secrets stay in no cache (RFC 6749, section 5.1)
_TOKENS = OpenApiExample(
    "Tokens",
    response_only=True,
    value={
        "access": "eyJhbGciOi…",
        "refresh": "eyJhbGciOi…",
        "expires_in": 900,
        "clinic": {"id": "01983a5e-0000-7000-8000-000000000001", "name": "Hollow Lane Clinic"},
    },
)


def _read(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The request's members, checked. Raises DRF's ValidationError."""
    form = serializer(data=request.data)
    form.is_valid(raise_exception=True)
    said: dict[str, Any] = form.validated_data
    return said


class _OpenView(APIView):
    """For callers without credentials: what they send is checked instead."""

    authentication_classes = []
    permission_classes = []


class TokenView(_OpenView):
    @extend_schema(
        operation_id="sign_in",
        tags=["auth"],
        summary="Sign in",
        description="Gives tokens for one clinic. Who is a member of several and names none is answered 400 "
        "`clinic_required` with the `clinics` to choose from. Too many failures: 429 with `Retry-After`.",
        request=serializers.SignInSerializer,
        responses={200: serializers.TokensSerializer},
        examples=[
            _TOKENS,
            OpenApiExample(
                "Sign in",
                request_only=True,
                value={"email": "vet@hollow.example", "password": "an-invented-password-8"},
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        said = _read(serializers.SignInSerializer, request)
        membership = operations.sign_in(
            request=request._request, email=said["email"], password=said["password"], clinic_id=said["clinic"]
        )
        made = tokens.issue_tokens(membership=membership)
        return Response(serializers.TokensSerializer(made).data, headers=_NO_STORE)


class RefreshView(_OpenView):
    @extend_schema(
        operation_id="renew_tokens",
        tags=["auth"],
        summary="Renew the tokens",
        description="The refresh token is used up by this: keep the new one. A used one is refused.",
        request=serializers.RefreshSerializer,
        responses={200: serializers.TokensSerializer},
        examples=[_TOKENS],
    )
    def post(self, request: Request) -> Response:
        made = tokens.renew_tokens(refresh=_read(serializers.RefreshSerializer, request)["refresh"])
        return Response(serializers.TokensSerializer(made).data, headers=_NO_STORE)


class RevokeView(_OpenView):
    @extend_schema(
        operation_id="revoke_token",
        tags=["auth"],
        summary="Sign out",
        description="Revokes the refresh token. The access token ends by itself within minutes.",
        request=serializers.RefreshSerializer,
        responses={204: OpenApiResponse(description="Revoked.")},
    )
    def post(self, request: Request) -> Response:
        tokens.revoke_token(refresh=_read(serializers.RefreshSerializer, request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    permission_classes = [IsKnown]

    @extend_schema(
        operation_id="read_me",
        tags=["auth"],
        summary="Who am I, and what may I do",
        responses={200: serializers.MeSerializer},
    )
    def get(self, request: Request) -> Response:
        principal = caller_of(request)
        told = {
            "user": principal.user,
            "clinic": principal.clinic,
            "role": operations.find_role(principal=principal),
            "scopes": sorted(principal.scopes),
            "api_key": principal.api_key_id,
        }
        return Response(serializers.MeSerializer(told).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_api_keys",
        tags=["auth"],
        summary="List the clinic's API keys",
        description="Newest first, revoked ones included. No secret is told.",
    )
)
class ApiKeysView(generics.ListAPIView[ApiKey]):
    resource = "keys"
    serializer_class = serializers.ApiKeySerializer
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.of(caller_of(self.request)).select_related("user")

    @extend_schema(
        operation_id="make_api_key",
        tags=["auth"],
        summary="Make an API key",
        description="`secret` is told this once. The key acts for you, with the scopes you give it, as long as you "
        "may do the same. Made by people only: a key is answered 403 `key_makes_no_key`.",
        request=serializers.NewApiKeySerializer,
        responses={201: serializers.MadeApiKeySerializer},
        examples=[
            OpenApiExample(
                "A practice system",
                request_only=True,
                value={"name": "practice system", "scopes": ["uploads:write", "uploads:read", "documents:read"]},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        said = _read(serializers.NewApiKeySerializer, request)
        made = operations.make_key(principal=caller_of(request), now=timezone.now(), **said)
        made.key.secret = made.secret  # type: ignore[attr-defined]  # for the answer alone
        answer = serializers.MadeApiKeySerializer(made.key).data
        return Response(answer, status=status.HTTP_201_CREATED, headers=_NO_STORE)


class ApiKeyView(APIView):
    resource = "keys"

    @extend_schema(
        operation_id="revoke_api_key",
        tags=["auth"],
        summary="Revoke an API key",
        description="It opens nothing from now on and stays in the list.",
        responses={204: OpenApiResponse(description="Revoked.")},
    )
    def delete(self, request: Request, key_id: UUID) -> Response:
        operations.revoke_key(principal=caller_of(request), key_id=key_id, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
