"""Limits of use: is one file more within what the caller, their clinic and all together may ask for?

Use is what was asked for: the estimate of each job at its submission, and the lines and pages of its upload, over the
last hour or the last 24. A user's use is counted within the clinic. Nobody is told what other clinics use.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from jobs.domain.use_limits import (
    SCOPES,
    UNREAD,
    WINDOWS,
    Limit,
    Measure,
    Need,
    Reached,
    Scope,
    SetLimit,
    Unit,
    choose_limits,
    find_reset,
    fits_upload,
    fits_window,
    round_up,
)
from jobs.models import Job, UseLimit
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

_COLUMNS: Final[Mapping[Unit, str]] = {
    "calls": "estimated_calls",
    "tokens": "estimated_tokens",
    "lines": "upload__line_count",
    "pages": "upload__page_count",
}
_WORDS: Final[Mapping[Measure, str]] = {
    "calls_per_hour": "calls to the model in an hour",
    "lines_per_day": "lines in 24 hours",
    "pages_per_day": "pages in 24 hours",
    "tokens_per_day": "estimated tokens in 24 hours",
    "lines_per_upload": "lines",
    "pages_per_upload": "pages",
    "tokens_per_upload": "estimated tokens",
}
_WHOSE: Final[Mapping[Scope, str]] = {"user": "Your limit", "clinic": "Your clinic's limit"}
_WHO_RAISES: Final[Mapping[Scope, str]] = {
    "user": "An administrator of your clinic can raise it",
    "clinic": "The operator of this server can raise it",
    "global": "The operator of this server can raise it",
}
_SHOWN_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"
_LEAST_WAIT_SECONDS: Final = 1


class UseLimitReached(Refusal):
    """Too much was asked for lately. Nothing of the file is kept."""

    def __init__(self, reached: Reached, *, now: datetime) -> None:
        wait = _seconds_until(reached.resets_at, now=now)
        super().__init__(
            "use_limit_reached",
            title="A limit of use is reached",
            detail=_tell_reached(reached),
            status=429,
            extra={"limit": describe_reached(reached)},
            headers={} if wait is None else {"Retry-After": str(wait)},
        )


class UploadOverLimit(Refusal):
    """One file is more than may be sent in one. Nothing of it is kept."""

    def __init__(self, reached: Reached) -> None:
        limit = reached.limit
        whose = _WHOSE.get(limit.scope, "The limit of this server")
        super().__init__(
            "upload_over_limit",
            title="The file is over a limit of use",
            detail=f"{whose} is {limit.amount:,} {_WORDS[limit.measure]} for one file, and this one has "
            f"{reached.needed:,}. Send it in parts. {_WHO_RAISES[limit.scope]}.",
            status=413,
            extra={"limit": _describe(limit, needed=reached.needed)},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a caller stands with a limit. For a limit of one upload nothing is used; of a global one only its being
    there is told: the figures would tell what other clinics do."""

    limit: Limit
    used: int | None
    left: int | None
    resets_at: datetime | None  # when all is free again, if nothing more is used; None: it is

    @property
    def is_withheld(self) -> bool:
        """Whether the figures would tell what other clinics do."""
        return self.limit.scope == "global" and self.limit.window is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asker:
    """Whose use is counted."""

    clinic_id: UUID
    user_id: UUID | None  # None: nobody's, as in a backfill: no user's limit holds


def list_limits(*, principal: Principal) -> tuple[Limit, ...]:
    """The limits that hold for the caller, the globals first."""
    return _list_limits(_asker_of(principal))


def _asker_of(principal: Principal) -> _Asker:
    return _Asker(clinic_id=principal.clinic_id, user_id=principal.user.pk)


def _list_limits(asker: _Asker) -> tuple[Limit, ...]:
    rows = UseLimit.objects.filter(Q(clinic=None) | Q(clinic=asker.clinic_id), Q(user=None) | Q(user=asker.user_id))
    limits = choose_limits(
        [
            SetLimit(
                scope=cast(Scope, row.scope),
                measure=cast(Measure, row.measure),
                clinic=row.clinic_id,
                user=row.user_id,
                amount=row.amount,
                by_operator=row.by_operator,
            )
            for row in rows
        ],
        clinic=asker.clinic_id,
        user=asker.user_id,
        default_calls_per_hour=settings.DEFAULT_CALLS_PER_HOUR,
    )
    return limits if asker.user_id else tuple(limit for limit in limits if limit.scope != "user")


def check_limits(*, principal: Principal, need: Need, now: datetime) -> None:
    """Refuse what does not fit; to be called within the transaction that adds the job.

    Whoever else is counted under the same limit waits until that transaction ends: two that fit one by one but not
    together never both go through. Raises UploadOverLimit and UseLimitReached.
    """
    _check(_asker_of(principal), need=need, now=now)


def check_limits_of_clinic(*, clinic_id: UUID, need: Need, now: datetime) -> None:
    """The same for what no user asked for: the limits of the clinic and of all."""
    _check(_Asker(clinic_id=clinic_id, user_id=None), need=need, now=now)


def _check(asker: _Asker, *, need: Need, now: datetime) -> None:
    limits = _concerned(_list_limits(asker), need=need)
    _lock({limit.scope for limit in limits if limit.window}, asker=asker)
    if refusal := _find_refusal(limits, asker=asker, need=need, besides=Need(), now=now):
        raise refusal


def find_refusal(*, principal: Principal, need: Need, now: datetime, besides: Need) -> Refusal | None:
    """What `check_limits` would raise now, after `besides` were used too. Locks nothing."""
    limits = _concerned(list_limits(principal=principal), need=need)
    return _find_refusal(limits, asker=_asker_of(principal), need=need, besides=besides, now=now)


