"""Labelled records on disk: NAME.txt with NAME.truth.json beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.domain.accuracy.truth import MalformedTruth, Truth, read_truth
from documents.domain.lines import split_lines

TRUTH_SUFFIX = ".truth.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A text with its truth. The text itself is read when it is wanted: there may be hundreds."""

    path: Path
    line_count: int
    truth: Truth

    @property
    def name(self) -> str:
        return self.path.name


class UnfitRecords(Exception):
    """The folder cannot be evaluated. `problems` has one sentence a file, each naming the file and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def find_records(*, folder: Path) -> tuple[Record, ...]:
    """The records of `folder`, by name. All truth is read before anything is analysed, so no call is paid in vain.

    Raises UnfitRecords: no folder, no text in it, or a text whose truth is missing or malformed.
    """
    if not folder.is_dir():
        raise UnfitRecords([f"{folder} is not a folder. Name the folder that holds NAME.txt with NAME{TRUTH_SUFFIX}."])
    paths = sorted(path for path in folder.glob("*.txt") if path.is_file())
    if not paths:
        raise UnfitRecords([f"{folder} holds no records. A record is NAME.txt with NAME{TRUTH_SUFFIX} beside it."])
    records: list[Record] = []
    problems: list[str] = []
    for path in paths:
        try:
            records.append(_read_record(path))
        except UnfitRecords as unfit:
            problems += unfit.problems
    if problems:
        raise UnfitRecords(problems)
    return tuple(records)


def read_lines(*, path: Path) -> tuple[str, ...]:
    """The lines of a record's text. Raises UnfitRecords."""
    return split_lines(_decode(path))


def _read_record(path: Path) -> Record:
    labels = path.with_name(path.stem + TRUTH_SUFFIX)
    if not labels.is_file():
        raise UnfitRecords([f"{path.name}: its truth is missing. Add {labels.name}, or move the text elsewhere."])
    count = len(read_lines(path=path))
    if not count:
        raise UnfitRecords([f"{path.name}: the text is empty. Remove it, or put the text in."])
    try:
        return Record(path=path, line_count=count, truth=read_truth(_decode(labels), line_count=count))
    except MalformedTruth as malformed:
        raise UnfitRecords([f"{labels.name}: {malformed}"]) from None


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnfitRecords([f"{path.name}: is not UTF-8. Labelled records are; convert it."]) from None
