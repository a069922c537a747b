"""What character recognition gets wrong on labelled scans, and what that costs the rules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from statistics import mean
from typing import Any

from documents.domain.accuracy.metrics import match_boundaries
from documents.domain.lines import from_text
from documents.extraction.limits import ExtractionLimits
from documents.extraction.ocr import find_recognition
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.rules import RulesClient
from jobs.pipeline import PreparedFile, analyze
from tests.bench.figures import Bound, Figure, Section, at_most
from tests.bench.material import Material
from tests.bench.ocr import NoTesseract
from tests.records.build import RECORDS
from tests.records.recognising import ReadScan, read_scan
from tests.records.scanning import SCANS

_RECORDS = ("befund_de", "historia_es", "no_titles", "fax_noise")
_MOST_ERRORS = 2.0  # percent of the characters of a clean scan


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """A record as it was read from one kind of scan."""

    scan: ReadScan
    boundary_f1: float


def measure_ocr_accuracy(_: Material) -> Section:
    """Sample records drawn, spoilt in each way and read. Raises NoTesseract."""
    limits = ExtractionLimits()
    state = find_recognition(limits)
    if not state.program:
        raise NoTesseract
    texts = {name: (RECORDS / f"{name}.txt").read_text(encoding="utf-8") for name in _RECORDS}
    truths = {name: json.loads((RECORDS / f"{name}.truth.json").read_text(encoding="utf-8")) for name in _RECORDS}
    read = {
        scanned: [_read(name, texts[name], truths[name], scanned=scanned, limits=limits) for name in _RECORDS]
        for scanned in SCANS
    }
    drawn = mean(score_boundaries(text=texts[name], truth=truths[name]) for name in _RECORDS)
    return Section(
        name="ocr_accuracy",
        title="Character recognition of labelled scans",
        figures=(
            Figure(name="pages of each kind of scan", value=sum(each.scan.pages for each in read["clean"])),
            Figure(name="boundary F1 of the rules, text as drawn", value=drawn),
            *(figure for scanned in SCANS for figure in _tell(scanned, read[scanned])),
        ),
        notes=(
            f"{', '.join(_RECORDS)}, by {'+'.join(state.languages)}; kinds of scan: tests/records/scanning.py",
            "errors: characters or words left out, put in or wrong, of those drawn, page by page in reading order; "
            "white space is one blank. F1: mean over records, the truth carried over line by line",
        ),
    )


def _read(name: str, text: str, truth: Mapping[str, Any], *, scanned: str, limits: ExtractionLimits) -> _Read:
    scan = read_scan(text=text, truth=truth, name=name, scanned=scanned, limits=limits)
    return _Read(scan=scan, boundary_f1=score_boundaries(text=scan.text, truth=scan.truth))


def score_boundaries(*, text: str, truth: Mapping[str, Any]) -> float:
    """Boundary F1 of the rules alone."""
    prepared = PreparedFile(from_text(text))
    gateway = Gateway(
        client=RulesClient(reading=prepared.reading, claims=prepared.claims),
        ledger=InMemoryLedger(),
        checkpoints=InMemoryCheckpoints(),
        concurrency=1,
    )
    found = analyze(prepared=prepared, gateway=gateway, model_reads=False).segmentation.documents
    true_starts = {each["start_line"] for each in truth["documents"][1:]}
    return match_boundaries(true=true_starts, found={each.start_line for each in found[1:]}).f1


def _tell(scanned: str, read: Sequence[_Read]) -> list[Figure]:
    total = reduce(add, (each.scan.misreadings for each in read))
    bound: Bound | None = at_most(_MOST_ERRORS) if scanned == "clean" else None
    characters = 100 * total.character_errors / total.characters
    return [
        Figure(name=f"{scanned}: characters wrong", value=characters, unit="%", bound=bound),
        Figure(name=f"{scanned}: words wrong", value=100 * total.word_errors / total.words, unit="%"),
        Figure(name=f"{scanned}: boundary F1 of the rules", value=mean(each.boundary_f1 for each in read)),
    ]
