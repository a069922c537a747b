"""`python -m tests.bench.calling PORT PATH CALLERS SECONDS [PAUSE]`: asks for PATH again and again, by callers at once.

PAUSE: seconds that each waits between an answer and its next request; none unless told.

The key is in API_KEY. Prints {"answers", "seconds", "p50_ms", "p99_ms", "failed"}.
"""

import json
import os
import sys
import threading
import time
from statistics import quantiles

from tests.chaos.web import Caller


def main(*, port: int, path: str, callers: int, seconds: float, pause: float = 0.0) -> None:
    start = threading.Barrier(callers + 1)
    ended = threading.Event()
    latencies: list[float] = []
    failed: list[int] = []

    def ask() -> None:
        caller = Caller(port=port, key=os.environ["API_KEY"])
        caller.get(path)
        start.wait(30)
        while not ended.is_set():
            began = time.perf_counter()
            answer = caller.get(path)
            latencies.append(time.perf_counter() - began)
            if answer.status != 200:
                failed.append(answer.status)
            if pause:
                ended.wait(pause)
        caller.close()

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(callers)]
    for thread in threads:
        thread.start()
    start.wait(30)
    began = time.perf_counter()
    ended.wait(seconds)
    ended.set()
    for thread in threads:
        thread.join(30)
    taken = time.perf_counter() - began
    cuts = quantiles(latencies, n=100)
    told = {"answers": len(latencies), "seconds": taken, "p50_ms": 1e3 * cuts[49], "p99_ms": 1e3 * cuts[98]}
    json.dump({**told, "failed": len(failed)}, sys.stdout)


if __name__ == "__main__":
    rest = {"pause": float(sys.argv[5])} if len(sys.argv) > 5 else {}
    main(port=int(sys.argv[1]), path=sys.argv[2], callers=int(sys.argv[3]), seconds=float(sys.argv[4]), **rest)
