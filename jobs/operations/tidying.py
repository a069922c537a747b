"""What nobody needs any more is forgotten: expired keys, tokens and sessions, old answers of the model, the words of
old calls, and bytes that no upload names. What a call cost stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from documents.models import Upload
from jobs.models import Attempt, WebhookDelivery, WebhookMessage, WindowCheckpoint, WindowCut
from jobs.operations.submitting import FOLDER
from jobs.webhooks.forgetting import forget_messages
from pennie.accounts.kept_answers import forget_expired_keys

ORPHAN_AFTER = timedelta(days=1)  # a file this old is of no request that is still under way
BATCH = 1_000  # rows of one statement: it holds their locks for moments only


@dataclass(frozen=True, kw_only=True, slots=True)
class Tidied:
    """How many of each were forgotten."""

    idempotency_keys: int
    tokens: int
    sessions: int
    failed_sign_ins: int
    answers: int  # of the model: asked for again, they are paid for again
    call_bodies: int  # calls whose request and answer were cleared
    webhook_messages: int  # with what came back
    orphaned_files: int


def tidy(*, now: datetime) -> Tidied:
    """Safe at any time, and twice at once."""
    return Tidied(
        idempotency_keys=forget_expired_keys(now=now),
        tokens=OutstandingToken.objects.filter(expires_at__lt=now).delete()[0],
        sessions=Session.objects.filter(expire_date__lt=now).delete()[0],
        failed_sign_ins=AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()[0],
        answers=_forget_answers(before=now - timedelta(days=settings.ANSWERS_KEPT_DAYS)),
        call_bodies=_clear_bodies(before=now - timedelta(days=settings.CALL_BODIES_KEPT_DAYS)),
        webhook_messages=_forget_messages(before=now - timedelta(days=settings.WEBHOOKS_KEPT_DAYS)),
        orphaned_files=_remove_orphans(now=now),
    )


def _forget_answers(*, before: datetime) -> int:
    """With where the windows began that they are about."""
    _in_batches(
        lambda: list(WindowCut.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:BATCH]),
        lambda ids: WindowCut.objects.filter(pk__in=ids).delete(),
    )
    return _in_batches(
        lambda: list(WindowCheckpoint.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:BATCH]),
        lambda ids: WindowCheckpoint.objects.filter(pk__in=ids).delete(),
    )


def _clear_bodies(*, before: datetime) -> int:
    """Tokens, cost and all else that holds no word of a file stays."""
    old = Attempt.objects.filter(~Q(request="") | ~Q(answer=""), started_at__lt=before).order_by("started_at")
    return _in_batches(
        lambda: list(old.values_list("pk", flat=True)[:BATCH]),
        lambda ids: Attempt.objects.filter(pk__in=ids).update(request="", answer=""),
    )


def _forget_messages(*, before: datetime) -> int:
    """But for those that are still to be sent, as one that was replayed may be."""
    waiting = WebhookDelivery.objects.filter(message=OuterRef("pk"), state="pending")
    old = WebhookMessage.objects.filter(~Exists(waiting), created_at__lt=before).order_by("created_at")
    return _in_batches(
        lambda: list(old.values_list("pk", flat=True)[:BATCH]),
        lambda ids: forget_messages(old.filter(pk__in=ids)),
    )


def _in_batches(take: Callable[[], list[UUID]], do: Callable[[list[UUID]], object]) -> int:
    """How many were taken. Ends with the first batch that is not full."""
    done = 0
    while ids := take():
        do(ids)
        done += len(ids)
        if len(ids) < BATCH:
            break
    return done


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
