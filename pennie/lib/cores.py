"""How many processors this process may use."""

import os


def count_cores() -> int:
    """At least 1. Where the system can tell (Linux), those that the process is confined to; else all of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
