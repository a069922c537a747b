"""One record through `manage.py analyze` by rules, as a person runs it."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Figure, Section
from tests.bench.material import Material
from tests.bench.processes import clean_environment

_MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
_RUNS = 3
_SECONDS = 60.0


class Unreadable(Exception):
    """The record cannot be analysed."""


def measure_record(material: Material) -> Section:
    runs = [_analyze(material.record) for _ in range(_RUNS)]
    analysis, _ = runs[0]
    seconds = median(each["seconds"] for each, _ in runs)
    return Section(
        name="record",
        title=f"analyze --engine rules {material.record.name}",
        figures=(
            Figure(name="lines", value=analysis["lines"]),
            Figure(name="documents", value=len(analysis["documents"])),
            Figure(name="facts", value=sum(len(patient["facts"]) for patient in analysis["patients"])),
            Figure(name="analysis", value=seconds, unit="s"),
            Figure(name="analysis", value=analysis["lines"] / seconds, unit="lines/s"),
            Figure(name="command, from start to end", value=median(taken for _, taken in runs), unit="s"),
        ),
        notes=(f"wall time, medians of {_RUNS} runs from cold: compiling the vocabulary is in it",),
    )


def _analyze(path: Path) -> tuple[Mapping[str, Any], float]:
    """What the command prints, and its seconds. Raises Unreadable."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(_MANAGE), "analyze", "--json", "--engine", "rules", str(path)],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        timeout=_SECONDS,
    )
    taken = time.perf_counter() - started
    answer = json.loads(done.stdout or b"{}")
    if done.returncode or "problem" in answer:
        raise Unreadable(f"{path.name}: {answer.get('problem', {}).get('detail', 'manage.py analyze failed')}")
    return answer, taken
