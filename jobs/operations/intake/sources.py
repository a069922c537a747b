"""Which process is at which folder or mailbox, and how that fares: one row of the database for each.

Two processes at one folder, on one machine or two, would do the same work twice, and of two clinics' the wrong one
could be first. So one has it at a time: it writes that down for a minute and again while it works, by the database's
clock. A lock of the database itself (`jobs.advisory_locks`) lasts as long as a transaction, and no transaction stays
open while a file is read; the row tells staff and monitoring, besides, whether anybody is there at all.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from jobs.domain.intake import Kind, Trouble
from jobs.models import IntakeSource
from pennie.accounts.models import Membership
from pennie.accounts.principal import Principal
from pennie.accounts.sessions import principal_of
from pennie.lib.ids import new_id
from pennie.lib.refusals import Refusal

HELD_FOR: Final = timedelta(seconds=60)
TELL_SECONDS: Final = 10.0  # between two times that nothing but the time is told


class SourceTaken(Refusal):
    """A mailbox that another clinic has."""

    def __init__(self) -> None:
        super().__init__(
            "intake_source_taken",
            title="The mailbox is read for another clinic",
            detail="This mailbox and folder are read for another clinic, and one mailbox is one clinic's. Remove it "
            "there in the admin first, or have this clinic's mail in a mailbox or folder of its own.",
            status=409,
        )


def digest_place(*parts: str) -> str:
    """64 hexadecimal digits for what leads to a place."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def find_source(*, principal: Principal, kind: Kind, place: str) -> IntakeSource | None:
    """Raises SourceTaken where another clinic has it."""
    source = IntakeSource.objects.filter(kind=kind, place=place).first()
    if source is not None and source.clinic_id != principal.clinic_id:
        raise SourceTaken
    return source


@transaction.atomic
def add_source(*, principal: Principal, kind: Kind, place: str, name: str) -> IntakeSource:
    """The one that is there, or a new one. Raises SourceTaken."""
    IntakeSource.objects.bulk_create(
        [IntakeSource(clinic=principal.clinic, kind=kind, place=place, name=name[:200])], ignore_conflicts=True
    )
    source = find_source(principal=principal, kind=kind, place=place)
    if source is None:
        raise RuntimeError("a row that was just made is gone")
    return source


def renew_principal(principal: Principal) -> Principal | None:
    """The same person in the same clinic, as they stand now; None where they are no active member any more."""
    rows = Membership.objects.select_related("user", "clinic")
    found = rows.filter(
        user=principal.user, clinic=principal.clinic, user__is_active=True, user__is_superuser=False
    ).first()
    return principal_of(found) if found else None


@dataclass(kw_only=True, slots=True)
class _Counts:
    """What happened since it was last written down."""

    taken: int = 0
    refused: int = 0
    refused_for: str = ""


class Hold:
    """One process's hold on a source. Call `keep` at least every half minute; what it did is written down with it."""

    def __init__(self, source_id: UUID, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.source_id = source_id
        self._holder = new_id()
        self._clock = clock
        self._counts = _Counts()
        self._is_held = False
        self._told: tuple[int, str] | None = None
        self._told_at = 0.0
        self._was_there_at = float("-inf")  # when that was last told

    def count_taken(self) -> None:
        self._counts.taken += 1

    def count_refused(self, *, code: str) -> None:
        self._counts.refused += 1
        self._counts.refused_for = code

    def keep(self, *, waiting: int, trouble: Trouble | None = None, was_there: bool = True) -> bool:
        """Take it, or go on having it, and tell how it fares; False where another process has it, or it is gone.

        Writes where there is something new, and every `TELL_SECONDS`. `was_there`: the place itself was looked at.
        """
        now, told = self._clock(), (waiting, trouble or "")
        is_news = told != self._told or self._counts != _Counts()
        told_last = self._was_there_at if was_there else self._told_at
        if self._is_held and not is_news and now - told_last < TELL_SECONDS:
            return True
        self._is_held = self._write(waiting=waiting, trouble=trouble or "", was_there=was_there)
        if self._is_held:
            self._told, self._told_at, self._counts = told, now, _Counts()
            self._was_there_at = now if was_there else self._was_there_at
        return self._is_held

    def release(self) -> None:
        """Let another have it at once."""
        IntakeSource.objects.filter(pk=self.source_id, holder=self._holder).update(holder=None, held_until=None)
        self._is_held = False

    def is_removed(self) -> bool:
        return not IntakeSource.objects.filter(pk=self.source_id).exists()

    def _write(self, *, waiting: int, trouble: str, was_there: bool) -> bool:
        free = Q(holder=self._holder) | Q(holder=None) | Q(held_until__lt=Now())
        counts = self._counts
        said: dict[str, Any] = {"waiting": waiting, "trouble": trouble}
        if was_there:
            said["looked_at"] = Now()
        if counts.taken:
            said |= {"taken": F("taken") + counts.taken, "taken_at": Now()}
        if counts.refused:
            said |= {"refused": F("refused") + counts.refused, "refused_for": counts.refused_for}
        rows = IntakeSource.objects.filter(free, pk=self.source_id)
        return bool(rows.update(holder=self._holder, held_until=Now() + Value(HELD_FOR), **said))


def describe_sources() -> list[Mapping[str, Any]]:
    """Of every clinic, for monitoring: ids, kinds, numbers and times."""
    fields = ("id", "kind", "waiting", "taken", "refused", "taken_at", "looked_at", "trouble")
    return list(IntakeSource.objects.order_by("id").values(*fields))
