"""Rate limits as the API tells them in its headers, and, if wanted, holds them, in the ways that providers do."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from tests.fake_openai.faults import RetryForm
from tests.fake_openai.wire import format_duration

# How use is counted: a bucket that refills evenly; whole minutes of the clock; the last 60 seconds at each moment.
Counting = Literal["even", "fixed", "sliding"]
HeaderStyle = Literal["usual", "missing", "minus_one", "only_limits", "only_requests", "only_tokens"]
COUNTINGS: Final[tuple[Counting, ...]] = get_args(Counting)
HEADER_STYLES: Final[tuple[HeaderStyle, ...]] = get_args(HeaderStyle)
_MINUTE: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the key may use in a minute. `enforced`: a call beyond it is answered 429."""

    requests_per_minute: int = 10_000
    tokens_per_minute: int = 10_000_000
    enforced: bool = False
    counting: Counting = "even"
    per_second: bool = False  # no second may have more requests than its share of the minute's, rounded up
    refunds: bool = False  # output that was asked for and not used is given back with the reply
    headers: HeaderStyle = "usual"
    reset_as: str | None = None  # what the reset headers say instead of the truth: "1h2m", "6m0s", "12ms", ...
    retry_form: RetryForm = "both"  # the headers of a 429 that tell how long to wait


@dataclass(kw_only=True)
class Share:
    """What one call took from a meter."""

    at: float
    amount: float


class Meter(Protocol):
    """Counts use against one limit. `take` takes even what is not left; whoever enforces asks for `wait` first."""

    def wait(self, *, amount: float, now: float) -> float:
        """Seconds until `amount` is left; 0 or less where it is."""
        ...

    def take(self, *, amount: float, now: float) -> Share: ...

    def give_back(self, *, share: Share, amount: float, now: float) -> None: ...

    def left(self, *, now: float) -> float: ...

    def reset(self, *, now: float) -> float:
        """Seconds until all is left again."""
        ...


class EvenMeter:
    """A bucket of a minute's limit that refills evenly."""

    def __init__(self, *, limit: float, now: float) -> None:
        self._limit = limit
        self._left = limit
        self._at = now

    def wait(self, *, amount: float, now: float) -> float:
        return (amount - self.left(now=now)) / (self._limit / _MINUTE)

    def take(self, *, amount: float, now: float) -> Share:
        self._left = max(0.0, self.left(now=now) - amount)
        return Share(at=now, amount=amount)

    def give_back(self, *, share: Share, amount: float, now: float) -> None:
        self._left = min(self._limit, self.left(now=now) + amount)

    def left(self, *, now: float) -> float:
        self._left = min(self._limit, self._left + max(0.0, now - self._at) * self._limit / _MINUTE)
        self._at = now
        return self._left

    def reset(self, *, now: float) -> float:
        return self.wait(amount=self._limit, now=now)


