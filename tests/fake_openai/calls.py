"""The log of calls that the fake keeps."""

import secrets
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

MAX_CALLS = 100_000  # the oldest are forgotten beyond that


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that reached the fake."""

    number: int  # from 1 in order of arrival, GET and POST alike
    method: str
    path: str
    key_sha256: str | None  # of the bearer key; None: none was sent
    started_at: float  # seconds since the epoch
    finished_at: float | None = None
    status: int | None = None  # None: no answer was sent
    fault: str | None = None
    model: str | None = None
    body_sha256: str | None = None
    content_sha256: str | None = None  # of what the user says: the words of a window's question
    in_flight: int = 0  # calls in flight when it began, itself included
    request_id: str | None = None  # the header of its answer
    # Against the limits. An answer of 429 by the limits is charged nothing; refunds are taken off.
    over_limit: bool = False
    charged_requests: int = 0
    charged_tokens: int = 0
    # For money. Of an answer that its asker never had too, where the fake bills those.
    billed: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    body: Mapping[str, Any] | None = field(default=None, repr=False)  # where bodies are kept


class CallLog:
    """Calls in order of arrival. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._open: dict[int, Call] = {}
        self._count = 0
        self._secret = secrets.token_hex(8)  # so that two fakes give no two answers the same id

    def begin(self, *, method: str, path: str, key_sha256: str | None, now: float) -> Call:
        """The call that begins."""
        with self._lock:
            self._count += 1
            call = self._open[self._count] = Call(
                number=self._count,
                method=method,
                path=path,
                key_sha256=key_sha256,
                started_at=now,
                in_flight=len(self._open) + 1,
                request_id=f"req_{self._secret}{self._count:016x}",
            )
            return call

    def note(self, *, number: int, **known: Any) -> None:
        """What became known about an open call."""
        with self._lock:
            self._open[number] = replace(self._open[number], **known)

    def end(self, *, number: int, now: float) -> None:
        with self._lock:
            self._calls.append(replace(self._open.pop(number), finished_at=now))

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Finished calls, in order of arrival."""
        with self._lock:
            return tuple(sorted(self._calls, key=lambda call: call.number))

    @property
    def open(self) -> int:
        """Calls in flight."""
        with self._lock:
            return len(self._open)

    def as_json(self) -> list[dict[str, Any]]:
        """The log without the bodies."""
        names = [column.name for column in fields(Call) if column.name != "body"]
        return [{name: getattr(call, name) for name in names} for call in self.calls]
