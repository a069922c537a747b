"""The text layer of a PDF, read in a confined process: PDF bytes in, JSON out. Imports nothing of the product's frame.

Answers `{"pages": [[line, …], …]}`, an unreadable or textless page being empty, or `{"problem": code, "found": …}`.
"""

import gc
import json
import re
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double, c_ushort
from itertools import pairwise
from math import cos, pi, sin
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from documents.extraction.page_layout import SAME_ROW, Fragment, Row, arrange, lay_out, median

_ENCRYPTED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
_HYPHEN = re.compile("[\ufffe\x02]")  # pdfium's marks for a hyphen that ends a line; it drops the line break behind it
_LINE_END = re.compile("\r\n|[\r\n\ufffe\x02]")
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
_LONE_OR_PAIR = re.compile("[\ud800-\udfff]")
_FORM_DRAWN_IN = 1  # FLATTEN_SUCCESS
_read_origin = pdfium.FPDFText_GetCharOrigin  # called for every line, so looked up once
_PROBED = 24  # characters of a line that are looked at one by one
_WIDEST_GAP = 60  # spaces that one gap may become


class _Refused(Exception):
    def __init__(self, problem: str, found: str = "") -> None:
        super().__init__(problem)
        self.answer = {"problem": problem, "found": found}


def main(arguments: Sequence[str]) -> None:
    """Read a PDF from standard input. Arguments: the most pages and the most characters to read."""
    gc.disable()  # a short life, bounded in memory; collecting costs a tenth of it
    max_pages, max_characters = map(int, arguments)
    try:
        answer: dict[str, object] = {
            "pages": read_pdf(sys.stdin.buffer.read(), max_pages=max_pages, max_characters=max_characters)
        }
    except _Refused as refusal:
        answer = {**refusal.answer}
    json.dump(answer, sys.stdout, separators=(",", ":"))


def read_pdf(content: bytes, *, max_pages: int, max_characters: int) -> list[list[str]]:
    """Lines of each page of a PDF."""
    document = _open(content)
    try:
        count = len(document)
        if count == 0:
            raise _Refused("corrupt")
        if count > max_pages:
            raise _Refused("too_many_pages", f"{count:,} pages; at most {max_pages:,} are read")
        has_form = document.get_formtype() != pdfium.FORMTYPE_NONE
        pages: list[list[Row]] = []
        characters = 0
        for index in range(count):
            rows = _read_page(document, index, has_form=has_form)
            characters += sum(len(text) for text, _ in rows)
            if characters > max_characters:
                raise _Refused("too_large", f"its text unfolds to more than {max_characters:,} characters")
            pages.append(rows)
        return lay_out(pages)
    finally:
        document.close()


def _open(content: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise _Refused("encrypted" if error.err_code in _ENCRYPTED else "corrupt") from None


def _read_page(document: Any, index: int, *, has_form: bool) -> list[Row]:
    """Rows of one page; none if it cannot be loaded. A form's values are no text until they are drawn into the page."""
    page = pdfium.FPDF_LoadPage(document.raw, index)
    if not page:
        return []
    drawn_in = has_form and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == _FORM_DRAWN_IN
    if drawn_in:
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document.raw, index)
    text_page = pdfium.FPDFText_LoadPage(page) if page else None
    try:
        return arrange(_PageText(text_page).fragments(has_values=drawn_in), by_position=drawn_in) if text_page else []
    finally:
        if text_page:
            pdfium.FPDFText_ClosePage(text_page)
        if page:
            pdfium.FPDF_ClosePage(page)


