"""The child's side of `confinement`: lower the limits of this process, then let a parser run in it.

Run as `python -m documents.extraction.confined MODULE SECONDS MEMORY_BYTES ARGUMENT…`; MODULE.main(arguments) reads
standard input and writes standard output. Imports little, because every file pays for it.
"""

import os
import resource
import signal
import sys
from importlib import import_module

_OUT_OF_MEMORY = 101  # exit code, known to the parent


def confine(*, seconds: float, memory_bytes: int) -> None:
    """Bound this process in CPU time, address space and files. The alarm ends it even when its parent is gone."""
    whole = int(seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # macOS refuses to bound the address space
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.alarm(whole + 1)


def main(module: str, seconds: str, memory_bytes: str, *arguments: str) -> None:
    confine(seconds=float(seconds), memory_bytes=int(memory_bytes))
    try:
        import_module(module).main(arguments)
        sys.stdout.flush()
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    os._exit(0)  # nothing is left to tidy up: taking the parser's memory apart would take a tenth of the time


if __name__ == "__main__":
    main(*sys.argv[1:])
