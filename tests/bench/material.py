"""What the benchmarks work on: generated records of set sizes, made once a run and in files of their own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from documents.domain.lines import SourceText
from documents.extraction.registry import ExtractionLimits, extract
from tests.records.generator import generate

SIZES = (1_000, 10_000, 100_000)  # lines
_SEED = 2009


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """The files of one run. Each generated record has its truth beside it, as `NAME.truth.json`."""

    record: Path  # the sample, or what RECORD named
    generated: Mapping[int, Path]  # by size


def make_material(*, record: Path, folder: Path) -> Material:
    """Generate a record of each size into `folder`."""
    generated = {}
    for size in SIZES:
        text, truth = generate(seed=_SEED, lines=size)
        generated[size] = folder / f"generated_{size}.txt"
        generated[size].write_text(text, encoding="utf-8")
        generated[size].with_suffix(".truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return Material(record=record, generated=generated)


def read_record(path: Path) -> SourceText:
    """The lines of a record as the product reads them. Raises ExtractionProblem and OSError."""
    return extract(content=path.read_bytes(), name=path.name, limits=ExtractionLimits())
