"""`python -m tests.bench [--json] [--only NAME ...] [--record PATH]`.

Exit code 1 if a bound is not kept, 2 if something could not be measured.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.extraction.problems import ExtractionProblem
from pennie.lib.cores import count_cores
from tests.bench.api import measure_api
from tests.bench.calls import measure_calls
from tests.bench.figures import Section
from tests.bench.hour import measure_hour
from tests.bench.jobs import measure_jobs
from tests.bench.limit import measure_limit
from tests.bench.listeners import measure_listeners
from tests.bench.material import Material, make_material
from tests.bench.model_stage import measure_model_stage
from tests.bench.ocr import measure_ocr
from tests.bench.ocr_accuracy import measure_ocr_accuracy
from tests.bench.pdf import measure_pdf
from tests.bench.queue import measure_queue
from tests.bench.record import Unreadable, measure_record
from tests.bench.report import print_sections
from tests.bench.savings import measure_savings
from tests.bench.throughput import measure_throughput
from tests.bench.tokens import measure_tokens
from tests.chaos.rig import Stuck
from tests.records.build import RECORDS

_BENCHMARKS: Mapping[str, Callable[[Material], Section]] = {
    "throughput": measure_throughput,
    "pdf": measure_pdf,
    "ocr": measure_ocr,
    "ocr_accuracy": measure_ocr_accuracy,
    "model": measure_model_stage,
    "tokens": measure_tokens,
    "savings": measure_savings,
    "record": measure_record,
    "jobs": measure_jobs,
    "queue": measure_queue,
    "api": measure_api,
    "listeners": measure_listeners,
    "calls": measure_calls,
    "limit": measure_limit,
    "hour": measure_hour,
}
_ON_DEMAND = ("ocr_accuracy", "limit", "hour")  # minutes by themselves
_USUAL = [name for name in _BENCHMARKS if name not in _ON_DEMAND]


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    load = _read_load()
    try:
        sections = _measure(names=options.only or _USUAL, record=options.record)
    except (ExtractionProblem, Unreadable, Stuck, OSError, subprocess.SubprocessError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    machine = {
        "cores": count_cores(),
        "python": platform.python_version(),
        "load_before": load,
        "load_after": _read_load(),
    }
    if options.json:
        json.dump(_as_json(sections, machine=machine, record=options.record), sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        print_sections(sections=sections, machine=machine)
    return 0 if all(section.passed for section in sections) else 1


def _measure(*, names: Sequence[str], record: Path) -> list[Section]:
    record.stat()  # before minutes are spent
    with tempfile.TemporaryDirectory(prefix="pennie-bench-") as folder:
        material = make_material(record=record, folder=Path(folder))
        sections = []
        for name in names:
            sys.stderr.write(f"measuring: {name}\n")
            sections.append(_BENCHMARKS[name](material))
        return sections


def _as_json(sections: Sequence[Section], *, machine: Mapping[str, Any], record: Path) -> dict[str, Any]:
    return {
        "machine": machine,
        "record": record.name,
        "sections": [section.to_dict() for section in sections],
        "passed": all(section.passed for section in sections),
    }


def _read_load() -> float:
    """Processes that wanted a core over the last minute: what other work disturbed the figures."""
    return round(os.getloadavg()[0], 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, beside what is asked for.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(_BENCHMARKS),
        metavar="NAME",
        help=f"{', '.join(_BENCHMARKS)}; without it all but {', '.join(_ON_DEMAND)}",
    )
    parser.add_argument("--record", type=Path, default=RECORDS / "practice_export.txt", help="the record to measure")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
