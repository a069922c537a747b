"""`python -m tests.bench.sdk URL PATH ...`: the windows of these records, asked by the openai SDK and nothing else.

Prints {"answered", "given_up", "cpu_seconds", "wall_seconds"}. What makes the questions, and the first call, are not in
the seconds: after them everything is imported and warm.
"""

import argparse
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import openai

from jobs.llm.dialects import build_request, choose_dialect
from jobs.pipeline import PreparedFile
from tests.bench.material import read_record
from tests.bench.questions import make_questions
from tests.fake_openai import API_KEY

_MODEL = "gpt-6-luna"


class _Pool:
    """Threads that take one question after the other, with the SDK's own retries and no thought of a limit."""

    def __init__(self, *, sdk: openai.OpenAI, requests: Iterator[Mapping[str, Any]], until: float) -> None:
        self._sdk = sdk
        self._requests = requests
        self._until = until  # time.monotonic
        self._lock = threading.Lock()
        self.told: Counter[str] = Counter()

    def ask_all(self, *, threads: int) -> None:
        if threads == 1:
            self._work()
            return
        at_work = [threading.Thread(target=self._work) for _ in range(threads)]
        for thread in at_work:
            thread.start()
        for thread in at_work:
            thread.join()

    def _work(self) -> None:
        while time.monotonic() < self._until and (request := self._take()) is not None:
            told = ask(self._sdk, request)
            with self._lock:
                self.told[told] += 1

    def _take(self) -> Mapping[str, Any] | None:
        with self._lock:
            return next(self._requests, None)


def ask(sdk: openai.OpenAI, request: Mapping[str, Any]) -> str:
    try:
        sdk.responses.create(**request)
    except openai.RateLimitError:  # after the retries
        return "given_up"
    return "answered"


def make_requests(paths: Sequence[Path], *, base_url: str) -> list[dict[str, Any]]:
    """As the product's own client sends them, one record's after the other's."""
    dialect = choose_dialect(base_url=base_url, api="responses")
    return [
        build_request(dialect=dialect, model=_MODEL, question=question, safety_identifier=None)
        for path in paths
        for question in make_questions(PreparedFile(read_record(path)))
    ]


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    requests = make_requests(options.paths, base_url=options.base_url)
    with openai.OpenAI(api_key=API_KEY, base_url=options.base_url, max_retries=options.retries) as sdk:
        ask(sdk, requests[0])
        endless = options.seconds is not None
        pool = _Pool(
            sdk=sdk,
            requests=itertools.cycle(requests) if endless else iter(requests),
            until=time.monotonic() + options.seconds if endless else float("inf"),
        )
        cpu, wall = time.process_time(), time.perf_counter()
        pool.ask_all(threads=options.threads)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    told = {name: pool.told[name] for name in ("answered", "given_up")}
    json.dump({**told, "cpu_seconds": cpu, "wall_seconds": wall}, sys.stdout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sdk")
    parser.add_argument("base_url")
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--retries", type=int, default=openai.DEFAULT_MAX_RETRIES, help="the SDK's own by default")
    parser.add_argument("--seconds", type=float, help="ask again and again for so long, instead of each window once")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
