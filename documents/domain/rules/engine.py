"""The rules engine: a segmenter of its own, the cross-check of a model's answers, and a source of facts without one."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property

from documents.domain.date_orders import DateOrders
from documents.domain.findings import DocumentType
from documents.domain.language import Language, find_language
from documents.domain.lines import SourceText, fold, is_blank
from documents.domain.rules import words
from documents.domain.rules.breaks import read_break
from documents.domain.rules.features import LineFeatures, read_lines
from documents.domain.rules.model import Model, packaged_model
from documents.domain.rules.naming import find_date, find_title, find_type, is_stamped
from documents.domain.rules.noise import Noise, find_noise
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.starts import PLAUSIBLE, RuleStart, Scene, find_starts
from documents.domain.rules.surroundings import find_page_top, local_edge
from documents.domain.segmentation import LASTING_GAPS, Gap, GapReason

_SIGN = re.compile(r"[^\W_]")

TWIN_REACH = 8  # lines with words within which two starts may stand in one header block
TITLE_LINES = 14  # first lines with words of a document among which a title that somebody names must stand
DATE_LINES = 200  # lines with words of a document among which a date is looked for
FAX_COVER_MOST = 45  # lines with words that a cover page has at the most
NEVER = -99.0  # points of a line that is no candidate
FAX_COVER_LEAST = 4  # lines that a cover page has at the least
FAX_COVER_HEADING = 3  # first lines of a page among which a heading that ends in "fax" stands
FAX_COVER_LABELS = 3  # labels below it, from which the page is a cover
FAX_COVER_LINES = 8  # first lines of a page among which a cover page names itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Name, type and date of a document, as its lines print them."""

    title: str | None
    type: DocumentType
    date: str | None  # ISO 8601


