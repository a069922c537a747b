"""Cores are counted on every system, and in one place."""

import os
import re
from pathlib import Path

import pytest

from pennie.lib.cores import count_cores

ROOT = Path(__file__).parent.parent.parent.parent
_COUNTED = re.compile(r"sched_getaffinity|cpu_count")


def test_where_the_system_tells_what_a_process_is_confined_to_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert count_cores() == 3


@pytest.mark.parametrize(("told", "cores"), [(8, 8), (None, 1)])
def test_elsewhere_as_on_a_mac_all_of_the_machine_count(
    monkeypatch: pytest.MonkeyPatch, told: int | None, cores: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: told)
    assert count_cores() == cores


def test_nobody_else_counts_cores() -> None:
    files = [
        path for app in ("pennie", "patients", "documents", "jobs", "tests") for path in (ROOT / app).rglob("*.py")
    ]
    counting = {path.name for path in files if _COUNTED.search(path.read_text(encoding="utf-8"))}
    assert counting == {"cores.py", "test_cores.py"}
