"""A provider, and workers that ask a limit before they call it: in simulated time, minutes in milliseconds."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Protocol

from pennie.lib.windowed_limit import Granted, Held, Told, Used


class LimitUnderTest(Protocol):
    def reserve(
        self, *, now: float, waiter: str, flow: str, weight: int, characters: int, output_tokens: int
    ) -> Granted | Held: ...

    def settle(self, *, now: float, granted: Granted, used: Used | None, told: tuple[Told, Told] | None) -> None: ...


@dataclass(kw_only=True)
class Bucket:
    """A provider that refills evenly, or counts by fixed minutes; it charges what may be used, and may give back."""

    requests: int
    tokens: int
    refunds: bool = False
    kind: Literal["bucket", "minutes"] = "bucket"
    at: float = 0.0
    left_requests: float = field(init=False)
    left_tokens: float = field(init=False)
    refused: int = 0

    def __post_init__(self) -> None:
        self.left_requests, self.left_tokens = float(self.requests), float(self.tokens)

    def take(self, *, now: float, tokens: int) -> bool:
        self.move(now)
        if self.left_requests < 1 or self.left_tokens < tokens:
            self.refused += 1
            return False
        self.left_requests -= 1
        self.left_tokens -= tokens
        return True

    def give_back(self, *, now: float, tokens: int) -> None:
        self.move(now)
        if self.refunds:
            self.left_tokens = min(self.tokens, self.left_tokens + tokens)

    def tell(self) -> tuple[Told, Told]:
        return (
            self._tell(limit=self.requests, left=self.left_requests),
            self._tell(limit=self.tokens, left=self.left_tokens),
        )

    def _tell(self, *, limit: int, left: float) -> Told:
        reset = (limit - left) * 60 / limit if self.kind == "bucket" else 60 - self.at % 60
        return Told(limit=limit, remaining=int(left), reset_seconds=reset)

    def move(self, now: float) -> None:
        if self.kind == "bucket":
            self.left_requests = min(self.requests, self.left_requests + (now - self.at) * self.requests / 60)
            self.left_tokens = min(self.tokens, self.left_tokens + (now - self.at) * self.tokens / 60)
        elif now // 60 > self.at // 60:
            self.left_requests, self.left_tokens = float(self.requests), float(self.tokens)
        self.at = now


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Asks again as soon as it was let in, with at most `places` calls in flight."""

    flow: str = "clinic:normal"
    weight: int = 4
    characters: int = 4_000
    output_tokens: int = 500
    used_output: int = 200
    places: int = 1_000_000
    dies_at: float = float("inf")
    begins_at: float = 0.0


@dataclass(kw_only=True)
class Run:
    """What came of it: (moment, worker, tokens) of each call let in, and the refusals of the provider."""

    calls: list[tuple[float, Worker, int]] = field(default_factory=list)
    refused: int = 0
    polls: int = 0

    def tokens(self, *, since: float = 0.0, until: float = float("inf"), flow: str = "") -> int:
        return sum(t for at, w, t in self.calls if since <= at < until and flow in ("", w.flow))

    def count(self, *, since: float = 0.0, until: float = float("inf"), flow: str = "") -> int:
        return sum(since <= at < until and flow in ("", w.flow) for at, w, _ in self.calls)


def simulate(
    *,
    limit: LimitUnderTest,
    workers: list[Worker],
    seconds: float,
    provider: Bucket,
    latency: float = 10.0,
    ratio: float = 0.25,
    seed: int = 0,
    start: float = 1_000.0,
    others: Callable[[float], int] = lambda now: 0,
) -> Run:
    """`others`: tokens that somebody else uses of the account in the second that begins at that time."""
    chance, run = random.Random(seed), Run()
    order = itertools.count()
    events: list[tuple[float, int, Callable[[float], None]]] = []
    in_flight = dict.fromkeys(range(len(workers)), 0)
    idle: set[int] = set()

    def at(moment: float, do: Callable[[float], None]) -> None:
        heapq.heappush(events, (moment, next(order), do))

    def ask(number: int, now: float) -> None:
        worker = workers[number]
        if now >= start + worker.dies_at:
            return
        if in_flight[number] >= worker.places:
            idle.add(number)
            return
        run.polls += 1
        said = limit.reserve(
            now=now,
            waiter=f"worker-{number}",
            flow=worker.flow,
            weight=worker.weight,
            characters=worker.characters,
            output_tokens=worker.output_tokens,
        )
        if isinstance(said, Held):
            at(now + said.seconds + chance.random() * 0.004, lambda then: ask(number, then))
            return
        in_flight[number] += 1
        run.calls.append((now - start, worker, said.tokens))
        at(now + chance.random() * 0.5, lambda then: arrive(number, said, then))
        at(now + 0.001, lambda then: ask(number, then))

    def arrive(number: int, granted: Granted, now: float) -> None:
        worker = workers[number]
        real = round(worker.characters * ratio)
        if provider.take(now=now, tokens=real + worker.output_tokens):
            told = provider.tell()
            used = Used(input_tokens=real, output_tokens=worker.used_output)
            after = latency * (0.5 + chance.random())
            at(now + after, lambda then: come_back(number, granted, used, told, then))
        else:
            at(now + 0.05, lambda then: come_back(number, granted, None, provider.tell(), then))

    def come_back(number: int, granted: Granted, used: Used | None, told: tuple[Told, Told], now: float) -> None:
        if used is not None:
            provider.give_back(now=now, tokens=granted.output_tokens - used.output_tokens)
        limit.settle(now=now, granted=granted, used=used, told=told)
        in_flight[number] -= 1
        if number in idle:
            idle.discard(number)
            ask(number, now)

    def use_else(now: float) -> None:
        if tokens := others(now - start):
            provider.take(now=now, tokens=tokens)
        at(now + 1.0, use_else)

    provider.at = start
    for number, worker in enumerate(workers):
        at(start + worker.begins_at + number * 0.01, partial(ask, number))
    at(start, use_else)
    while events and events[0][0] < start + seconds:
        moment, _, do = heapq.heappop(events)
        do(moment)
    run.refused = provider.refused
    return run


def worst_minute(calls: list[tuple[float, int]], *, seconds: float = 60.0) -> int:
    """The most of (moment, amount) in any span of so many seconds."""
    worst, total, first = 0, 0, 0
    for moment, amount in calls:
        total += amount
        while calls[first][0] <= moment - seconds:
            total -= calls[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def seconds_of(run: Run) -> Iterator[int]:
    """Calls in each second, from the first to the last."""
    last = int(run.calls[-1][0])
    return (run.count(since=second, until=second + 1) for second in range(last + 1))
