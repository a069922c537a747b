"""The lines of one PDF page as pdfium gives them, with the places of their characters and the spaces that it folds.

A call of pdfium through ctypes costs more than the work behind it, so places are asked for in bulk (`Places`).
"""

import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from ctypes import PYFUNCTYPE, byref, c_double, c_float, c_int, c_ushort, c_void_p, cast
from itertools import accumulate, count, pairwise, repeat
from math import cos, hypot, pi, sin
from operator import add, mul, sub
from typing import Any

import pypdfium2_raw as pdfium  # pypdfium2 around it takes a third of the worker's start

from documents.extraction.page_layout import SAME_ROW, Fragment, median

_HYPHENS = "\ufffe\x02"  # pdfium's marks for a hyphen that ends a line; it drops the line break behind it
_LINE_END = re.compile("[\r\n\ufffe\x02]\n?")
_HYPHEN = re.compile("[\ufffe\x02]")
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
_PROBED = 16  # characters of a line that are looked at one by one
_PROBED_LINES = 3  # lines of a page of which the most varied one is probed
_WIDEST_GAP = 60  # spaces that one gap may become
_SPACES = " " * _WIDEST_GAP
_WIDE = 2.5  # spaces: from here a gap counts as more than one, be it no whole number
_TYPEWRITER_SHARE = 0.6  # of the steps from character to character that must be equal
_SHORT = 60  # characters: a line up to here is looked at whatever its width, in any but typewriter faces
_USUAL_OF_STEP = 0.95  # mean step of a line of words, in middle steps, at most: beyond, the line has wide gaps
_USUAL_SPREAD = 1.08  # mean step of a line of words, in those of the middle line, at most
_FEWEST_OF_COLUMN = 4  # lines with a wide gap, for a page that may have columns
_LEAST_OF_COLUMN = 22  # characters on each side of it
_SPACE_OF_STEP = 0.5  # width of a space, in middle steps, where the page draws none

Span = tuple[int, int]  # start and end of a line in the text of its page
Gap = tuple[int, int]  # a position, and how many spaces are missing before it
Box = tuple[float, float, float, float]  # left, top, right, bottom in points, y upwards
Placed = tuple[float, float, float]  # x of its first character, baseline, x of its last character
_NO_GAP = (sys.maxsize, 0)


def _without_types(function: Any) -> Any:
    """A function of pdfium that trusts its arguments: ctypes takes 0.2 µs for a call then, else 0.7."""
    return PYFUNCTYPE(c_int)(cast(function, c_void_p).value or 0)


class Places:
    """Reads the text of a page, and where many of its characters stand. The arrays serve all pages."""

    _read_origin = staticmethod(_without_types(pdfium.FPDFText_GetCharOrigin))
    _read_box = staticmethod(_without_types(pdfium.FPDFText_GetLooseCharBox))

    def __init__(self) -> None:
        self._room = 0
        self._make_room(1024)
        self._units = (c_ushort * 8192)()  # ctypes would make a type for each length

    def read_units(self, text_page: Any, count: int) -> bytes:
        """The text of `count` characters in UTF-16-LE."""
        if len(self._units) <= 2 * count:
            self._units = (c_ushort * (4 * count))()
        written = pdfium.FPDFText_GetText(text_page, 0, count, self._units) if count else 0
        return bytes(memoryview(self._units).cast("B")[: 2 * max(0, written - 1)])

    def read_origins(self, text_page: Any, positions: Sequence[int]) -> tuple[list[float], list[float]]:
        """x and y of the characters at `positions`, in points."""
        self._make_room(len(positions))
        deque(map(self._read_origin, repeat(text_page), positions, self._to_xs, self._to_ys), maxlen=0)
        return self._xs[: len(positions)], self._ys[: len(positions)]

    def read_widths(self, text_page: Any, positions: Sequence[int]) -> tuple[list[float], list[float]]:
        """Left edges and widths of the characters at `positions`, in points."""
        self._make_room(len(positions))
        deque(map(self._read_box, repeat(text_page), positions, self._to_boxes), maxlen=0)
        end = 4 * len(positions)
        lefts = self._boxes[0:end:4]
        return lefts, list(map(sub, self._boxes[2:end:4], lefts))

    def _make_room(self, needed: int) -> None:
        if needed <= self._room:
            return
        self._room = room = 2 * needed
        self._xs, self._ys = (c_double * room)(), (c_double * room)()
        self._boxes = (c_float * (4 * room))()  # FS_RECTF: left, top, right, bottom
        self._to_xs = [byref(self._xs, 8 * index) for index in range(room)]
        self._to_ys = [byref(self._ys, 8 * index) for index in range(room)]
        self._to_boxes = [byref(self._boxes, 16 * index) for index in range(room)]


