"""One record through extraction, rules, stitching and facts, stage by stage, in this process.

`python -m tests.bench.stages PATH` prints {"lines", "windows", "documents", "facts", "cpu_seconds": {stage: seconds},
"peak_mb": {stage: MB}}. Seconds are of processor time, so that a busy machine changes them little; MB are the highest
resident size up to the end of the stage, over that of the process with everything imported and nothing read.
"""

import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from documents.domain.facts.filing import file_facts
from documents.domain.rules.words import compile_vocabulary
from documents.domain.segmentation import assert_partition
from documents.domain.stitching import Heard, Votes, find_doubts, stitch
from documents.extraction.registry import ExtractionLimits, extract
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.rules import RulesClient
from jobs.pipeline import PreparedFile
from tests.bench.questions import make_questions

_SAMPLE = "VISIT 01/02/2010\nPatient: Biscuit    Owner: A. Tester\nWeight 12.5 kg. Seems well today.\n\nDr. B. Sample\n"


class Stopwatch:
    """Processor time and peak memory of each stage."""

    def __init__(self) -> None:
        self.cpu_seconds: dict[str, float] = {}
        self.peak_mb: dict[str, float] = {}
        self._idle = _forget_peak()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.cpu_seconds[name] = time.process_time() - started
        self.peak_mb[name] = _read_status("VmHWM") - self._idle


def _forget_peak() -> float:
    """Let the peak begin anew; the resident size now, in MB. (`ru_maxrss` would do neither: it is inherited.)"""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _read_status("VmRSS")


def _read_status(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/self/status has no {key}")


def run_stages(*, content: bytes, name: str, watch: Stopwatch) -> dict[str, int]:
    """All stages, as `jobs.pipeline.analyze` takes them for the rules; gives how much was found."""
    with watch.stage("extraction"):
        text = extract(content=content, name=name, limits=ExtractionLimits())
    with watch.stage("rules"):
        prepared = PreparedFile(text)
    with watch.stage("claims"):
        claims = prepared.claims
    with watch.stage("stitching"):
        gateway = Gateway(
            client=RulesClient(reading=prepared.reading, claims=claims),
            ledger=InMemoryLedger(),
            checkpoints=InMemoryCheckpoints(),
            concurrency=1,
        )
        answers = gateway.ask_all(questions=make_questions(prepared))
        votes = Votes(
            [Heard(window=answer.question.window, finding=answer.finding) for answer in answers],
            reading=prepared.reading,
        )
        find_doubts(votes)
        segmentation = stitch(votes, model_read=False)
        assert_partition(segmentation, text=text)
    with watch.stage("filing"):
        filing = file_facts(claims=claims, segmentation=segmentation, text=text)
    return {
        "lines": len(text.lines),
        "windows": len(prepared.windows),
        "documents": len(segmentation.documents),
        "facts": sum(len(patient.facts) for patient in filing.patients),
    }


def main(arguments: list[str]) -> None:
    path = Path(arguments[0])
    watch = Stopwatch()
    compile_vocabulary()  # as a worker does when it starts
    # What else is made at first use: a fixed cost that would pass for one of small files.
    run_stages(content=_SAMPLE.encode(), name="sample.txt", watch=watch)
    found = run_stages(content=path.read_bytes(), name=path.name, watch=watch)
    json.dump({**found, "cpu_seconds": watch.cpu_seconds, "peak_mb": watch.peak_mb}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
