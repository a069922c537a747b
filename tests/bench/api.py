"""Lists, a detail and the poll of a job's progress, over HTTP from the web process as the stack runs it."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.figures import Figure, Section
from tests.bench.material import Material
from tests.chaos.rig import Rig, running_rig
from tests.chaos.web import serving

_UPLOADS: Final = 1_000
_CALLERS: Final = 8
_SECONDS: Final = 8.0  # of one measurement


def measure_api(material: Material) -> Section:
    """Raises RuntimeError if an answer is not 200."""
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-api-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
    ):
        seeded = json.loads(rig.call("-m", "tests.bench.seeding", str(_UPLOADS), seconds=300))
        with serving(rig) as port:
            told = {name: _ask(rig, port=port, path=path, key=seeded["key"]) for name, path in seeded["paths"].items()}
    return Section(
        name="api",
        title=f"API: {_CALLERS} callers at once, 2 web processes of 16 threads",
        figures=tuple(
            figure for name, said in told.items() for figure in _tell(name, said, queries=seeded["queries"][name])
        ),
        notes=(
            "rows of the clinic: " + ", ".join(f"{count:,} {model}s" for model, count in seeded["rows"].items()),
            "callers, web processes, PostgreSQL and Redis share the cores; each caller keeps its connection",
        ),
    )


def _ask(rig: Rig, *, port: int, path: str, key: str) -> dict[str, Any]:
    arguments = (str(port), path, str(_CALLERS), str(_SECONDS))
    said: dict[str, Any] = json.loads(rig.call("-m", "tests.bench.calling", *arguments, API_KEY=key))
    if said["failed"]:
        raise RuntimeError(f"{said['failed']} of {said['answers']} answers to {path} were not 200")
    return said


def _tell(name: str, said: Mapping[str, Any], *, queries: int) -> list[Figure]:
    return [
        Figure(name=f"{name}: answers", value=said["answers"] / said["seconds"], unit="/s"),
        Figure(name=f"{name}: median", value=said["p50_ms"], unit="ms"),
        Figure(name=f"{name}: 99 of 100 within", value=said["p99_ms"], unit="ms"),
        Figure(name=f"{name}: queries", value=queries),
    ]