class FixedMeter:
    """Windows of the clock, `seconds` long: at the end of each all is left again."""

    def __init__(self, *, limit: float, seconds: float = _MINUTE) -> None:
        self._limit = limit
        self._seconds = seconds
        self._window = -1
        self._used = 0.0

    def wait(self, *, amount: float, now: float) -> float:
        return self._until_next(now) if amount > self.left(now=now) else 0.0

    def take(self, *, amount: float, now: float) -> Share:
        self._turn(now)
        self._used += amount
        return Share(at=now, amount=amount)

    def give_back(self, *, share: Share, amount: float, now: float) -> None:
        self._turn(now)
        if int(share.at // self._seconds) == self._window:
            self._used -= amount

    def left(self, *, now: float) -> float:
        self._turn(now)
        return max(0.0, self._limit - self._used)

    def reset(self, *, now: float) -> float:
        return self._until_next(now) if self.left(now=now) < self._limit else 0.0

    def _turn(self, now: float) -> None:
        window = int(now // self._seconds)
        if window > self._window:
            self._window, self._used = window, 0.0

    def _until_next(self, now: float) -> float:
        return self._seconds - now % self._seconds


class SlidingMeter:
    """Whatever began in the last 60 seconds counts."""

    def __init__(self, *, limit: float) -> None:
        self._limit = limit
        self._shares: deque[Share] = deque()
        self._used = 0.0

    def wait(self, *, amount: float, now: float) -> float:
        missing = amount - self.left(now=now)
        if missing <= 0:
            return 0.0
        freed = 0.0
        for share in self._shares:
            freed += share.amount
            if freed >= missing:
                return share.at + _MINUTE - now
        return _MINUTE

    def take(self, *, amount: float, now: float) -> Share:
        share = Share(at=now, amount=amount)
        self._shares.append(share)
        self._used += amount
        return share

    def give_back(self, *, share: Share, amount: float, now: float) -> None:
        self._forget(now)
        if share.at > now - _MINUTE:
            share.amount -= amount
            self._used -= amount

    def left(self, *, now: float) -> float:
        self._forget(now)
        return max(0.0, self._limit - self._used)

    def reset(self, *, now: float) -> float:
        self._forget(now)
        return self._shares[-1].at + _MINUTE - now if self._shares else 0.0

    def _forget(self, now: float) -> None:
        while self._shares and self._shares[0].at <= now - _MINUTE:
            self._used -= self._shares.popleft().amount


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What a call was charged, or how many seconds it should wait because it was not."""

    wait: float | None
    tokens: int
    share: Share | None  # of the tokens


class Allowance:
    """What is left of the limits. Safe to use from many threads."""

    def __init__(self, *, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._requests = _make_meter(limits.counting, limit=limits.requests_per_minute, now=clock())
        self._tokens = _make_meter(limits.counting, limit=limits.tokens_per_minute, now=clock())
        self._second: Meter | None = None
        if limits.per_second:
            self._second = FixedMeter(limit=-(-limits.requests_per_minute // 60), seconds=1.0)

    def take(self, *, tokens: int) -> Charge:
        """Charge one call and its tokens; nothing is charged where the limits are enforced and it must wait."""
        with self._lock:
            now = self._clock()
            meters = [self._requests] if self._second is None else [self._requests, self._second]
            waits = [meter.wait(amount=1, now=now) for meter in meters]
            wait = max(*waits, self._tokens.wait(amount=tokens, now=now))
            if self.limits.enforced and wait > 0:
                return Charge(wait=wait, tokens=0, share=None)
            for meter in meters:
                meter.take(amount=1, now=now)
            return Charge(wait=None, tokens=tokens, share=self._tokens.take(amount=tokens, now=now))

    def settle(self, *, charge: Charge, unused: int) -> int:
        """The tokens that the call is charged in the end, once it is known how many it did not use."""
        given_back = min(max(0, unused), charge.tokens) if self.limits.refunds and charge.share else 0
        if given_back and charge.share:
            with self._lock:
                self._tokens.give_back(share=charge.share, amount=given_back, now=self._clock())
        return charge.tokens - given_back

    def tell(self) -> dict[str, str]:
        """The headers of an answer that leaves now."""
        if self.limits.headers == "missing":
            return {}
        with self._lock:
            now = self._clock()
            requests, tokens = self._requests.left(now=now), self._tokens.left(now=now)
            resets = self._requests.reset(now=now), self._tokens.reset(now=now)
        told = {
            "x-ratelimit-limit-requests": str(self.limits.requests_per_minute),
            "x-ratelimit-limit-tokens": str(self.limits.tokens_per_minute),
            "x-ratelimit-remaining-requests": str(int(requests)),
            "x-ratelimit-remaining-tokens": str(int(tokens)),
            "x-ratelimit-reset-requests": self.limits.reset_as or format_duration(resets[0]),
            "x-ratelimit-reset-tokens": self.limits.reset_as or format_duration(resets[1]),
        }
        return _in_style(told, style=self.limits.headers)


def _make_meter(counting: Counting, *, limit: int, now: float) -> Meter:
    if counting == "fixed":
        return FixedMeter(limit=limit)
    return SlidingMeter(limit=limit) if counting == "sliding" else EvenMeter(limit=limit, now=now)


def _in_style(told: Mapping[str, str], *, style: HeaderStyle) -> dict[str, str]:
    if style == "minus_one":  # as some servers tell that there is no limit
        return {name: "0s" if "-reset-" in name else "-1" for name in told}
    kept = {"only_limits": "-limit-", "only_requests": "-requests", "only_tokens": "-tokens"}.get(style, "")
    return {name: value for name, value in told.items() if kept in name.removeprefix("x-ratelimit")}