def tell_standings(*, principal: Principal, now: datetime) -> list[Standing]:
    """How the caller stands with each limit that holds for them."""
    asker = _asker_of(principal)
    return [_stand(limit, asker=asker, now=now) for limit in _list_limits(asker)]


def describe_reached(reached: Reached) -> dict[str, Any]:
    """The members of a problem's `limit`."""
    resets_at = None if reached.resets_at is None else reached.resets_at.isoformat().replace("+00:00", "Z")
    told: dict[str, Any] = {"used": reached.used, "left": reached.left}
    if reached.limit.scope == "global":  # it would tell what other clinics use
        told = {}
    return {**_describe(reached.limit, needed=reached.needed), **told, "resets_at": resets_at}


def _describe(limit: Limit, *, needed: int) -> dict[str, Any]:
    said = {"scope": limit.scope, "measure": limit.measure, "amount": limit.amount, "needed": needed}
    if limit.scope == "global" and limit.window:
        said.pop("amount")  # it would be told how near others have brought it
    return said


def _concerned(limits: Iterable[Limit], *, need: Need) -> tuple[Limit, ...]:
    """What needs nothing of a measure is not held up by it."""
    return tuple(limit for limit in limits if need.of(limit.unit))


def _lock(scopes: set[Scope], *, asker: _Asker) -> None:
    """Until the transaction ends; always in the order of SCOPES, so that no two wait for each other."""
    of = {"global": "", "clinic": str(asker.clinic_id), "user": f"{asker.clinic_id}/{asker.user_id}"}
    with connection.cursor() as cursor:
        for scope in SCOPES:
            if scope in scopes:
                digest = hashlib.blake2b(f"use limit/{scope}/{of[scope]}".encode(), digest_size=8).digest()
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest, "big", signed=True)])


def _find_refusal(
    limits: Sequence[Limit], *, asker: _Asker, need: Need, besides: Need, now: datetime
) -> Refusal | None:
    for limit in limits:
        needed = need.of(limit.unit)
        if limit.window is None and not fits_upload(limit, needed=needed):
            return UploadOverLimit(Reached(limit=limit, used=0, needed=needed, resets_at=None))
    reached = [
        each
        for limit in limits
        if limit.window and (each := _find_reached(limit, asker=asker, need=need, besides=besides, now=now))
    ]
    if not reached:
        return None
    # The one that holds the file up longest: to wait for another would be in vain.
    return UseLimitReached(max(reached, key=lambda each: (each.resets_at is None, each.resets_at or now)), now=now)


def _find_reached(limit: Limit, *, asker: _Asker, need: Need, besides: Need, now: datetime) -> Reached | None:
    window = WINDOWS[limit.measure]
    jobs = _jobs_under(limit, asker=asker, since=now - window)
    column = _COLUMNS[limit.unit]
    extra = besides.of(limit.unit)
    used = int(jobs.aggregate(used=Sum(Coalesce(column, UNREAD.of(limit.unit)), default=0))["used"]) + extra
    needed = need.of(limit.unit)
    if fits_window(limit, used=used, needed=needed):
        return None
    uses = list(jobs.values_list("created_at", Coalesce(column, UNREAD.of(limit.unit))))
    resets_at = find_reset(limit, needed=needed, uses=[*uses, (now, extra)], window=window)
    if limit.scope == "global" and resets_at is not None:
        resets_at = round_up(resets_at)  # to the second it would tell when another clinic sent something
    return Reached(limit=limit, used=used, needed=needed, resets_at=resets_at)


def _jobs_under(limit: Limit, *, asker: _Asker, since: datetime) -> QuerySet[Job]:
    """The jobs whose use counts under the limit. Of other clinics' only sums leave this module, and no figure."""
    jobs = Job.objects.filter(created_at__gt=since).order_by()
    if limit.scope == "global":
        return jobs
    jobs = jobs.filter(clinic_id=asker.clinic_id)
    return jobs if limit.scope == "clinic" else jobs.filter(created_by=asker.user_id)


def _stand(limit: Limit, *, asker: _Asker, now: datetime) -> Standing:
    window = limit.window
    if window is None or limit.scope == "global":
        return Standing(limit=limit, used=None, left=None, resets_at=None)
    column = _COLUMNS[limit.unit]
    jobs = _jobs_under(limit, asker=asker, since=now - window)
    counted = jobs.annotate(amount=Coalesce(column, UNREAD.of(limit.unit)))
    told = counted.aggregate(used=Sum("amount", default=0), last=Max("created_at", filter=Q(amount__gt=0)))
    used, last = int(told["used"]), told["last"]
    return Standing(
        limit=limit,
        used=used,
        left=max(0, limit.amount - used),
        resets_at=last + window if last else None,
    )


def _seconds_until(moment: datetime | None, *, now: datetime) -> int | None:
    if moment is None:
        return None
    return max(_LEAST_WAIT_SECONDS, -((now - moment) // timedelta(seconds=1)))


def _tell_reached(reached: Reached) -> str:
    limit = reached.limit
    again = (
        "" if reached.resets_at is None else f" Send it again at {reached.resets_at.strftime(_SHOWN_TIME)} or later."
    )
    raises = f"{_WHO_RAISES[limit.scope]}."
    if limit.scope == "global":
        return f"So much is asked for on this server just now that its limit is reached.{again} {raises}"
    return (
        f"{_WHOSE[limit.scope]} is {limit.amount:,} {_WORDS[limit.measure]}. {reached.used:,} are used, "
        f"{reached.left:,} are left, and this file needs about {reached.needed:,}.{again} {raises}"
    )
