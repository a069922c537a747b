"""Rate limits as the API tells them in its headers, and, if wanted, holds them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.fake_openai.wire import format_duration


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the key may use in a minute. `enforced`: a call beyond it is answered 429."""

    requests_per_minute: int = 10_000
    tokens_per_minute: int = 10_000_000
    enforced: bool = False


class Allowance:
    """Two token buckets that refill evenly. Safe to use from many threads."""

    def __init__(self, *, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._requests = float(limits.requests_per_minute)
        self._tokens = float(limits.tokens_per_minute)
        self._at = clock()

    def take(self, *, tokens: int) -> tuple[float | None, dict[str, str]]:
        """Seconds to wait, None if the call may go on, and the headers that tell what is left."""
        with self._lock:
            self._refill()
            wait = max((1 - self._requests) / self._per_second()[0], (tokens - self._tokens) / self._per_second()[1], 0)
            refused = self.limits.enforced and wait > 0
            if not refused:
                self._requests = max(0.0, self._requests - 1)
                self._tokens = max(0.0, self._tokens - tokens)
            return (wait if refused else None), self._headers()

    def _per_second(self) -> tuple[float, float]:
        return self.limits.requests_per_minute / 60, self.limits.tokens_per_minute / 60

    def _refill(self) -> None:
        now = self._clock()
        requests, tokens = self._per_second()
        self._requests = min(self.limits.requests_per_minute, self._requests + (now - self._at) * requests)
        self._tokens = min(self.limits.tokens_per_minute, self._tokens + (now - self._at) * tokens)
        self._at = now

    def _headers(self) -> dict[str, str]:
        requests, tokens = self._per_second()
        return {
            "x-ratelimit-limit-requests": str(self.limits.requests_per_minute),
            "x-ratelimit-limit-tokens": str(self.limits.tokens_per_minute),
            "x-ratelimit-remaining-requests": str(int(self._requests)),
            "x-ratelimit-remaining-tokens": str(int(self._tokens)),
            "x-ratelimit-reset-requests": format_duration(
                (self.limits.requests_per_minute - self._requests) / requests
            ),
            "x-ratelimit-reset-tokens": format_duration((self.limits.tokens_per_minute - self._tokens) / tokens),
        }