class Reading:
    """What the rules read in one file: starts, noise, gaps, and what they think of other people's starts."""

    def __init__(self, text: SourceText, *, model: Model | None = None) -> None:
        self.text = text
        features: list[LineFeatures] = read_lines(text.lines)
        self.folded: list[str] = [line.folded for line in features]
        self.noise: Noise = find_noise(text, features=features)
        self.sheet = Sheet(text, features=features, noise=self.noise, orders=DateOrders(text))
        self.words: list[int] = self.sheet.words  # lines that are neither blank nor noise
        self.gaps: tuple[Gap, ...] = tuple(_find_gaps(self.sheet))
        self._gap_of = {line: gap for gap in self.gaps for line in range(gap.start_line, gap.end_line + 1)}
        self.scene = self.scene_with(packaged_model() if model is None else model)
        self.starts: tuple[RuleStart, ...] = tuple(
            start for start in find_starts(self.scene) if start.line not in self._gap_of
        )
        self.start_lines = {start.line: start for start in self.starts}
        self._lines = sorted(self.start_lines)
        self._begun = [bisect_left(self.words, line) for line in self._lines]

    @cached_property
    def language(self) -> Language:
        """The language of the file, in which titles are made for documents that print none."""
        return find_language(self.folded[number - 1] for number in self.words)

    def scene_with(self, model: Model) -> Scene:
        """The file as a search for its beginnings with `model` sees it."""
        self.sheet.openings = {}
        return Scene(self.sheet, model=model, closed=self._gap_of)

    def edges(self) -> list[float]:
        """For each of `words`: how much it looks like a beginning, by that line and its neighbours alone."""
        return [local_edge(self.sheet, position) for position in range(len(self.words))]

    def next_word(self, line: int) -> int | None:
        """The first line behind `line` that is neither blank nor noise."""
        place = bisect_right(self.words, line)
        return self.words[place] if place < len(self.words) else None

    def in_lasting_gap(self, line: int) -> bool:
        gap = self._gap_of.get(line)
        return gap is not None and gap.reason in LASTING_GAPS

    def header_twin(self, line: int, *, among: Container[int]) -> int | None:
        """Which of `among` begins the same document as `line`: both stand in one header block.

        Two lines that the rules themselves tell apart are no twins.
        """
        place = bisect_left(self.words, line)
        for step in range(1, TWIN_REACH + 1):
            for other in (place - step, place + step):
                if 0 <= other < len(self.words) and self.words[other] in among and self._are_twins(place, other):
                    return self.words[other]
        return None

    def _are_twins(self, place: int, other: int) -> bool:
        first, last = sorted((place, other))
        if self.words[first] in self.start_lines and self.words[last] in self.start_lines:
            return False
        if any(line in self.start_lines or line in self._gap_of for line in self.words[first + 1 : last]):
            return False
        between = [self.sheet.at(line) for line in self.words[first:last]]
        return not any(line.prose for line in between) and not any(line.closing for line in between[1:])

    def looks_like_a_beginning(self, line: int) -> bool:
        """Whether somebody who says that a document begins at `line` may be right: the rules would not rule it out."""
        if not 1 <= line <= len(self.text.lines) or is_blank(self.text.lines[line - 1]) or line in self.noise.lines:
            return False
        position = bisect_right(self.words, line) - 1
        return position <= 0 or self._weigh_alone(position) >= PLAUSIBLE

    def _weigh_alone(self, position: int) -> float:
        """Points of the line at `position` as the next beginning behind the last one that the rules see."""
        if not self.scene.lines.may_begin(position):
            return NEVER
        before = bisect_left(self._begun, position) - 1
        return self.scene.weigh(position) + self.scene.weigh_span(self._begun[max(0, before)], position)

    def page_top(self, line: int) -> int:
        """Where the document that begins at `line` begins with what is printed above it on its page."""
        return find_page_top(self.sheet, line)

    def prints_title(self, title: str, *, start: int, end: int) -> bool:
        """Whether the first lines of start..end print `title`, on one line or over two."""
        place = bisect_left(self.words, start)
        numbers = [number for number in self.words[place : place + TITLE_LINES] if number <= end]
        printed = " ".join(fold(self.text.lines[number - 1][:1000]) for number in numbers)
        return fold(title) in printed

    def prints_date(self, iso: str, *, start: int, end: int) -> bool:
        """Whether the lines start..end print the date `iso` (YYYY-MM-DD), in whatever form, other than in a stamp."""
        place = bisect_left(self.words, start)
        for number in self.words[place : place + DATE_LINES]:
            if number > end:
                break
            for begin, _, value in self.sheet.dates(number):
                if value.isoformat() == iso and not is_stamped(self.sheet, number, begin=begin):
                    return True
        return False

    def name(self, *, start: int, end: int) -> Named:
        """Name, type and date of the document at lines start..end."""
        first = _first_word(self.sheet, start)
        title = find_title(self.sheet, start=first, end=end)
        date = find_date(self.sheet, start=first, end=end)
        kind = find_type(self.sheet, start=first, end=end, title=title)
        return Named(title=title, type=kind, date=date.isoformat() if date else None)


def read(text: SourceText) -> Reading:
    return Reading(text)


def _first_word(sheet: Sheet, start: int) -> int:
    position = bisect_right(sheet.words, start - 1)
    return sheet.words[position] if position < len(sheet.words) else start


def _find_gaps(sheet: Sheet) -> list[Gap]:
    gaps = _find_pages_without_document(sheet)
    gaps += _find_lone_footers(sheet, covered=[*gaps])
    covered = {line for gap in gaps for line in range(gap.start_line, gap.end_line + 1)}
    for position, number in enumerate(sheet.words):
        line = sheet.at(number)
        if number in covered:
            continue
        if line.ruler and position and _stands_alone(sheet, position) and not _is_box(sheet, position):
            if not read_break(sheet, position).goes_on:
                gaps.append(Gap(start_line=number, end_line=number, reason="ruler"))
        elif not line.ruler and words.blank_page().search(line.folded):
            gaps.append(Gap(start_line=number, end_line=number, reason="blank_page"))
    return sorted(gaps, key=lambda gap: gap.start_line)


def _stands_alone(sheet: Sheet, position: int) -> bool:
    """Whether blank lines stand on both sides of a ruler: it parts documents, it underlines nothing."""
    number = sheet.words[position]
    before = sheet.words[position - 1]
    after = sheet.words[position + 1] if position + 1 < len(sheet.words) else number + 2
    return number - before > 1 and after - number > 1


