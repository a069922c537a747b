"""The forms of requests and answers about access."""

from typing import Any

from rest_framework import serializers

from pennie.accounts.models import ApiKey, Clinic, User
from pennie.accounts.rights import SCOPES


class ClinicSerializer(serializers.ModelSerializer[Clinic]):
    class Meta:
        model = Clinic
        fields = ["id", "name"]


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "email", "name"]
        read_only_fields = fields


class SignInSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254, help_text="In any letter case.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False, style={"input_type": "password"})
    clinic = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Id of the clinic to work in. Needed with several."
    )


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    refresh = serializers.CharField(help_text="Good for one renewal, within seven days.")
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")
    clinic = ClinicSerializer(source="membership.clinic")


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096, help_text="The refresh token.")


class MeSerializer(serializers.Serializer[Any]):
    user = UserSerializer(help_text="Who calls; for an API key, the user that it acts for.")
    clinic = ClinicSerializer()
    role = serializers.CharField(help_text="Of the user in the clinic: admin, vet, assistant or integration.")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What this caller may do.")
    api_key = serializers.UUIDField(allow_null=True, help_text="Id of the API key; null for a person's token.")


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key without its secret."""

    user = UserSerializer(read_only=True)

    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "user", "created_at", "expires_at", "revoked_at", "last_used_at"]
        read_only_fields = fields
        extra_kwargs = {
            "prefix": {"help_text": "How the secret begins."},
            "last_used_at": {"help_text": "To the minute."},
            "revoked_at": {"help_text": "From then on the key opens nothing."},
        }


class NewApiKeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, help_text="What uses it.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), allow_empty=False, help_text="None that its maker has not."
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="From then on the key opens nothing; null: never."
    )


class MadeApiKeySerializer(ApiKeySerializer):
    """A key just made: `secret` is told this once."""

    secret = serializers.CharField(help_text="Keep it: it is not told again. Send it as `Authorization: Bearer …`.")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "secret"]
        read_only_fields = fields
