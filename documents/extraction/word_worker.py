"""A Word document, read in a confined process: the bytes of a .docx in, JSON out.

Answers `{"pages": [[line, …], …], "warnings": [sentence, …]}` or `{"problem": code, "found": …}`.

The package is read by ourselves: python-docx gives neither text boxes nor the place of page breaks, docx2python loads
every picture, and both unpack all that they are given. Only the parts with words are unpacked here, each bounded in
size and ratio; entities are never resolved and nothing is loaded from anywhere. Macros, embedded files and the code of
fields are not looked at.
"""

import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from lxml import etree

from documents.extraction.packing import BROKEN, unfolds_too_far
from documents.extraction.refusing import Refused
from documents.extraction.word_text import Pages, local_name, read_block, read_note

_MOST_PART_BYTES = 200 * 1024**2  # of one XML part, unpacked
_MOST_PARTS = 100  # headers and footers
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main(arguments: Sequence[str]) -> None:
    """Read a .docx from standard input. Arguments: the most characters and lines, the highest ratio of packing."""
    most, most_lines, ratio = map(int, arguments)
    content = sys.stdin.buffer.read()
    try:
        answer: dict[str, object] = read_word(content, max_characters=most, max_lines=most_lines, max_ratio=ratio)
    except Refused as refusal:
        answer = {**refusal.answer}
    sys.stdout.write(json.dumps(answer, separators=(",", ":")))


def read_word(content: bytes, *, max_characters: int, max_lines: int, max_ratio: int) -> dict[str, object]:
    package = _Package(content, max_ratio=max_ratio)
    body = _find_body(package.parse(package.find_document()))
    pages = Pages(max_characters=max_characters, max_lines=max_lines)
    relations = package.read_relations()
    shown: set[str] = set()
    for header in _furniture(body, package=package, relations=relations, kind="headerReference", shown=shown):
        _read_all(header, pages=pages)
        pages.add_blank()
    _read_all(body, pages=pages)
    for footer in _furniture(body, package=package, relations=relations, kind="footerReference", shown=shown):
        pages.add_blank()
        _read_all(footer, pages=pages)
    for notes in ("footnotes", "endnotes"):
        _read_notes(package, name=notes, pages=pages)
    return {"pages": pages.finish(), "warnings": _tell(package, pages=pages)}


class _Package:
    """The ZIP archive that a .docx is."""

    def __init__(self, content: bytes, *, max_ratio: int) -> None:
        self._max_ratio = max_ratio
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
        except BROKEN:
            raise Refused("corrupt", "it is no whole .docx") from None
        self.names = frozenset(self._zip.namelist())

    def find_document(self) -> str:
        """The name of the main part: usually word/document.xml."""
        if "word/document.xml" in self.names:
            return "word/document.xml"
        if "_rels/.rels" in self.names:
            for relation in self.parse("_rels/.rels"):
                if str(relation.get("Type", "")).endswith("/officeDocument"):
                    return str(relation.get("Target", "")).lstrip("/")
        raise Refused("corrupt", "it holds no Word document")

    def read_relations(self) -> dict[str, str]:
        """Id of each relation of the main part: the name of the part that it leads to."""
        folder, _, name = self.find_document().rpartition("/")
        relations = f"{folder}/_rels/{name}.rels"
        if relations not in self.names:
            return {}
        return {
            str(each.get("Id")): f"{folder}/{each.get('Target', '')}".replace("//", "/")
            for each in self.parse(relations)
            if each.get("TargetMode") != "External"
        }

    def parse(self, name: str) -> Any:
        """The root element of a part. Raises Refused."""
        raw = self._read(name)
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            recover=False,
        )
        try:
            root = etree.fromstring(raw, parser)
        except (etree.XMLSyntaxError, ValueError):
            raise Refused("corrupt", "its XML is broken") from None
        if root.getroottree().docinfo.doctype:  # forbidden in Office files, and only of use to attack with
            raise Refused("corrupt", "its XML declares entities")
        return root

    def _read(self, name: str) -> bytes:
        try:
            info = self._zip.getinfo(name)
            if info.flag_bits & 1:
                raise Refused("encrypted")
            self._check_size(info)
            with self._zip.open(info) as part:
                raw = part.read(_MOST_PART_BYTES + 1)
        except BROKEN:
            raise Refused("corrupt", "a part of it cannot be unpacked") from None
        if len(raw) > _MOST_PART_BYTES:
            raise Refused("too_large", f"a part of it unfolds to more than {_MOST_PART_BYTES // 1024**2} MB")
        return raw

    def _check_size(self, info: zipfile.ZipInfo) -> None:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("corrupt", "it is packed in a way that no Office file is")
        if info.file_size > _MOST_PART_BYTES:
            raise Refused("too_large", f"a part of it unfolds to more than {_MOST_PART_BYTES // 1024**2} MB")
        if unfolds_too_far(unpacked=info.file_size, packed=info.compress_size, max_ratio=self._max_ratio):
            raise Refused("too_large", f"a part of it unfolds to more than {self._max_ratio} times its size")


def _find_body(root: Any) -> Any:
    for child in root:
        if local_name(child) == "body":
            return child
    raise Refused("corrupt", "it holds no Word document")


def _furniture(body: Any, *, package: _Package, relations: dict[str, str], kind: str, shown: set[str]) -> Iterator[Any]:
    """The headers (footers) that the sections name, each once, in order."""
    for reference in body.iter("{*}" + kind):
        name = relations.get(str(reference.get(_RELATIONS)), "")
        if name in package.names and name not in shown and len(shown) < _MOST_PARTS:
            shown.add(name)
            yield package.parse(name)


def _read_all(parent: Any, *, pages: Pages) -> None:
    for block in parent:
        read_block(block, pages=pages)


def _read_notes(package: _Package, *, name: str, pages: Pages) -> None:
    part = f"word/{name}.xml"
    if part not in package.names:
        return
    for note in package.parse(part):
        read_note(note, pages=pages)


def _tell(package: _Package, *, pages: Pages) -> list[str]:
    """What was not read. Says no name."""
    warnings = []
    pictures = sum(1 for name in package.names if name.startswith("word/media/"))
    if pictures:
        said = "1 picture" if pictures == 1 else f"{pictures} pictures"
        warnings.append(
            f"{said} in the Word document not read: where words stand in them, print it to PDF and send that."
        )
    if any(name.startswith("word/embeddings/") for name in package.names):
        warnings.append("Files are embedded in the Word document; they were not read: send them by themselves.")
    if any(name.endswith("vbaProject.bin") for name in package.names):
        warnings.append("The Word document has macros; they were left alone.")
    if pages.hidden:
        warnings.append("The Word document has hidden text; it was left out.")
    return warnings
