"""`python -m tests.records.build` rewrites NAME.txt and NAME.truth.json of every source, byte for byte the same."""

import sys
from pathlib import Path

from tests.records.assembling import Record
from tests.records.marking import SOURCES, read_source

RECORDS = Path(__file__).parent


def write_record(*, record: Record, folder: Path = RECORDS) -> None:
    """NAME.txt and NAME.truth.json in `folder`, UTF-8 with LF."""
    path = folder / record.truth["file"]
    path.write_text(record.text, encoding="utf-8", newline="\n")
    path.with_suffix(".truth.json").write_text(record.truth_json, encoding="utf-8", newline="\n")


def build() -> list[Record]:
    """All records that are written by hand, in the order of their names."""
    return [read_source(path=path) for path in sorted(SOURCES.glob("*.record"))]


if __name__ == "__main__":
    for built in build():
        write_record(record=built)
        sys.stdout.write(
            f"{built.truth['file']}: {built.truth['lines']} lines, {built.truth['n_documents']} documents\n"
        )
