"""Processes that measure: each measurement in a fresh one, so that nothing is warm from the one before."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent.parent


def measure_apart(*, module: str, arguments: Sequence[str], seconds: float) -> dict[str, Any]:
    """What `python -m MODULE ARGUMENTS` prints as JSON. Raises CalledProcessError, or TimeoutExpired after `seconds`.

    The process has ended when this returns or raises.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=_ROOT, env=clean_environment(), stdout=subprocess.PIPE, timeout=seconds, check=True
    )
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def clean_environment() -> dict[str, str]:
    """The environment without what would set the product differently: a key, an address, another model."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "DJANGO_"))}


@contextmanager
def running_fake_apart(*, latency_seconds: float, record: Path, lifetime_seconds: float) -> Iterator[str]:
    """The fake API in a process of its own that knows the truth of `record`; gives its base URL."""
    arguments = ["--latency", str(latency_seconds), "--record", str(record), "--lifetime", str(lifetime_seconds)]
    with running_apart(module="tests.fake_openai", arguments=arguments) as (_, base_url):
        yield base_url


@contextmanager
def running_apart(*, module: str, arguments: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`python -m MODULE ARGUMENTS` for as long as the context lasts, and the first line that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=_ROOT, env=clean_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
