"""The hand-written sources: a TOML head between `+++` lines, then the text with one mark before each document.

@@ consult_note 2019-03-14 | Annual Wellness Exam      the title is printed
@@ consult_note? 2019-03-14 ~ Recheck of the ear       no title is printed; `?`: another type would do as well
@@ lab_report - | CBC                                  no date
@@ gap fax_cover                                       lines that belong to no document
@@ page                                                a form feed before the next line
"""

import re
import tomllib
from pathlib import Path

from tests.records.assembling import Heading, Layout, Piece, Record, assemble

SOURCES = Path(__file__).parent / "sources"
_DOCUMENT = re.compile(r"@@ (?P<type>\w+)(?P<unsure>\??) (?P<date>\d{4}-\d\d-\d\d|-) (?P<kind>[|~]) (?P<title>.+)")


def read_source(*, path: Path) -> Record:
    """The record that the marked source at `path` describes, named for it. Raises ValueError on an unknown mark."""
    head, _, body = path.read_text(encoding="utf-8").removeprefix("+++\n").partition("\n+++\n")
    options = tomllib.loads(head)
    return assemble(
        file=f"{path.stem}.txt",
        language=options["language"],
        note=options["note"],
        pieces=_read_pieces(body.removesuffix("\n").split("\n")),
        patients=options["patients"],
        layout=Layout(**options.get("layout", {})),
        decimal_comma=options.get("decimal_comma", False),
    )


def _read_pieces(lines: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    collected: list[str] = []
    page_break = ""
    for line in lines:
        if line == "@@ page":
            page_break = "\f"
        elif line.startswith("@@"):
            collected = []
            pieces.append(_read_mark(line, collected))
        else:
            collected.append(page_break + line)
            page_break = ""
    return pieces


def _read_mark(line: str, lines: list[str]) -> Piece:
    if line.startswith("@@ gap "):
        return Piece(lines=lines, reason=line.removeprefix("@@ gap "))
    mark = _DOCUMENT.fullmatch(line)
    if mark is None:
        raise ValueError(f"unknown mark, see the top of marking.py: {line}")
    heading = Heading(
        type=mark["type"],
        date=None if mark["date"] == "-" else mark["date"],
        title=mark["title"],
        printed=mark["kind"] == "|",
        confident=not mark["unsure"],
    )
    return Piece(lines=lines, heading=heading)
