"""Integrators' programs that use the API all the while: they send files, alone and in batches, pause and resume queues,
follow their jobs, and send again whatever was refused with a word to come back.
"""

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pennie.stack.ports import LOOPBACK
from tests.chaos.listener import Listener

_ENDS: Final = frozenset({"completed", "partial", "failed", "cancelled"})
_TIMEOUT_SECONDS: Final = 40.0  # for an answer
_PATIENCE_SECONDS: Final = 120.0  # with one request, sent again and again
_PAUSE_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.4
_PRIORITIES: Final = ("urgent", "normal", "normal", "bulk")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What came of one request."""

    asked: str  # method, and path without ids
    status: int  # 0: no answer
    code: str  # of the problem, or how the connection broke
    seconds: float
    at: float  # Unix time


@dataclass(frozen=True, kw_only=True)
class Account:
    """One clinic's way in."""

    key: str
    luck: random.Random
    path: str  # of its webhook at the receiver


@dataclass(kw_only=True)
class Clients:
    """Threads that live from `records`, each sent once, until they are told to end or nothing is left to send.

    Not more than one to an account, so that each follows what it has sent before it sends more.
    """

    port: int
    stream_port: int
    records: Sequence[Path]
    accounts: Sequence[Account]
    rest_seconds: float  # at most, between two things that a client does
    follow_seconds: float  # within which a job must end
    listens: bool = True  # to the events of one job of each time
    heard: list[Heard] = field(default_factory=list)
    jobs: dict[str, Path] = field(default_factory=dict)  # that were taken in, with their record
    batches: dict[str, list[str]] = field(default_factory=dict)  # that were closed, with their jobs
    listeners: list[Listener] = field(default_factory=list)
    late: list[str] = field(default_factory=list)  # jobs that did not end in time
    failures: list[str] = field(default_factory=list)  # of requests that nobody did, however often they were sent
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = iter(self.records)

    def start(self) -> None:
        for account in self.accounts:
            thread = threading.Thread(target=self._live, kwargs={"account": account}, name="client")
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """What is sent is followed to its end; nothing more is sent."""
        self.ended.set()
        for thread in self._threads:
            thread.join()
        for listener in self.listeners:
            listener.wait()

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def make_webhook(self, account: Account, *, url: str) -> str:
        """Its secret."""
        body = {"url": f"{url}{account.path}"}
        return str(self.ask(account, "POST", "/api/v1/webhooks/", body=body)["secret"])

    def ask(
        self,
        account: Account,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON. Sent again while nobody answers, or the answer says to come back. Raises GaveUp."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {}), "Authorization": f"Bearer {account.key}"}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            heard, said = self._ask_once(method, path, content=content, headers=sent)
            with self._lock:
                self.heard.append(heard)
            if 200 <= heard.status < 300:
                return said
            passes = heard.status in (0, 409, 425, 429) or heard.status >= 500
            if not passes or time.monotonic() > deadline:
                raise GaveUp(f"{heard.asked}: {heard.status} {heard.code}")
            time.sleep(_PAUSE_SECONDS)

    def _ask_once(
        self, method: str, path: str, *, content: bytes | None, headers: Mapping[str, str]
    ) -> tuple[Heard, Any]:
        began, at = time.monotonic(), time.time()
        status, code, said = 0, "", None
        try:
            with closing(http.client.HTTPConnection(LOOPBACK, self.port, timeout=_TIMEOUT_SECONDS)) as connection:
                connection.request(method, path, content, dict(headers))
                answer = connection.getresponse()
                told = answer.read()
            status = answer.status
            said = json.loads(told)
            code = str(said.get("code", "")) if status >= 400 else ""
        except (OSError, http.client.HTTPException) as error:
            status, code = 0, type(error).__name__
        except ValueError:  # not JSON: no answer of the API's
            code = "no JSON"
        heard = Heard(
            asked=f"{method} {_without_ids(path)}", status=status, code=code, seconds=time.monotonic() - began, at=at
        )
        return heard, said

    def _live(self, *, account: Account) -> None:
        luck = account.luck
        try:
            while not self.ended.is_set():
                records = self._take(luck.randint(1, 3))
                if not records:
                    return
                if len(records) > 1 and luck.random() < 0.5:
                    self._send_batch(account, records=records)
                elif luck.random() < 0.35:
                    self._send_into_pause(account, records=records)
                else:
                    self._follow(account, jobs=[self._send(account, each) for each in records])
                time.sleep(luck.random() * self.rest_seconds)
        except GaveUp as problem:
            with self._lock:
                self.failures.append(str(problem))

    def _take(self, count: int) -> list[Path]:
        with self._lock:
            return list(itertools.islice(self._left, count))

    def _send(self, account: Account, record: Path, *, batch: str = "", priority: str = "") -> str:
        """The job's id."""
        fields = {"engine": "openai", "priority": priority or account.luck.choice(_PRIORITIES)}
        if batch:
            fields["batch"] = batch
        boundary = uuid.uuid4().hex
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": str(uuid.uuid4())}
        body = _write_form(record, fields=fields, boundary=boundary)
        job = str(self.ask(account, "POST", "/api/v1/uploads/", body=body, headers=headers)["job"]["id"])
        with self._lock:
            self.jobs[job] = record
        return job

    def _send_batch(self, account: Account, *, records: Sequence[Path]) -> None:
        batch = str(self.ask(account, "POST", "/api/v1/batches/", body={"name": "moved from the old system"})["id"])
        jobs = [self._send(account, each, batch=batch) for each in records]
        self.ask(account, "POST", f"/api/v1/batches/{batch}/close/", body={})
        with self._lock:
            self.batches[batch] = jobs
        self._follow(account, jobs=jobs)
        self._wait(lambda: self.ask(account, "GET", f"/api/v1/batches/{batch}/")["ended_at"], what=f"batch {batch}")

    def _send_into_pause(self, account: Account, *, records: Sequence[Path]) -> None:
        """A queue is paused, files are sent to it, and after a while it is resumed."""
        queue = account.luck.choice(_PRIORITIES)
        self.ask(account, "POST", "/api/v1/queues/pause/", body={"queue": queue, "reason": "until later"})
        jobs = [self._send(account, each, priority=queue) for each in records]
        time.sleep(1 + 2 * account.luck.random())
        self.ask(account, "POST", "/api/v1/queues/resume/", body={"queue": queue})
        self._follow(account, jobs=jobs)

    def _follow(self, account: Account, *, jobs: Sequence[str]) -> None:
        """By polling each, and one of them by its stream."""
        if self.listens:
            listener = Listener(port=self.stream_port, key=account.key, job=jobs[0], seconds=self.follow_seconds)
            with self._lock:
                self.listeners.append(listener)
        for job in jobs:
            self._wait(lambda: self.ask(account, "GET", f"/api/v1/jobs/{job}/")["state"] in _ENDS, what=job)  # noqa: B023

    def _wait(self, met: Any, *, what: str) -> None:
        deadline = time.monotonic() + self.follow_seconds
        while not met():
            if time.monotonic() > deadline:
                with self._lock:
                    self.late.append(what)
                return
            time.sleep(_POLL_SECONDS)


class GaveUp(Exception):
    """A request was refused for good, or for too long."""


def _without_ids(path: str) -> str:
    return "/".join("ID" if len(part) == 36 else part for part in path.partition("?")[0].split("/"))


def _write_form(record: Path, *, fields: Mapping[str, str], boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{record.name}"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    return b"".join((*parts, head.encode(), record.read_bytes(), f"\r\n--{boundary}--\r\n".encode()))


@contextmanager
def at_work(clients: Clients) -> Iterator[None]:
    """They work for as long as the context lasts; then what they have sent is followed to its end."""
    clients.start()
    try:
        yield
    finally:
        clients.stop()
