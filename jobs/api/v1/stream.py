"""Server-sent events of a job's progress, for the stream process: told by Redis, checked against the database.

1. The caller is let in by the rules of the API, and the connection to the database is given back.
2. Redis is listened to, then the present state is read: what is told between the two is not lost.
3. What is told is passed on. Every 15 seconds of silence the database is asked, because a message can be lost.
   While Redis is away it is asked every 2 seconds.
4. Each change of the state is a `step`, read from the database's events, so that none is left out, also of those that a
   client missed which comes back with a `Last-Event-ID`.
5. The stream ends with the job, told by an `end` once its last step is. It also ends after ten minutes, or when the
   caller may no longer see the job: a client that comes back is let in or refused anew.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.v1.representations import JobEventSerializer, ProgressSerializer
from jobs.models import Job, JobEvent
from jobs.progress import Progress, channel_of, read_progress, version_of
from pennie.accounts.permissions import caller_of
from pennie.accounts.sessions import forget_session

PING_SECONDS: Final = 15.0  # proxies cut connections on which nothing is heard for longer
POLL_SECONDS: Final = 2.0
MOST_SECONDS: Final = 600.0
_RETRY_MILLISECONDS: Final = 2000  # after which a browser comes back
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Encoding": "identity",  # a proxy that packs would hold events back
    "X-Accel-Buffering": "no",
}
_NEVER_AGAIN: Final = Retry(NoBackoff(), 0)  # whether to come back is decided here


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Seconds between two things; tests are faster."""

    ping: float = PING_SECONDS
    poll: float = POLL_SECONDS
    most: float = MOST_SECONDS


class StreamAccess(APIView):
    """Lets the caller in as any view of the API does; `progress` on its answer is the job's at this moment."""

    resource = "jobs"

    def get(self, request: Request, job_id: UUID) -> Response:
        job = Job.objects.access(principal=caller_of(request), pk=job_id)
        response = Response()
        response.progress = read_progress(job=job)  # type: ignore[attr-defined]
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)  # it asks for text/event-stream


@csrf_exempt  # as every view of the API: sessions are held to it by their authentication
async def stream_job(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """`GET /jobs/{id}/stream/`"""
    response = await _look(request, job_id)
    if response.status_code != 200:
        return response
    present: Progress = response.progress  # type: ignore[attr-defined]
    seen = request.headers.get("Last-Event-ID", "")
    if present.is_last and seen == present.mark:
        return HttpResponse(status=204)  # a browser comes back after the end unless it is told not to
    if request.method == "HEAD":
        return HttpResponse(headers=_HEADERS, content_type="text/event-stream")
    steps = _Steps(job_id=job_id, told=present.version if (known := version_of(seen)) is None else known)
    events = _tell(request, first=present, steps=steps, pace=Pace())
    return StreamingHttpResponse(events, headers=_HEADERS, content_type="text/event-stream")


@sync_to_async
def _look(request: HttpRequest, job_id: UUID, *, anew: bool = False) -> HttpResponseBase:
    """The answer of `StreamAccess`. Leaves no connection to the database open, which a stream would hold for long."""
    try:
        if anew:
            forget_session(request)
        return StreamAccess.as_view()(request, job_id=job_id)
    finally:
        connections.close_all()


async def _tell(request: HttpRequest, *, first: Progress, steps: "_Steps", pace: Pace) -> AsyncIterator[str]:
    """The events, from the present state, or what was missed of the way to it, to the job's end.

    What came of steps that cannot be read now is not told either: by its id, who comes back would know of them.
    """
    clock = asyncio.get_running_loop().time
    last, began, spoke = first, clock(), clock()
    missed = await steps.tell(until=first.version)
    yield f"retry: {_RETRY_MILLISECONDS}\n\n"
    if missed is None:
        return
    yield missed + _write("progress", first)
    async with _Channel(steps.job_id, pace=pace) as channel:
        told: Progress | None = None
        while not last.is_last and clock() - began < pace.most:
            if told is None:
                response = await _look(request, steps.job_id, anew=True)
                if 400 <= response.status_code < 500:
                    return
                told = getattr(response, "progress", None)  # None: the database is away, which passes
            if told is not None and told.follows(last):
                missed = await steps.tell(until=told.version)
                if missed is None and told.is_last:
                    return
                if missed is not None:
                    last, spoke = told, clock()
                    yield missed + _write("progress", last)
                if last.is_last:
                    break
            elif clock() - spoke >= pace.ping:
                spoke = clock()
                yield ": ping\n\n"
            told = await channel.hear()
    if last.is_last:
        yield _write("end", last)


def _write(kind: str, progress: Progress) -> str:
    return _write_event(kind, mark=progress.mark, data=ProgressSerializer(progress).data)


def _write_event(kind: str, *, mark: str, data: Any) -> str:
    return f"event: {kind}\nid: {mark}\ndata: {json.dumps(data)}\n\n"


class _Steps:
    """The changes of a job's state, each told once and in order; none is passed over."""

    def __init__(self, *, job_id: UUID, told: int) -> None:
        self.job_id = job_id
        self._told = told  # the job's version after the last that the client knows of

    async def tell(self, *, until: int) -> str | None:
        """Those that are new up to the job's version `until`; None while the database is away."""
        if until <= self._told:
            return ""
        events = await self._read(until=until)
        if events is None:
            return None
        if events:
            self._told = events[-1]["version"]
        return "".join(_write_event("step", mark=str(event["version"]), data=event) for event in events)

    @sync_to_async
    def _read(self, *, until: int) -> list[Any] | None:
        try:
            rows = JobEvent.objects.filter(job_id=self.job_id, version__gt=self._told, version__lte=until)
            return list(JobEventSerializer(rows.order_by("version"), many=True).data)
        except DatabaseError:
            return None
        finally:
            connections.close_all()


class _Channel:
    """What is told about a job through Redis, as long as Redis is there."""

    def __init__(self, job_id: UUID, *, pace: Pace) -> None:
        self._name = channel_of(job_id)
        self._pace = pace
        seconds = settings.REDIS_TIMEOUT_SECONDS
        self._redis: Redis = Redis.from_url(
            settings.REDIS_URL, socket_timeout=seconds, socket_connect_timeout=seconds, retry=_NEVER_AGAIN
        )
        self._subscription: PubSub | None = None

    async def __aenter__(self) -> Self:
        await self._subscribe()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def hear(self) -> Progress | None:
        """The next that is told; None when it is time to ask the database."""
        if self._subscription is None:
            await asyncio.sleep(self._pace.poll)
            await self._subscribe()
            return None
        try:
            message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=self._pace.ping)
        except (RedisError, OSError):
            await self._leave()
            return None
        return _read(message)

    async def _subscribe(self) -> None:
        self._subscription = self._redis.pubsub()
        try:
            await self._subscription.subscribe(self._name)
            await self._subscription.get_message(timeout=settings.REDIS_TIMEOUT_SECONDS)  # from here on all is heard
        except (RedisError, OSError):
            await self._leave()

    async def _leave(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with suppress(RedisError, OSError):
                await subscription.aclose()  # type: ignore[no-untyped-call]


def _read(message: dict[str, Any] | None) -> Progress | None:
    try:
        return Progress(**json.loads(message["data"])) if message else None
    except (TypeError, ValueError):  # of another release
        return None
