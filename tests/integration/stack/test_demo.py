"""`make demo ONCE=1` in a fresh copy of the product: the whole way, with every process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("pennie", "jobs", "documents", "patients", "templates", "static", "manage.py")
SAMPLE = Path("tests/records/referral_packet.txt")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the demo needs of a clone, and nothing that a developer has in theirs."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, tmp_path / part)
    (tmp_path / SAMPLE).parent.mkdir(parents=True)
    shutil.copy(ROOT / SAMPLE, tmp_path / SAMPLE)
    return tmp_path


def run_demo(clone: Path) -> subprocess.CompletedProcess[str]:
    kept = {"PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"}
    return subprocess.run(
        [sys.executable, "-m", "pennie.stack", "demo", "--once"],
        cwd=clone,
        env={**{name: value for name, value in os.environ.items() if name in kept}, "HOME": str(clone / "nowhere")},
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )


def list_processes_in(folder: Path) -> list[str]:
    """Of Linux: the command lines of what works in the folder or names it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if line and (str(folder) in line or (process / "cwd").readlink().is_relative_to(folder)):
                found.append(line)
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_sample_gets_through_and_a_second_run_shows_what_is_stored(clone: Path) -> None:
    first = run_demo(clone)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "referral_packet.txt: sent" in first.stdout
    assert "Patient 1:" in first.stdout
    assert list_processes_in(clone) == []
    second = run_demo(clone)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "known already" in second.stdout
    table = first.stdout.partition(": sent")[2]
    assert second.stdout.partition("here is what is stored")[2] == table
    assert list_processes_in(clone) == []
    assert not (clone / "nowhere").exists(), "something was written to HOME"
