"""A stack of stand-ins, run as a process: `python -m tests.integration.stack.stand_ins VAR PROGRAMS`.

PROGRAMS is JSON: a list of objects with the fields of `Program` and, in place of `command`, Python `code`. What the
stack tells is printed; SIGTERM ends it.
"""

import json
import signal
import sys
from pathlib import Path

from pennie.stack.programs import Program
from pennie.stack.runner import Stack, StackFailed


def read_programs(text: str) -> list[Program]:
    return [Program(command=(sys.executable, "-c", each.pop("code")), **each) for each in json.loads(text)]


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    programs = read_programs(sys.argv[2])
    stack = Stack(var=Path(sys.argv[1]), list_programs=lambda: programs, tell=lambda text: print(text, flush=True))  # noqa: T201
    try:
        stack.start()
        print("all ready", flush=True)  # noqa: T201
        stack.watch(until=lambda: False)
    except KeyboardInterrupt:
        return 0
    except StackFailed as failed:
        print(failed, flush=True)  # noqa: T201
        return 1
    finally:
        stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
