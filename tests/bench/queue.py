"""Choosing and claiming a job: as long for 100,000 that wait as for 100."""

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.figures import Figure, Section, at_most
from tests.bench.material import Material
from tests.chaos.rig import Rig, running_rig

GROWTH: Final = 2.0  # times, at most
_COUNTS: Final = (100, 100_000)
_ROUNDS: Final = 50


def measure_queue(material: Material) -> Section:
    """Each count in a database of its own, so that the second does not find the first's pages in memory."""
    told = {count: _measure(count) for count in _COUNTS}
    few, many = (sum(median(told[count][step]) for step in ("choose_ms", "claim_ms")) for count in _COUNTS)
    return Section(
        name="queue",
        title=f"Taking a job while {_COUNTS[0]:,} and {_COUNTS[1]:,} wait, over five clinics",
        figures=(
            *(
                Figure(
                    name=f"{step.removesuffix('_ms')}, {count:,} waiting", value=median(told[count][step]), unit="ms"
                )
                for count in _COUNTS
                for step in ("choose_ms", "claim_ms")
            ),
            Figure(name="both, growth", value=many / few, unit="times", bound=at_most(GROWTH)),
        ),
        notes=(f"medians of {_ROUNDS} jobs taken one after the other; each stays at work",),
    )


def _measure(count: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-queue-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
    ):
        return _call(rig, count)


def _call(rig: Rig, count: int) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(rig.call("-m", "tests.bench.choosing", str(count), str(_ROUNDS), seconds=600))
    return said
