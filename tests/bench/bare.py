"""`python -m tests.bench.bare PATH ...`: analyses these files in this process, one after the other, as `analyze` does.

Prints {"cpu_seconds", "wall_seconds", "calls"}. The first file is not counted: with it everything is imported and warm.
"""

import json
import sys
import time
from pathlib import Path

import django


def main(paths: list[str]) -> None:
    django.setup()
    from jobs.analysis import analyze_file

    first, *others = (Path(path) for path in paths)
    analyze_file(path=first, engine="openai")
    cpu, wall = time.process_time(), time.perf_counter()
    calls = sum(analyze_file(path=path, engine="openai")["calls"] for path in others)
    told = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall, "calls": calls}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
