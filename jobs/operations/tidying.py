"""What nobody needs any more is forgotten: expired keys, tokens and sessions, and bytes that no upload names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from documents.models import Upload
from jobs.operations.submitting import FOLDER
from pennie.accounts.kept_answers import forget_expired_keys

ORPHAN_AFTER = timedelta(days=1)  # a file this old is of no request that is still under way


@dataclass(frozen=True, kw_only=True, slots=True)
class Tidied:
    """How many of each were forgotten."""

    idempotency_keys: int
    tokens: int
    sessions: int
    failed_sign_ins: int
    orphaned_files: int


def tidy(*, now: datetime) -> Tidied:
    """Safe at any time, and twice at once."""
    return Tidied(
        idempotency_keys=forget_expired_keys(now=now),
        tokens=OutstandingToken.objects.filter(expires_at__lt=now).delete()[0],
        sessions=Session.objects.filter(expire_date__lt=now).delete()[0],
        failed_sign_ins=AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()[0],
        orphaned_files=_remove_orphans(now=now),
    )


def _remove_orphans(*, now: datetime) -> int:
    """Bytes whose process died between storing them and writing the row: they are somebody's record, and nobody's."""
    removed = 0
    for clinic in _list_folders(FOLDER):
        folder = f"{FOLDER}/{clinic}"
        _, names = default_storage.listdir(folder)
        old = {name for name in names if default_storage.get_modified_time(f"{folder}/{name}") < now - ORPHAN_AFTER}
        kept = set(
            Upload.objects.filter(content__in=[f"{folder}/{name}" for name in old]).values_list("content", flat=True)
        )
        for name in old:
            if f"{folder}/{name}" not in kept:
                default_storage.delete(f"{folder}/{name}")
                removed += 1
    return removed


def _list_folders(path: str) -> Iterator[str]:
    """The clinics' folders, which bear their ids."""
    folders = default_storage.listdir(path)[0] if default_storage.exists(path) else []
    for folder in folders:
        try:
            UUID(folder)
        except ValueError:
            continue
        yield folder
