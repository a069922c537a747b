"""Housekeeping removes what is expired or orphaned, and nothing else."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import Attempt, WindowCheckpoint
from jobs.operations import tidying
from jobs.operations.tidying import tidy
from jobs.queries import sum_attempts
from pennie.accounts.models import Clinic, IdempotencyKey
from tests.factories import AttemptFactory, JobFactory, UploadFactory, WindowCheckpointFactory


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


def test_answers_are_kept_for_their_days_and_no_longer(clinic: Clinic, settings: Any) -> None:
    settings.ANSWERS_KEPT_DAYS = 20
    now = timezone.now()
    for days in (19, 21):
        WindowCheckpointFactory(upload__clinic=clinic, question_key=str(days), created_at=now - timedelta(days=days))
    assert tidy(now=now).answers == 1
    assert WindowCheckpoint.objects.get().question_key == "19"


def test_of_an_old_call_the_words_go_and_the_figures_stay(clinic: Clinic, settings: Any) -> None:
    settings.CALL_BODIES_KEPT_DAYS = 10
    now = timezone.now()
    given = {
        "answer": "{}",
        "input_tokens": 900,
        "output_tokens": 40,
        "cost_usd": Decimal("0.0025"),
        "state": "settled",
    }
    job = JobFactory(upload__clinic=clinic)
    for days in (9, 11, 400):
        AttemptFactory(job=job, number=days, started_at=now - timedelta(days=days), **given)
    before = sum_attempts(job_ids=[job.pk])
    assert tidy(now=now).call_bodies == 2
    bodies = dict(Attempt.objects.values_list("number", "request"))
    assert [bool(bodies[days]) for days in (9, 11, 400)] == [True, False, False]
    assert dict(Attempt.objects.values_list("number", "answer"))[11] == ""
    assert sum_attempts(job_ids=[job.pk]) == before
    assert tidy(now=now).call_bodies == 0


def test_much_that_is_old_is_forgotten_in_batches(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)
    old = timezone.now() - timedelta(days=400)
    upload = UploadFactory(clinic=clinic)
    job = JobFactory(upload=upload)
    for _ in range(5):
        WindowCheckpointFactory(upload=upload, created_at=old)
        AttemptFactory(job=job, started_at=old)
    tidied = tidy(now=timezone.now())
    assert (tidied.answers, tidied.call_bodies) == (5, 5)
    assert not WindowCheckpoint.objects.exists()
    assert not Attempt.objects.exclude(request="").exists()