def _is_box(sheet: Sheet, position: int) -> bool:
    """Whether the ruler is the upper side of a box around a line or two of a heading."""
    inner: list[int] = []
    for number in sheet.words[position + 1 : position + 4]:
        if sheet.at(number).ruler:
            return len(inner) > 0 and not any(sheet.at(line).prose for line in inner)
        inner.append(number)
    return False


def _find_pages_without_document(sheet: Sheet) -> list[Gap]:
    """Pages that hold no document, their running lines included: fax covers, ends of transmission, blank pages."""
    printed: dict[int, list[int]] = {}
    for number, page in enumerate(sheet.noise.pages, start=1):
        if not sheet.at(number).blank:
            printed.setdefault(page, []).append(number)
    if len(printed) < 2:
        return []
    gaps = []
    for numbers in printed.values():
        told = [number for number in numbers if number not in sheet.noise.lines and _has_signs(sheet.at(number))]
        told, numbers = _cut_behind_cover(sheet, told, numbers)
        reason = _find_reason(sheet, told)
        if reason is not None:
            gaps.append(Gap(start_line=numbers[0], end_line=numbers[-1], reason=reason))
    return gaps


def _find_lone_footers(sheet: Sheet, *, covered: list[Gap]) -> list[Gap]:
    """Blank pages that only their number tells, where the next page begins without a page break."""
    taken = {line for gap in covered for line in range(gap.start_line, gap.end_line + 1)}
    gaps = []
    for line in sorted(sheet.noise.lone_footers - taken):
        first = line
        while first > 1 and sheet.noise.pages[first - 2] == sheet.noise.pages[line - 1]:
            first -= 1
        gaps.append(Gap(start_line=first, end_line=line, reason="blank_page"))
    return gaps


def _has_signs(line: LineFeatures) -> bool:
    """Whether a letter or a digit stands on the line: specks of a scanner are none."""
    return _SIGN.search(line.folded) is not None


def _cut_behind_cover(sheet: Sheet, told: list[int], printed: list[int]) -> tuple[list[int], list[int]]:
    """The lines of a page up to where, on a cover's page, another document begins: the page break has been lost."""
    for place in range(FAX_COVER_LEAST, len(told)):
        number, line = told[place], sheet.at(told[place])
        below = sheet.at(told[place + 1]) if place + 1 < len(told) else line
        titled = line.title_noun and (bool(below.groups) or number - told[place - 1] > 2)
        if number - told[place - 1] > 1 and (titled or (line.letterhead and below.title_noun)):
            return told[:place], [each for each in printed if each < number]
    return told, printed


def _find_reason(sheet: Sheet, numbers: list[int]) -> GapReason | None:
    """Why the page with these lines, noise and specks left out, holds no document; None if it may hold one."""
    head = [sheet.at(number).folded for number in numbers[:FAX_COVER_LINES]]
    if not numbers or (len(numbers) <= 2 and all(words.blank_page().search(line) for line in head)):
        return "blank_page"
    if len(numbers) <= FAX_COVER_MOST and any(map(words.names_fax_cover, head)):
        return "fax_cover"
    if len(numbers) <= FAX_COVER_MOST and _is_labelled_cover(sheet, numbers):
        return "fax_cover"
    if len(numbers) <= 2 and any(words.fax_end().search(line) for line in head):
        return "fax_end"
    return None


def _is_labelled_cover(sheet: Sheet, numbers: Sequence[int]) -> bool:
    """Whether a short heading ends in "fax", and mostly labels of a cover page stand below it."""
    for place, number in enumerate(numbers[:FAX_COVER_HEADING]):
        if words.fax_heading().search(sheet.at(number).folded):
            below = [sheet.at(line).folded for line in numbers[place + 1 :]]
            labels = sum(words.fax_label().match(line) is not None for line in below)
            return labels >= FAX_COVER_LABELS and 2 * labels > len(below)
    return False
