"""A provider for load: the fake in a process of its own that knows generated records and holds the account's limits.

`python -m tests.bench.provider` tells how many calls a second it answers on one core; it prints {"calls", "seconds",
"calls_a_second", "cpu_ms_a_call"}.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.bench.processes import running_apart
from tests.fake_openai import API_KEY, Limits
from tests.records.generator import Order, generate

ACCOUNT: Final = Limits(requests_per_minute=600, tokens_per_minute=600_000, enforced=True)
_WINDOW: Final = 400  # lines of a question that this module asks, about as many as the product's have
_CALLS: Final = 1_500
_CALLERS: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """The running fake."""

    base_url: str
    pid: int

    def totals(self, *, since: float | None = None) -> dict[str, Any]:
        """What it was asked since then (Unix time) in sums, with the share of each limit by minute; see totals.py."""
        told: dict[str, Any] = self._ask("GET", "/__totals" + ("" if since is None else f"?since={since}"))
        return told

    def calls(self) -> list[dict[str, Any]]:
        """Its log, without bodies; see calls.py."""
        told: list[dict[str, Any]] = self._ask("GET", "/__log")
        return told

    def in_flight(self) -> int:
        return int(self._ask("GET", "/__open"))

    def forget(self) -> None:
        """Empty the log."""
        self._ask("DELETE", "/__log")

    def order(self, rules: Sequence[str]) -> None:
        """From now on these faults, written as the command line has them, and no others."""
        self._ask("PUT", "/__faults", body=list(rules))

    def cpu_seconds(self) -> float:
        """Processor time of the process so far (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _ask(self, method: str, path: str, *, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            answer = connection.getresponse()
            read = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"the fake answers {answer.status} to {path}: {read}")
        return read


@contextmanager
def running_provider(
    *,
    latency_seconds: float,
    records: Iterable[Path] = (),
    orders: Iterable[Order] = (),
    limits: Limits = ACCOUNT,
    lifetime_seconds: float = 900.0,
    arguments: Sequence[str] = (),
) -> Iterator[Provider]:
    """The fake that knows `records` (each with its truth beside it) and what the generator makes of `orders`.

    `arguments` are further ones of `python -m tests.fake_openai`. It is ready when the context begins: a record of
    10,000 lines takes it about 0.1 s, the generator 0.2 s more.
    """
    command = ["--latency", str(latency_seconds), "--lifetime", str(lifetime_seconds), *_as_arguments(limits)]
    for path in records:
        command += ["--record", str(path)]
    for order in orders:
        command += ["--generated", f"{order['seed']}:{order['lines']}"]
    with running_apart(module="tests.fake_openai", arguments=[*command, *arguments]) as (process, base_url):
        if not base_url:
            raise RuntimeError("the fake did not start")
        yield Provider(base_url=base_url, pid=process.pid)


def _as_arguments(limits: Limits) -> list[str]:
    switches = {
        "--enforce-limits": limits.enforced,
        "--per-second": limits.per_second,
        "--refunds": limits.refunds,
    }
    named = {
        "--requests-per-minute": limits.requests_per_minute,
        "--tokens-per-minute": limits.tokens_per_minute,
        "--counting": limits.counting,
        "--limit-headers": limits.headers,
        "--retry-form": limits.retry_form,
    }
    told = [name for name, wanted in switches.items() if wanted]
    told += [word for name, value in named.items() for word in (name, str(value))]
    return [*told, *([] if limits.reset_as is None else ["--reset-as", limits.reset_as])]


def main() -> None:
    order: Order = {"seed": 2009, "lines": 10_000}
    with running_provider(latency_seconds=0.0, orders=[order], limits=Limits()) as provider:
        bodies = _make_bodies(order)
        _ask_all(provider, bodies=bodies[:50])
        cpu, wall = provider.cpu_seconds(), time.perf_counter()
        _ask_all(provider, bodies=bodies)
        cpu, wall = provider.cpu_seconds() - cpu, time.perf_counter() - wall
    told = {
        "calls": len(bodies),
        "seconds": round(wall, 2),
        "calls_a_second": round(len(bodies) / wall),
        "cpu_ms_a_call": round(1e3 * cpu / len(bodies), 2),
    }
    json.dump(told, sys.stdout)


def _make_bodies(order: Order) -> list[bytes]:
    lines = generate(**order)[0].split("\n")
    firsts = range(0, len(lines) - _WINDOW, 37)
    bodies = []
    for number in range(_CALLS):
        first = firsts[number % len(firsts)]
        shown = "\n".join(f"{at}: {text}" for at, text in enumerate(lines[first : first + _WINDOW], 1) if text.strip())
        body = {"model": "gpt-6-luna", "instructions": f"Name the starts, {number}.", "input": shown, "store": False}
        bodies.append(json.dumps({**body, "max_output_tokens": 6_000}).encode())
    return bodies


def _ask_all(provider: Provider, *, bodies: Sequence[bytes]) -> None:
    """Raises RuntimeError if a call is not answered."""
    shares = [bodies[number::_CALLERS] for number in range(_CALLERS)]
    with ThreadPoolExecutor(max_workers=_CALLERS) as pool:
        refused = sum(pool.map(_caller(provider), shares))
    if refused:
        raise RuntimeError(f"{refused} calls were not answered")


def _caller(provider: Provider) -> Callable[[Sequence[bytes]], int]:
    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}

    def ask(bodies: Sequence[bytes]) -> int:
        connection = http.client.HTTPConnection(urlsplit(provider.base_url).netloc, timeout=60)
        refused = 0
        for body in bodies:
            connection.request("POST", "/v1/responses", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            refused += answer.status != 200
        connection.close()
        return refused

    return ask


if __name__ == "__main__":
    main()
