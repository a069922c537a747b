"""Clinics, the people in them, and the keys of machines."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from pennie.accounts.tenancy import ClinicModel, ClinicQuerySet
from pennie.lib.ids import new_id


class Clinic(models.Model):
    """A practice: the tenant. All else belongs to one."""

    class AutoMatch(models.TextChoices):
        OFF = "off", "propose only"
        CHIP = "chip", "same microchip"
        CHIP_AND_OWNER = "chip_and_owner", "same microchip and same owner"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    auto_match = models.CharField(
        max_length=20,
        choices=AutoMatch,
        default=AutoMatch.OFF,
        help_text="When a record's patient is filed on a patient of the register without asking.",
    )
    model_allowed = models.BooleanField(
        default=True, help_text="Off: no line of a record leaves the house; the rules engine reads."
    )
    rules_when_model_away = models.BooleanField(
        default=False,
        help_text="While the model cannot be asked, or its budget is spent: let the rules engine read, for review, "
        "instead of waiting.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail address. A superuser is an operator: of all clinics, without patient data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_staff = models.BooleanField("may use the admin", default=True)
    is_active = models.BooleanField(default=True, help_text="Switch off instead of deleting: what they did stays.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """A user in a clinic, with a role there. A vet may be in several clinics."""

    class Role(models.TextChoices):
        ADMIN = "admin", "administrator"
        VET = "vet", "veterinarian"
        ASSISTANT = "assistant", "assistant"
        INTEGRATION = "integration", "integration"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    user_id: UUID
    clinic_id: UUID

    class Meta:
        verbose_name = "member"
        ordering = ["clinic", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "clinic"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.clinic}"


KEY_MARK = "pk_"  # what a key begins with, so that scanners of secrets know one


class ApiKey(ClinicModel):
    """A machine's key. Only its hash is kept; `prefix` tells people which one it is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses it.")
    prefix = models.CharField(max_length=16, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        indexes = [models.Index(fields=["clinic", "-id"], name="api_key_list")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def make_secret() -> str:
        """A fresh key of 256 random bits: too many to need a slow hash."""
        return KEY_MARK + secrets.token_urlsafe(32)

    @staticmethod
    def hash_secret(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()


class IdempotencyKey(ClinicModel):
    """A request that must happen once, and its answer, to be given again."""

    actor = models.CharField(max_length=60)  # Principal.actor: another caller's key is another key
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and payload
    status = models.PositiveSmallIntegerField(null=True)  # None: still in flight
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "actor", "key"], name="idempotency_key_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]
