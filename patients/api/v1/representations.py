"""Owners and patients as the API shows and takes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from patients.models import Owner, Patient

_ROOT = "/api/v1"
EXTERNAL_ID = "The id in the practice's own system; unique in the clinic."


def _moment(help_text: str) -> serializers.DateTimeField:
    return serializers.DateTimeField(read_only=True, help_text=help_text)


class RegisterLinksField(serializers.DictField):
    """Relative addresses of what belongs to it."""

    child = serializers.CharField()


class OwnerSerializer(serializers.ModelSerializer[Owner]):
    """An owner of the register."""

    patient_count = serializers.IntegerField(
        read_only=True, required=False, help_text="Patients that are not archived; in lists and details."
    )
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Owner
        fields = [
            "id",
            "external_id",
            "name",
            "phone",
            "email",
            "address",
            "patient_count",
            "created_at",
            "updated_at",
            "archived_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(RegisterLinksField)
    def get_links(self, owner: Owner) -> dict[str, str]:
        return {"self": f"{_ROOT}/owners/{owner.pk}/", "patients": f"{_ROOT}/patients/?owner={owner.pk}"}


class OwnerForm(serializers.Serializer[Any]):
    """What is said of an owner. In a PATCH what is left out stays."""

    name = serializers.CharField(max_length=200)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text=EXTERNAL_ID)
    phone = serializers.CharField(max_length=50, required=False, allow_blank=True, help_text="As it is dialled.")
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    address = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="One text, for people.")


class PatientOwnerSerializer(serializers.ModelSerializer[Owner]):
    class Meta:
        model = Owner
        fields = ["id", "name", "external_id"]
        read_only_fields = fields


class PatientVeterinarianSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(
        source="get_full_name", read_only=True, help_text="Their e-mail where no name is kept."
    )


class PatientSerializer(serializers.ModelSerializer[Patient]):
    """A patient of the register."""

    owner = PatientOwnerSerializer(read_only=True, allow_null=True)
    veterinarian = PatientVeterinarianSerializer(read_only=True, allow_null=True, help_text="Who is responsible.")
    status = serializers.ChoiceField(
        choices=Patient.Status.choices,
        read_only=True,
        help_text="proposed: made of a record, and confirmed by nobody yet.",
    )
    neutered = serializers.BooleanField(read_only=True, allow_null=True, help_text="null: not known.")
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Patient
        fields = [
            "id",
            "external_id",
            "status",
            "name",
            "species",
            "breed",
            "sex",
            "neutered",
            "date_of_birth",
            "color",
            "microchip",
            "owner",
            "veterinarian",
            "created_at",
            "updated_at",
            "archived_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(RegisterLinksField)
    def get_links(self, patient: Patient) -> dict[str, str]:
        own = f"{_ROOT}/patients/{patient.pk}/"
        return {
            "self": own,
            "facts": f"{own}facts/",
            "documents": f"{own}documents/",
            "subjects": f"{_ROOT}/subjects/?patient={patient.pk}",
        }


class PatientForm(serializers.Serializer[Any]):
    """What is said of a patient. In a PATCH what is left out stays."""

    name = serializers.CharField(max_length=200)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text=EXTERNAL_ID)
    species = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="dog, cat, rabbit, horse, … or a word for it in English, Spanish, French or German.",
    )
    breed = serializers.CharField(max_length=120, required=False, allow_blank=True)
    sex = serializers.ChoiceField(
        choices=Patient.Sex.choices, required=False, allow_blank=True, help_text="Empty: not known."
    )
    neutered = serializers.BooleanField(required=False, allow_null=True, help_text="null: not known.")
    date_of_birth = serializers.CharField(
        max_length=10, required=False, allow_blank=True, help_text="YYYY-MM-DD, or YYYY-MM or YYYY; not in the future."
    )
    color = serializers.CharField(max_length=80, required=False, allow_blank=True)
    microchip = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="15 digits (ISO 11784), or 9 or 10; kept without spaces and hyphens.",
    )
    owner = serializers.UUIDField(required=False, allow_null=True, help_text="Id of an owner of the clinic.")
    veterinarian = serializers.UUIDField(
        required=False, allow_null=True, help_text="Id of a person of the clinic, who is responsible."
    )
