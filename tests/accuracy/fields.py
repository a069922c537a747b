"""Facts by field and layout: what each layout reads at, the lowest of each field, with found or with true boundaries.

    python -m tests.accuracy.fields DIR... [--true-boundaries]

DIR holds labelled records (`NAME.txt` with `NAME.truth.json`). With --true-boundaries documents begin where they are
labelled to: what is lost then is lost by the facts alone.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.test")
    django.setup()

from documents.domain.accuracy.fact_scores import total_facts
from documents.domain.accuracy.metrics import Matches
from documents.domain.accuracy.prediction import read_prediction
from documents.domain.accuracy.truth import TrueDocument
from documents.domain.facts.filing import file_facts
from documents.domain.facts.proposing import propose_claims
from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from documents.domain.segmentation import Document, Segmentation
from jobs.analysis import analyze_file, describe_patient
from jobs.evaluation.measuring import measure
from jobs.evaluation.records import Record, find_records, read_lines

FEWEST = 5  # values that a layout must have found of a field, to be named its lowest

Counts = dict[str, dict[str, Matches]]  # by layout and field
_NONE = Matches(matched=0, found=0, true=0)


def count_fields(*, folders: Sequence[Path], true_boundaries: bool) -> Counts:
    """Matches by layout (its tag, else the record's name) and field."""
    counts: Counts = defaultdict(lambda: defaultdict(lambda: _NONE))
    for folder in folders:
        for record in find_records(folder=folder):
            for field, matches in _score(record, true_boundaries=true_boundaries).items():
                counts[record.truth.tags.get("layout", record.path.stem)][field] += matches
    return counts


def _score(record: Record, *, true_boundaries: bool) -> Mapping[str, Matches]:
    lines = read_lines(path=record.path)
    answer = _file_within(record, lines) if true_boundaries else analyze_file(path=record.path, engine="rules")
    return measure(record=record, lines=lines, prediction=read_prediction(answer)).fields


def _file_within(record: Record, lines: Sequence[str]) -> dict[str, object]:
    """The facts, filed in the documents that are labelled."""
    text = from_text("\n".join(lines))
    claims = propose_claims(text=text, noise=read(text).noise.lines)
    documents = tuple(_make_document(label) for label in record.truth.documents)
    filing = file_facts(claims=claims, segmentation=Segmentation(documents=documents, gaps=()), text=text)
    return {"patients": [describe_patient(patient) for patient in filing.patients]}


def _make_document(label: TrueDocument) -> Document:
    return Document(
        start_line=label.start_line,
        end_line=label.end_line,
        title=label.title or "",
        title_printed=bool(label.title),
        type=next((kind for kind in DOCUMENT_TYPES if kind == label.type), "other"),
        date=label.date,
        confidence=1.0,
        needs_review=False,
    )


def describe(*, counts: Counts) -> Iterator[str]:
    """A line for each field, then for each layout, then for all."""
    fields = sorted({field for own in counts.values() for field in own})
    yield f"{'field':<24}{'precision':>10}{'recall':>8}{'found':>8}{'true':>8}  lowest layout"
    for field in fields:
        total = sum((own.get(field, _NONE) for own in counts.values()), start=_NONE)
        told = [(own[field], layout) for layout, own in counts.items() if own.get(field, _NONE).found >= FEWEST]
        lowest = min(told, key=lambda each: (each[0].precision, each[1]), default=None)
        shown = f"{lowest[1]} {lowest[0].precision:.2f}" if lowest else "-"
        yield f"{field:<24}{total.precision:>10.3f}{total.recall:>8.3f}{total.found:>8}{total.true:>8}  {shown}"
    yield ""
    for layout, own in sorted(counts.items()):
        total = total_facts(own)
        yield f"{layout:<48}{total.precision:>8.3f}{total.recall:>8.3f}{total.found:>8}{total.true:>8}"
    whole = sum((total_facts(own) for own in counts.values()), start=_NONE)
    yield f"{'all':<48}{whole.precision:>8.3f}{whole.recall:>8.3f}{whole.found:>8}{whole.true:>8}"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy.fields")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--true-boundaries", action="store_true", help="documents begin where they are labelled to")
    options = parser.parse_args(arguments)
    counts = count_fields(folders=options.folders, true_boundaries=options.true_boundaries)
    sys.stdout.writelines(f"{line}\n" for line in describe(counts=counts))


if __name__ == "__main__":
    main(sys.argv[1:])
