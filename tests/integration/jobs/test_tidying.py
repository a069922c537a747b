"""Housekeeping removes what is expired or orphaned, and nothing else."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.operations.tidying import tidy
from pennie.accounts.models import Clinic, IdempotencyKey
from tests.factories import UploadFactory


def age(path: str, *, days: float) -> None:
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(default_storage.path(path), (then, then))


@pytest.mark.usefixtures("stored")
def test_bytes_that_no_upload_names_are_removed_after_a_day(clinic: Clinic, media: Path) -> None:
    paths = {
        name: default_storage.save(f"uploads/{clinic.pk}/{name}", ContentFile(b"x")) for name in ("kept", "old", "new")
    }
    upload = UploadFactory(clinic=clinic)
    type(upload).objects.filter(pk=upload.pk).update(content=paths["kept"])
    for name in ("kept", "old"):
        age(paths[name], days=2)
    assert tidy(now=timezone.now()).orphaned_files == 1
    assert [default_storage.exists(paths[name]) for name in ("kept", "old", "new")] == [True, False, True]


def test_keys_of_yesterday_are_forgotten(clinic: Clinic) -> None:
    for hours in (1, 30):
        made = timezone.now() - timedelta(hours=hours)
        IdempotencyKey.objects.create(clinic=clinic, actor="a", key=str(hours), fingerprint="", created_at=made)
    assert tidy(now=timezone.now()).idempotency_keys == 1
    assert IdempotencyKey.objects.get().key == "1"