class _PageText:
    """The characters of one page and where they stand.

    `text` has one item for each UTF-16 unit that pdfium gives, so that a position in it is a position there. pdfium's
    own list of characters may differ in length: then each position is translated.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._x, self._y, self._box = c_double(), c_double(), pdfium.FS_RECTF()
        self._at_x, self._at_y = byref(self._x), byref(self._y)
        self._cos, self._sin = 1.0, 0.0
        count = max(0, pdfium.FPDFText_CountChars(handle))
        units = self._read_units(count)
        self._shifted = len(units) != 2 * count
        self._line_ends = list(_LINE_END.finditer(text := _one_item_a_unit(units)))
        self._text = _CONTROL.sub(" ", _HYPHEN.sub("-", text))
        self._well_formed = _LONE_OR_PAIR.search(text) is None
        self._space = 0.0  # width of the last space that the page itself draws

    def _read_units(self, count: int) -> bytes:
        buffer = (c_ushort * (2 * count + 1))()
        written = pdfium.FPDFText_GetText(self._handle, 0, count, buffer) if count else 0
        return memoryview(buffer).cast("B")[: 2 * max(0, written - 1)].tobytes()

    def fragments(self, *, has_values: bool) -> list[Fragment]:
        """The lines as drawn. `has_values`: a form's values were drawn in; pdfium runs them together."""
        spans = list(self._spans())
        self._find_direction(spans)
        if has_values:
            spans = [part for span in spans for part in self._split_at_jumps(*span)]
        placed = [(*self._place(start), self._place(end - 1)[0]) for start, end in spans]
        column = self._find_column(spans)
        widely_spaced, column = _find_widely_spaced(spans, placed, column=column)
        fragments = []
        for number, ((start, end), (left, baseline, right)) in enumerate(zip(spans, placed, strict=True)):
            if number not in widely_spaced and self._text[start] != " ":
                text = self._text[start:end]
            elif column:
                text = self._spaced_on_grid(start, end, left=left, right=right, column=column)
            else:
                text = self._spaced_by_gaps(start, end)
            fragments.append(Fragment(text if self._well_formed else _mend(text), left, right, baseline))
        return fragments

    def _spans(self) -> Iterator[tuple[int, int]]:
        """Start and end of each line that has characters. A closing hyphen belongs to its line."""
        start = 0
        for line_end in self._line_ends:
            end = line_end.end() if _HYPHEN.match(line_end[0]) else line_end.start()
            if end > start:
                yield start, end
            start = line_end.end()
        if start < len(self._text):
            yield start, len(self._text)

    def _split_at_jumps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The line cut where a word stands on another row than the one before it."""
        row = self._place(start)[1]
        at = self._text.find(" ", start, end - 1)
        while at >= 0:
            next_row = self._place(at + 1)[1]
            if abs(next_row - row) > SAME_ROW:
                yield start, at
                start, row = at + 1, next_row
            at = self._text.find(" ", at + 1, end - 1)
        yield start, end

    def _place(self, position: int) -> tuple[float, float]:
        """Where the character's origin is: along its line, and up. Read in the direction of the page's text."""
        if self._shifted:
            position = max(0, pdfium.FPDFText_GetCharIndexFromTextIndex(self._handle, position))
        _read_origin(self._handle, position, self._at_x, self._at_y)
        x, y = self._x.value, self._y.value
        if self._cos == 1.0:
            return x, y
        return x * self._cos - y * self._sin, x * self._sin + y * self._cos

    def _find_direction(self, spans: Sequence[tuple[int, int]]) -> None:
        """Text may run up or down the sheet: two of three lines say so (one may be a stamp at the side)."""
        if not spans:
            return
        sample = (spans[0], spans[len(spans) // 2], spans[-1])
        angle = median([round(pdfium.FPDFText_GetCharAngle(self._handle, start), 2) for start, _ in sample])
        if 0.1 < angle < 2 * pi - 0.1:
            self._cos, self._sin = cos(angle), sin(angle)

    def _find_column(self, spans: Sequence[tuple[int, int]]) -> float:
        """The width of a column, if the page's most varied line (no ruler) is set in a typewriter face; else 0."""
        start, end = max(spans, key=lambda span: len(set(self._text[span[0] : span[1]][:_PROBED])), default=(0, 0))
        origins = [self._place(position)[0] for position in range(start, min(end, start + _PROBED))]
        steps = Counter(round(right - left, 2) for left, right in pairwise(origins))
        step, count = steps.most_common(1)[0] if steps else (0.0, 0)
        if step <= 0 or count < 0.6 * steps.total():
            return 0.0
        exact = [right - left for left, right in pairwise(origins) if abs(right - left - step) <= 0.01]
        return sum(exact) / len(exact)

    def _spaced_on_grid(self, start: int, end: int, *, left: float, right: float, column: float) -> str:
        """A line of a typewriter face, its folded spaces put back: each character stands on a column.

        How far a character is off its column grows along the line, so each folded gap is found by bisection.
        """
        spaces = [at for at in range(start, end - 1) if self._text[at] == " "]
        missing = round((right - left) / column) - (end - 1 - start)
        pieces, done, found = [], start, 0

        def missing_at(at: int) -> int:
            return round((self._place(at + 1)[0] - left) / column) - (at + 1 - start)

        while spaces and found < missing:
            number = bisect_right(spaces, found, key=missing_at)
            if number == len(spaces):
                break
            at = spaces[number]
            more = missing_at(at) - found
            pieces.append(self._text[done:at] + " " * min(1 + more, _WIDEST_GAP))
            done, found, spaces = at + 1, found + more, spaces[number + 1 :]
        pieces.append(self._text[done:end])
        return "".join(pieces)

    def _spaced_by_gaps(self, start: int, end: int) -> str:
        """A line of any face: as many spaces as fit where it left a gap."""
        pieces, done = [], start
        at = self._text.find(" ", start, end - 1)
        while at >= 0:
            if done == start:
                self._measure_space(at)
            pieces.append(self._text[done:at] + " " * self._count_spaces(at))
            done = at + 1
            at = self._text.find(" ", done, end - 1)
        pieces.append(self._text[done:end])
        return "".join(pieces)

    def _measure_space(self, at: int) -> None:
        """Keep the width of the space at `at`, unless pdfium made it up: then it has none."""
        if self._cos == 1.0 and pdfium.FPDFText_GetLooseCharBox(self._handle, at, byref(self._box)):
            self._space = self._box.right - self._box.left or self._space

    def _count_spaces(self, at: int) -> int:
        if self._space <= 0.0:
            return 1
        spaces = (self._place(at + 1)[0] - self._place(at)[0]) / self._space
        # Off a whole number it is a justified line or a column: only a wide gap is more than one space.
        exact = abs(spaces - round(spaces)) <= 0.05
        return max(1, min(round(spaces), _WIDEST_GAP)) if exact or spaces >= 2.5 else 1


def _one_item_a_unit(units: bytes) -> str:
    text = units.decode("utf-16-le", "surrogatepass")
    return text if 2 * len(text) == len(units) else "".join(map(chr, memoryview(units).cast("H")))


def _mend(text: str) -> str:
    """Surrogate pairs as the characters they mean, lone ones as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _find_widely_spaced(
    spans: Sequence[tuple[int, int]], placed: Sequence[tuple[float, float, float]], *, column: float
) -> tuple[frozenset[int], float]:
    """Lines whose characters stand farther apart than the page's usual: those may have gaps that pdfium folded.

    And `column`, or 0 where a narrower line shows that the page is in no typewriter face after all. Looking at every
    space of every line would halve the speed.
    """
    advances = [
        (right - left) / (end - start - 1) if end - start > 2 else 0.0
        for (start, end), (left, _, right) in zip(spans, placed, strict=True)
    ]
    known = [advance for advance in advances if advance > 0]
    if not known:
        return frozenset(), 0.0
    if column and min(known) >= column * 0.998:
        most = column * 1.002
    else:
        column, most = 0.0, median(known) * 1.08 if len(known) >= 8 else 0.0
    return frozenset(number for number, advance in enumerate(advances) if advance > most), column