class PageText:
    """The characters of one page and where they stand.

    `text` has one item for each UTF-16 unit that pdfium gives, so that a position in it is a position there. pdfium's
    own list of characters may differ in length: then each position is translated.
    """

    def __init__(self, handle: Any, *, places: Places) -> None:
        self._handle = handle
        self._places = places
        self._cos, self._sin = 1.0, 0.0
        count = max(0, pdfium.FPDFText_CountChars(handle))
        units = places.read_units(handle, count)
        self._shifted = len(units) != 2 * count
        text, self._well_formed = _one_item_a_unit(units)
        lines = text.split("\r\n")
        if "".join(lines).isprintable():  # nearly always, and far quicker
            self._text, self._spans = text, _find_spans(lines)
        else:
            self._text, self._spans = _CONTROL.sub(" ", _HYPHEN.sub("-", text)), _find_odd_spans(text)

    def fragments(self, *, has_values: bool) -> list[Fragment]:
        """The lines as drawn. `has_values`: a form's values were drawn in; pdfium runs them together."""
        spans: Sequence[Span] = self._spans
        self._find_direction(spans)
        if has_values:
            spans = [part for span in spans for part in self._split_at_jumps(*span)]
        placed: Sequence[Placed] = self._place_ends(spans)
        advances = _advances(spans, placed)
        typical, column = self._probe(spans, advances)
        if column:
            gaps = self._find_folded(spans, advances, column=column)
        else:
            gaps = self._find_wide(spans, advances, typical=typical)
        if len(gaps) >= _FEWEST_OF_COLUMN and not has_values:
            spans, placed = self._split_columns(spans, placed, gaps)
        texts = self._insert(spans, iter(gaps))
        if not self._well_formed:
            texts = map(_mend, texts)
        return [
            Fragment(text, left, right, baseline) for text, (left, baseline, right) in zip(texts, placed, strict=True)
        ]

    def _split_columns(
        self, spans: Sequence[Span], placed: Sequence[Placed], gaps: Sequence[Gap]
    ) -> tuple[Sequence[Span], Sequence[Placed]]:
        """Lines that have one wide gap with much text on both sides in two, where a page has several: two columns may
        have been drawn across. The second begins with the gap, so that they can be put together as they were."""
        ends = [end for _, end in spans]
        cuts: dict[int, int] = {}  # number of a line: where its second half begins
        for at, more in gaps:
            line = bisect_right(ends, at)
            if more >= 2 and line < len(spans):
                cuts[line] = 0 if line in cuts else at
        cuts = {
            line: at
            for line, at in cuts.items()
            if at - spans[line][0] >= _LEAST_OF_COLUMN and spans[line][1] - at >= _LEAST_OF_COLUMN
        }
        if len(cuts) < _FEWEST_OF_COLUMN:
            return spans, placed
        xs, _ = self._read([place for at in cuts.values() for place in (at - 2, at)])
        edges = dict(zip(cuts, zip(xs[::2], xs[1::2], strict=True), strict=True))
        halves: list[Span] = []
        places: list[Placed] = []
        for line, ((start, end), (left, baseline, right)) in enumerate(zip(spans, placed, strict=True)):
            if line in cuts:
                halves += ((start, cuts[line]), (cuts[line], end))
                places += ((left, baseline, edges[line][0]), (edges[line][1], baseline, right))
            else:
                halves.append((start, end))
                places.append((left, baseline, right))
        return halves, places

    def measure_type(self) -> float:
        """The font size of the page's last line (the first may be a title), in points; 0 if there is none."""
        starts = self._translate([start for start, _ in self._spans[-1:]])
        matrix = pdfium.FS_MATRIX()
        if not starts or not pdfium.FPDFText_GetMatrix(self._handle, starts[0], byref(matrix)):
            return 0.0
        size: float = pdfium.FPDFText_GetFontSize(self._handle, starts[0])
        return size * hypot(matrix.c, matrix.d)

    def find_words(self) -> Iterator[tuple[str, list[Span]]]:
        """Each line, as in no `fragments` (its folded spaces are not put back), with the places of its words."""
        for start, end in self._spans:
            bounds = [start, *self._find_words_in([(start, end)]), end + 1]
            yield self._text[start:end], [(first, behind - 1) for first, behind in pairwise(bounds)]

    def box_of(self, start: int, end: int) -> Box | None:
        """Around the glyphs themselves: a box that covers them need not cover the line."""
        left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
        boxes: list[Box] = [
            (left.value, top.value, right.value, bottom.value)
            for index in self._translate(range(start, end))
            if pdfium.FPDFText_GetCharBox(self._handle, index, byref(left), byref(right), byref(bottom), byref(top))
        ]
        if not boxes:
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), max(tops), max(rights), min(bottoms)

    def _split_at_jumps(self, start: int, end: int) -> Iterator[Span]:
        """The line cut where a word stands on another row than the one before it."""
        words = [start, *self._find_words_in([(start, end)])]
        rows = self._read(words)[1]
        row = rows[0]
        for word, own in zip(words, rows, strict=True):
            if abs(own - row) > SAME_ROW:
                yield start, word - 1
                start, row = word, own
        yield start, end

    def _place_ends(self, spans: Sequence[Span]) -> list[Placed]:
        xs, ys = self._read([position for start, end in spans for position in (start, end - 1)])
        return list(zip(xs[::2], ys[::2], xs[1::2], strict=True))

    def _read(self, positions: Sequence[int]) -> tuple[list[float], list[float]]:
        """x along the line and y upwards, in the direction of the page's text."""
        xs, ys = self._places.read_origins(self._handle, self._translate(positions))
        if self._cos == 1.0:
            return xs, ys
        return (
            [x * self._cos - y * self._sin for x, y in zip(xs, ys, strict=True)],
            [x * self._sin + y * self._cos for x, y in zip(xs, ys, strict=True)],
        )

    def _translate(self, positions: Sequence[int]) -> Sequence[int]:
        if not self._shifted:
            return positions
        return [max(0, pdfium.FPDFText_GetCharIndexFromTextIndex(self._handle, position)) for position in positions]

    def _find_direction(self, spans: Sequence[Span]) -> None:
        """Text may run up or down the sheet: two of three lines say so (one may be a stamp at the side)."""
        if not spans:
            return
        sample = (spans[0], spans[len(spans) // 2], spans[-1])
        angle = median([round(pdfium.FPDFText_GetCharAngle(self._handle, start), 2) for start, _ in sample])
        if 0.1 < angle < 2 * pi - 0.1:
            self._cos, self._sin = cos(angle), sin(angle)

    def _probe(self, spans: Sequence[Span], advances: Sequence[float]) -> tuple[float, float]:
        """The middle step from character to character in a varied line (no ruler), and the width of a column, or 0.

        There are columns if that line is set in a typewriter face and no line is narrower.
        """
        sample = spans[:: len(spans) // _PROBED_LINES or 1]
        start, end = max(sample, key=lambda span: len(set(self._text[span[0] : span[1]][:_PROBED])), default=(0, 0))
        origins, _ = self._read(range(start, min(end, start + _PROBED)))
        steps = [right - left for left, right in pairwise(origins)]
        if not steps:
            return 0.0, 0.0
        step, hits = Counter(round(step, 2) for step in steps).most_common(1)[0]
        if step <= 0 or hits < _TYPEWRITER_SHARE * len(steps):
            return median(steps), 0.0
        exact = [own for own in steps if abs(own - step) <= 0.01]
        column = sum(exact) / len(exact)
        narrowest = min(filter(None, advances), default=column)
        return step, column if narrowest >= column * 0.998 else 0.0

    def _find_folded(self, spans: Sequence[Span], advances: Sequence[float], *, column: float) -> list[Gap]:
        """Spaces that are missing in a typewriter face: each word stands on a column."""
        if not spans or max(advances) <= column * 1.002:
            return []
        text = self._text
        positions = sorted([*_find_words(text), *(start for start, _ in spans)])
        columns = map(mul, self._read(positions)[0], repeat(1 / column))
        missing = list(map(sub, columns, positions))
        return [
            (at, int(more + 0.5))
            for at, more in zip(positions[1:], map(sub, missing[1:], missing), strict=True)
            if more > 0.5 and text[at - 1] == " "
        ]

    def _find_wide(self, spans: Sequence[Span], advances: Sequence[float], *, typical: float) -> list[Gap]:
        """Spaces that fit where a line in another face left a wide gap."""
        known = list(filter(None, advances))
        most = min(typical * _USUAL_OF_STEP, median(known) * _USUAL_SPREAD) if known else 0.0
        looked_at = [
            span for span, advance in zip(spans, advances, strict=True) if advance > most or span[1] - span[0] <= _SHORT
        ]
        behind = self._find_words_in(looked_at)
        lefts, widths = self._measure_spaces([at - 1 for at in behind], typical=typical)
        gaps = map(sub, self._read(behind)[0], lefts)
        space = next(filter(None, widths), typical * _SPACE_OF_STEP)
        if space <= 0:
            return []
        found = []
        for at, gap, width in zip(behind, gaps, widths, strict=True):
            space = width or space  # one that pdfium made up has no width: it takes that of the one before
            if gap > 1.5 * space:
                found.append((at, _count_spaces(gap / space) - 1))
        return found

    def _measure_spaces(self, spaces: Sequence[int], *, typical: float) -> tuple[list[float], list[float]]:
        """Where the gap at each space begins, and the width of the space: 0 if pdfium made it up, or cannot tell.

        The place of one made up is wrong in text that is drawn to scale, so its gap begins where the glyph before ends.
        """
        if self._cos != 1.0:
            before, _ = self._read([max(0, at - 1) for at in spaces])
            return [x + typical for x in before], [0.0] * len(spaces)
        lefts, widths = self._places.read_widths(self._handle, self._translate(spaces))
        made_up = [number for number, width in enumerate(widths) if width <= 0]
        glyphs = self._translate([max(0, spaces[number] - 1) for number in made_up])
        for number, left, width in zip(made_up, *self._places.read_widths(self._handle, glyphs), strict=True):
            lefts[number] = left + width
        return lefts, widths

    def _find_words_in(self, spans: Sequence[Span]) -> list[int]:
        """Positions of the words in `spans`, but for each first one."""
        words = _find_words(self._text) if spans else []
        return [at for start, end in spans for at in words[bisect_right(words, start) : bisect_left(words, end)]]

    def _insert(self, spans: Sequence[Span], gaps: Iterator[Gap]) -> Iterator[str]:
        """The text of each line, with the spaces that are to stand before a position put in."""
        at, more = next(gaps, _NO_GAP)
        for start, end in spans:
            text = self._text[start:end]
            if at < end:
                pieces = []
                while at < end:
                    pieces.append(self._text[start:at] + _SPACES[:more])
                    start = at
                    at, more = next(gaps, _NO_GAP)
                text = "".join(pieces) + self._text[start:end]
            yield text


def _find_words(text: str) -> list[int]:
    """Positions behind all spaces."""
    words = text.split(" ")
    return list(map(add, accumulate(map(len, words[:-1])), count(1)))


def _find_spans(lines: Sequence[str]) -> list[Span]:
    """Start and end of each line that has characters."""
    spans, start = [], 0
    for line in lines:
        if line:
            spans.append((start, start + len(line)))
        start += len(line) + 2
    return spans


def _find_odd_spans(text: str) -> list[Span]:
    """The same where other marks than CR LF may end a line. A closing hyphen belongs to its line."""
    spans, start = [], 0
    for line_end in _LINE_END.finditer(text):
        end = line_end.start() + (line_end[0][0] in _HYPHENS)
        if end > start:
            spans.append((start, end))
        start = line_end.end()
    return [*spans, (start, len(text))] if start < len(text) else spans


def _advances(spans: Sequence[Span], placed: Sequence[Placed]) -> list[float]:
    """The mean step from character to character of each line; 0 for lines of one or two."""
    return [
        (right - left) / (end - start - 1) if end - start > 2 else 0.0
        for (start, end), (left, _, right) in zip(spans, placed, strict=True)
    ]


def _count_spaces(spaces: float) -> int:
    # Off a whole number it is a justified line or a column: only a wide gap is more than one space.
    whole = round(min(spaces, _WIDEST_GAP))
    return whole if spaces >= _WIDE or abs(spaces - whole) <= 0.05 else 1


def _one_item_a_unit(units: bytes) -> tuple[str, bool]:
    """The text, and whether no unit is a surrogate."""
    try:
        text = units.decode("utf-16-le")
    except UnicodeDecodeError:
        text = ""
    if 2 * len(text) == len(units):
        return text, True
    return "".join(map(chr, memoryview(units).cast("H"))), False


def _mend(text: str) -> str:
    """Surrogate pairs as the characters they mean, lone ones as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
