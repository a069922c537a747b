"""`python -m tests.records.recognising FOLDER OUT [--scan NAME ...]`: labelled records once more, as scans were read.

Each NAME.txt of FOLDER with a truth is drawn, spoilt in each way that is asked for, read by our own extraction, and
written as OUT/NAME_SCAN.txt with its truth carried over.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from documents.domain.lines import SourceText, split_lines
from documents.extraction.registry import ExtractionLimits, extract
from tests.records.carrying import align, carry_truth
from tests.records.scanning import SCANS, lay_out, scan


@dataclass(frozen=True, kw_only=True, slots=True)
class Misreadings:
    """How far what was read is from what was drawn. White space is one blank; lines of rules alone are left out."""

    characters: int  # drawn
    character_errors: int  # inserted, left out or another
    words: int
    word_errors: int

    def __add__(self, other: "Misreadings") -> "Misreadings":
        return Misreadings(
            characters=self.characters + other.characters,
            character_errors=self.character_errors + other.character_errors,
            words=self.words + other.words,
            word_errors=self.word_errors + other.word_errors,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadScan:
    """A record as its scan was read. A form feed begins each page but the first, as in a text file."""

    text: str
    truth: dict[str, Any]
    misreadings: Misreadings
    pages: int


def read_scan(*, text: str, truth: Mapping[str, Any], name: str, scanned: str, limits: ExtractionLimits) -> ReadScan:
    """`scanned` is a key of SCANS. Raises ExtractionProblem, `ocr_unavailable` where Tesseract is missing."""
    pages = lay_out(split_lines(text))
    picture = scan(pages, as_from=SCANS[scanned], seed=zlib.crc32(f"{name} {scanned}".encode()))
    source = extract(content=picture, name=f"{name}.tiff", limits=limits)
    read = _list_pages(source, count=len(pages))
    line_of: dict[int, int] = {}
    misread = Misreadings(characters=0, character_errors=0, words=0, word_errors=0)
    before = 0
    for drawn, lines in zip(pages, read, strict=True):
        for first, second in align([line.text for line in drawn], lines):
            line_of.setdefault(drawn[first].number, before + second + 1)
        misread += count_misreadings([line.text for line in drawn], lines)
        before += len(lines)
    fed = [("\f" if page and not at else "") + line for page, lines in enumerate(read) for at, line in enumerate(lines)]
    carried = carry_truth(truth, lines=[line for lines in read for line in lines], line_of=line_of)
    return ReadScan(text="\n".join(fed) + "\n", truth=carried, misreadings=misread, pages=len(pages))


def count_misreadings(drawn: Sequence[str], read: Sequence[str]) -> Misreadings:
    true, found = _join(drawn), _join(read)
    return Misreadings(
        characters=len(true),
        character_errors=Levenshtein.distance(true, found),
        words=len(true.split()),
        word_errors=Levenshtein.distance(true.split(), found.split()),
    )


def _join(lines: Sequence[str]) -> str:
    return " ".join(" ".join(line.split()) for line in lines if any(letter.isalnum() for letter in line))


def _list_pages(source: SourceText, *, count: int) -> list[list[str]]:
    """The lines of each page; a page without any has a blank one, so that it stays a page."""
    pages: list[list[str]] = [[] for _ in range(count)]
    for line, page in zip(source.lines, source.pages, strict=True):
        pages[page - 1].append(line)
    return [lines or [""] for lines in pages]


def recognise_folder(*, folder: Path, to: Path, scans: Sequence[str]) -> None:
    """Write each record of `folder` as it is read from each kind of scan into `to`. Raises ExtractionProblem."""
    to.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
        for scanned in scans:
            read = read_scan(text=text, truth=truth, name=path.stem, scanned=scanned, limits=ExtractionLimits())
            written = to / f"{path.stem}_{scanned}.txt"
            written.write_text(read.text, encoding="utf-8", newline="\n")
            labels = json.dumps({**read.truth, "file": written.name}, indent=1, ensure_ascii=False)
            written.with_suffix(".truth.json").write_text(f"{labels}\n", encoding="utf-8", newline="\n")
            sys.stdout.write(f"{written.name}: {read.pages} pages\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.records.recognising")
    parser.add_argument("folder", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("--scan", choices=list(SCANS), action="append", help="a kind of scan; all without it")
    options = parser.parse_args()
    recognise_folder(folder=options.folder, to=options.to, scans=options.scan or list(SCANS))
