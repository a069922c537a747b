"""The clinic's register: its clients and their animals."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet


class Registered(ClinicModel):
    """What owners and patients have in common: an id of the sender's, archived before it is purged."""

    external_id = models.CharField(
        max_length=200, blank=True, default="", help_text="The id in the practice's own system."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Owner(Registered):
    """A client: the person who brings the animal."""

    name = models.CharField(max_length=200)
    phone = models.CharField(max_length=50, blank=True, default="")
    email = models.CharField(max_length=254, blank=True, default="")
    address = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "external_id"], condition=~Q(external_id=""), name="owner_external_id_once"
            )
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="owner_list"),
            models.Index(fields=["clinic", "updated_at"], name="owner_changes"),
        ]

    def __str__(self) -> str:
        return self.name


class Patient(Registered):
    """An animal on record. `proposed`: made from a record and confirmed by nobody yet."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        CONFIRMED = "confirmed", "confirmed"

    class Sex(models.TextChoices):
        MALE = "male", "male"
        FEMALE = "female", "female"
        UNKNOWN = "", "unknown"

    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, null=True, blank=True, related_name="patients")
    status = models.CharField(max_length=12, choices=Status, default=Status.CONFIRMED, editable=False)
    name = models.CharField(max_length=200)
    species = models.CharField(max_length=40, blank=True, default="", help_text="dog, cat, rabbit, horse, …")
    breed = models.CharField(max_length=120, blank=True, default="")
    sex = models.CharField(max_length=8, choices=Sex, blank=True, default=Sex.UNKNOWN)
    neutered = models.BooleanField(null=True, blank=True)
    date_of_birth = models.CharField(
        max_length=10, blank=True, default="", help_text="YYYY-MM-DD, or YYYY-MM, or YYYY where no more is known."
    )
    color = models.CharField(max_length=80, blank=True, default="")
    microchip = models.CharField(max_length=20, blank=True, default="", help_text="Digits without spaces.")
    veterinarian = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="patients",
        help_text="Who is responsible.",
    )

    owner_id: UUID | None
    veterinarian_id: UUID | None

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "external_id"], condition=~Q(external_id=""), name="patient_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(date_of_birth="") | Q(date_of_birth__regex=r"^\d{4}(-\d{2}(-\d{2})?)?$"),
                name="patient_date_of_birth_iso",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-id"], name="patient_list"),
            models.Index(fields=["clinic", "microchip"], condition=~Q(microchip=""), name="patient_chip"),
            models.Index(fields=["clinic", "veterinarian", "-id"], name="patient_by_vet"),
            models.Index(fields=["clinic", "owner"], name="patient_by_owner"),
            models.Index(fields=["clinic", "updated_at"], name="patient_changes"),
        ]

    def __str__(self) -> str:
        return self.name
